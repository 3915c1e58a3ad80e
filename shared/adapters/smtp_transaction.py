"""One message and its recipients: MAIL, RCPT, DATA (RFC 5321 3.3)."""

import smtplib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage

from shared.adapters.callers_words import NONE, CallersWords, parts_of
from shared.adapters.mime_stream import dot_stuffed, pieces
from shared.adapters.smtp_refusals import (
    CLOSING,
    Broken,
    error_of_all,
    is_too_many,
    known_of,
    refusal_of,
)
from shared.adapters.smtp_reply import OutOfStepError, failure_of, text_of, without_secret
from shared.adapters.smtp_session import MailSession
from shared.domain.failures import (
    Failure,
    Refusal,
    SessionEndedError,
)
from shared.domain.message import TOO_MANY, Accepted
from shared.domain.reasons.words import tidy
from shared.ports import BearerToken, MailServer, Password

TAKEN = frozenset(range(200, 300))
_REFUSED = 400
"""Codes from here on say no, for now or for good."""
_GOES_ON = frozenset({354})


@dataclass(frozen=True, slots=True)
class SendLimits:
    """How long handing a message over may take, in seconds.

    Meanwhile the mailbox's connection is held by renewals, however long it takes. All together it
    is less than `shared.domain.message.HAND_OVER_LIMIT`.
    """

    step: float = 60.0
    """From a command to the end of its reply, and for each piece of the message."""
    base: float = 105.0
    """Everything up to the end of the message, beside what its size takes."""
    naming: float = 45.0
    """Naming recipients: who is not named by then follows in another transaction."""
    octets_per_second: int = 200_000
    """The slowest line on which a message is still sent to its end."""
    most: float = 150.0
    end: float = 300.0
    """For the reply to the end of the message: servers look for viruses and spam meanwhile. RFC
    5321 4.5.3.2.6 would allow 10 minutes."""
    reset: float = 10.0
    quit: float = 3.0

    def until_end(self, size: int) -> float:
        """For everything up to the end of a message of `size` octets."""
        return min(self.base + size / self.octets_per_second, self.most)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message with the addresses that its transaction names."""

    mime: EmailMessage
    size: int
    sender: str
    recipients: tuple[tuple[str, str], ...]
    """Each as it goes over the wire, and as it was given."""
    refusals: tuple[Refusal, ...]
    """Those of whom it is known before that they will not get it in this transaction."""
    smtputf8: bool
    repeated: CallersWords
    """What the server may repeat of the message."""


class Transaction:
    """Hands one envelope over. Raises smtplib's exceptions, and `MailServerError`."""

    def __init__(
        self,
        session: MailSession,
        server: MailServer,
        credential: Password | BearerToken,
        limits: SendLimits,
    ) -> None:
        self._session = session
        self._server = server
        self._credential = credential
        self._limits = limits
        self._began = time.monotonic()
        self._deadline = self._began
        self._taken = 0
        """Recipients whom the server has taken."""

    def run(self, envelope: Envelope, *, first: bool) -> Accepted:
        """`first` tells whether the session was given no message yet: one that was given some may
        take no more, and say so at MAIL alone. Then the message has not been tried."""
        self._deadline = self._began + self._limits.until_end(envelope.size)
        self._session.command_encoding = "utf-8" if envelope.smtputf8 else "ascii"
        self._mail(envelope, first=first)
        return self._handed_over(envelope)

    def _handed_over(self, envelope: Envelope) -> Accepted:
        refusals = list(envelope.refusals)
        try:
            self._name(envelope, refusals)
            if len(refusals) == len(envelope.refusals) + len(envelope.recipients):
                raise error_of_all(refusals)
            self._command("DATA")
            return Accepted(self._transmitted(envelope.mime), tuple(refusals))
        except (smtplib.SMTPException, OSError) as error:
            fewer = _without_refused(envelope, refusals)
            if _wants_fewer(envelope, fewer, error):
                self._command("RSET")
                self._mail(envelope, first=True)
                return self._handed_over(fewer)
            self._tell_what_is_known(envelope, refusals, error)
            raise

    def _mail(self, envelope: Envelope, *, first: bool) -> None:
        code, text = self._say("MAIL", f"FROM:<{envelope.sender}>{self._parameters(envelope)}")
        if code == CLOSING and not first:
            raise SessionEndedError(self._failure(code, text, "MAIL", NONE))
        if code not in TAKEN:
            raise smtplib.SMTPResponseException(code, text)

    def _parameters(self, envelope: Envelope) -> str:
        session = self._session
        parameters = f" SIZE={envelope.size}" if session.has_extn("size") else ""
        if envelope.smtputf8:  # RFC 6531 3.1 wants the other with it
            parameters += " BODY=8BITMIME SMTPUTF8"
        return parameters

    def _name(self, envelope: Envelope, refusals: list[Refusal]) -> None:
        """Name the recipients. Those that the server refuses are added to `refusals`. Where it has
        taken somebody, so are those for whom the time does not suffice, or the server has no room:
        to name more than it takes is an error each time (Postfix)."""
        self._taken = 0
        too_many: Failure | None = None
        for number, (address, given) in enumerate(envelope.recipients):
            if self._taken and time.monotonic() - self._began > self._limits.naming:
                too_many = self._late(number)
            if too_many is not None:
                refusals.append(Refusal(given, too_many))
                continue
            code, text = self._say("RCPT", f"TO:<{address}>")
            if code == CLOSING:
                raise smtplib.SMTPResponseException(code, text)
            if code in TAKEN:
                self._taken += 1
                continue
            refusals.append(self._refusal(address, given, code, text))
            if self._taken and refusals[-1].failure.code == TOO_MANY:
                too_many = refusals[-1].failure

    def _refusal(self, address: str, given: str, code: int, text: bytes) -> Refusal:
        repeated = CallersWords(parts_of((address, given)))
        failure = self._failure(code, text, "RCPT", repeated)
        return refusal_of(given, code, repeated.removed_from(text_of(text)), failure)

    def _late(self, named: int) -> Failure:
        seconds = time.monotonic() - self._began
        place = f"{self._server.host_name}:{self._server.port}"
        detail = f"{place} took {seconds:.0f} seconds for {named} recipients"
        return Failure(TOO_MANY, passing=True, detail=detail)

    def _tell_what_is_known(
        self, envelope: Envelope, refusals: list[Refusal], error: Exception
    ) -> None:
        """Raise what the server has said of some recipients, although it took the message for
        nobody: the others follow without those. Otherwise the same would come about for ever."""
        session = self._session
        code, words = None, ""
        if isinstance(error, smtplib.SMTPResponseException):
            code, words = error.smtp_code, text_of(error.smtp_error)
        failure = failure_of(error, session.step, self._server, self._credential, envelope.repeated)
        broken = Broken(
            session.step,
            code,
            envelope.repeated.removed_from(words),
            failure,
            tuple(given for _, given in _without_refused(envelope, refusals).recipients),
            self._taken,
            tuple(refusals[len(envelope.refusals) :]),
        )
        known = known_of(broken, envelope.refusals)
        if known is None:
            return
        if broken.has_ended:
            session.close()
        raise known from None

    def _transmitted(self, mime: EmailMessage) -> str:
        """The reply to the end of the message."""
        self._bound()
        self._session.transmit(dot_stuffed(pieces(mime)))
        self._session.bound(self._limits.end, self._limits.end)
        code, text = self._reply(TAKEN, self._session.getreply)
        if code not in TAKEN:
            raise smtplib.SMTPDataError(code, text)
        return self._words(code, text)

    def _command(self, name: str) -> None:
        code, text = self._say(name, "")
        if code >= _REFUSED:
            raise smtplib.SMTPResponseException(code, text)

    def _say(self, name: str, arguments: str) -> tuple[int, bytes]:
        self._bound()
        expected = _GOES_ON if name == "DATA" else TAKEN
        return self._reply(expected, lambda: self._session.docmd(name, arguments))

    def _reply(
        self, expected: frozenset[int], read: Callable[[], tuple[int, bytes]]
    ) -> tuple[int, bytes]:
        """One that neither refuses nor is what was waited for is an answer to something else."""
        try:
            code, text = read()
        except smtplib.SMTPResponseException as error:
            if error.smtp_code > 0:
                raise
            raise OutOfStepError(f"what came at {self._session.step} is no reply") from None
        if code < _REFUSED and code not in expected:
            raise OutOfStepError(f"{self._session.step} was answered with {code}")
        return code, text

    def _bound(self) -> None:
        self._session.bound(self._limits.step, self._deadline - time.monotonic())

    def _failure(self, code: int, text: bytes, step: str, repeated: CallersWords) -> Failure:
        error = smtplib.SMTPResponseException(code, text)
        return failure_of(error, step, self._server, self._credential, repeated)

    def _words(self, code: int, text: bytes) -> str:
        """The last line of a reply, as it may be kept."""
        last = text_of(text).rpartition("\n")[2]
        return tidy(without_secret(f"{code} {last}", self._credential)) or str(code)


def _without_refused(envelope: Envelope, refusals: Sequence[Refusal]) -> Envelope:
    refused = {one.recipient for one in refusals}
    taken = tuple(one for one in envelope.recipients if one[1] not in refused)
    return replace(envelope, recipients=taken, refusals=tuple(refusals))


def _wants_fewer(envelope: Envelope, fewer: Envelope, error: Exception) -> bool:
    """Whether the server wants no message at all for as many as it was told of (Exim's
    `recipients_max_reject`), and would take one for those whom it took."""
    if not isinstance(error, smtplib.SMTPResponseException) or error.smtp_code == CLOSING:
        return False
    return (
        0 < len(fewer.recipients) < len(envelope.recipients)
        and any(one.failure.code == TOO_MANY for one in fewer.refusals)
        and is_too_many(error.smtp_code, text_of(error.smtp_error))
    )
