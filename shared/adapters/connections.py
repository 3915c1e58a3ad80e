"""Connections to hosts that users name: checked, encrypted, and bounded in time.

A name is resolved once; every address is checked; and the connection goes to one that was checked,
so that a name server which answers differently the second time gains nothing.
"""

import errno
import ipaddress
import socket
import ssl
import time
from collections.abc import Buffer, Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from shared.adapters.addresses import is_public
from shared.domain.failures import Failure
from shared.domain.reasons.words import tidy

type Host = tuple[str, int | None]
"""A host that may be private, in lower case; with a port, or with None for any port."""

_UNREACHABLE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL})


class ConnectionFailedError(Exception):
    """No (encrypted) connection came about. Not an OSError: HTTP libraries wrap those."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure

    @classmethod
    def of(cls, code: str, detail: str, *, passing: bool = False) -> "ConnectionFailedError":
        """With a reason's code and what happened where."""
        return cls(Failure(code, passing=passing, detail=tidy(detail)))


class _Bounded:
    """Mixed into a socket: no operation lasts longer than `step`, and none passes `deadline`.

    The time-out of a plain socket starts anew with each byte, so that a peer which sends one now
    and then would hold its caller for as long as it likes.
    """

    step: float = 30.0
    """Seconds."""
    deadline: float | None = None
    """On the monotonic clock; None for no limit."""

    def bound(self, step: float, deadline: float | None) -> None:
        """Set both limits."""
        self.step, self.deadline = step, deadline
        self._arm()

    def _arm(self) -> None:
        remaining = self.step
        if self.deadline is not None:
            remaining = min(remaining, self.deadline - time.monotonic())
        if remaining <= 0:
            raise TimeoutError("out of time")
        cast("socket.socket", self).settimeout(remaining)


class BoundedSocket(_Bounded, socket.socket):
    """A TCP connection with limits."""

    def recv_into(self, buffer: Buffer, nbytes: int = 0, flags: int = 0, /) -> int:
        """See `socket.recv_into`. Raises TimeoutError."""
        self._arm()
        return super().recv_into(buffer, nbytes, flags)

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """See `socket.recv`. Raises TimeoutError."""
        self._arm()
        return super().recv(bufsize, flags)

    def sendall(self, data: Buffer, flags: int = 0, /) -> None:
        """See `socket.sendall`. Raises TimeoutError."""
        self._arm()
        super().sendall(data, flags)


class BoundedTLSSocket(_Bounded, ssl.SSLSocket):
    """An encrypted connection with limits."""

    def recv_into(self, buffer: Buffer, nbytes: int | None = None, flags: int = 0) -> int:
        """See `ssl.SSLSocket.recv_into`. Raises TimeoutError."""
        self._arm()
        return super().recv_into(buffer, nbytes, flags)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """See `ssl.SSLSocket.recv`. Raises TimeoutError."""
        self._arm()
        return super().recv(buflen, flags)

    def sendall(self, data: Buffer, flags: int = 0) -> None:
        """See `ssl.SSLSocket.sendall`. Raises TimeoutError."""
        self._arm()
        super().sendall(data, flags)


@dataclass(frozen=True, slots=True)
class _Target:
    family: socket.AddressFamily
    sockaddr: tuple[str, int] | tuple[str, int, int, int]


def open_connection(
    host: str,
    port: int,
    timeout: float,
    allowed: Iterable[Host] = (),
    *,
    deadline: float | None = None,
) -> BoundedSocket:
    """Connect within `timeout` seconds to a public address of `host`, or to any if `allowed`.

    Raises `ConnectionFailedError`: host_not_found, address_not_allowed, connection_refused,
    host_unreachable, connection_timed_out.
    """
    targets = _resolve(host, port)
    if not _is_allowed(host, port, allowed):
        _check(targets, host)
    limit = time.monotonic() + timeout
    if deadline is not None:
        limit = min(limit, deadline)
    return _connect(targets, f"{host}:{port}", limit)


def encrypt(sock: BoundedSocket, context: ssl.SSLContext, host: str) -> BoundedTLSSocket:
    """Begin TLS for `host` on a connection, with the connection's own limits.

    `context` must come from `bounded_context`. Raises `ConnectionFailedError`:
    tls_certificate_invalid, tls_failed, connection_timed_out, connection_lost.
    """
    step, deadline = sock.step, sock.deadline
    try:
        sock.bound(step, deadline)
        encrypted = context.wrap_socket(sock, server_hostname=host.rstrip("."))
    except (OSError, ValueError) as error:
        sock.close()
        raise _tls_failure(error, host) from None
    bounded = cast("BoundedTLSSocket", encrypted)
    bounded.bound(step, deadline)
    return bounded


def bounded_context(context: ssl.SSLContext) -> ssl.SSLContext:
    """Make a context give out sockets with limits."""
    context.sslsocket_class = BoundedTLSSocket
    return context


def _resolve(host: str, port: int) -> list[_Target]:
    """All addresses of a name. Octal, hexadecimal and short forms of addresses are resolved too."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        # The name server's own trouble passes; that a name does not exist is an answer.
        passing = error.errno in {socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_SYSTEM}
        detail = f"{host}: {error.strerror}"
        raise ConnectionFailedError.of("host_not_found", detail, passing=passing) from None
    except (UnicodeError, ValueError):  # a label that is empty or too long, a NUL
        raise ConnectionFailedError.of("host_not_found", f"{host} is no host name") from None
    targets = (_Target(family, cast("tuple[str, int]", address)) for family, *_, address in found)
    return list(dict.fromkeys(targets))


def _is_allowed(host: str, port: int, allowed: Iterable[Host]) -> bool:
    name = host.rstrip(".").lower()
    return any(name == given and own_port in (None, port) for given, own_port in allowed)


def _check(targets: Sequence[_Target], host: str) -> None:
    """Turn a name down as a whole if one of its addresses is not public."""
    for target in targets:
        address = target.sockaddr[0].partition("%")[0]  # without the interface of fe80::1%eth0
        if not is_public(ipaddress.ip_address(address)):
            # The address itself stays untold: a user could map a private network's names by it.
            raise ConnectionFailedError.of("address_not_allowed", host)


def _connect(targets: Sequence[_Target], name: str, limit: float) -> BoundedSocket:
    """The first address that answers; each gets its share of the time that is left."""
    failure = ConnectionFailedError.of("host_not_found", name)
    for tried, target in enumerate(targets):
        share = (limit - time.monotonic()) / (len(targets) - tried)
        try:
            return _connect_one(target, share)
        except OSError as error:
            failure = _connect_failure(error, name)
    raise failure


def _connect_one(target: _Target, timeout: float) -> BoundedSocket:
    sock = BoundedSocket(target.family, socket.SOCK_STREAM)
    try:
        sock.bound(timeout, None)
        sock.connect(target.sockaddr)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        sock.close()
        raise
    return sock


def _connect_failure(error: OSError, name: str) -> ConnectionFailedError:
    if isinstance(error, TimeoutError):
        return ConnectionFailedError.of("connection_timed_out", name, passing=True)
    code = "host_unreachable" if error.errno in _UNREACHABLE else "connection_refused"
    detail = f"{name}: {error.strerror or 'no connection'}"
    return ConnectionFailedError.of(code, detail, passing=True)


def _tls_failure(error: Exception, host: str) -> ConnectionFailedError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConnectionFailedError.of(
            "tls_certificate_invalid", f"{host}: {error.verify_message}"
        )
    if isinstance(error, TimeoutError):
        detail = f"{host}: the TLS handshake was not finished in time"
        return ConnectionFailedError.of("connection_timed_out", detail, passing=True)
    if isinstance(error, ssl.SSLEOFError) or not isinstance(error, ssl.SSLError | ValueError):
        detail = f"{host}: the connection ended during the TLS handshake"
        return ConnectionFailedError.of("connection_lost", detail, passing=True)
    reason = error.reason if isinstance(error, ssl.SSLError) else None
    words = (reason or "the host name does not fit TLS").replace("_", " ").lower()
    return ConnectionFailedError.of("tls_failed", f"{host}: {words}")
