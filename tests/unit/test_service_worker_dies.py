"""A worker that dies before any one of its calls: nothing is lost, and nothing stays behind.

The calls are those of the ports: tables, queues, blobs, Key Vault, the mail server.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.domain.config import Status
from shared.domain.due import DueKind
from shared.domain.failures import Failure
from shared.domain.message import Hint, Message
from tests.fakes_base import Fake
from tests.support.world import ADMIN, ORG, World

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
GREYLISTED = Failure("smtp_try_later", passing=True, detail="451 4.7.1 Greylisted")
UNKNOWN = Failure("recipient_refused", detail="550 5.1.1 No such user")
A, B, C = (f"{name}@customer.example" for name in "abc")

type Scenario = Callable[[World], list[Message]]


class _DiedError(BaseException):
    """Not an `Exception`: nobody tidies up after it."""


def _all_taken(world: World) -> list[Message]:
    return [world.submit(), world.submit(), world.submit(to=(A, B))]


def _put_off_and_refused(world: World) -> list[Message]:
    world.submission.refusals = {B: [GREYLISTED, GREYLISTED], C: [UNKNOWN]}
    return [world.submit(to=(A, B, C)), world.submit()]


def _in_portions(world: World) -> list[Message]:
    world.submission.most_recipients = 2
    return [world.submit(to=[f"{number}@customer.example" for number in range(5)])]


def _passing(world: World) -> list[Message]:
    world.submission.failures = [GREYLISTED, GREYLISTED]
    return [world.submit(), world.submit()]


def _permanent(world: World) -> list[Message]:
    world.submission.failures = [Failure("message_too_large")]
    return [world.submit(), world.submit()]


def _no_sign_in(world: World) -> list[Message]:
    world.submission.sign_in_failures = [Failure("connection_refused", passing=True)]
    return [world.submit(), world.submit()]


def _dead_mailbox(world: World) -> list[Message]:
    world.submission.sign_in_failures = [Failure("password_rejected")]
    return [world.submit(), world.submit()]


SCENARIOS = (
    _all_taken,
    _put_off_and_refused,
    _in_portions,
    _passing,
    _permanent,
    _no_sign_in,
    _dead_mailbox,
)


@pytest.mark.parametrize("queue_forgets", [False, True])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_worker_that_dies_anywhere_loses_nothing(
    scenario: Scenario, queue_forgets: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    last_call = 0
    for call in range(1, 400):
        world = World()
        world.basic()
        world.work()
        world.delivery_queue.take_due()
        messages = scenario(world)
        unhandled = _dies_at(world, call, monkeypatch)
        if unhandled is None:
            break
        last_call = call
        world.services = world.another_process()
        world.maintenance = world.services.maintenance
        for hint in [] if queue_forgets else unhandled:
            world.delivery_queue.send(hint, 30 * SECOND)
        _eight_hours(world)
        _check(world, messages)
    assert 10 < last_call < 399


def _dies_at(world: World, call: int, monkeypatch: pytest.MonkeyPatch) -> list[Hint] | None:
    """What it left in the queue; None if it came to an end before that call."""
    called, calls = Fake.called, 0

    def counted(fake: Fake, name: str) -> None:
        nonlocal calls
        calls += 1
        if calls >= call:
            raise _DiedError(name)
        called(fake, name)

    hints = world.delivery_queue.take_due()
    while hints:
        try:
            with monkeypatch.context() as patched:
                patched.setattr(Fake, "called", counted)
                world.services.delivery.handle(hints[0])
        except _DiedError:
            return hints
        hints = hints[1:] + world.delivery_queue.take_due()
    return None


def _eight_hours(world: World) -> None:
    for _ in range(8 * 12):
        world.deliver(5 * MINUTE)
        [config] = world.configs.list(ORG)
        if config.status is not Status.VERIFIED:
            world.service.update(ADMIN, config.id, {"password": "right"}, lambda _: True)
        world.clock.advance(7 * SECOND)
        world.maintenance.tick()
        world.work()


def _check(world: World, messages: list[Message]) -> None:
    assert all(world.message(one).status.is_final for one in messages)
    # Whatever the server had taken when the worker died may be sent once more.
    assert all(count <= len(messages) + 1 for count in world.submission.received.values())
    now = world.clock.now()
    assert [slot for pace in world.pace.paces.values() for slot in pace.value.at(now).slots] == []
    watches = world.due.due(now + 48 * HOUR, 1000)
    assert [one for one in watches if one.kind is DueKind.DELIVERY] == []
