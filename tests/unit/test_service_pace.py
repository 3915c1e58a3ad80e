"""The pace of a mailbox: who may use it, and who waits for whom."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.domain.config import Config, Status
from shared.domain.errors import ConflictError
from shared.domain.failures import Failure, MailServerError
from shared.domain.message import MessageStatus
from tests.support.world import ADMIN, MAILBOX, ORG, World

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
STRANGER = replace(ADMIN, organization="22222222-2222-2222-2222-222222222222")


def _limited(world: World, **limits: int) -> None:
    pace_limits = replace(world.settings.pace_limits, **limits)
    world.settings = replace(world.settings, pace_limits=pace_limits)
    world.services = world.another_process()


def _only(world: World) -> Config:
    [config] = world.configs.list(ORG)
    return config


def test_one_report_too_many_for_today_holds_up_no_other_message(world: World) -> None:
    _limited(world, recipients_per_day=20)
    first = world.submit(to=[f"{number}@a.example" for number in range(15)])
    world.deliver(MINUTE)
    reports = [world.submit(to=[f"{n}@b.example" for n in range(10)]) for _ in range(60)]
    world.clock.advance(SECOND)
    small = world.submit()
    world.deliver(5 * MINUTE)
    assert {world.message(one).status for one in (first, small)} == {MessageStatus.SENT}
    assert {world.message(one).status for one in reports} == {MessageStatus.QUEUED}
    world.deliver(23 * HOUR)
    assert [world.message(one).status for one in reports].count(MessageStatus.SENT) == 2


def test_a_message_that_was_put_off_late_and_then_held_up_ends_after_24_hours(
    world: World,
) -> None:
    """The pace of each day is used up by the mailbox's other messages."""
    _limited(world, recipients_per_day=10)
    midnight = (world.clock.now() + 24 * HOUR).replace(hour=0, minute=0, second=0, microsecond=0)
    world.clock.set(midnight + 2 * HOUR)
    late = Failure("smtp_try_later", passing=True, retry_after=20 * HOUR)
    world.submission.failures = [late]
    message = world.submit(to=[f"{number}@a.example" for number in range(5)])
    world.deliver(MINUTE)
    mailbox = _only(world).mailbox_key
    for _ in range(24 * 12 + 4):
        world.deliver(5 * MINUTE)
        world.maintenance.tick()
        used = world.pace.get(mailbox)
        assert used is not None
        day = (world.clock.now() + 10 * MINUTE).date()
        full = replace(used.value, day=day, recipients=10)
        world.pace.put(mailbox, used, full)
    message = world.message(message)
    assert message.status is MessageStatus.FAILED
    assert message.reason is not None
    assert message.reason.code == "delivery_expired"
    assert message.attempts == 1


def test_whom_a_message_may_have_reached_counts(world: World) -> None:
    world.submission.failures = [Failure("outcome_unknown", passing=True)]
    world.submit(to=[f"{number}@a.example" for number in range(5)])
    world.deliver()
    assert world.pace.paces[_only(world).mailbox_key].value.recipients == 5


def test_who_cannot_sign_in_to_a_mailbox_takes_nothing_from_who_can(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _limited(world, connections=1)
    strangers = [
        world.service.create(
            STRANGER, {"auth_type": _only(world).auth_type, "user_name": MAILBOX, "password": "no"}
        )
        for _ in range(6)
    ]
    world.work()
    opened = world.submission.open
    message = world.submit()

    def busy(*_: Any) -> Any:
        """While the stranger's sign-in takes long, the mailbox's own message leaves."""
        monkeypatch.setattr(world.submission, "open", opened)
        world.deliver(SECOND)
        assert world.message(message).status is MessageStatus.SENT
        raise MailServerError(Failure("password_rejected"))

    monkeypatch.setattr(world.submission, "open", busy)
    outcome = world.services.trial_messages.send(STRANGER, strangers[0].id, "x@a.example")
    assert outcome.reason is not None
    [mailbox] = [stored.value for key, stored in world.pace.paces.items() if stored.value.sent]
    assert len(mailbox.sent) == 1
    # Nor is anything of theirs written where the mailbox's pace stands.
    for stranger in strangers:
        with pytest.raises(ConflictError):
            world.submit(principal=STRANGER, allow_platform_sender=False)
        world.submit(principal=STRANGER, config_id=stranger.id)
    world.deliver(MINUTE)
    own = world.pace.paces[_only(world).mailbox_key].value
    assert (own.slots, own.wakes) == ((), ())


def test_a_config_that_is_not_verified_counts_in_the_pace_once_it_can_sign_in(
    world: World,
) -> None:
    config = _only(world)
    world.service.update(ADMIN, config.id, {"host_name": "smtp.other.example"}, lambda _: True)
    config = _only(world)
    assert config.status is Status.NOT_VERIFIED
    outcome = world.services.trial_messages.send(ADMIN, config.id, "to@customer.example")
    assert outcome.accepted is not None
    assert len(world.pace.paces[config.mailbox_key].value.sent) == 1


THROTTLED = Failure("smtp_throttled", passing=True, detail="450 4.7.1 too much mail")


def test_a_server_that_is_slower_than_our_pace_is_asked_again_in_a_minute(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes 5 messages a minute: so many leave, and hardly an attempt is in vain."""
    take, taken = world.submission.take, list[datetime]()

    def five_a_minute(*arguments: Any) -> Any:
        now = world.clock.now()
        taken[:] = [at for at in taken if now - at < MINUTE]
        if len(taken) == 5:
            raise MailServerError(THROTTLED)
        taken.append(now)
        return take(*arguments)

    monkeypatch.setattr(world.submission, "take", five_a_minute)
    messages = [world.submit() for _ in range(40)]
    world.deliver(12 * MINUTE)
    found = [world.message(one) for one in messages]
    assert [one.status for one in found].count(MessageStatus.SENT) >= 39
    assert sum(one.attempts for one in found) < 60
    world.deliver(HOUR)
    assert {world.message(one).status for one in messages} == {MessageStatus.SENT}


def test_a_server_that_cannot_be_reached_is_not_asked_by_each_message(world: World) -> None:
    world.submission.sign_in_failures = [Failure("connection_refused", passing=True)] * 1000
    for _ in range(200):
        world.submit()
    world.deliver(10 * MINUTE)
    assert world.submission.calls["open"] <= 11


def test_who_asks_is_told_that_a_mailbox_rests(world: World) -> None:
    world.submission.failures = [Failure("sending_quota_exceeded", passing=True)]
    first, second = world.submit(), world.submit()
    world.deliver(2 * MINUTE)
    [waiting] = [
        one for one in (first, second) if world.message(one).status is MessageStatus.QUEUED
    ]
    progress = world.services.progress.of(ORG, waiting.id)
    assert progress.held is not None
    assert progress.held.rest_reason == "sending_quota_exceeded"
    assert progress.held.until - world.clock.now() > 25 * MINUTE
    world.deliver(HOUR)
    assert {world.message(one).status for one in (first, second)} == {MessageStatus.SENT}
