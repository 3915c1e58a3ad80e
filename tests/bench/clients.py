"""Counts how often a process builds the clients of Azure's services, and their connection pools."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from azure.data.tables import TableClient
from azure.identity import ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient
from azure.storage.blob import ContainerClient
from azure.storage.queue import QueueClient

from shared.adapters.entra import EntraIdentityProvider
from shared.adapters.smtp import SmtpSignIn
from shared.adapters.wire import Wire

_COUNTED = (
    TableClient, QueueClient, SecretClient, ContainerClient, ManagedIdentityCredential,
    EntraIdentityProvider, SmtpSignIn, Wire,
)  # fmt: skip
_NAMES = ("table_name", "queue_name", "container_name")


@contextmanager
def counted_clients() -> Iterator[Counter[str]]:
    """What was built meanwhile: the class, and the table, queue, container or service."""
    built: Counter[str] = Counter()
    with ExitStack() as stack:
        for kind in _COUNTED:
            stack.enter_context(patch.object(kind, "__init__", _counting(kind, built)))
        yield built


def _counting(kind: Any, built: Counter[str]) -> Any:
    original = kind.__init__

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if type(self) is kind:
            built[f"{kind.__name__} {_name(self)}".strip()] += 1

    return init


def _name(client: Any) -> str:
    if isinstance(client, Wire):
        return client.service
    return next((str(getattr(client, name)) for name in _NAMES if hasattr(client, name)), "")
