"""Queue triggers: polling, concurrency, retries and poison messages, by host.json.

Follows the QueueListener and QueueProcessor of the WebJobs SDK's storage queues extension.
"""

import asyncio
import base64
import binascii
import json
import logging
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from azure.core.exceptions import (
    AzureError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from infra.local.host import protos
from infra.local.host.executor import Executor, FunctionError
from infra.local.host.functions import Function
from infra.local.host.hostjson import QueueOptions
from infra.local.host.logs import host_call
from infra.local.host.settings import AppSettings, SettingsError
from infra.local.host.tasks import happens_within

_SHORTEST_POLL = 0.1  # seconds
# How long a received message stays hidden unless renewed. Azure takes ten minutes; a developer
# who kills the host should not wait that long to see a message again.
_LEASE = 60  # seconds
_POISON = "-poison"
_log = logging.getLogger("Host.Queues")


@dataclass(frozen=True)
class QueueSource:
    """Where a function's messages come from."""

    connection: str
    name: str


def parse_source(function: Function, settings: AppSettings) -> QueueSource:
    """The trigger's queue, settings resolved. Raises SettingsError."""
    trigger, used_by = function.trigger, f"the queue trigger of '{function.name}'"
    name = settings.resolve(str(trigger.get("queueName", "")), used_by)
    setting = str(trigger.get("connection") or "")
    connection = settings.storage_connection(setting, used_by)
    pairs = (part.partition("=") for part in connection.strip(";").split(";"))
    parts = {key.strip().lower() for key, _, value in pairs if value}
    if not ({"accountname", "accountkey"} <= parts or "sharedaccesssignature" in parts):
        message = f"The app setting '{setting}' that {used_by} names is no connection string."
        raise SettingsError(message)
    return QueueSource(connection=connection, name=name.lower())


class PollingDelay:
    """Grows from 100 ms to the longest interval while a queue is empty."""

    def __init__(self, longest: timedelta) -> None:
        self._longest = max(longest.total_seconds(), _SHORTEST_POLL)
        self._current = _SHORTEST_POLL

    def reset(self) -> None:
        """A message came: be quick again."""
        self._current = _SHORTEST_POLL

    def next(self) -> float:
        """Seconds to wait now; jitter keeps several pollers apart."""
        delay = self._current
        self._current = min(self._current * 2, self._longest)
        return min(delay * random.uniform(0.9, 1.1), self._longest)  # noqa: S311 - only spreads


class QueueListener:
    """Feeds one function from one queue."""

    def __init__(
        self, function: Function, source: QueueSource, options: QueueOptions, executor: Executor
    ) -> None:
        self._function = function
        self._options = options
        self._executor = executor
        self._queue = _client(source.connection, source.name)
        self._poison = None
        if not source.name.endswith(_POISON):
            self._poison = _client(source.connection, source.name + _POISON)
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()
        self._stopping = asyncio.Event()

    async def listen(self) -> None:
        """Polls until `stop`; what was begun by then goes on, see `drain`."""
        host_call.set(True)
        delay = PollingDelay(self._options.max_polling_interval)
        while not self._stopping.is_set():
            await self._wait_for_room()
            messages = [] if self._stopping.is_set() else await self._receive()
            for message in messages:
                task = asyncio.create_task(self._process(message))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
                task.add_done_callback(lambda _: self._ended.set())
            if messages:
                delay.reset()
            else:
                await happens_within(self._stopping, delay.next())

    def stop(self) -> None:
        """Asks for no more messages. Those of a poll under way are still taken care of."""
        self._stopping.set()
        self._ended.set()

    async def drain(self) -> None:
        """Waits for what was begun."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Ends the connections to storage."""
        await self._queue.close()
        if self._poison:
            await self._poison.close()

    async def _wait_for_room(self) -> None:
        """At most batchSize + newBatchThreshold messages are in work at a time."""
        threshold = self._options.new_batch_threshold
        while len(self._tasks) > threshold and not self._stopping.is_set():
            self._ended.clear()
            await self._ended.wait()

    async def _receive(self) -> list[QueueMessage]:
        pages = self._queue.receive_messages(
            messages_per_page=self._options.batch_size, visibility_timeout=_LEASE
        ).by_page()
        try:
            async for page in pages:
                return [message async for message in page]
        except ResourceNotFoundError:
            return []  # the queue is made by whoever sends first
        except AzureError as error:
            _log.warning("Polling '%s' failed: %s", self._queue.queue_name, error)
        return []

    async def _process(self, message: QueueMessage) -> None:
        try:
            if (message.dequeue_count or 0) > self._options.max_dequeue_count and self._poison:
                await self._move_to_poison(message)
                return
            await self._run(message)
        except AzureError as error:
            # The message comes back by itself once its lease ends.
            _log.warning(
                "Message %s of '%s' could not be settled: %s",
                message.id, self._queue.queue_name, error,
            )  # fmt: skip

    async def _run(self, message: QueueMessage) -> None:
        data = decode(message.content, self._options.message_encoding)
        if data is None:
            _log.error(
                "Message %s of '%s' is not Base64, which host.json's messageEncoding asks for",
                message.id, self._queue.queue_name,
            )  # fmt: skip
            await self._move_to_poison(message)
            return
        finished = asyncio.Event()
        renewal = asyncio.create_task(self._renew(message, finished))
        try:
            await self._executor.run(
                self._function,
                data,
                reason=f"New queue message detected on '{self._queue.queue_name}'.",
                metadata=metadata_of(message, data),
            )
        except FunctionError:
            failed = True
        else:
            failed = False
        finally:
            # A renewal under way is waited for: it changes the receipt that settling needs.
            finished.set()
            await renewal
        await (self._fail(message) if failed else self._queue.delete_message(message))

    async def _renew(self, message: QueueMessage, finished: asyncio.Event) -> None:
        """Keeps the message hidden while its function runs."""
        while not await happens_within(finished, _LEASE / 3):
            try:
                updated = await self._queue.update_message(message, visibility_timeout=_LEASE)
            except AzureError as error:
                _log.warning("Message %s could not be renewed: %s", message.id, error)
            else:
                message.pop_receipt = updated.pop_receipt

    async def _fail(self, message: QueueMessage) -> None:
        if (message.dequeue_count or 0) >= self._options.max_dequeue_count and self._poison:
            await self._move_to_poison(message)
            return
        pause = round(self._options.visibility_timeout.total_seconds())
        await self._queue.update_message(message, visibility_timeout=pause)

    async def _move_to_poison(self, message: QueueMessage) -> None:
        if self._poison is None:
            await self._queue.delete_message(message)
            return
        name = self._poison.queue_name
        _log.warning(
            "Moving message %s to queue '%s'; it was dequeued %s times, MaxDequeueCount is %d.",
            message.id, name, message.dequeue_count, self._options.max_dequeue_count,
        )  # fmt: skip
        try:
            await self._poison.send_message(message.content, time_to_live=-1)
        except ResourceNotFoundError:
            await _create(self._poison)
            await self._poison.send_message(message.content, time_to_live=-1)
        await self._queue.delete_message(message)


def _client(connection: str, name: str) -> QueueClient:
    # The SDK's own pauses, 15 s and more, would outlast a stop and a restart of the emulator.
    return QueueClient.from_connection_string(
        connection, name, initial_backoff=1, increment_base=2, retry_total=2
    )


async def _create(queue: QueueClient) -> None:
    try:
        await queue.create_queue()
    except ResourceExistsError:
        _log.debug("'%s' was made meanwhile", queue.queue_name)


def decode(text: str, encoding: str) -> protos.TypedData | None:
    """The message's content for the function; None where it is not in the given encoding."""
    if encoding == "none":
        return protos.TypedData(string=text)
    try:
        octets = base64.b64decode(text, validate=True)
    except binascii.Error:
        return None
    try:
        return protos.TypedData(string=octets.decode("utf-8"))
    except UnicodeDecodeError:
        return protos.TypedData(bytes=octets)


def metadata_of(message: QueueMessage, data: protos.TypedData) -> dict[str, protos.TypedData]:
    """The trigger metadata of a message, with the names of the real host."""
    facts: Mapping[str, str | int | None] = {
        "QueueTrigger": data.string,
        "Id": message.id,
        "PopReceipt": message.pop_receipt,
        "DequeueCount": message.dequeue_count,
        "InsertionTime": _text(message.inserted_on),
        "ExpirationTime": _text(message.expires_on),
        "NextVisibleTime": _text(message.next_visible_on),
    }
    return {
        name: protos.TypedData(string=value)
        if isinstance(value, str)
        else protos.TypedData(json=json.dumps(value))
        for name, value in facts.items()
        if value is not None
    }


def hand_made_metadata(data: protos.TypedData) -> dict[str, protos.TypedData]:
    """The trigger metadata of a message that came over the admin interface, not from a queue."""
    now = datetime.now(UTC)
    message = QueueMessage(content=data.string)
    message.id = str(uuid.uuid4())
    message.pop_receipt = ""
    message.dequeue_count = 1
    message.inserted_on = message.next_visible_on = now
    message.expires_on = now + timedelta(days=7)
    return metadata_of(message, data)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
