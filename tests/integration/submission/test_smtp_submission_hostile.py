"""Mail servers with little to offer, or that stumble over a message: each is told apart."""

import socket
import ssl
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from infra.local.tls import TlsFiles, ensure_tls
from shared.adapters.smtp import SmtpSignIn
from shared.adapters.smtp_submission import OpenMailSession, SmtpSubmission
from shared.adapters.smtp_transaction import SendLimits
from shared.domain.config import Security
from shared.domain.delivery import ABOUT_THE_MAILBOX
from shared.domain.failures import Failure, MailServerError
from shared.domain.message import Attachment
from shared.ports import MailServer, Password
from tests.support.mail import MAILBOX, a_config, a_content, a_message
from tests.support.signin import ScriptedServer, SignInSettings, over_tls, server_context

SECRET = "a-secret-that-nobody-else-may-see"
PASSWORD = Password(MAILBOX, SECRET)
SIZE = 10 * 1024 * 1024
_KEPT = 100_000

type Reply = bytes | Callable[[socket.socket], None]


class Script:
    """A mail server behind TLS that answers each command, and the end of a message, from a table.

    It counts what it is sent, and keeps the first `_KEPT` octets of a message.
    """

    def __init__(self, **replies: Reply) -> None:
        usual: dict[str, Reply] = {
            "ehlo": b"250-mail.example\r\n250-SIZE 50000000\r\n250 AUTH PLAIN\r\n",
            "auth": b"235 welcome\r\n",
            "data": b"354 go on\r\n",
            "end": b"250-2.0.0 it is\r\n250 2.0.0 queued\r\n",
            "quit": b"221 bye\r\n",
        }
        self._replies = usual | replies
        self.lines: list[str] = []
        self.message = b""
        self.octets = 0

    def serve(self, connection: socket.socket) -> None:
        """One connection."""
        connection.sendall(b"220 mail.example ESMTP\r\n")
        pending = b""
        while True:
            while b"\r\n" not in pending:
                more = connection.recv(65536)
                if not more:
                    return
                pending += more
            line, _, pending = pending.partition(b"\r\n")
            self.lines.append(line.decode())
            verb = line.partition(b" ")[0].lower().decode()
            self._say(connection, verb)
            if verb == "data" and self._replies["data"] == b"354 go on\r\n":
                if not self._read_message(connection):
                    return
                self._say(connection, "end")

    def _read_message(self, connection: socket.socket) -> bool:
        tail = b"\r\n"
        while not tail.endswith(b"\r\n.\r\n"):
            more = connection.recv(65536)
            if not more:
                return False
            self.octets += len(more)
            tail = (tail + more)[-5:]
            self.message += more[: _KEPT - len(self.message)]
        return True

    def _say(self, connection: socket.socket, name: str) -> None:
        reply = self._replies.get(name, b"250 fine\r\n")
        if isinstance(reply, bytes):
            connection.sendall(reply)
        else:
            reply(connection)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return ensure_tls(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def sign_in(tls: TlsFiles) -> SmtpSignIn:
    return SmtpSignIn(SignInSettings(tls.ca))


type Open = Callable[..., OpenMailSession]


@pytest.fixture
def connect(sign_in: SmtpSignIn, tls: TlsFiles) -> Iterator[Open]:
    """Open a session with a server that follows a script."""
    context: ssl.SSLContext = server_context(tls.server, tls.server_key)
    with ExitStack() as running:

        def run(script: Script, limits: SendLimits | None = None) -> OpenMailSession:
            server = running.enter_context(ScriptedServer(over_tls(context, script.serve)))
            place = MailServer("localhost", server.port, Security.TLS)
            session = SmtpSubmission(sign_in, limits).open(place, PASSWORD)
            running.callback(session.leave)
            return session

        yield run


def failure_of(session: OpenMailSession, *to: str) -> Failure:
    with pytest.raises(MailServerError) as caught:
        session.send(a_config(), a_message(), a_content(*to))
    assert SECRET not in repr(caught.value.failure)
    return caught.value.failure


def cut(connection: socket.socket) -> None:
    connection.close()


def _lost_at(step: str) -> str:
    return "outcome_unknown" if step == "end" else "connection_lost"


def test_a_server_without_extensions_gets_plain_commands(connect: Open) -> None:
    script = Script(ehlo=b"250-mail.example\r\n250 AUTH PLAIN\r\n")

    connect(script).send(a_config(), a_message(), a_content("a@bücher.example"))

    assert f"MAIL FROM:<{MAILBOX}>" in [line.replace("mail ", "MAIL ") for line in script.lines]
    assert script.lines[-2].upper() == "RCPT TO:<A@XN--BCHER-KVA.EXAMPLE>"


def test_the_last_line_of_the_reply_is_kept_without_the_secret(connect: Open) -> None:
    script = Script(end=f"250-2.0.0 it is\r\n250 2.0.0 queued for {SECRET}\r\n".encode())

    accepted = connect(script).send(a_config(), a_message(), a_content())

    assert accepted.reply == "250 2.0.0 queued for [cut]"


def test_an_address_that_needs_smtputf8_is_told_where_it_is_not_offered(connect: Open) -> None:
    script = Script()
    session = connect(script)

    failure = failure_of(session, "jürgen@bücher.example")

    assert (failure.code, failure.passing) == ("smtputf8_not_offered", False)
    assert session.is_open
    assert not any(line.upper().startswith("MAIL") for line in script.lines)


def test_an_address_that_needs_smtputf8_keeps_nobody_else_from_getting_it(connect: Open) -> None:
    script = Script()

    accepted = connect(script).send(
        a_config(), a_message(), a_content("jürgen@bücher.example", "a@fabrikam.example")
    )

    [refusal] = accepted.refusals
    assert (refusal.recipient, refusal.failure.code, refusal.failure.passing) == (
        "jürgen@bücher.example",
        "smtputf8_not_offered",
        False,
    )
    named = [line for line in script.lines if line.upper().startswith("RCPT")]
    assert [line.lower() for line in named] == ["rcpt to:<a@fabrikam.example>"]
    assert script.message.isascii()


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "end"])
def test_a_connection_that_ends_passes(connect: Open, step: str) -> None:
    session = connect(Script(**{step: cut}))

    failure = failure_of(session)

    assert (failure.code, failure.passing) == (_lost_at(step), True)
    assert not session.is_open


@pytest.mark.parametrize("step", ["mail", "rcpt", "data", "end"])
@pytest.mark.parametrize("reply", [b"no reply at all\r\n", b"\x16\x03\x01\r\n", b"2\r\n"])
def test_what_is_no_reply_passes(connect: Open, step: str, reply: bytes) -> None:
    session = connect(Script(**{step: reply}))

    failure = failure_of(session)

    assert (failure.code, failure.passing) == (_lost_at(step), True)
    assert not session.is_open


@pytest.mark.parametrize("rset", [cut, b"421 4.7.0 enough over this connection\r\n"])
def test_a_server_that_takes_no_more_is_noticed_before_the_next_message(
    connect: Open, rset: bytes
) -> None:
    session = connect(Script(rset=rset))
    session.send(a_config(), a_message(), a_content())

    assert not session.takes_another()
    assert not session.is_open


def test_a_server_that_goes_on_takes_another_message(connect: Open) -> None:
    session = connect(Script())
    session.send(a_config(), a_message(), a_content())

    assert session.takes_another()
    session.send(a_config(), a_message(), a_content())


def test_a_connection_that_ends_within_a_reply_passes(connect: Open) -> None:
    def half(connection: socket.socket) -> None:
        connection.sendall(b"250 2.0")
        connection.close()

    failure = failure_of(connect(Script(end=half)))

    assert (failure.code, failure.passing) == ("outcome_unknown", True)


def test_a_connection_that_ends_within_the_message_passes(connect: Open) -> None:
    def some(connection: socket.socket) -> None:
        connection.sendall(b"354 go on\r\n")
        connection.recv(1000)
        connection.close()

    session = connect(Script(data=some))
    with pytest.raises(MailServerError) as caught:
        session.send(a_config(), a_message(), a_content(attachments=(big(SIZE),)))

    failure = caught.value.failure
    assert (failure.code, failure.passing) == ("connection_lost", True)
    assert not session.is_open


def test_a_server_that_takes_no_more_of_the_message_passes(connect: Open) -> None:
    def stall(connection: socket.socket) -> None:
        connection.sendall(b"354 go on\r\n")
        while connection.recv(1):
            pass

    session = connect(Script(data=stall), SendLimits(base=0.5, most=0.5, quit=0.1))
    with pytest.raises(MailServerError) as caught:
        session.send(a_config(), a_message(), a_content(attachments=(big(SIZE),)))

    failure = caught.value.failure
    assert (failure.code, failure.passing) == ("connection_timed_out", True)
    assert not session.is_open


@pytest.mark.parametrize("reply", [b"500 what\r\n", b"421 bye\r\n"])
def test_a_transaction_that_cannot_be_taken_back_ends_the_session(
    connect: Open, reply: bytes
) -> None:
    session = connect(Script(data=b"550 no\r\n", rset=reply))

    assert failure_of(session).code == "smtp_refused"
    assert not session.is_open


def test_what_a_server_has_against_a_sender_it_may_say_at_rcpt(connect: Open) -> None:
    session = connect(Script(rcpt=b"550 5.1.8 Access denied, bad outbound sender\r\n"))

    assert failure_of(session, "a@b.example", "c@d.example").code == "sender_blocked"


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (b"553 5.7.1 <x>: Sender address rejected: not owned by user y\r\n", "send_as_denied"),
        (b"550 5.1.0 <x>: Sender address rejected: User unknown\r\n", "sender_refused"),
        (b"554 5.7.1 <h>: Client host rejected: Access denied\r\n", "client_refused"),
    ],
)
def test_what_postfix_has_against_the_sender_is_not_told_of_the_recipients(
    connect: Open, reply: bytes, code: str
) -> None:
    failure = failure_of(connect(Script(rcpt=reply)), "a@b.example", "c@d.example")

    assert (failure.code, failure.passing) == (code, False)
    assert failure.code in ABOUT_THE_MAILBOX


@pytest.mark.parametrize("reply", [b"550 5.7.3 not here\r\n", b"554 5.2.2 full\r\n"])
def test_what_is_said_of_a_recipient_is_not_held_against_the_mailbox(
    connect: Open, reply: bytes
) -> None:
    assert failure_of(connect(Script(rcpt=reply))).code == "recipients_refused"


def test_dots_at_the_start_of_lines_are_doubled(connect: Open) -> None:
    script = Script()

    connect(script).send(a_config(), a_message(), a_content(text=".\n..\nx\n.x\n"))

    assert script.message.endswith(b"\r\n\r\n..\r\n...\r\nx\r\n..x\r\n.\r\n")


def big(size: int) -> Attachment:
    return Attachment("big.bin", "application/octet-stream", bytes(size))


def test_a_large_file_is_sent_without_a_copy_of_it(connect: Open) -> None:
    script = Script()
    session = connect(script)
    content = a_content(attachments=(big(SIZE),))
    tracemalloc.start()
    try:
        session.send(a_config(), a_message(), content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert script.octets > SIZE * 4 / 3
    assert peak < 0.25 * SIZE
