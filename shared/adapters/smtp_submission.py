"""Messages handed over by SMTP (RFC 5321, RFC 6409), several over one connection."""

import re
import smtplib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage

from shared.adapters.connections import ConnectionFailedError
from shared.adapters.mime import compose, needs_utf8
from shared.adapters.mime_addresses import is_mailable, on_the_wire
from shared.adapters.mime_stream import dot_stuffed, pieces
from shared.adapters.smtp import SmtpSignIn
from shared.adapters.smtp_refusals import error_of_all, failure_of_message, refusal_of
from shared.adapters.smtp_reply import failure_of, text_of, without_secret
from shared.adapters.smtp_session import MailSession
from shared.domain.config import Config
from shared.domain.failures import Failure, MailServerError, Refusal
from shared.domain.message import Accepted, Content, Message
from shared.domain.reasons.words import tidy
from shared.ports import BearerToken, MailServer, Password

_GOES_ON = frozenset({354})
_TAKEN = frozenset(range(200, 300))
_CLOSING = 421


@dataclass(frozen=True, slots=True)
class SendLimits:
    """How long handing a message over may take, in seconds.

    Meanwhile the mailbox's connection is held by renewals, however long it takes.
    """

    step: float = 30.0
    """From a command to the end of its reply, and for each piece of the message."""
    base: float = 60.0
    """Everything up to the end of the message, beside what its size takes."""
    recipient: float = 0.2
    octets_per_second: int = 200_000
    """The slowest line on which a message is still sent to its end."""
    most: float = 150.0
    end: float = 120.0
    """For the reply to the end of the message. RFC 5321 4.5.3.2.6 would allow 10 minutes."""
    reset: float = 10.0
    quit: float = 3.0

    def until_end(self, size: int, recipients: int) -> float:
        """For everything up to the end of a message of `size` octets."""
        needed = size / self.octets_per_second + recipients * self.recipient
        return min(self.base + needed, self.most)


class SmtpSubmission:
    """See `shared.delivery_ports.MailSubmission`. Safe for threads; one per process."""

    def __init__(self, sign_in: SmtpSignIn, limits: SendLimits | None = None) -> None:
        self._sign_in = sign_in
        self._limits = limits or SendLimits()

    def open(self, server: MailServer, credential: Password | BearerToken) -> "OpenMailSession":
        """Connect, encrypt, sign in. Raises `MailServerError`."""
        session = self._sign_in.connect_and_authenticate(server, credential)
        return OpenMailSession(session, server, credential, self._limits)


@dataclass(frozen=True, slots=True)
class _Envelope:
    """A message with the addresses that its transaction names."""

    mime: EmailMessage
    size: int
    sender: str
    recipients: tuple[tuple[str, str], ...]
    """Each as it goes over the wire, and as it was given."""
    unmailable: tuple[Refusal, ...]
    """Those whose addresses this server does not take."""
    smtputf8: bool


class OpenMailSession:
    """See `shared.delivery_ports.MailSession`."""

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
        self._deadline = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the connection can take another message."""
        return self._session.sock is not None

    def takes_another(self) -> bool:
        """Asked by RSET: a server that takes so many messages over a connection and no more says
        421 (RFC 5321 3.8), or is gone. So the next message has not been tried in vain."""
        if not self.is_open:
            return False
        try:
            self._session.bound(self._limits.reset, self._limits.reset)
            code, _ = self._session.rset()
        except (smtplib.SMTPException, OSError):
            code = 0
        if code not in _TAKEN:
            self._session.close()
        return self.is_open

    def leave(self) -> None:
        """Say goodbye; raises nothing."""
        self._session.leave(self._limits.quit)

    def send(self, config: Config, message: Message, content: Content) -> Accepted:
        """Hand one message over, in one transaction, for the recipients who remain.

        Raises `MailServerError`. Every failure of the connection and every 4xx reply passes. After
        a refusal the transaction is taken back, so that the connection can take the next message.
        """
        if not self.is_open:
            detail = f"{self._place}: the connection had ended before"
            raise MailServerError(Failure("connection_lost", passing=True, detail=detail))
        envelope = self._envelope(config, message, content)
        if not envelope.recipients:
            raise error_of_all(envelope.unmailable)
        self._check_size(envelope.size)
        with self._failures():
            return self._transaction(envelope)

    @property
    def _place(self) -> str:
        return f"{self._server.host_name}:{self._server.port}"

    def _envelope(self, config: Config, message: Message, content: Content) -> _Envelope:
        offered = self._session.has_extn("smtputf8")
        smtputf8 = offered and needs_utf8(config, message, content)
        mime = compose(config, message, content, smtputf8=smtputf8)
        recipients = message.remaining(content)
        mailable = [one for one in recipients if smtputf8 or is_mailable(one)]
        no_extension = Failure("smtputf8_not_offered")
        return _Envelope(
            mime,
            sum(map(len, pieces(mime))),
            on_the_wire(config.sender, smtputf8=smtputf8),
            tuple((on_the_wire(one, smtputf8=smtputf8), one) for one in mailable),
            tuple(Refusal(one, no_extension) for one in recipients if one not in mailable),
            smtputf8,
        )

    def _check_size(self, size: int) -> None:
        """What the server says it will not take need not be sent (RFC 1870 6.1)."""
        limit = self._session.esmtp_features.get("size", "")
        if re.fullmatch("[0-9]{1,15}", limit) and 0 < int(limit) < size:
            detail = f"{self._place} takes {int(limit)} octets; the message has {size}"
            raise MailServerError(Failure("message_too_large", detail=detail))

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Raise `MailServerError` for whatever a transaction ends with; not chained: a server's
        reply can repeat the secret."""
        session = self._session
        try:
            yield
        except MailServerError:
            self._take_back()
            raise
        except smtplib.SMTPResponseException as error:
            failure = self._refusal(error)
            self._take_back(closing=error.smtp_code == _CLOSING)
            raise MailServerError(failure) from None
        except (smtplib.SMTPException, ConnectionFailedError, OSError) as error:
            session.close()
            failure = failure_of(error, session.step, self._server, self._credential)
            raise MailServerError(failure) from None
        except BaseException:
            # Nobody knows what the server has heard: the next message would be a part of this one.
            session.close()
            raise

    def _refusal(self, error: smtplib.SMTPResponseException) -> Failure:
        step = self._session.step
        if error.smtp_code < 0:  # after a sign-in, so that it is a mail server
            detail = f"{self._place}: what came at {step} is no reply"
            return Failure("connection_lost", passing=True, detail=detail)
        failure = failure_of(error, step, self._server, self._credential)
        return failure_of_message(failure, error.smtp_code)

    def _take_back(self, *, closing: bool = False) -> None:
        """End the transaction (RFC 5321 4.1.1.5); where that fails, the connection."""
        session = self._session
        if closing or not self.is_open:
            session.close()
            return
        try:
            session.bound(self._limits.reset, self._limits.reset)
            if session.docmd("RSET")[0] not in _TAKEN:
                session.close()
        except (smtplib.SMTPException, OSError):
            session.close()

    def _transaction(self, envelope: _Envelope) -> Accepted:
        session = self._session
        self._deadline = time.monotonic() + self._limits.until_end(
            envelope.size, len(envelope.recipients)
        )
        session.command_encoding = "utf-8" if envelope.smtputf8 else "ascii"
        self._command("MAIL", f"FROM:<{envelope.sender}>{self._parameters(envelope)}", _TAKEN)
        refusals = self._recipients(envelope)
        if len(refusals) == len(envelope.recipients) + len(envelope.unmailable):
            raise error_of_all(refusals)
        self._command("DATA", "", _GOES_ON)
        self._bound()
        session.transmit(dot_stuffed(pieces(envelope.mime)))
        session.bound(self._limits.end, self._limits.end)
        code, text = session.getreply()
        if code not in _TAKEN:
            raise smtplib.SMTPDataError(code, text)
        return Accepted(self._words(code, text), tuple(refusals))

    def _parameters(self, envelope: _Envelope) -> str:
        session = self._session
        parameters = f" SIZE={envelope.size}" if session.has_extn("size") else ""
        if envelope.smtputf8:  # RFC 6531 3.1 wants the other with it
            parameters += " BODY=8BITMIME SMTPUTF8"
        return parameters

    def _recipients(self, envelope: _Envelope) -> list[Refusal]:
        """Name the recipients; those that the server refuses, or need not be asked about."""
        refusals = list(envelope.unmailable)
        for address, given in envelope.recipients:
            code, text = self._say("RCPT", f"TO:<{address}>")
            if code == _CLOSING:
                raise smtplib.SMTPResponseException(code, text)
            if code not in _TAKEN:
                error = smtplib.SMTPResponseException(code, text)
                failure = failure_of(error, "RCPT", self._server, self._credential)
                refusals.append(refusal_of(given, code, failure))
        return refusals

    def _command(self, name: str, arguments: str, expected: frozenset[int]) -> None:
        code, text = self._say(name, arguments)
        if code not in expected:
            raise smtplib.SMTPResponseException(code, text)

    def _say(self, name: str, arguments: str) -> tuple[int, bytes]:
        self._bound()
        return self._session.docmd(name, arguments)

    def _bound(self) -> None:
        self._session.bound(self._limits.step, self._deadline - time.monotonic())

    def _words(self, code: int, text: bytes) -> str:
        """The last line of a reply, as it may be kept."""
        last = text_of(text).rpartition("\n")[2]
        return tidy(without_secret(f"{code} {last}", self._credential)) or str(code)
