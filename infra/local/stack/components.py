"""The command line of every component, in the order in which they start."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from infra.local.stack.errors import StackError
from infra.local.stack.layout import Layout
from infra.local.stack.process import python_command

# The function host lets running functions finish, up to 30 s.
_HOST_STOP_SECONDS = 40.0
_STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Component:
    """One process of the stack."""

    name: str
    title: str
    command: Callable[[Layout], Sequence[str]]
    needs: tuple[str, ...] = ()
    """Components that must be ready before this one starts."""
    stop_seconds: float = _STOP_SECONDS


def tls_command(layout: Layout) -> list[str]:
    """Makes, or renews, the stack's certificate authority and the components' certificate."""
    return python_command("infra.local.tls", "--dir", str(layout.tls))


def _storage(layout: Layout) -> list[str]:
    ports = layout.ports
    return [
        _node(),
        str(layout.root / "infra/local/azurite.mjs"),
        *("--data", str(layout.data / "azurite")),
        *("--blob-port", str(ports.blob)),
        *("--queue-port", str(ports.queue)),
        *("--table-port", str(ports.table)),
    ]


def _identity(layout: Layout) -> list[str]:
    return [
        _node(),
        str(layout.root / "infra/local/identity/server.mjs"),
        *("--port", str(layout.ports.identity)),
        *("--data", str(layout.data / "identity")),
        *_certificate(layout),
    ]


def _vault(layout: Layout) -> list[str]:
    return python_command(
        "infra.local.vault",
        *("--port", str(layout.ports.vault)),
        *("--data", str(layout.data / "vault")),
        *_certificate(layout),
    )


def _mailbox(layout: Layout) -> list[str]:
    ports = layout.ports
    return python_command(
        "infra.local.mailbox",
        *("--smtp-port", str(ports.smtp)),
        *("--smtps-port", str(ports.smtps)),
        *("--http-port", str(ports.mailbox)),
        *("--data", str(layout.data / "mailbox")),
        *_certificate(layout),
        *_identity_provider(layout),
    )


def _host(layout: Layout) -> list[str]:
    return python_command(
        "infra.local.host",
        *("--port", str(layout.ports.host)),
        *("--app-dir", str(layout.root)),
        *("--data", str(layout.data / "host")),
        *("--settings", str(layout.settings_file)),
        *_identity_provider(layout),
    )


def _certificate(layout: Layout) -> tuple[str, ...]:
    return ("--cert", str(layout.certificate), "--key", str(layout.private_key))


def _identity_provider(layout: Layout) -> tuple[str, ...]:
    return ("--identity", layout.identity_url, "--ca", str(layout.ca_file))


def _node() -> str:
    node = shutil.which("node")
    if node is None:
        raise StackError("Node.js is not on the PATH: install Node 20 or later.")
    return node


COMPONENTS: tuple[Component, ...] = (
    Component("storage", "tables and queues (Azurite)", _storage),
    Component("identity", "identity provider", _identity),
    Component("vault", "Key Vault and managed identity", _vault),
    Component("mailbox", "mail server", _mailbox, needs=("identity",)),
    Component(
        "host",
        "function host",
        _host,
        needs=("storage", "identity", "vault", "mailbox"),
        stop_seconds=_HOST_STOP_SECONDS,
    ),
)
