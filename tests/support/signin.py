"""Signing in for tests: a user at the identity provider, and servers that follow a script."""

import re
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

from shared.adapters.connections import Host
from shared.ports import Application

TENANT = "11111111-1111-1111-1111-111111111111"
CLIENT_ID = "00000000-0000-0000-0000-00000000a001"
CLIENT_SECRET = "local-client-secret"
MAILBOX = "noreply@contoso.example"
REDIRECT_URI = "http://localhost:7071/api/oauth/callback"
SCOPES = (
    "https://outlook.office.com/SMTP.Send",
    "https://outlook.office.com/IMAP.AccessAsUser.All",
)
_TIMEOUT = 10.0


@dataclass(frozen=True)
class SignInSettings:
    """The settings that the sign-in adapters read."""

    extra_ca_file: Path | None
    extra_authority_hosts: tuple[Host, ...] = (("localhost", None),)
    extra_mail_hosts: tuple[Host, ...] = (("localhost", None),)


def application(
    identity_url: str,
    *,
    tenant: str = TENANT,
    client_id: str = CLIENT_ID,
    client_secret: str = CLIENT_SECRET,
    scopes: tuple[str, ...] = SCOPES,
) -> Application:
    """The registration that the local identity provider knows."""
    return Application(f"{identity_url}/{tenant}", client_id, client_secret, scopes)


class Switches:
    """The `/local/` switches of a component of the stack."""

    def __init__(self, url: str, ca_file: Path) -> None:
        self._url = url
        self._ca_file = str(ca_file)

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Call `/local/{path}`; the JSON that it answers, or None."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                method,
                f"{self._url}/local/{path}",
                json=body,
                verify=self._ca_file,
                timeout=_TIMEOUT,
            )
        answer.raise_for_status()
        return answer.json() if answer.content else None


def user_answers(
    authorization_url: str, ca_file: Path, *, user: str = MAILBOX, action: str = "accept"
) -> dict[str, str]:
    """Sign in and accept (or decline), as a browser does; what the callback would get."""
    with requests.Session() as browser:
        browser.trust_env = False
        browser.verify = str(ca_file)
        page = _follow(browser, browser.get(authorization_url, allow_redirects=False))
        if isinstance(page, requests.Response):
            form = {"username": user, "password": "local-password"}
            page = _follow(browser, _submit(browser, page, form))
        if isinstance(page, requests.Response):
            page = _follow(browser, _submit(browser, page, {"action": action}))
    assert isinstance(page, dict), page.text
    return page


def _submit(
    browser: requests.Session, page: requests.Response, form: dict[str, str]
) -> requests.Response:
    action = re.search(r'<form method="post" action="([^"]+)"', page.text)
    assert action, page.text
    url = urljoin(page.url, action[1])
    return browser.post(url, data=form, allow_redirects=False, timeout=_TIMEOUT)


def _follow(
    browser: requests.Session, response: requests.Response
) -> requests.Response | dict[str, str]:
    """Go where redirects lead, up to the redirect URI, whose parameters are the result."""
    while response.is_redirect:
        url = urljoin(response.url, response.headers["Location"])
        if url.startswith(REDIRECT_URI):
            return dict(parse_qsl(urlsplit(url).query))
        response = browser.get(url, allow_redirects=False, timeout=_TIMEOUT)
    return response


type Handler = Callable[[socket.socket], None]


class ScriptedServer:
    """A TCP server that does with each connection what a handler says, in a thread of its own."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept)]
        self._connections: list[socket.socket] = []
        self.accepted = 0

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1 alone."""
        return int(self._listener.getsockname()[1])

    def __enter__(self) -> "ScriptedServer":
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # A shutdown wakes the thread that waits in accept(); close() alone does not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join(_TIMEOUT)
        for connection in self._connections:
            _cut(connection)
        for thread in self._threads:
            thread.join(_TIMEOUT)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            self._handler(connection)
        except OSError:
            return  # the client has left, or the test is over
        finally:
            _cut(connection)


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was cut before
    finally:
        connection.close()


def over_tls(context: ssl.SSLContext, handler: Handler) -> Handler:
    """A handler behind a TLS handshake."""

    def handle(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as encrypted:
            handler(encrypted)

    return handle


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """A server's context."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
