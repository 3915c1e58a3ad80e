"""The queue `mailbox-maintenance`: one message of plain JSON for each piece of work that is due."""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from shared.adapters.queues import Queue
from shared.domain.due import DueEntry

QUEUE = "mailbox-maintenance"
_AT_ONCE = 8


class StorageMaintenanceQueue:
    """Fulfils `MaintenanceQueue`."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def send(self, entries: Iterable[DueEntry]) -> None:
        """Several at once, so that a backlog does not hold up the timer. Raises
        `ServiceUnavailableError`; what was sent by then stays sent."""
        messages = [_message_of(entry) for entry in entries]
        if len(messages) <= 1:
            for message in messages:
                self._queue.send(message)
            return
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="queue") as threads:
            for _ in threads.map(self._queue.send, messages):
                pass


def _message_of(entry: DueEntry) -> str:
    return json.dumps(
        {
            "kind": str(entry.kind),
            "organization": entry.organization,
            "id": entry.id,
            "at": entry.at.isoformat(),
        }
    )
