"""The queue `outgoing-messages`: one message of plain JSON for each hint."""

import json
from datetime import timedelta

from shared.adapters.queues import Queue
from shared.domain.message import Hint

QUEUE = "outgoing-messages"
LONGEST_DELAY = timedelta(days=7)
"""What Queue Storage allows
(https://learn.microsoft.com/rest/api/storageservices/put-message)."""


class StorageDeliveryQueue:
    """Fulfils `DeliveryQueue`."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def send(self, hint: Hint, delay: timedelta = timedelta()) -> None:
        """One request. Raises `ServiceUnavailableError`; `ValueError` for more than 7 days."""
        if delay > LONGEST_DELAY:
            raise ValueError("A hint can be delayed by 7 days at most.")
        self._queue.send(_message_of(hint), delay)


def hint_of(message: bytes) -> Hint:
    """The hint that a message of the queue is. Raises `ValueError` for what is none."""
    found = json.loads(message)
    if not isinstance(found, dict):
        raise ValueError("This is no hint.")

    def text(name: str) -> str:
        if not isinstance(found.get(name), str):
            raise ValueError(f"This hint has no {name}.")
        return str(found[name])

    return Hint(
        text("organization"),
        text("configOrganization"),
        text("configId"),
        None if found.get("messageId") is None else text("messageId"),
    )


def _message_of(hint: Hint) -> str:
    return json.dumps(
        {
            "organization": hint.organization,
            "configOrganization": hint.config_organization,
            "configId": hint.config_id,
            "messageId": hint.message_id,
        }
    )
