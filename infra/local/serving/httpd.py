"""A small HTTP/1.1 server: a thread for each connection, kept alive, with or without TLS."""

import json
import socket
import ssl
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

HANDSHAKE_TIMEOUT = 10.0  # seconds
KEEP_ALIVE = 75.0  # seconds; longer than the pools of the SDKs keep an idle connection
BODY_LIMIT = 4 * 1024 * 1024  # bytes
TLS_HANDSHAKE = b"\x16"  # the first byte of a TLS connection (RFC 8446 section 5.1)


@dataclass(frozen=True)
class Request:
    """One request. `path` is decoded; `secure` says whether it came over TLS."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    secure: bool

    @property
    def is_foreign(self) -> bool:
        """Whether a page of another site sent it: a browser names the page's origin."""
        origin = self.headers.get("origin")
        return origin is not None and urlsplit(origin).netloc != self.headers.get("host")

    def json(self) -> Any:
        """The body as JSON; raises BadBodyError where it is none."""
        try:
            return json.loads(self.body or b"{}")
        except ValueError as error:
            raise BadBodyError("the body is not JSON") from error


class BadBodyError(ValueError):
    """A body that cannot be read."""


@dataclass(frozen=True)
class Response:
    """One answer; `drop` closes the connection in its place."""

    status: int = 204
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: bool = False


def json_response(value: object, status: int = 200, **headers: str) -> Response:
    """An answer in JSON; header names are given with underscores."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return Response(status, json.dumps(value).encode(), kind | named)


def refuse_foreign() -> Response:
    """The answer to a page of another site that reaches for the switches."""
    return json_response({"error": "pages of other sites have no business here"}, 403)


Application = Callable[[Request], Response]


class LocalServer(ThreadingHTTPServer):
    """Serves an application on the loopback.

    With a TLS context, connections that begin as TLS get it, and the others are served in the
    clear: the managed identity of App Service is asked over plain HTTP.
    """

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, port: int, application: Application, tls: ssl.SSLContext | None = None):
        self.application = application
        self._tls = tls
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def port(self) -> int:
        """Where it listens: with port 0 the system chose."""
        return int(self.server_address[1])

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the connection's own thread, so that a slow client stops nobody."""
        request.settimeout(HANDSHAKE_TIMEOUT)
        if self._tls is None or request.recv(1, socket.MSG_PEEK) != TLS_HANDSHAKE:
            super().finish_request(request, client_address)
            return
        with self._tls.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Tell of errors of ours; clients may come and go as they like."""
        error = sys.exception()
        if not isinstance(error, OSError):
            traceback.print_exc()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "local-stand-in"
    sys_version = ""
    timeout = KEEP_ALIVE
    wbufsize = -1  # the head and the body leave together
    disable_nagle_algorithm = True
    server: LocalServer

    def serve(self) -> None:
        body = self._read_body()
        if body is None:
            return
        response = self.server.application(self._request(body))
        if response.drop:
            self.close_connection = True
            return
        self.send_response(response.status)
        for name, text in response.headers.items():
            self.send_header(name, text)
        if response.status != 204:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    # http.server looks for these names.
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = serve  # noqa: N815

    def _request(self, body: bytes) -> Request:
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query, True).items()}
        headers = {name.lower(): text for name, text in self.headers.items()}
        secure = isinstance(self.connection, ssl.SSLSocket)
        return Request(self.command, unquote(url.path), query, headers, body, secure)

    def _read_body(self) -> bytes | None:
        """The body; None where it is not accepted, and the client was told so."""
        length = self.headers.get("Content-Length", "0")
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            self._refuse(411, "Content-Length is needed")
        elif not length.isdecimal():
            self._refuse(400, "Content-Length has to be a number")
        elif int(length) > BODY_LIMIT:
            self._refuse(413, f"a body has at most {BODY_LIMIT} bytes")
        else:
            return self.rfile.read(int(length))
        return None

    def _refuse(self, status: int, reason: str) -> None:
        self.close_connection = True
        self.send_error(status, explain=reason)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Requests are in the stand-ins' own records, not in the log."""


def server_tls(certificate: str, key: str) -> ssl.SSLContext:
    """A context for servers, from PEM files."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
