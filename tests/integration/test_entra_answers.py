"""Answers that no identity provider should give: each becomes a failure, and nothing else."""

import base64
import json
import logging
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.local.tls import TlsFiles, ensure_tls
from shared.adapters import https
from shared.adapters.entra import EntraIdentityProvider
from shared.domain.failures import Failure, IdentityProviderError
from shared.domain.reasons import CATALOGUE
from shared.ports import Application
from tests.support.signin import (
    CLIENT_ID,
    MAILBOX,
    REDIRECT_URI,
    SCOPES,
    TENANT,
    ScriptedServer,
    SignInSettings,
    over_tls,
    server_context,
)

ACCESS_TOKEN = "a" * 1800
REFRESH_TOKEN = "r" * 900
CALLBACK = {"code": "the-code", "state": "the-state"}


class Provider:
    """An identity provider over HTTPS whose answers the test sets."""

    def __init__(self, tls: TlsFiles) -> None:
        self.tls = tls
        self.requests: list[str] = []
        self.documents: dict[str, Any] = {}
        self.token_answer: bytes | Callable[[socket.socket], None] = answer(tokens())
        self.document_answer: bytes | None = None
        handler = over_tls(server_context(tls.server, tls.server_key), self._serve)
        self.server = ScriptedServer(handler)
        self.adapter = EntraIdentityProvider(SignInSettings(tls.ca), clock=lambda: 1000.0)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.server.port}"

    @property
    def application(self) -> Application:
        return Application(f"{self.url}/{TENANT}", CLIENT_ID, "a-client-secret", SCOPES)

    def document(self) -> dict[str, Any]:
        base = f"{self.url}/{TENANT}"
        return {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
        }

    def refresh(self) -> Failure:
        with pytest.raises(IdentityProviderError) as caught:
            self.adapter.refresh(self.application, "old-refresh-token")
        assert caught.value.failure.code in CATALOGUE
        assert not caught.value.failure.ends_grant
        return caught.value.failure

    def redeem(self, **claims: object) -> Failure:
        _, _, protocol = self.adapter.begin(self.application, REDIRECT_URI, MAILBOX)
        self.token_answer = answer(tokens(id_token=id_token(self, protocol, claims)))
        with pytest.raises(IdentityProviderError) as caught:
            self.adapter.redeem(self.application, "the-state", protocol, CALLBACK)
        return caught.value.failure

    def _serve(self, connection: socket.socket) -> None:
        while head := read_request(connection):
            self.requests.append(head.split(" ")[0])
            if head.startswith("GET"):
                connection.sendall(self.document_answer or answer(self.document()))
            elif isinstance(self.token_answer, bytes):
                connection.sendall(self.token_answer)
            else:
                self.token_answer(connection)


def read_request(connection: socket.socket) -> str:
    """The request's first line, once its body is read; nothing at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return ""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").lower().splitlines()
    length = next((int(line[15:]) for line in lines if line.startswith("content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head.decode("latin-1").splitlines()[0]


def answer(body: object, status: int = 200, headers: str = "") -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\n{headers}\r\n"
    return head.encode() + content


def tokens(**changes: object) -> dict[str, object]:
    given: dict[str, object] = {
        "token_type": "Bearer",
        "access_token": ACCESS_TOKEN,
        "refresh_token": REFRESH_TOKEN,
        "expires_in": "3599",
        "scope": " ".join(SCOPES),
    }
    return {name: value for name, value in (given | changes).items() if value is not None}


def id_token(provider: Provider, protocol: dict[str, Any], claims: dict[str, object]) -> str:
    from msal.oauth2cli.oidc import _nonce_hash  # noqa: PLC0415

    own = {
        "iss": provider.document()["issuer"],
        "aud": CLIENT_ID,
        "exp": 2000,
        "nonce": _nonce_hash(protocol["nonce"]),
        "preferred_username": MAILBOX,
        "upn": "someone@contoso.example",
    }
    body = base64.urlsafe_b64encode(json.dumps(own | claims).encode()).decode().rstrip("=")
    return f"e30.{body}.c2ln"


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return ensure_tls(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def provider(tls: TlsFiles) -> Iterator[Provider]:
    scripted = Provider(tls)
    with scripted.server:
        yield scripted
        scripted.adapter.close()


def test_an_answer_without_a_refresh_token_leaves_the_old_one(provider: Provider) -> None:
    provider.token_answer = answer(tokens(refresh_token=None))

    refreshed = provider.adapter.refresh(provider.application, "old-refresh-token")

    assert refreshed.refresh_token is None
    assert refreshed.expires_in == 3599
    assert ACCESS_TOKEN not in repr(refreshed)


def test_a_malformed_id_token_does_not_lose_the_new_refresh_token(provider: Provider) -> None:
    provider.token_answer = answer(tokens(id_token="%%%", client_info="%%%", expires_in="soon"))

    refreshed = provider.adapter.refresh(provider.application, "old-refresh-token")

    assert refreshed.refresh_token == REFRESH_TOKEN
    assert refreshed.expires_in == 0


def test_an_answer_without_scope_granted_what_was_asked_for(provider: Provider) -> None:
    provider.token_answer = answer(tokens(scope=None))

    assert provider.adapter.refresh(provider.application, "old").access_token == ACCESS_TOKEN


@pytest.mark.parametrize(
    ("given", "code", "passing"),
    [
        (answer(b"<html>Maintenance</html>"), "identity_provider_unavailable", True),
        (answer(b'{"access_token": "x'), "identity_provider_unavailable", True),
        (answer(b"[1, 2]"), "identity_provider_unavailable", True),
        (answer(b"[" * 100_000), "identity_provider_unavailable", True),
        (answer(b"<html>Forbidden</html>", 403), "identity_provider_unavailable", True),
        (answer({"error": "invalid_grant"}, 500), "identity_provider_unavailable", True),
        (answer(b"", 302, "Location: https://localhost/\r\n"), "identity_provider_unavailable",
         True),
        (answer({"error": {"code": "x"}}, 400), "identity_provider_unavailable", True),
        (answer({"error": "mystery", "error_codes": "x", "trace_id": 5}, 400), "provider_refused",
         False),
        (answer({"error": "access_denied"}), "consent_declined", False),
        (answer(tokens(access_token=None)), "provider_refused", False),
        (answer(tokens(access_token=["x"])), "provider_refused", False),
        (answer(tokens(access_token="a\ud800")), "provider_refused", False),
        (answer(tokens(refresh_token="r\ud800")), "provider_refused", False),
        (answer(tokens(scope="openid Mail.Read")), "permission_missing", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "identity_provider_unavailable", True),
        (b"220 mail.example ESMTP\r\n", "identity_provider_unavailable", True),
        (b"", "identity_provider_unavailable", True),
    ],
)  # fmt: skip
def test_an_unusable_answer_is_a_failure(
    provider: Provider, given: bytes, code: str, passing: bool
) -> None:
    def once(connection: socket.socket) -> None:
        connection.sendall(given)
        connection.shutdown(socket.SHUT_RDWR)

    provider.token_answer = once

    failure = provider.refresh()

    assert (failure.code, failure.passing) == (code, passing)


def test_an_endless_answer_is_cut_off(provider: Provider) -> None:
    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b" " * 65536)

    provider.token_answer = flood

    failure = provider.refresh()

    assert failure.passing
    assert failure.detail == "The answer is larger than 1000000 bytes"


def test_an_answer_that_drips_is_left_in_time(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(https, "TOTAL_SECONDS", 0.5)

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X: y\r\n")
            time.sleep(0.05)

    provider.token_answer = drip

    failure = provider.refresh()

    assert (failure.code, failure.passing) == ("identity_provider_unavailable", True)
    assert failure.detail is not None
    assert failure.detail.endswith("connection timed out")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7), ("0", 0), ("999999999999", 86400), ("soon", None), ("-5", None), ("", None),
     ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Thu, 01 Jan 2026 00:00:00 +" + "9" * 20, None)],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(
    provider: Provider, value: str, seconds: int | None
) -> None:
    provider.token_answer = answer({}, 503, f"Retry-After: {value}\r\n")

    pause = provider.refresh().retry_after

    assert (None if pause is None else pause.total_seconds()) == seconds


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint"])
@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/token",
        "http://localhost/token",
        "https://a\ud800\0.example/x",
        "x",
        "",
    ],
)
def test_the_client_secret_goes_to_no_other_host(provider: Provider, name: str, url: str) -> None:
    provider.document_answer = answer(provider.document() | {name: url})

    failure = provider.refresh()

    assert failure.code == "provider_refused"
    assert (failure.detail or "").isprintable()
    assert provider.requests == ["GET"]


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"token_endpoint": 5}'])
def test_an_unreadable_document_passes(provider: Provider, body: bytes) -> None:
    provider.document_answer = answer(body)

    assert provider.refresh().passing


@pytest.mark.parametrize("status", [302, 403, 404, 407])
def test_a_page_in_place_of_the_document_passes(provider: Provider, status: int) -> None:
    provider.document_answer = answer(b"<html>A proxy's page</html>", status)

    failure = provider.refresh()

    assert (failure.code, failure.passing) == ("identity_provider_unavailable", True)
    assert failure.detail == f"The openid-configuration gave no OAuth answer (HTTP status {status})"


def test_a_failed_document_is_not_remembered(provider: Provider) -> None:
    provider.document_answer = answer({"error": "server_error"}, 500)
    assert provider.refresh().passing
    provider.document_answer = None

    assert provider.adapter.refresh(provider.application, "old").access_token
    assert provider.adapter.refresh(provider.application, "old").access_token
    assert provider.requests == ["GET", "GET", "POST", "POST"]


def test_a_directory_that_does_not_exist_is_told(provider: Provider) -> None:
    body = {"error": "invalid_tenant", "error_codes": [90002], "error_description": "AADSTS90002"}
    provider.document_answer = answer(body, 400)

    assert provider.refresh().code == "tenant_not_found"


def test_the_names_of_the_account_come_from_the_id_token(provider: Provider) -> None:
    _, _, protocol = provider.adapter.begin(provider.application, REDIRECT_URI, MAILBOX)
    provider.token_answer = answer(tokens(id_token=id_token(provider, protocol, {})))

    redeemed = provider.adapter.redeem(provider.application, "the-state", protocol, CALLBACK)

    assert redeemed.user_names == (MAILBOX, "someone@contoso.example")


@pytest.mark.parametrize(
    ("claim", "value"),
    [("aud", "another-application"), ("aud", None), ("iss", "https://evil.example"), ("exp", 1),
     ("exp", "soon"), ("nonce", "another")],
)  # fmt: skip
def test_an_id_token_for_another_is_turned_down(
    provider: Provider, claim: str, value: object
) -> None:
    failure = provider.redeem(**{claim: value})

    assert (failure.code, failure.passing) == ("provider_refused", False)


@pytest.mark.parametrize("given", [None, "%%%", "a.b", 5, "e30.W10.c2ln"])
def test_without_an_id_token_nobody_knows_who_signed_in(provider: Provider, given: object) -> None:
    _, _, protocol = provider.adapter.begin(provider.application, REDIRECT_URI, MAILBOX)
    provider.token_answer = answer(tokens(id_token=given))

    with pytest.raises(IdentityProviderError) as caught:
        provider.adapter.redeem(provider.application, "the-state", protocol, CALLBACK)

    assert caught.value.failure.code == "provider_refused"


def test_a_broken_answer_is_not_logged(
    provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider.token_answer = answer(json.dumps(tokens()).encode()[:-1])

    provider.refresh()

    assert ACCESS_TOKEN not in caplog.text
    assert REFRESH_TOKEN not in caplog.text


def test_a_connection_is_used_again_at_once_but_not_after_a_pause(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        provider.adapter.refresh(provider.application, "old")
    assert provider.server.accepted == 1

    monkeypatch.setattr(https, "_IDLE_SECONDS", 0.0)
    provider.adapter.refresh(provider.application, "old")

    assert provider.server.accepted == 2
