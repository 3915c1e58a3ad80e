"""How fast one mailbox may be used: connections, messages a minute, recipients a day.

Exchange Online allows 3 connections, 30 messages a minute and 10,000 recipients a day
(https://learn.microsoft.com/office365/servicedescriptions/exchange-online-service-description/exchange-online-limits).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

WINDOW = timedelta(seconds=61)
"""A minute by the receiver's clock, and a second for what lies between it and ours."""
SLOT_LEASE = timedelta(seconds=60)
"""How long a worker that died keeps its mailbox to itself. One that lives renews in time."""
SLOT_PAUSE = timedelta(seconds=3)
_MOST_WAKES = 2000
CHUNK = 10
"""Messages that are reserved together."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a mailbox may do."""

    connections: int = 3
    messages_per_minute: int = 30
    recipients_per_day: int = 10_000


@dataclass(frozen=True, slots=True)
class Slot:
    """One connection, and what it may still send. It ends by itself at `until`."""

    owner: str
    serves: str
    """Whose messages it sends: an organization and a config."""
    until: datetime
    messages: int
    recipients: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Not now. `at` is when to ask again, should nobody else have seen to it by then."""

    at: datetime
    none_fits: bool = field(default=False, compare=False)
    """The day's quota of recipients has no room for any of the messages that were asked for."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The mail server asked for a pause, or does not answer: nobody connects before `until`."""

    until: datetime
    reason: str
    """Of the catalogue."""


@dataclass(frozen=True, slots=True)
class Held:
    """A message cannot leave before `until`: for its mailbox's pace alone, or because it rests."""

    until: datetime
    rest_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """What is known of one mailbox's use, by all workers together."""

    slots: tuple[Slot, ...] = ()
    sent: tuple[datetime, ...] = ()
    """When messages were sent, as far back as the window reaches."""
    day: date = date.min
    recipients: int = 0
    """Of `day`, in UTC."""
    rest: Rest | None = None
    wakes: tuple[tuple[str, datetime], ...] = ()
    """Who is sent a hint at what time already."""

    def at(self, now: datetime) -> "Pace":
        """What still counts. A slot whose worker died counts as having sent all it might."""
        dead = [slot for slot in self.slots if slot.until <= now]
        sent = self.sent + tuple(slot.until for slot in dead for _ in range(slot.messages))
        day = self._day_at(now)
        # What ended before the day began has sent nothing in it.
        lost = sum(slot.recipients for slot in dead if _day_of(slot.until) >= day)
        return replace(
            self,
            slots=tuple(slot for slot in self.slots if slot.until > now),
            sent=tuple(sorted(moment for moment in sent if moment > now - WINDOW)),
            day=day,
            recipients=(self.recipients if self.day == day else 0) + lost,
            rest=self.rest if self.rest and self.rest.until > now else None,
            wakes=tuple(wake for wake in self.wakes if wake[1] > now),
        )

    def _day_at(self, now: datetime) -> date:
        """The day that it is; not the one before for a clock that is a little behind."""
        today = _day_of(now)
        return self.day if self.day - today == timedelta(days=1) else today

    def taken(
        self, owner: str, serves: str, wanted: Sequence[int], limits: Limits, now: datetime
    ) -> "tuple[Pace, tuple[int, ...]] | Refused":
        """Take a connection and the right to send: (the pace, which of the wanted messages).

        `wanted` are the numbers of recipients of the messages in their order. One that is too large
        for what is left of the day does not hold up those behind it.
        """
        pace = self.at(now)
        if pace.rest is not None:
            return Refused(pace.rest.until)
        serving = max((slot.until for slot in pace.slots if slot.serves == serves), default=None)
        if serving is not None:
            # Its worker goes on with these messages too, unless it has died.
            return Refused(serving)
        if len(pace.slots) >= limits.connections:
            return Refused(now + SLOT_PAUSE)
        free = _free_messages(pace, limits)
        if free <= 0:
            return Refused(_next_free(pace, limits, now))
        spare = limits.recipients_per_day - pace.recipients - sum(s.recipients for s in pace.slots)
        granted: list[int] = []
        recipients = 0
        for number, count in enumerate(wanted):
            if len(granted) < min(free, CHUNK) and recipients + count <= spare:
                granted.append(number)
                recipients += count
        if not granted:
            fits_today = pace.recipients + min(wanted, default=0) <= limits.recipients_per_day
            # Those who hold the rest may give some of it back.
            at = now + SLOT_PAUSE if fits_today else _tomorrow(pace.day)
            return Refused(at, none_fits=True)
        slot = Slot(owner, serves, now + SLOT_LEASE, len(granted), recipients)
        return replace(pace, slots=(*pace.slots, slot)), tuple(granted)

    def held(self, recipients: int, limits: Limits, now: datetime) -> Held | None:
        """What keeps a message to so many recipients from leaving; None if nothing does."""
        pace = self.at(now)
        if pace.rest is not None:
            return Held(pace.rest.until, pace.rest.reason)
        if pace.recipients + recipients > limits.recipients_per_day:
            return Held(_tomorrow(pace.day))
        return Held(_next_free(pace, limits, now)) if _free_messages(pace, limits) <= 0 else None

    def renewed(self, owner: str, now: datetime) -> "Pace | None":
        """Keep a connection for another while; None if it has been lost meanwhile."""
        pace = self.at(now)
        if all(slot.owner != owner for slot in pace.slots):
            return None
        until = now + SLOT_LEASE
        slots = (replace(s, until=until) if s.owner == owner else s for s in pace.slots)
        return replace(pace, slots=tuple(slots))

    def given_back(
        self,
        owner: str,
        sent: Sequence[datetime],
        recipients: int,
        now: datetime,
        rest: Rest | None = None,
    ) -> "Pace":
        """Give a connection back, with when it really sent and to how many; and let the mailbox
        rest, where the server did not want more. A longer rest that another worker was asked for
        stays."""
        pace = self.at(now)
        held = any(slot.owner == owner for slot in pace.slots)
        if not held:
            return pace
        return replace(
            pace,
            slots=tuple(slot for slot in pace.slots if slot.owner != owner),
            sent=tuple(sorted((*pace.sent, *sent))),
            recipients=pace.recipients + recipients,
            rest=max(filter(None, (pace.rest, rest)), key=lambda one: one.until, default=None),
        )

    def woken_at(self, serves: str) -> datetime | None:
        """When a hint for these messages is on its way for."""
        return min((at for key, at in self.wakes if key == serves), default=None)

    def with_wake(self, serves: str, at: datetime, now: datetime) -> "Pace":
        """A hint is sent for that time. Of very many the last ones are not kept, so that they fit
        into a row: what that costs is a hint too many."""
        wakes = sorted((*self.at(now).wakes, (serves, at)), key=lambda wake: wake[1])
        return replace(self.at(now), wakes=tuple(wakes[:_MOST_WAKES]))


def _free_messages(pace: Pace, limits: Limits) -> int:
    """How many more may leave in this minute: what is reserved may leave, too."""
    return limits.messages_per_minute - len(pace.sent) - sum(s.messages for s in pace.slots)


def _next_free(pace: Pace, limits: Limits, now: datetime) -> datetime:
    """When the oldest of the messages that fill the window leaves it."""
    if len(pace.sent) >= limits.messages_per_minute:
        return pace.sent[len(pace.sent) - limits.messages_per_minute] + WINDOW
    if pace.sent:
        return pace.sent[0] + WINDOW
    return now + SLOT_PAUSE


def _day_of(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _tomorrow(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)
