"""The real vault adapter over the stack's Key Vault, and power over that vault."""

import json
import ssl
import urllib.request
from typing import Any

from shared.container import Container
from shared.settings import Settings, StorageSettings
from tests.support.running_stack import RunningStack


def container_over(running: RunningStack, observer: Any = None) -> Container:
    """A container whose vault and storage are the stack's."""
    settings = Settings(
        storage=StorageSettings(running.storage_connection_string),
        key_vault_url=running.vault_url,
        redirect_uri="http://localhost:7071/api/oauth/callback",
        extra_ca_file=running.ca_file,
    )
    return Container(settings, observer)


class VaultSwitches:
    """The vault's `/local/` switches and its record of requests."""

    def __init__(self, running: RunningStack) -> None:
        self._url = running.vault_url
        self._context = ssl.create_default_context(cafile=str(running.ca_file))

    def fail(self, **order: Any) -> None:
        """What the next requests meet, as in `POST /local/failures`."""
        self._ask("POST", "failures", order)

    def heal(self) -> None:
        """No failures any more."""
        self._ask("DELETE", "failures")

    def requests(self) -> list[dict[str, Any]]:
        """What was asked since the record was cleared."""
        found: list[dict[str, Any]] = self._ask("GET", "requests")
        return found

    def forget(self) -> None:
        """Clear the record of requests."""
        self._ask("DELETE", "requests")

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self._url}/local/{path}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, context=self._context, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None
