"""Queue Storage: what the queues have in common."""

from datetime import timedelta
from typing import Any

from azure.core.credentials import TokenCredential
from azure.core.exceptions import HttpResponseError, ResourceExistsError
from azure.storage.queue import LinearRetry, QueueClient

from shared.adapters.wire import STORAGE_RETRIES, Wire, answers_of, error_code
from shared.settings import StorageSettings

SERVICE = "Queue Storage"
_NEVER = -1
_SECOND = timedelta(seconds=1)


class Queue:
    """One queue, of messages of plain text: `host.json` says `messageEncoding: none`, no Base64.

    A message can arrive twice: the SDK repeats a request whose answer got lost.
    """

    def __init__(
        self,
        storage: StorageSettings,
        name: str,
        wire: Wire,
        credential: TokenCredential | None = None,
    ) -> None:
        options: dict[str, Any] = {
            "transport": wire,
            "retry_policy": LinearRetry(**STORAGE_RETRIES),
        }
        if storage.connection_string:
            self._client = QueueClient.from_connection_string(
                storage.connection_string, name, **options
            )
        else:
            self._client = QueueClient(storage.queue_url or "", name, credential, **options)

    def send(self, text: str, delay: timedelta = timedelta()) -> None:
        """Send a message that becomes visible after `delay`, in whole seconds, and stays until it
        is received. Creates the queue where it is missing. Raises `ServiceUnavailableError`."""
        seconds = max(-(-delay // _SECOND), 0)
        with answers_of(SERVICE):
            try:
                self._send(text, seconds)
            except HttpResponseError as error:
                if error_code(error) != "QueueNotFound":
                    raise
                self._create()
                self._send(text, seconds)

    def _send(self, text: str, seconds: int) -> None:
        # Left alone, a message would be gone after 7 days, and could not be delayed for as long.
        self._client.send_message(text, visibility_timeout=seconds, time_to_live=_NEVER)

    def _create(self) -> None:
        try:
            self._client.create_queue()
        except ResourceExistsError as error:
            if error_code(error) != "QueueAlreadyExists":
                raise
