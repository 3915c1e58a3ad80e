"""The local function host keeps a message to itself for as long as its function runs."""

import asyncio
from typing import cast

import pytest
from azure.storage.queue import QueueClient

from infra.local.host import protos, queues
from infra.local.host.executor import Executor, FunctionError
from infra.local.host.functions import Function
from infra.local.host.hostjson import QueueOptions
from infra.local.host.queues import QueueListener, QueueSource
from tests.support.host_functions import function_with
from tests.support.running_stack import RunningStack

LEASE = 1  # seconds
OPTIONS = QueueOptions(message_encoding="none", max_dequeue_count=2)


class SlowExecutor:
    """Takes longer than the message stays hidden by itself."""

    def __init__(self, *, fails: bool) -> None:
        self.runs = 0
        self.ended = asyncio.Event()
        self._fails = fails

    async def run(
        self,
        function: Function,
        data: protos.TypedData,
        *,
        reason: str,
        metadata: dict[str, protos.TypedData],
    ) -> None:
        assert (function.name, data.string) == ("job", "long work")
        assert "leased" in reason
        assert metadata["DequeueCount"].json == str(self.runs + 1)
        self.runs += 1
        await asyncio.sleep(2.5 * LEASE if self.runs == 1 else 0)
        if self._fails and self.runs < 2:
            raise FunctionError("once")
        self.ended.set()


@pytest.mark.parametrize("fails", [False, True])
def test_a_message_stays_hidden_and_can_be_settled_after_its_lease_was_renewed(
    azurite: RunningStack, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    monkeypatch.setattr(queues, "_LEASE", LEASE)
    connection = azurite.storage_connection_string
    function = function_with("job", {"type": "queueTrigger", "name": "msg"})

    async def listen() -> int:
        executor = SlowExecutor(fails=fails)
        listener = QueueListener(
            function, QueueSource(connection, "leased"), OPTIONS, cast("Executor", executor)
        )
        task = asyncio.create_task(listener.listen())
        async with asyncio.timeout(20):
            await executor.ended.wait()
        listener.stop()
        await task
        await listener.drain()
        await listener.close()
        return executor.runs

    with QueueClient.from_connection_string(connection, "leased") as queue:
        queue.create_queue()
        try:
            queue.send_message("long work")
            assert asyncio.run(listen()) == (2 if fails else 1)
            assert queue.get_queue_properties().approximate_message_count == 0
        finally:
            queue.delete_queue()
