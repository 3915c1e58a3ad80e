"""How the local function host feeds queue messages to functions, against Azurite."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueServiceClient

from tests.support.local_host import QUICK_HOST_JSON, RECORDING, LocalHost, eventually
from tests.support.running_stack import RunningStack

APP = (
    RECORDING
    + """
_running = 0
_most = 0

@app.queue_trigger(arg_name="msg", queue_name="%JOBS%", connection="AzureWebJobsStorage")
def job(msg: func.QueueMessage) -> None:
    global _running, _most
    text = msg.get_body().decode()
    with _lock:
        _running += 1
        _most = max(_most, _running)
    try:
        if text.startswith("slow"):
            # Not all at the same time, so that one ends while others run.
            time.sleep(0.2 + 0.15 * (sum(text.encode()) % 4))
        record(job=text, id=msg.id, count=msg.dequeue_count, receipt=bool(msg.pop_receipt),
               inserted=msg.insertion_time, expires=msg.expiration_time,
               visible=msg.time_next_visible, most=_most, process=os.getpid())
        if text.startswith("bad") or (text.startswith("once") and msg.dequeue_count == 1):
            raise ValueError("this message cannot be done")
    finally:
        with _lock:
            _running -= 1
"""
)


@pytest.fixture
def queues(azurite: RunningStack) -> Iterator[QueueServiceClient]:
    """All queues of the account, emptied before and after."""
    with QueueServiceClient.from_connection_string(azurite.storage_connection_string) as service:
        _delete_all(service)
        yield service
        _delete_all(service)


@pytest.fixture
def queue(queues: QueueServiceClient) -> QueueClient:
    return queues.create_queue("jobs")


@pytest.fixture
def host(azurite: RunningStack, tmp_path: Path) -> Iterator[LocalHost]:
    running = LocalHost(
        tmp_path,
        APP,
        values={"AzureWebJobsStorage": azurite.storage_connection_string, "JOBS": "jobs"},
    )
    yield running
    assert running.stop() == 0


def test_a_message_comes_with_its_metadata_and_is_deleted(
    host: LocalHost, queue: QueueClient
) -> None:
    sent = queue.send_message("hello <you>")
    host.start()
    [seen] = host.wait_for_records(1, job="hello <you>")
    assert (seen["id"], seen["count"], seen["receipt"]) == (sent.id, 1, True)
    assert seen["inserted"][:19] == str(sent.inserted_on)[:19]
    assert seen["expires"][:19] == str(sent.expires_on)[:19]
    assert seen["visible"] is not None
    eventually(lambda: _is_empty(queue), "deleting the message")


def test_a_queue_that_is_made_later_is_found(host: LocalHost, queues: QueueServiceClient) -> None:
    host.start()
    queues.create_queue("jobs").send_message("late")
    host.wait_for_records(1, job="late")


def test_a_message_that_fails_once_is_tried_again(host: LocalHost, queue: QueueClient) -> None:
    queue.send_message("once")
    host.start()
    host.wait_for_records(1, job="once", count=2)
    eventually(lambda: _is_empty(queue), "deleting the message")


def test_a_message_that_always_fails_ends_in_the_poison_queue(
    host: LocalHost, queue: QueueClient, queues: QueueServiceClient
) -> None:
    queue.send_message("bad")
    host.start()
    host.wait_for_records(1, job="bad", count=3)
    poison = queues.get_queue_client("jobs-poison")
    [message] = eventually(lambda: _peek(poison), "a message in the poison queue")
    assert message == "bad"
    eventually(lambda: _is_empty(queue), "deleting the message")
    assert [record["count"] for record in host.records()] == [1, 2, 3]


def test_as_many_run_at_once_as_host_json_allows(
    azurite: RunningStack, queue: QueueClient, tmp_path: Path
) -> None:
    values = {
        "AzureWebJobsStorage": azurite.storage_connection_string,
        "JOBS": "jobs",
        "PYTHON_THREADPOOL_THREAD_COUNT": "16",
        "AzureFunctionsJobHost__extensions__queues__batchSize": "4",
        "AzureFunctionsJobHost__extensions__queues__newBatchThreshold": "2",
    }
    for number in range(18):
        queue.send_message(f"slow {number}")
    host = LocalHost(tmp_path, APP, values=values).start()
    records = host.wait_for_records(18)
    assert host.stop() == 0
    # A new batch of 4 is fetched as soon as no more than 2 are running.
    assert 4 < max(record["most"] for record in records) <= 6


def test_more_processes_share_the_queue(host: LocalHost, queue: QueueClient) -> None:
    sent = 0

    def shared() -> bool:
        """On a busy machine one process may have done the first ones before the others are up."""
        nonlocal sent
        records = host.records()
        if sent - len(records) < 40:
            for number in range(sent, sent + 20):
                queue.send_message(f"slow {number}")
            sent += 20
        return len({record["process"] for record in records}) > 1

    host.start("--workers", "3")
    eventually(shared, "work of a second process")
    records = host.wait_for_records(sent)
    assert len({record["job"] for record in records}) == len(records) == sent


def test_what_runs_is_finished_and_what_waits_is_kept_when_it_ends(
    host: LocalHost, queue: QueueClient
) -> None:
    queue.send_message("slow work")
    host.start()
    host.wait_for_log("Executing 'Functions.job'")
    assert host.stop() == 0
    assert [record["job"] for record in host.records()] == ["slow work"]
    assert _is_empty(queue)
    queue.send_message("later")
    host.start()
    host.wait_for_records(1, job="later")


def test_admin_runs_a_queue_function_with_the_input_as_message(host: LocalHost) -> None:
    host.start()
    for given, text in (("by hand", "by hand"), ({"id": 7}, '{"id": 7}')):
        answer = host.request("POST", "/admin/functions/job", json={"input": given})
        assert answer.status_code == 202
        [seen] = host.wait_for_records(1, job=text)
        assert (seen["count"], bool(seen["id"])) == (1, True)


def test_base64_is_decoded_and_what_is_not_base64_is_poison(
    azurite: RunningStack, queue: QueueClient, queues: QueueServiceClient, tmp_path: Path
) -> None:
    host_json = json.loads(json.dumps(QUICK_HOST_JSON))
    del host_json["extensions"]["queues"]["messageEncoding"]
    queue.send_message("aGVsbG8=")
    queue.send_message("not Base64")
    values = {"AzureWebJobsStorage": azurite.storage_connection_string, "JOBS": "jobs"}
    host = LocalHost(tmp_path, APP, values=values, host_json=host_json).start()
    host.wait_for_records(1, job="hello")
    poison = queues.get_queue_client("jobs-poison")
    assert eventually(lambda: _peek(poison), "a message in the poison queue") == ["not Base64"]
    assert host.stop() == 0
    assert len(host.records()) == 1


def _delete_all(service: QueueServiceClient) -> None:
    for queue in service.list_queues():
        service.delete_queue(queue.name)


def _is_empty(queue: QueueClient) -> bool:
    return queue.get_queue_properties().approximate_message_count == 0


def _peek(queue: QueueClient) -> list[str]:
    try:
        return [str(message.content) for message in queue.peek_messages()]
    except ResourceNotFoundError:
        return []
