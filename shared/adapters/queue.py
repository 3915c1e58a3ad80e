"""The queue `mailbox-maintenance`: one message of plain JSON for each piece of work that is due."""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from azure.core.credentials import TokenCredential
from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.storage.queue import LinearRetry, QueueClient

from shared.adapters.wire import Wire, answers_of, error_code
from shared.domain.due import DueEntry
from shared.settings import StorageSettings

SERVICE = "Queue Storage"
QUEUE = "mailbox-maintenance"
_AT_ONCE = 8


def message_of(entry: DueEntry) -> str:
    """The text of an entry's message. `host.json` says `messageEncoding: none`: no Base64."""
    return json.dumps(
        {
            "kind": str(entry.kind),
            "organization": entry.organization,
            "id": entry.id,
            "at": entry.at.isoformat(),
        }
    )


class StorageMaintenanceQueue:
    """Fulfils `MaintenanceQueue`. A message can arrive twice: the SDK repeats a request whose
    answer got lost."""

    def __init__(
        self, storage: StorageSettings, wire: Wire, credential: TokenCredential | None = None
    ) -> None:
        options: dict[str, Any] = {
            "transport": wire,
            # Two more tries, each after 0 to 2 s, at random so that workers do not keep step.
            "retry_policy": LinearRetry(backoff=1, random_jitter_range=1, retry_total=2),
        }
        if storage.connection_string:
            self._client = QueueClient.from_connection_string(
                storage.connection_string, QUEUE, **options
            )
        else:
            self._client = QueueClient(storage.queue_url or "", QUEUE, credential, **options)

    def send(self, entries: Iterable[DueEntry]) -> None:
        """Several at once, so that a backlog does not hold up the timer. Raises
        `ServiceUnavailableError`; what was sent by then stays sent."""
        messages = [message_of(entry) for entry in entries]
        if len(messages) <= 1:
            for message in messages:
                self._send(message)
            return
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="queue") as threads:
            for _ in threads.map(self._send, messages):
                pass

    def _send(self, message: str) -> None:
        with answers_of(SERVICE):
            try:
                self._client.send_message(message)
            except HttpResponseError as error:
                if error_code(error) != "QueueNotFound":
                    raise
                self._create()
                self._client.send_message(message)

    def _create(self) -> None:
        try:
            self._client.create_queue()
        except ResourceExistsError as error:
            if error_code(error) != "QueueAlreadyExists":
                raise
