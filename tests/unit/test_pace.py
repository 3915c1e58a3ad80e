"""How fast a mailbox is used, whatever its workers do: take, send, give back, hang, die."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shared.adapters.table_pace import properties_of
from shared.domain.pace import SLOT_LEASE, SLOT_PAUSE, WINDOW, Held, Limits, Pace, Refused, Rest

MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STARTS = (NOON, datetime(2026, 3, 2, 23, 57, 30, tzinfo=UTC))
LARGEST_MESSAGE = 5
"""Recipients. No limit of a day is smaller, as such a message could never leave."""

limits = st.builds(
    Limits,
    connections=st.integers(1, 3),
    messages_per_minute=st.integers(1, 15),
    recipients_per_day=st.integers(LARGEST_MESSAGE, 60),
)
wanted = st.lists(st.integers(1, LARGEST_MESSAGE), min_size=1, max_size=15)
pauses = (
    st.floats(0, 5)
    | st.floats(0, 200)
    | st.sampled_from([60, 61, 119, 180, 3600, 12 * 3600, 30 * 3600])
).map(lambda seconds: timedelta(seconds=seconds))


@dataclass
class Worker:
    """One that was given a connection, and what it did with it."""

    owner: str
    until: datetime
    messages: list[int]
    skew: timedelta
    sent: list[datetime] = field(default_factory=list)
    recipients: int = 0


class Mailbox(RuleBasedStateMachine):
    """One mailbox, its workers, and the server, which keeps count. All clocks go alike."""

    skews = st.just(timedelta())

    @initialize(limits=limits, start=st.sampled_from(STARTS))
    def open(self, limits: Limits, start: datetime) -> None:
        self.limits = limits
        self.now = start
        self.pace = Pace()
        self.workers: list[Worker] = []
        self.taken = 0
        self.received: list[tuple[datetime, int]] = []

    @rule(pause=pauses)
    def time_goes_by(self, pause: timedelta) -> None:
        self.now += pause

    @rule(serves=st.sampled_from("abcd"), wanted=wanted, data=st.data())
    def take(self, serves: str, wanted: list[int], data: st.DataObject) -> None:
        self._take(serves, wanted, data.draw(self.skews))

    @rule(serves=st.sampled_from("abcd"), wanted=wanted, data=st.data())
    def take_at_the_earliest_moment_and_send_all(
        self, serves: str, wanted: list[int], data: st.DataObject
    ) -> None:
        skew = data.draw(self.skews)
        for _ in range(30):
            at = self._take(serves, wanted, skew)
            if at is None:
                break
            self.now = max(self.now, at - skew)
        if self.workers:
            self._send_all(self.workers[-1])

    @precondition(lambda self: self.workers)
    @rule(data=st.data(), dies=st.booleans())
    def send_all_at_the_last_moment(self, data: st.DataObject, dies: bool) -> None:
        worker = data.draw(st.sampled_from(self.workers))
        self.now = max(self.now, worker.until - worker.skew - timedelta(milliseconds=1))
        self._send_all(worker)
        if dies:
            self.workers.remove(worker)

    @precondition(lambda self: self.workers)
    @rule(data=st.data(), lag=st.floats(0, 2).map(lambda seconds: timedelta(seconds=seconds)))
    def send(self, data: st.DataObject, lag: timedelta) -> None:
        self._send(data.draw(st.sampled_from(self.workers)), lag)

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def send_all(self, data: st.DataObject) -> None:
        self._send_all(data.draw(st.sampled_from(self.workers)))

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(self.workers))
        self.workers.remove(worker)
        self.pace = self.pace.given_back(
            worker.owner, worker.sent, worker.recipients, self.now + worker.skew
        )

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def die(self, data: st.DataObject) -> None:
        self.workers.remove(data.draw(st.sampled_from(self.workers)))

    @rule(wanted=wanted)
    def whoever_asks_again_when_told_is_served(self, wanted: list[int]) -> None:
        """Though all others hold on to what they have until it ends."""
        now = self.now
        for _ in range(200):
            answer = self.pace.taken("patient", "patience", wanted, self.limits, now)
            if not isinstance(answer, Refused):
                break
            assert answer.at > now
            now = answer.at
        else:
            raise AssertionError("asked 200 times in vain")
        assert now - self.now <= timedelta(days=1) + SLOT_LEASE + WINDOW

    @invariant()
    def no_window_of_a_minute_holds_more_messages_than_allowed(self) -> None:
        times = [at for at, _ in self.received]
        ahead = self.limits.messages_per_minute
        for first, last in zip(times, times[ahead:], strict=False):
            assert last - first > MINUTE

    @invariant()
    def no_more_connections_are_open_than_allowed(self) -> None:
        using = [worker for worker in self.workers if worker.until > self.now]
        assert len(using) <= self.limits.connections

    @invariant()
    def no_day_has_more_recipients_than_allowed(self) -> None:
        by_day: Counter[date] = Counter()
        for at, recipients in self.received:
            by_day[at.date()] += recipients
        assert all(number <= self.limits.recipients_per_day for number in by_day.values())

    def _take(self, serves: str, wanted: list[int], skew: timedelta) -> datetime | None:
        """When to ask again, if that is what the answer is."""
        owner = str(self.taken)
        now = self.now + skew
        answer = self.pace.taken(owner, serves, wanted, self.limits, now)
        if isinstance(answer, Refused):
            return answer.at
        self.taken += 1
        self.pace, granted = answer
        assert 1 <= len(granted) <= len(wanted)
        assert list(granted) == sorted(set(granted))
        chosen = [wanted[number] for number in granted]
        self.workers.append(Worker(owner, now + SLOT_LEASE, chosen, skew))
        return None

    def _send_all(self, worker: Worker) -> None:
        for _ in worker.messages:
            self._send(worker, timedelta(microseconds=10))

    def _send(self, worker: Worker, lag: timedelta) -> None:
        """The server takes a message now; the worker knows after `lag`."""
        left = worker.messages[len(worker.sent) :]
        if not left or self.now + worker.skew >= worker.until:
            return
        self.received.append((self.now, left[0]))
        self.now += lag
        worker.sent.append(self.now + worker.skew)
        worker.recipients += left[0]


class MailboxOfManyClocks(Mailbox):
    """The workers' clocks differ by less than the margin of the window."""

    skews = st.floats(-0.45, 0.45).map(lambda seconds: timedelta(seconds=seconds))

    def no_more_connections_are_open_than_allowed(self) -> None:
        """Not held to the second: a lease ends earlier by one clock than by another."""

    def no_day_has_more_recipients_than_allowed(self) -> None:
        """Not held to the second either: days end at different times."""


_SETTINGS = settings(max_examples=100, stateful_step_count=25, deadline=None)
Mailbox.TestCase.settings = _SETTINGS
MailboxOfManyClocks.TestCase.settings = _SETTINGS
TestAnyInterleaving = Mailbox.TestCase
TestClocksThatDiffer = MailboxOfManyClocks.TestCase


def granted(pace: Pace, owner: str, wanted: list[int], limits: Limits, now: datetime) -> Pace:
    """The pace after a connection was taken."""
    answer = pace.taken(owner, owner, wanted, limits, now)
    assert not isinstance(answer, Refused)
    return answer[0]


def test_a_second_worker_for_the_same_messages_leaves_them_to_the_first() -> None:
    pace = granted(Pace(), "a", [1], Limits(), NOON)
    assert pace.taken("b", "a", [1], Limits(), NOON) == Refused(NOON + SLOT_LEASE)


def test_a_connection_that_is_renewed_stays_and_one_that_is_not_ends() -> None:
    pace = granted(Pace(), "a", [1], Limits(), NOON)
    later = NOON + SLOT_LEASE - timedelta(seconds=1)
    kept = pace.renewed("a", later)
    assert kept is not None
    assert kept.at(NOON + SLOT_LEASE).slots
    assert pace.renewed("a", NOON + SLOT_LEASE) is None


def test_a_full_window_says_when_its_oldest_message_leaves_it() -> None:
    limits = Limits(messages_per_minute=2)
    pace = granted(Pace(), "a", [1, 1, 1], limits, NOON)
    sent = [NOON, NOON + timedelta(seconds=7)]
    pace = pace.given_back("a", sent, 2, sent[-1])
    assert pace.taken("b", "b", [1], limits, sent[-1]) == Refused(NOON + WINDOW)
    answer = pace.taken("b", "b", [1, 1], limits, NOON + WINDOW)
    assert not isinstance(answer, Refused)
    assert answer[1] == (0,)


def test_a_message_too_large_for_what_is_left_of_the_day_holds_up_none_behind_it() -> None:
    limits = Limits(recipients_per_day=20)
    pace = granted(Pace(), "a", [15], limits, NOON).given_back("a", [NOON], 15, NOON)
    answer = pace.taken("b", "b", [10, 1, 6, 4], limits, NOON)
    assert not isinstance(answer, Refused)
    assert answer[1] == (1, 3)
    refused = pace.taken("b", "b", [10, 6], limits, NOON)
    assert isinstance(refused, Refused)
    assert refused.none_fits


def test_recipients_that_others_may_give_back_are_asked_for_again_soon() -> None:
    limits = Limits(recipients_per_day=10)
    pace = granted(Pace(), "a", [5, 5], limits, NOON)
    assert pace.taken("b", "b", [5], limits, NOON) == Refused(NOON + SLOT_PAUSE)
    pace = pace.given_back("a", [NOON], 5, NOON)
    pace = granted(pace, "b", [5], limits, NOON)
    pace = pace.given_back("b", [NOON], 5, NOON)
    midnight = datetime(2026, 3, 3, tzinfo=UTC)
    assert pace.taken("c", "c", [1], limits, NOON) == Refused(midnight)
    granted(pace, "c", [5, 5], limits, midnight)


def test_what_a_dead_worker_held_counts_on_its_day_alone() -> None:
    limits = Limits(recipients_per_day=5)
    pace = granted(Pace(), "a", [5], limits, NOON)
    later = NOON + SLOT_LEASE
    midnight = datetime(2026, 3, 3, tzinfo=UTC)
    assert pace.taken("b", "b", [1], limits, later) == Refused(midnight)
    granted(pace, "b", [5], limits, midnight)


def test_a_clock_that_is_behind_at_midnight_does_not_begin_the_day_again() -> None:
    limits = Limits(recipients_per_day=5)
    midnight = datetime(2026, 3, 3, tzinfo=UTC)
    pace = granted(Pace(), "a", [5], limits, midnight)
    pace = pace.given_back("a", [midnight], 5, midnight)
    behind = midnight - timedelta(milliseconds=300)
    assert pace.taken("b", "b", [1], limits, behind) == Refused(midnight + timedelta(days=1))
    assert pace.at(behind).at(midnight).recipients == 5


def test_a_rest_is_kept_whatever_another_worker_met() -> None:
    limits, rest = Limits(), Rest(NOON + 30 * MINUTE, "sending_quota_exceeded")
    pace = granted(granted(Pace(), "a", [1], limits, NOON), "b", [1], limits, NOON)
    pace = pace.given_back("a", [NOON], 0, NOON, rest)
    for shorter in (None, Rest(NOON + MINUTE, "smtp_throttled")):
        after = pace.given_back("b", [NOON], 1, NOON, shorter)
        assert after.taken("c", "c", [1], limits, NOON + MINUTE) == Refused(rest.until)
        assert after.held(1, limits, NOON) == Held(rest.until, rest.reason)
    assert pace.at(rest.until).rest is None


def test_of_very_many_hints_the_first_are_known() -> None:
    pace = Pace()
    for number in range(2100, 0, -1):
        pace = pace.with_wake(f"{number}", NOON + number * MINUTE, NOON)
    assert len(pace.wakes) == 2000
    assert pace.woken_at("1") == NOON + MINUTE
    assert len(json.dumps(properties_of(pace))) < 2**19


def test_hints_that_are_on_their_way_are_known_until_they_come() -> None:
    soon = NOON + MINUTE
    pace = Pace().with_wake("a", soon + MINUTE, NOON).with_wake("a", soon, NOON)
    assert pace.woken_at("a") == soon
    assert pace.woken_at("b") is None
    assert pace.at(soon).woken_at("a") == soon + MINUTE
    assert pace.at(soon + MINUTE).woken_at("a") is None
