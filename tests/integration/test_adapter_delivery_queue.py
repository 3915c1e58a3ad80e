"""The queue of hints: the same contract for the real queue and for the fake."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from azure.storage.queue import QueueClient

from shared.adapters import wire
from shared.adapters.queue_delivery import QUEUE, StorageDeliveryQueue
from shared.delivery_ports import DeliveryQueue
from shared.domain.errors import ServiceUnavailableError
from shared.domain.message import Hint
from tests.fakes_delivery import FakeDeliveryQueue
from tests.support.lossy_proxy import LossyProxy, lossy_proxy
from tests.support.queues import queue_behind, trigger_of
from tests.support.running_stack import RunningStack
from tests.support.storage import fresh_id

type Received = Callable[[], list[Hint]]
LONG_AGO = timedelta(minutes=-1)


@pytest.fixture
def trigger(azurite: RunningStack) -> Iterator[QueueClient]:
    with trigger_of(azurite, QUEUE) as client:
        yield client


@pytest.fixture
def proxy(azurite: RunningStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[LossyProxy]:
    monkeypatch.setattr(wire, "_LONGEST_PAUSE", 0.01)
    with lossy_proxy(f"http://127.0.0.1:{azurite.ports.queue}") as proxy:
        yield proxy


@pytest.fixture
def real_queue(
    azurite: RunningStack,
    proxy: LossyProxy,
    trigger: QueueClient,  # noqa: ARG001  # so that the queue is not there at first
) -> Iterator[StorageDeliveryQueue]:
    with queue_behind(proxy, azurite, QUEUE) as queue:
        yield StorageDeliveryQueue(queue)


@pytest.fixture(params=["fake", "storage queue"])
def queue(request: pytest.FixtureRequest) -> tuple[DeliveryQueue, Received]:
    """The queue, and what can be received from it now."""
    if request.param == "fake":
        fake = FakeDeliveryQueue()
        return fake, fake.take_due
    real: StorageDeliveryQueue = request.getfixturevalue("real_queue")
    trigger: QueueClient = request.getfixturevalue("trigger")
    return real, lambda: [hint_of(m.content) for m in trigger.receive_messages(max_messages=32)]


def hint_of(text: str) -> Hint:
    body = json.loads(text)
    return Hint(
        body["organization"], body["configOrganization"], body["configId"], body["messageId"]
    )


def a_hint(message_id: str | None = None) -> Hint:
    return Hint("it's <contoso> & co", "platform", fresh_id(), message_id)


@pytest.mark.parametrize("message_id", [None, "1"])
def test_a_hint_arrives_as_it_was_sent(
    queue: tuple[DeliveryQueue, Received], message_id: str | None
) -> None:
    sender, arrived = queue
    hint = a_hint(message_id)
    sender.send(hint)
    assert arrived() == [hint]


def test_a_delayed_hint_stays_out_of_sight(queue: tuple[DeliveryQueue, Received]) -> None:
    sender, arrived = queue
    late, now = a_hint("late"), a_hint("now")
    sender.send(late, timedelta(hours=1))
    sender.send(now, LONG_AGO)
    assert arrived() == [now]


def test_a_hint_can_wait_for_a_week_and_no_longer(queue: tuple[DeliveryQueue, Received]) -> None:
    sender, arrived = queue
    sender.send(a_hint(), timedelta(days=7))
    assert arrived() == []
    with pytest.raises(ValueError, match="7 days"):
        sender.send(a_hint(), timedelta(days=7, seconds=1))


def test_the_fakes_hints_become_visible_as_time_goes_by() -> None:
    queue = FakeDeliveryQueue()
    hints = [a_hint(str(minutes)) for minutes in range(3)]
    for minutes, hint in enumerate(hints):
        queue.send(hint, timedelta(minutes=minutes))
    start = queue.clock.now()
    assert queue.take_due(start) == hints[:1]
    assert queue.next_at() == start + timedelta(minutes=1)
    queue.clock.advance(timedelta(minutes=1))
    assert queue.take_due() == hints[1:2]
    assert queue.take_due(start + timedelta(days=1)) == hints[2:]
    assert queue.next_at() is None


def test_a_message_is_plain_json_that_never_expires(
    real_queue: DeliveryQueue, trigger: QueueClient
) -> None:
    real_queue.send(Hint("contoso", "platform", "1", "2"))
    message = trigger.receive_message()
    assert message is not None
    assert message.content == (
        '{"organization": "contoso", "configOrganization": "platform",'
        ' "configId": "1", "messageId": "2"}'
    )
    assert message.expires_on is not None
    assert message.expires_on > datetime.now(UTC) + timedelta(days=3650)


def test_a_delay_is_never_shortened(real_queue: DeliveryQueue, proxy: LossyProxy) -> None:
    real_queue.send(a_hint(), timedelta(seconds=61, microseconds=1))
    assert "visibilitytimeout=62" in proxy.paths[-1]


def test_a_hint_whose_answer_got_lost_arrives(
    real_queue: DeliveryQueue, trigger: QueueClient, proxy: LossyProxy
) -> None:
    real_queue.send(a_hint())
    proxy.lose("POST")
    hint = a_hint("again")
    real_queue.send(hint)
    assert hint in [hint_of(m.content) for m in trigger.receive_messages(max_messages=32)]


def test_a_queue_that_stays_away_is_unavailable(
    real_queue: DeliveryQueue, proxy: LossyProxy
) -> None:
    proxy.refuse(503, times=999)
    with pytest.raises(ServiceUnavailableError, match=r"^Queue Storage did not answer"):
        real_queue.send(a_hint())
