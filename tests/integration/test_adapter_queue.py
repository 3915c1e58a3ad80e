"""The queue `mailbox-maintenance`: the same contract for Storage Queues and for the fake."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from azure.storage.queue import QueueClient

from shared.adapters import wire
from shared.adapters.queue_maintenance import QUEUE, StorageMaintenanceQueue
from shared.domain.due import DueEntry, DueKind
from shared.domain.errors import ServiceUnavailableError
from shared.ports import MaintenanceQueue
from tests.fakes import FakeMaintenanceQueue
from tests.support.lossy_proxy import LossyProxy, lossy_proxy
from tests.support.queues import queue_behind, trigger_of
from tests.support.running_stack import RunningStack
from tests.support.storage import NOW, fresh_id

type Received = Callable[[], list[DueEntry]]


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
) -> Iterator[StorageMaintenanceQueue]:
    with queue_behind(proxy, azurite, QUEUE) as queue:
        yield StorageMaintenanceQueue(queue)


@pytest.fixture(params=["fake", "storage queue"])
def queue(request: pytest.FixtureRequest) -> tuple[MaintenanceQueue, Received]:
    """The queue, and what arrived in it."""
    if request.param == "fake":
        fake = FakeMaintenanceQueue()
        return fake, fake.take
    real: StorageMaintenanceQueue = request.getfixturevalue("real_queue")
    trigger: QueueClient = request.getfixturevalue("trigger")
    return real, lambda: received(trigger)


def received(trigger: QueueClient) -> list[DueEntry]:
    return [entry_of(message.content) for message in trigger.receive_messages(max_messages=32)]


def entry_of(text: str) -> DueEntry:
    body = json.loads(text)
    at = datetime.fromisoformat(body["at"])
    return DueEntry(DueKind(body["kind"]), body["organization"], body["id"], at)


def entries(number: int) -> list[DueEntry]:
    return [
        DueEntry(DueKind.CHECK, "it's <contoso> & co", fresh_id(), NOW + timedelta(seconds=second))
        for second in range(number)
    ]


@pytest.mark.parametrize("number", [1, 20])
def test_every_entry_arrives_as_it_was_sent(
    queue: tuple[MaintenanceQueue, Received], number: int
) -> None:
    sender, arrived = queue
    sent = entries(number)
    sender.send(iter(sent))
    assert sorted(arrived(), key=lambda entry: entry.at) == sent


def test_nothing_to_send_is_no_error(queue: tuple[MaintenanceQueue, Received]) -> None:
    sender, _ = queue
    sender.send([])


def test_a_message_is_plain_json(real_queue: MaintenanceQueue, trigger: QueueClient) -> None:
    real_queue.send([DueEntry(DueKind.CLEANUP, "contoso", "1", NOW)])
    message = trigger.receive_message()
    assert message is not None
    assert message.content == (
        '{"kind": "cleanup", "organization": "contoso", "id": "1",'
        ' "at": "2026-03-02T09:00:00.123456+00:00"}'
    )


def test_a_message_whose_answer_got_lost_arrives(
    real_queue: MaintenanceQueue, trigger: QueueClient, proxy: LossyProxy
) -> None:
    real_queue.send(entries(1))
    received(trigger)
    proxy.lose("POST")
    sent = entries(1)
    real_queue.send(sent)
    assert set(received(trigger)) == set(sent)


@pytest.mark.parametrize("number", [1, 20])
def test_a_queue_that_stays_away_is_unavailable(
    real_queue: MaintenanceQueue, proxy: LossyProxy, number: int
) -> None:
    proxy.refuse(503, times=999)
    with pytest.raises(ServiceUnavailableError, match=r"^Queue Storage did not answer"):
        real_queue.send(entries(number))
