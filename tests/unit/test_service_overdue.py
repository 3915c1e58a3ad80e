"""The timer's watch over messages: what a queue loses, it finds."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.domain.due import DueKind
from shared.domain.errors import ServiceUnavailableError
from shared.domain.failures import Failure
from shared.domain.message import Due, Message, MessageStatus
from tests.support.world import ADMIN, ORG, World

MILLISECOND, MINUTE, HOUR = timedelta(milliseconds=1), timedelta(minutes=1), timedelta(hours=1)
DEFERRED = Failure("smtp_try_later", passing=True, detail="451 4.3.0 later")


def _code(message: Message) -> str | None:
    return message.reason.code if message.reason else None


def _tick_for(world: World, time: timedelta) -> None:
    """The timer runs every five minutes, and what is queued is done."""
    end = world.clock.now() + time
    while world.clock.now() < end:
        world.deliver(5 * MINUTE)
        world.maintenance.tick()
        world.work()
    world.deliver()


def test_a_message_whose_hint_could_not_be_sent_is_accepted_and_found(world: World) -> None:
    world.delivery_queue.fail("send", ServiceUnavailableError("Queue Storage"))
    message = world.submit()
    world.deliver(4 * MINUTE)
    assert world.message(message).status is MessageStatus.QUEUED
    _tick_for(world, 10 * MINUTE)
    assert world.message(message).status is MessageStatus.SENT


def test_messages_whose_hints_were_cleared_leave_or_expire_in_time(world: World) -> None:
    world.submission.failures = [DEFERRED] * 1000
    message = world.submit()
    world.deliver()
    for _ in range(25 * 12):
        world.delivery_queue.take_due(world.clock.now() + HOUR)
        _tick_for(world, 5 * MINUTE)
    message = world.message(message)
    assert (message.status, _code(message)) == (MessageStatus.FAILED, "delivery_expired")
    assert message.attempts > 5


def test_the_watch_over_messages_ends_with_them_and_costs_little(world: World) -> None:
    due = world.due.calls["move"]
    for _ in range(30):
        world.submit()
    assert world.due.calls["move"] == due + 1
    _tick_for(world, 15 * MINUTE)
    assert len(world.submission.sent) == 30
    assert all(
        entry.kind != "delivery" for entry in world.due.due(world.clock.now() + 48 * HOUR, 1000)
    )


def test_the_watch_sends_no_hint_beside_one_that_is_on_its_way(world: World) -> None:
    [config] = world.configs.list(ORG)
    world.service.update(ADMIN, config.id, {"password": "wrong"}, lambda _: True)
    world.work()
    world.submit()
    world.deliver()
    sent = world.delivery_queue.calls["send"]
    _tick_for(world, HOUR)
    assert world.delivery_queue.calls["send"] - sent <= 13


def test_a_hint_that_got_lost_is_found_although_another_comes_in_hours(world: World) -> None:
    later = Failure("smtp_try_later", passing=True, retry_after=10 * HOUR)
    world.submission.failures = [later]
    world.submit(text="first")
    world.deliver(MINUTE)
    world.delivery_queue.fail("send", ServiceUnavailableError("Queue Storage"))
    second = world.submit(text="second")
    _tick_for(world, 15 * MINUTE)
    assert world.message(second).status is MessageStatus.SENT


def test_the_watches_over_a_config_that_always_sends_become_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read takes a while, and a timer is late: no two looks are made at the same moment."""
    due = world.messages.due

    def slow(*arguments: Any) -> list[Due]:
        world.clock.advance(3 * MILLISECOND)
        return due(*arguments)

    monkeypatch.setattr(world.messages, "due", slow)
    world.submission.refusals = {"never@a.example": [DEFERRED] * 10_000}
    began = world.clock.now()
    for step in range(1, 73):
        if step % 24 == 1:
            world.submit(to=["never@a.example"])
        world.submit()
        world.deliver(MINUTE)
        world.clock.set(began + step * 5 * MINUTE + (40 + step % 7) * MILLISECOND)
        world.maintenance.tick()
    until: datetime = world.clock.now() + 48 * HOUR
    watches = [one for one in world.due.due(until, 1000) if one.kind is DueKind.DELIVERY]
    assert 1 <= len(watches) <= 2
