"""Connections to hosts that users name: only to checked addresses, verified, bounded in time."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.local.tls import TlsFiles, ensure_tls
from shared.adapters.connections import (
    ConnectionFailedError,
    Host,
    bounded_context,
    encrypt,
    open_connection,
)
from shared.adapters.trust import ca_bundle, ssl_context
from shared.domain.reasons import CATALOGUE
from tests.support.signin import ScriptedServer, over_tls, server_context

ANYTHING: tuple[Host, ...] = (("localhost", None),)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return ensure_tls(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def greeter() -> Iterator[ScriptedServer]:
    """Says one line, and closes."""
    with ScriptedServer(lambda connection: connection.sendall(b"hello\n")) as server:
        yield server


@pytest.fixture
def resolves(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Make every name lead to the given addresses; returns the list of names asked for."""

    def set_addresses(*addresses: str) -> list[str]:
        asked: list[str] = []

        def getaddrinfo(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
            asked.append(host)
            return [
                (
                    socket.AF_INET6 if ":" in address else socket.AF_INET,
                    socket.SOCK_STREAM,
                    6,
                    "",
                    (address, port, 0, 0) if ":" in address else (address, port),
                )
                for address in addresses
            ]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return asked

    return set_addresses


def reason(host: str, port: int, allowed: tuple[Host, ...] = ()) -> str:
    with pytest.raises(ConnectionFailedError) as caught:
        open_connection(host, port, 1.0, allowed)
    assert caught.value.failure.code in CATALOGUE
    return caught.value.failure.code


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "::1",
        "::ffff:127.0.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "10.0.0.1",
    ],
)
def test_a_private_address_in_any_spelling_is_turned_down(
    host: str, greeter: ScriptedServer
) -> None:
    assert reason(host, greeter.port) == "address_not_allowed"
    assert greeter.accepted == 0


def test_a_name_with_one_private_address_is_turned_down_as_a_whole(
    resolves: Callable[..., list[str]], greeter: ScriptedServer
) -> None:
    resolves("52.97.0.1", "127.0.0.1")

    assert reason("mail.example", greeter.port) == "address_not_allowed"
    assert greeter.accepted == 0


def test_the_address_that_was_checked_is_the_one_connected_to(
    resolves: Callable[..., list[str]], greeter: ScriptedServer
) -> None:
    asked = resolves("127.0.0.1")

    with open_connection("mail.example", greeter.port, 2.0, [("mail.example", None)]) as sock:
        assert sock.recv(6) == b"hello\n"

    assert asked == ["mail.example"]


def test_a_refusal_does_not_tell_the_private_address(
    resolves: Callable[..., list[str]],
) -> None:
    resolves("10.11.12.13")

    with pytest.raises(ConnectionFailedError) as caught:
        open_connection("intranet.example", 25, 1.0, ())

    assert caught.value.failure.detail == "intranet.example"
    assert not caught.value.failure.passing


@pytest.mark.parametrize("name", ["mail.example", "MAIL.example", "mail.example."])
@pytest.mark.parametrize("any_port", [True, False])
def test_a_host_of_the_setting_may_be_private(
    resolves: Callable[..., list[str]], greeter: ScriptedServer, name: str, any_port: bool
) -> None:
    resolves("127.0.0.1")
    rule = ("mail.example", None if any_port else greeter.port)

    with open_connection(name, greeter.port, 2.0, [rule]) as sock:
        assert sock.recv(6) == b"hello\n"


def test_a_port_of_the_setting_allows_no_other(greeter: ScriptedServer) -> None:
    rule = ("localhost", greeter.port + 1)

    assert reason("localhost", greeter.port, (rule,)) == "address_not_allowed"


def test_the_next_address_is_tried_where_one_does_not_answer(
    resolves: Callable[..., list[str]], greeter: ScriptedServer
) -> None:
    resolves("127.0.0.2", "127.0.0.1")  # the server listens on the second alone

    with open_connection("mail.example", greeter.port, 2.0, [("mail.example", None)]) as sock:
        assert sock.recv(6) == b"hello\n"


def test_a_closed_port_is_refused_and_passes() -> None:
    with ScriptedServer(lambda _: None) as server:
        port = server.port

    with pytest.raises(ConnectionFailedError) as caught:
        open_connection("localhost", port, 1.0, ANYTHING)

    assert (caught.value.failure.code, caught.value.failure.passing) == ("connection_refused", True)


def test_a_full_backlog_times_out_and_passes() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        held = [socket.socket() for _ in range(4)]
        for sock in held:
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
        with pytest.raises(ConnectionFailedError) as caught:
            open_connection("127.0.0.1", port, 0.3, [("127.0.0.1", None)])
        for sock in held:
            sock.close()

    assert caught.value.failure.code == "connection_timed_out"
    assert caught.value.failure.passing


@pytest.mark.parametrize("host", ["", "a..b", "a" * 64 + ".example", "no\0name", "nowhere.invalid"])
def test_a_name_that_leads_nowhere_is_told(host: str) -> None:
    assert reason(host, 25) in {"host_not_found", "address_not_allowed"}


def test_a_silent_name_server_passes_and_an_unknown_name_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(number: int) -> Callable[..., object]:
        def getaddrinfo(*_: object, **__: object) -> object:
            raise socket.gaierror(number, "no")

        return getaddrinfo

    found = {}
    for number in (socket.EAI_AGAIN, socket.EAI_NONAME):
        monkeypatch.setattr(socket, "getaddrinfo", failing(number))
        with pytest.raises(ConnectionFailedError) as caught:
            open_connection("mail.example", 25, 1.0, ())
        assert caught.value.failure.code == "host_not_found"
        found[number] = caught.value.failure.passing

    assert found == {socket.EAI_AGAIN: True, socket.EAI_NONAME: False}


def read_to_the_end(sock: socket.socket) -> None:
    while sock.recv(1):
        pass


def drip(connection: socket.socket) -> None:
    while True:
        connection.sendall(b".")
        time.sleep(0.05)


def test_a_peer_that_drips_bytes_is_left_at_the_deadline() -> None:
    with ScriptedServer(drip) as server:
        sock = open_connection("localhost", server.port, 2.0, ANYTHING)
        sock.bound(1.0, time.monotonic() + 0.4)
        with sock, pytest.raises(TimeoutError):
            read_to_the_end(sock)


def test_tls_is_verified_for_the_name(tls: TlsFiles) -> None:
    handler = over_tls(
        server_context(tls.server, tls.server_key), lambda sock: sock.sendall(b"hello\n")
    )
    context = bounded_context(ssl_context(tls.ca))

    with ScriptedServer(handler) as server:
        sock = open_connection("localhost", server.port, 2.0, ANYTHING)
        with encrypt(sock, context, "localhost") as encrypted:
            assert encrypted.recv(6) == b"hello\n"
            assert encrypted.version() in {"TLSv1.2", "TLSv1.3"}


def tls_reason(port: int, context: ssl.SSLContext, name: str = "localhost") -> str:
    sock = open_connection("localhost", port, 2.0, ANYTHING)
    sock.bound(0.5, None)
    with pytest.raises(ConnectionFailedError) as caught:
        encrypt(sock, bounded_context(context), name)
    assert caught.value.failure.code in CATALOGUE
    return caught.value.failure.code


def test_a_certificate_of_an_unknown_authority_is_turned_down(tls: TlsFiles) -> None:
    handler = over_tls(server_context(tls.server, tls.server_key), lambda _: None)

    with ScriptedServer(handler) as server:
        assert tls_reason(server.port, ssl_context(None)) == "tls_certificate_invalid"


def test_a_certificate_of_another_name_is_turned_down(tls: TlsFiles) -> None:
    handler = over_tls(server_context(tls.server, tls.server_key), lambda _: None)

    with ScriptedServer(handler) as server:
        code = tls_reason(server.port, ssl_context(tls.ca), "smtp.office365.com")

    assert code == "tls_certificate_invalid"


def stay_silent(connection: socket.socket) -> None:
    while connection.recv(9000):
        pass


def test_a_server_without_tls_1_2_is_turned_down(tls: TlsFiles) -> None:
    context = server_context(tls.server, tls.server_key)
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")

    with ScriptedServer(over_tls(context, lambda _: None)) as server:
        assert tls_reason(server.port, ssl_context(tls.ca)) == "tls_failed"


@pytest.mark.parametrize(
    ("handler", "code"),
    [
        (lambda sock: sock.sendall(b"220 mail.example ESMTP\r\n"), "tls_failed"),
        (lambda sock: sock.recv(9000), "connection_lost"),
        (stay_silent, "connection_timed_out"),
    ],
)
def test_a_handshake_that_fails_tells_how(
    tls: TlsFiles, handler: Callable[[socket.socket], None], code: str
) -> None:
    with ScriptedServer(handler) as server:
        assert tls_reason(server.port, ssl_context(tls.ca)) == code


def test_the_bundle_holds_the_usual_authorities_and_the_extra_one(tls: TlsFiles) -> None:
    bundle = ca_bundle(tls.ca)

    assert bundle is not None
    subjects = str(ssl.create_default_context(cafile=bundle).get_ca_certs())
    assert "Outgoing Mail local stack CA" in subjects
    assert "DigiCert" in subjects
    assert Path(bundle).parent.stat().st_mode & 0o077 == 0
    assert ca_bundle(tls.ca) == bundle


def test_without_an_extra_authority_there_is_no_bundle() -> None:
    assert ca_bundle(None) is None
