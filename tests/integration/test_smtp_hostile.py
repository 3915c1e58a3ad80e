"""Mail servers that lie, stall or stumble: none gets a secret it should not, or holds a worker."""

import base64
import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.local.tls import TlsFiles, ensure_tls
from shared.adapters.smtp import Limits, SmtpSignIn
from shared.domain.config import Security
from shared.domain.failures import Failure, MailServerError
from shared.domain.reasons import CATALOGUE
from shared.ports import BearerToken, MailServer, Password
from tests.support.signin import ScriptedServer, SignInSettings, server_context

USER = "noreply@contoso.example"
SECRET = "a-secret-that-nobody-else-may-see"
PASSWORD = Password(USER, SECRET)
TOKEN = BearerToken(USER, "eyJ0eXAi." + "t" * 2400)
SHORT_TOKEN = BearerToken(USER, "short-token")
PATIENT = Limits(quit=0.3)
HASTY = Limits(connect=1.0, step=0.4, total=1.0, quit=0.3)

type Reply = bytes | list[bytes] | Callable[[socket.socket], None]


class Script:
    """A mail server that answers each command from a table; TLS begins after STARTTLS."""

    def __init__(self, tls: TlsFiles, **replies: Reply) -> None:
        self._context = server_context(tls.server, tls.server_key)
        usual: dict[str, Reply] = {
            "greeting": b"220 mail.example ESMTP\r\n",
            "ehlo": b"250-mail.example\r\n250 STARTTLS\r\n",
            "starttls": b"220 go ahead\r\n",
            "ehlo_tls": b"250-mail.example\r\n250 AUTH XOAUTH2 PLAIN LOGIN\r\n",
            "auth": self._welcome,
            "quit": b"221 bye\r\n",
        }
        self._replies = usual | replies
        self.lines: list[str] = []
        self.encrypted_from: int | None = None

    def serve(self, connection: socket.socket) -> None:
        """One connection."""
        self._say(connection, "greeting")
        if self._converse(connection, tls=False):
            with self._context.wrap_socket(connection, server_side=True) as encrypted:
                self.encrypted_from = len(self.lines)
                self._converse(encrypted, tls=True)

    def _converse(self, sock: socket.socket, *, tls: bool) -> bool:
        """Answer commands; true when it is time for TLS, false at the end."""
        pending = b""
        while True:
            while b"\r\n" not in pending:
                more = sock.recv(65536)
                if not more:
                    return False
                pending += more
            line, _, pending = pending.partition(b"\r\n")
            self.lines.append(line.decode("latin-1"))
            name = self._name(line, tls=tls)
            self._say(sock, name)
            if name == "starttls":
                return True

    def _name(self, line: bytes, *, tls: bool) -> str:
        verb = line.partition(b" ")[0].lower().decode("latin-1")
        if verb == "ehlo" and tls:
            return "ehlo_tls"
        return verb if verb in self._replies else "auth"

    def _welcome(self, sock: socket.socket) -> None:
        asks = self.lines[-1] in {"AUTH XOAUTH2", "AUTH PLAIN"}
        sock.sendall(b"334 \r\n" if asks else b"235 welcome\r\n")

    def _say(self, sock: socket.socket, name: str) -> None:
        reply = self._replies[name]
        if isinstance(reply, list):
            reply = reply.pop(0)
        if isinstance(reply, bytes):
            sock.sendall(reply)
        else:
            reply(sock)

    @property
    def told(self) -> list[str]:
        """What the client said inside TLS, Base64 decoded where it was that."""
        return [_decoded(line) for line in self.lines[self.encrypted_from or 0 :]]


def _decoded(line: str) -> str:
    found = re.fullmatch(r"(AUTH \w+ )?([A-Za-z0-9+/]+=*)", line)
    if not found or len(found[2]) % 4:
        return line
    return (found[1] or "") + base64.b64decode(found[2]).decode("latin-1")


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return ensure_tls(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def mail(tls: TlsFiles) -> dict[Limits, SmtpSignIn]:
    return {limits: SmtpSignIn(SignInSettings(tls.ca), limits) for limits in (PATIENT, HASTY)}


@pytest.fixture
def sign_in(mail: dict[Limits, SmtpSignIn], tls: TlsFiles) -> Iterator[Callable[..., Script]]:
    """Sign in to a server that answers as given; its record."""
    servers: list[ScriptedServer] = []

    def run(
        credential: Password | BearerToken = PASSWORD, limits: Limits = PATIENT, **replies: Reply
    ) -> Script:
        script = Script(tls, **replies)
        server = ScriptedServer(script.serve)
        servers.append(server)
        server.__enter__()
        place = MailServer("localhost", server.port, Security.STARTTLS)
        try:
            mail[limits].sign_in(place, credential)
        except MailServerError as error:
            error.add_note(" ".join(script.lines))
            raise
        return script

    yield run
    for server in servers:
        server.__exit__(None, None, None)


def failure(
    sign_in: Callable[..., Script],
    credential: Password | BearerToken = PASSWORD,
    limits: Limits = PATIENT,
    **replies: Reply,
) -> Failure:
    with pytest.raises(MailServerError) as caught:
        sign_in(credential, limits, **replies)
    found = caught.value.failure
    assert found.code in CATALOGUE
    assert found.detail is None or len(found.detail) <= 500
    assert SECRET not in repr(found)
    assert "tttttttt" not in repr(found)
    return found


def notes(sign_in: Callable[..., Script], **replies: Reply) -> str:
    """What the server heard, in a sign-in that fails."""
    with pytest.raises(MailServerError) as caught:
        sign_in(PASSWORD, **replies)
    return "".join(caught.value.__notes__)


def endless(start: bytes, more: bytes) -> Callable[[socket.socket], None]:
    def talk(sock: socket.socket) -> None:
        sock.sendall(start)
        while True:
            sock.sendall(more)

    return talk


def drip(sock: socket.socket) -> None:
    sock.sendall(b"220 ")
    while True:
        sock.sendall(b".")
        time.sleep(0.05)


def test_a_short_token_comes_with_the_command(sign_in: Callable[..., Script]) -> None:
    script = sign_in(SHORT_TOKEN)

    assert script.told[1] == f"AUTH XOAUTH2 user={USER}\1auth=Bearer short-token\1\1"


def test_a_long_token_waits_until_the_server_asks(sign_in: Callable[..., Script]) -> None:
    script = sign_in(TOKEN)

    assert script.told[1] == "AUTH XOAUTH2"
    assert script.told[2] == f"user={USER}\1auth=Bearer {TOKEN.access_token}\1\1"


@pytest.mark.parametrize("length", range(325, 335))
def test_no_command_line_is_longer_than_512_octets(
    sign_in: Callable[..., Script], length: int
) -> None:
    script = sign_in(BearerToken(USER, "x" * length))

    command = next(line for line in script.lines if line.startswith("AUTH"))
    # 43 octets stand around the token; 372 of them make 496 in Base64, and a line of 511.
    assert (command != "AUTH XOAUTH2") == (43 + length <= 372)
    assert len(command) + 2 <= 512


def test_a_failed_token_is_answered_with_an_empty_line(sign_in: Callable[..., Script]) -> None:
    challenge = base64.b64encode(json.dumps({"status": "400", "schemes": "Bearer"}).encode())
    replies = [b"334 " + challenge + b"\r\n", b"535 5.7.3 Authentication unsuccessful\r\n"]

    found = failure(sign_in, SHORT_TOKEN, auth=list(replies))

    assert found.code == "sign_in_rejected"
    assert found.detail == "535 5.7.3 Authentication unsuccessful (XOAUTH2 status 400)"


@pytest.mark.parametrize("challenge", [b"", b"%%%", b"e30=", b"W10=", b"eyJzdGF0dXMiOiB7fX0="])
def test_a_challenge_that_says_nothing_does_no_harm(
    sign_in: Callable[..., Script], challenge: bytes
) -> None:
    replies = [b"334 " + challenge + b"\r\n", b"535 5.7.3 no\r\n"]

    assert failure(sign_in, SHORT_TOKEN, auth=replies).detail == "535 5.7.3 no"


def test_a_server_that_asks_again_and_again_is_turned_down(
    sign_in: Callable[..., Script],
) -> None:
    assert not failure(sign_in, TOKEN, auth=b"334 \r\n").passing
    assert not failure(sign_in, PASSWORD, auth=b"334 \r\n").passing


def test_login_is_used_where_plain_is_not_offered(sign_in: Callable[..., Script]) -> None:
    script = sign_in(
        PASSWORD,
        ehlo_tls=b"250-mail.example\r\n250 AUTH=LOGIN\r\n",
        auth=[b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n", b"235 welcome\r\n"],
    )

    assert script.told[1:4] == ["AUTH LOGIN", USER, SECRET]


def test_login_is_used_where_plain_is_offered_but_not_known(
    sign_in: Callable[..., Script],
) -> None:
    script = sign_in(
        PASSWORD,
        auth=[b"504 5.7.4 Unrecognized authentication type\r\n", b"334 VXNlcm5hbWU6\r\n",
              b"334 UGFzc3dvcmQ6\r\n", b"235 welcome\r\n"],
    )  # fmt: skip

    assert script.told[1:5] == [f"AUTH PLAIN \0{USER}\0{SECRET}", "AUTH LOGIN", USER, SECRET]


def test_a_refused_password_is_not_tried_twice(sign_in: Callable[..., Script]) -> None:
    heard = notes(sign_in, auth=b"535 5.7.3 Authentication unsuccessful\r\n")

    assert heard.count("AUTH") == 1
    assert heard.lower().endswith("quit")


@pytest.mark.parametrize(
    ("credential", "offer", "detail"),
    [
        (TOKEN, b"250 AUTH PLAIN LOGIN", "The server offers PLAIN, LOGIN; XOAUTH2 is needed"),
        (PASSWORD, b"250 AUTH XOAUTH2", "The server offers XOAUTH2; PLAIN or LOGIN is needed"),
        (TOKEN, b"250 SIZE", "The server offers no way of signing in; XOAUTH2 is needed"),
        (TOKEN, b"250 AUTH A\x00\x1bB", "The server offers A B; XOAUTH2 is needed"),
    ],
)
def test_a_mechanism_that_is_not_offered_is_told(
    sign_in: Callable[..., Script], credential: Password | BearerToken, offer: bytes, detail: str
) -> None:
    found = failure(sign_in, credential, ehlo_tls=b"250-mail.example\r\n" + offer + b"\r\n")

    assert (found.code, found.detail) == ("auth_not_offered", detail)


def test_what_was_offered_before_tls_does_not_count(sign_in: Callable[..., Script]) -> None:
    found = failure(
        sign_in,
        PASSWORD,
        ehlo=b"250-mail.example\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n",
        ehlo_tls=b"250 mail.example\r\n",
    )

    assert found.code == "auth_not_offered"


def test_a_server_without_starttls_gets_no_secret(sign_in: Callable[..., Script]) -> None:
    offer = b"250-mail.example\r\n250 AUTH PLAIN LOGIN XOAUTH2\r\n"

    assert failure(sign_in, PASSWORD, ehlo=offer).code == "starttls_missing"
    assert "AUTH" not in notes(sign_in, ehlo=offer)


def test_text_ahead_of_the_handshake_is_turned_down(sign_in: Callable[..., Script]) -> None:
    injected = b"220 go ahead\r\n250-mail.example\r\n250 AUTH PLAIN\r\n"

    found = failure(sign_in, PASSWORD, starttls=injected)

    assert found.code == "tls_failed"
    assert "AUTH" not in notes(sign_in, starttls=injected)


@pytest.mark.parametrize(
    "greeting",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"* OK IMAP4rev1 ready\r\n",
        b"+OK POP3 ready\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x00\x01\x02\xff\xfe\n",
        b"\r\n",
        b"22\r\n",
        b"2200 hello\r\n",
        b"999 hello\r\n",
    ],
)
def test_what_is_no_mail_server_is_told(sign_in: Callable[..., Script], greeting: bytes) -> None:
    found = failure(sign_in, PASSWORD, greeting=greeting)

    assert (found.code, found.passing) == ("not_a_mail_server", False)


@pytest.mark.parametrize(
    "reply",
    [
        endless(b"220-", b"a" * 4096),
        endless(b"220-hello\r\n", b"220-hello again\r\n" * 100),
    ],
)
def test_a_reply_without_an_end_is_left(sign_in: Callable[..., Script], reply: Reply) -> None:
    assert failure(sign_in, PASSWORD, greeting=reply).code == "not_a_mail_server"


@pytest.mark.parametrize("step", ["greeting", "ehlo", "starttls", "ehlo_tls", "auth"])
def test_a_reply_that_drips_is_left_in_time(sign_in: Callable[..., Script], step: str) -> None:
    replies: dict[str, Any] = {step: drip}

    found = failure(sign_in, PASSWORD, HASTY, **replies)

    assert (found.code, found.passing) == ("connection_timed_out", True)


@pytest.mark.parametrize("step", ["greeting", "ehlo", "starttls", "ehlo_tls", "auth"])
@pytest.mark.parametrize("partial", [b"", b"2", b"250-half\r\n", b"250-half\r\n2"])
def test_a_connection_cut_within_a_reply_passes(
    sign_in: Callable[..., Script], step: str, partial: bytes
) -> None:
    def cut(sock: socket.socket) -> None:
        sock.sendall(partial)
        sock.shutdown(socket.SHUT_RDWR)

    replies: dict[str, Any] = {step: cut}

    found = failure(sign_in, PASSWORD, **replies)

    assert (found.code, found.passing) == ("connection_lost", True)


def test_the_detail_tells_how_far_it_came(sign_in: Callable[..., Script]) -> None:
    def cut(sock: socket.socket) -> None:
        sock.shutdown(socket.SHUT_RDWR)

    detail = failure(sign_in, PASSWORD, auth=cut).detail

    assert detail is not None
    assert detail.endswith("the connection ended at AUTH")


@pytest.mark.parametrize(
    ("greeting", "code", "passing"),
    [
        (b"421 4.3.2 too busy\r\n", "smtp_try_later", True),
        (b"554 5.7.1 No service for your address\r\n", "smtp_refused", False),
    ],
)
def test_a_greeting_that_refuses_is_told(
    sign_in: Callable[..., Script], greeting: bytes, code: str, passing: bool
) -> None:
    found = failure(sign_in, PASSWORD, greeting=greeting)

    assert (found.code, found.passing) == (code, passing)
    assert found.detail == greeting.decode().strip()


def test_a_secret_that_the_server_repeats_is_cut_out(sign_in: Callable[..., Script]) -> None:
    encoded = base64.b64encode(SECRET.encode()).decode()
    reply = f"535 5.7.3 {SECRET} is wrong, and so is {encoded}\r\n".encode()

    found = failure(sign_in, PASSWORD, auth=reply)

    assert found.detail == "535 5.7.3 [cut] is wrong, and so is [cut]"


def test_bytes_of_no_alphabet_in_a_reply_do_no_harm(sign_in: Callable[..., Script]) -> None:
    found = failure(sign_in, PASSWORD, auth=b"535 5.7.3 \xff\xfe\x00\x1b[31m no\r\n")

    assert found.code == "password_rejected"
    assert found.detail is not None
    assert found.detail.isprintable()


def test_a_server_that_stalls_after_success_does_not_matter(
    sign_in: Callable[..., Script],
) -> None:
    def wait_for_the_end(sock: socket.socket) -> None:
        while sock.recv(100):
            pass

    script = sign_in(PASSWORD, quit=wait_for_the_end)

    assert script.lines[-1].lower() == "quit"


def test_the_client_names_itself_by_its_address(sign_in: Callable[..., Script]) -> None:
    script = sign_in(PASSWORD)

    assert script.lines[0] in {"ehlo [127.0.0.1]", "EHLO [127.0.0.1]"}
    assert script.told[0] == script.lines[0]
