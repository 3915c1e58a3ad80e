"""Where the components listen: fixed ports for people, free ones for tests."""

import errno
import os
import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass, fields

from infra.local.stack.errors import PortTakenError, StackError

_LABELS = {
    "blob": "Azurite, blobs",
    "queue": "Azurite, queues",
    "table": "Azurite, tables",
    "identity": "the identity provider",
    "vault": "Key Vault",
    "smtp": "the mailbox, SMTP",
    "smtps": "the mailbox, SMTP over TLS",
    "mailbox": "the mailbox's page",
    "host": "the function host",
}
# Below Linux's range for outgoing connections (32768 and up), so that no connection of a busy test
# run takes a port between its choice and its use.
_FREE_RANGE = range(20_000, 32_000)
_MAX_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Ports:
    """The TCP port of each service; all of them on the loopback."""

    blob: int = 10000
    queue: int = 10001
    table: int = 10002
    identity: int = 8443
    vault: int = 8444
    smtp: int = 2525
    smtps: int = 2465
    mailbox: int = 8025
    host: int = 7071


def ports_from_environment(environ: Mapping[str, str]) -> Ports:
    """The default ports, moved by `STACK_PORT_OFFSET`, or set one by one by `STACK_<NAME>_PORT`.

    Raises:
        StackError: a variable does not hold a port number.
    """
    offset = _number(environ, "STACK_PORT_OFFSET", 0)
    usual = Ports()
    chosen = {
        field.name: _number(environ, _variable(field.name), getattr(usual, field.name) + offset)
        for field in fields(Ports)
    }
    for name, port in chosen.items():
        if not 0 < port <= _MAX_PORT:
            raise StackError(f"{port} is no port number (for {_LABELS[name]}).")
    return Ports(**chosen)


def free_ports() -> Ports:
    """Ports on which nothing listens at this moment."""
    # A generator of its own: a test that seeds `random` must not give two runs the same ports.
    candidates = random.SystemRandom().sample(_FREE_RANGE, len(_FREE_RANGE))
    free = (port for port in candidates if _is_free(port))
    return Ports(**{field.name: next(free) for field in fields(Ports)})


def require_free(ports: Ports) -> None:
    """Make sure that every component can listen.

    Raises:
        PortTakenError: names the first port that is taken, and how to choose another.
    """
    for field in fields(Ports):
        port = getattr(ports, field.name)
        if not _is_free(port):
            raise PortTakenError(
                f"Port {port} ({_LABELS[field.name]}) is taken by another program: stop that, or"
                f" choose other ports with {_variable(field.name)}=... or STACK_PORT_OFFSET=..."
            )


def _is_free(port: int) -> bool:
    return _can_bind(socket.AF_INET, "127.0.0.1", port) and (
        not socket.has_ipv6 or _can_bind(socket.AF_INET6, "::1", port)
    )


def _can_bind(family: socket.AddressFamily, host: str, port: int) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if os.name == "posix":  # a port in TIME_WAIT is free for a listener
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            # A machine without IPv6 cannot bind ::1 at all: that takes no port away.
            return family == socket.AF_INET6 and not _is_taken(error)
    return True


def _is_taken(error: OSError) -> bool:
    return error.errno in {errno.EADDRINUSE, errno.EACCES}


def _variable(name: str) -> str:
    return f"STACK_{name.upper()}_PORT"


def _number(environ: Mapping[str, str], variable: str, default: int) -> int:
    given = environ.get(variable, "").strip()
    if not given:
        return default
    try:
        return int(given)
    except ValueError:
        raise StackError(f"{variable} must be a whole number, not {given!r}.") from None
