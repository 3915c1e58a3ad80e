"""Dialogues in which a server may say anything at any step, as a seed has it."""

import random
import re
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO, cast

import pytest

from infra.local.tls import TlsFiles, ensure_tls
from shared.adapters.smtp import SmtpSignIn
from shared.adapters.smtp_submission import OpenMailSession, SmtpSubmission
from shared.domain import delivery
from shared.domain.config import Security
from shared.domain.failures import MailServerError, RecipientsRefusedError, SessionEndedError
from shared.domain.message import Message, MessageStatus
from shared.ports import MailServer, Password
from tests.support.mail import MAILBOX, a_config, a_content, a_message
from tests.support.signin import ScriptedServer, SignInSettings, over_tls, server_context

PASSWORD = Password(MAILBOX, "secret")
NOW = datetime.now(UTC)
SEEDS = 120
CLOSES = ""
TO_MAIL = ("451 4.3.0 later", "550 5.7.1 no", "421 4.7.0 bye", CLOSES, "452 4.5.3 too many")
TO_RCPT = (
    *("450 4.7.1 grey", "452 4.5.3 too many recipients", "452 full", "550 5.1.1 no", "521 no"),
    *("552 too many recipients", "421 4.7.0 bye", "421 4.5.3 too many recipients", CLOSES),
)
TO_DATA = (
    *("451 4.3.0 later", "554 too many recipients", "452 4.5.3 too many recipients", "421 bye"),
    *(CLOSES, "550 5.7.1 no", "250 what"),
)
TO_THE_END = (
    *("451 4.3.0 later", "554 5.7.1 spam", "552 5.3.4 big", "421 4.3.0 shutting down"),
    *("554 5.2.0 SendAsDenied", "554 5.5.3 too many recipients"),
)
TO_RSET = ("421 bye", "500 what", CLOSES)


class _EndedError(Exception):
    """The server closes the connection."""


@dataclass
class RandomServer:
    """Says what `seed` has it say, and keeps what it took."""

    seed: int
    taken: list[list[str]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    answer_got_lost: bool = False

    def serve(self, connection: socket.socket) -> None:
        """One connection."""
        with suppress(_EndedError, OSError), connection.makefile("rwb") as stream:
            chance = random.Random(self.seed)  # noqa: S311  no secret is made of it
            _Dialogue(self, chance, cast("BinaryIO", stream)).run()


class _Dialogue:
    def __init__(self, server: RandomServer, chance: random.Random, stream: BinaryIO) -> None:
        self._server = server
        self._chance = chance
        self._stream = stream
        self._named: list[str] = []
        self._begun = False

    def run(self) -> None:
        self._say("220 mail.example ESMTP")
        steps = {b"MAIL": self._mail, b"RCPT": self._rcpt, b"DATA": self._data, b"RSET": self._rset}
        for line in self._stream:
            self._server.log.append(line.decode().strip()[:60])
            command = line[:4].upper()
            if command == b"EHLO":
                self._say("250-mail.example\r\n250 AUTH PLAIN")
            elif command == b"AUTH":
                self._say("235 welcome")
            elif command in steps:
                steps[command](line)
            else:
                self._say("221 bye")
                return

    def _mail(self, _: bytes) -> None:
        assert not self._begun, "MAIL within a transaction"
        self._named = []
        self._begun = self._answer("250 ok", TO_MAIL, 0.15).startswith("2")

    def _rcpt(self, line: bytes) -> None:
        assert self._begun
        if self._answer(self._chance.choice(["250 ok", "251 forwards"]), TO_RCPT, 0.35)[0] == "2":
            self._named.append(re.findall(rb"<(.+)>", line)[0].decode())

    def _data(self, _: bytes) -> None:
        assert self._begun
        if not self._named:
            self._say("554 no valid recipients")
            return
        if not self._answer("354 go on", TO_DATA, 0.25).startswith("354"):
            return
        lines = iter(self._stream.readline, b".\r\n")
        assert next(lines).lower().startswith(b"from:")
        assert b"" not in lines, "cut"
        if self._chance.random() < 0.1:
            self._server.answer_got_lost = True
            raise _EndedError
        self._begun = False
        answer = "250 queued" if self._chance.random() > 0.25 else self._chance.choice(TO_THE_END)
        if answer.startswith("250"):
            self._server.taken.append(self._named)
        self._say(answer)

    def _rset(self, _: bytes) -> None:
        self._begun = False
        self._answer("250 ok", TO_RSET, 0.1)

    def _answer(self, good: str, bad: tuple[str, ...], how_often: float) -> str:
        answer = self._chance.choice(bad) if self._chance.random() < how_often else good
        if answer == CLOSES:
            raise _EndedError
        self._say(answer)
        return answer

    def _say(self, reply: str) -> None:
        if self._chance.random() < 0.3:
            code = reply[:3]
            reply = f"{code}-a line\r\n{code}-another 4.5.6.7\r\n{reply}"
        self._server.log.append(reply)
        self._stream.write(reply.encode() + b"\r\n")
        self._stream.flush()
        if reply.startswith("421"):
            raise _EndedError


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return ensure_tls(tmp_path_factory.mktemp("tls"))


def test_whatever_a_server_says_each_recipient_is_accounted_for_once(tls: TlsFiles) -> None:
    sign_in = SmtpSignIn(SignInSettings(tls.ca))
    context = server_context(tls.server, tls.server_key)
    seen: set[str] = set()
    for seed in range(SEEDS):
        server = RandomServer(seed)
        with ScriptedServer(over_tls(context, server.serve)) as scripted:
            place = MailServer("localhost", scripted.port, Security.TLS)
            session = SmtpSubmission(sign_in).open(place, PASSWORD)
            try:
                seen |= _three_messages(session, server)
            except AssertionError as error:
                raise AssertionError(f"seed {seed}:\n" + "\n".join(server.log)) from error
            finally:
                session.leave()
    assert seen >= {"accepted", "refused", "ended", "failed", "outcome_unknown"}


def _three_messages(session: OpenMailSession, server: RandomServer) -> set[str]:
    seen = set()
    for number in range(3):
        if number and not session.takes_another():
            break
        count = (1, 6, 2, 3)[(server.seed + number) % 4]
        recipients = [f"r{number}{index}@fabrikam.example" for index in range(count)]
        seen.add(_one_message(session, server, recipients, first=not number))
        if not session.is_open:
            break
    return seen


def _one_message(
    session: OpenMailSession, server: RandomServer, recipients: list[str], *, first: bool
) -> str:
    message, before = a_message(recipients=len(recipients), created_at=NOW), len(server.taken)
    try:
        accepted = session.send(a_config(), message, a_content(*recipients))
    except MailServerError as error:
        assert len(server.taken) == before
        return _failed(error, session, server, recipients, first=first)
    assert len(server.taken) == before + 1
    refused = [one.recipient for one in accepted.refusals]
    assert sorted(server.taken[-1] + refused) == recipients
    assert _each_once(delivery.handed_over(message, accepted, NOW, 0))
    return "accepted"


def _failed(
    error: MailServerError,
    session: OpenMailSession,
    server: RandomServer,
    recipients: list[str],
    *,
    first: bool,
) -> str:
    if isinstance(error, SessionEndedError):
        assert not first
        assert not session.is_open
        return "ended"
    if isinstance(error, RecipientsRefusedError):
        assert sorted(one.recipient for one in error.refusals) == recipients
        message = a_message(recipients=len(recipients), created_at=NOW)
        after = delivery.refused(message, error, NOW, 0)
        passes = error.failure.passing
        assert after.status is (MessageStatus.RETRYING if passes else MessageStatus.FAILED)
        assert _each_once(after)
        return "refused"
    unknown = error.failure.code == delivery.OUTCOME_UNKNOWN
    assert unknown == server.answer_got_lost
    return "outcome_unknown" if unknown else "failed"


def _each_once(message: Message) -> bool:
    named = [one.recipient for one in (*message.refused, *message.deferred)]
    return len(named) == len(set(named))
