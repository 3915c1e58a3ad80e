"""HTTPS requests over checked and bounded connections.

Requests go to the transport adapter directly, without a `requests.Session`: no cookies that one
mailbox's answer sets for the next one's request, no redirects, and nothing from the environment
(proxies, netrc, REQUESTS_CA_BUNDLE, which would go before our own authorities).
"""

import contextlib
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError

from shared.adapters.connections import (
    BoundedTLSSocket,
    ConnectionFailedError,
    Host,
    bounded_context,
    encrypt,
    open_connection,
)

CONNECT_SECONDS = 10.0
READ_SECONDS = 20.0
TOTAL_SECONDS = 30.0
"""For one request and its whole answer, on an open connection."""
MAX_ANSWER = 1_000_000
"""Bytes."""
_CHUNK = 65_536
_IDLE_SECONDS = 4.0
"""Servers close idle connections, Node's after 5 seconds. A request that meets the closing one is
lost, and nobody can tell whether it was carried out: so an idle connection is not used again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer."""

    status: int
    headers: Mapping[str, str]
    """Names in any case."""
    body: bytes


class HttpsClient:
    """One pool of connections, for all threads."""

    def __init__(
        self, context: ssl.SSLContext, allowed: Sequence[Host], *, pool_size: int = 32
    ) -> None:
        self._adapter = _Adapter(_pool_class(bounded_context(context), allowed), pool_size)

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request. Raises `ConnectionFailedError` where there is no (whole) answer."""
        own = {"User-Agent": "outgoing-mail", "Accept-Encoding": "identity", **(headers or {})}
        prepared = requests.Request(
            method, url, params=dict(params or {}), data=dict(data or {}), headers=own
        ).prepare()
        try:
            with contextlib.closing(self._send(prepared)) as response:
                body = _whole_body(response)
        except (requests.Timeout, TimeoutError):
            raise _failure("connection_timed_out", url) from None
        except (requests.RequestException, HTTPError, OSError):
            raise _failure("connection_lost", url) from None
        return Answer(response.status_code, response.headers, body)

    def close(self) -> None:
        """Close all connections."""
        self._adapter.close()

    def _send(self, prepared: requests.PreparedRequest) -> requests.Response:
        return self._adapter.send(prepared, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS))


def _whole_body(response: requests.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > MAX_ANSWER:
            detail = f"The answer is larger than {MAX_ANSWER} bytes"
            raise ConnectionFailedError.of("identity_provider_unavailable", detail, passing=True)
    return bytes(body)


def _failure(code: str, url: str) -> ConnectionFailedError:
    return ConnectionFailedError.of(code, urlsplit(url).netloc, passing=True)


class _Connection(HTTPSConnection):
    """A connection that is checked when it is made, and bounded in each request."""

    context: ssl.SSLContext
    allowed: Sequence[Host]
    idle_since: float = 0.0

    def connect(self) -> None:
        """Instead of urllib3's: resolves once, checks, and verifies with our own context."""
        port = self.port or 443
        sock = open_connection(self.host, port, CONNECT_SECONDS, self.allowed)
        sock.bound(CONNECT_SECONDS, None)
        self.sock = encrypt(sock, self.context, self.host)
        self.is_verified = True

    def request(self, *args: Any, **kwargs: Any) -> None:
        """See urllib3. The time for request and answer begins here."""
        if isinstance(self.sock, BoundedTLSSocket):
            self.sock.bound(READ_SECONDS, time.monotonic() + TOTAL_SECONDS)
        super().request(*args, **kwargs)


class _Pool(HTTPSConnectionPool):
    """A pool that does not use a connection again after a pause."""

    def _get_conn(self, timeout: float | None = None) -> _Connection:
        connection = cast("_Connection", super()._get_conn(timeout))
        if time.monotonic() - connection.idle_since > _IDLE_SECONDS:
            connection.close()  # it connects anew by itself
        return connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.idle_since = time.monotonic()
        super()._put_conn(conn)


def _pool_class(context: ssl.SSLContext, allowed: Sequence[Host]) -> type[_Pool]:
    """A class of pools whose connections know what to verify with, and what is allowed."""
    connection = type("Connection", (_Connection,), {"context": context, "allowed": allowed})
    return type("Pool", (_Pool,), {"ConnectionCls": connection})


class _Adapter(HTTPAdapter):
    """The transport of requests, for https alone."""

    def __init__(self, pool_class: type[_Pool], pool_size: int) -> None:
        self._pool_class = pool_class
        super().__init__(pool_connections=pool_size, pool_maxsize=pool_size)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **kwargs: Any
    ) -> None:
        """See requests."""
        manager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **kwargs)
        manager.pool_classes_by_scheme = {"https": self._pool_class}
        self.poolmanager = manager

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing to set: the connection verifies with a context of its own, always."""
