"""Messages handed over by SMTP (RFC 5321, RFC 6409), several over one connection."""

import re
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager

from shared.adapters.callers_words import CallersWords, words_of
from shared.adapters.connections import ConnectionFailedError
from shared.adapters.mime import compose, needs_utf8
from shared.adapters.mime_addresses import is_mailable, on_the_wire
from shared.adapters.mime_stream import pieces
from shared.adapters.smtp import SmtpSignIn
from shared.adapters.smtp_refusals import CLOSING, error_of_all, failure_of_message
from shared.adapters.smtp_reply import failure_of
from shared.adapters.smtp_session import AT_THE_END, MailSession
from shared.adapters.smtp_transaction import TAKEN, Envelope, SendLimits, Transaction
from shared.domain.config import Config
from shared.domain.delivery import OUTCOME_UNKNOWN
from shared.domain.failures import Failure, MailServerError, Refusal
from shared.domain.message import Accepted, Content, Message
from shared.ports import BearerToken, MailServer, Password


class SmtpSubmission:
    """See `shared.delivery_ports.MailSubmission`. Safe for threads; one per process."""

    def __init__(self, sign_in: SmtpSignIn, limits: SendLimits | None = None) -> None:
        self._sign_in = sign_in
        self._limits = limits or SendLimits()

    def open(self, server: MailServer, credential: Password | BearerToken) -> "OpenMailSession":
        """Connect, encrypt, sign in. Raises `MailServerError`."""
        session = self._sign_in.connect_and_authenticate(server, credential)
        return OpenMailSession(session, server, credential, self._limits)


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
        self._was_used = False

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
        if code not in TAKEN:
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
            raise error_of_all(envelope.refusals)
        self._check_size(envelope.size)
        transaction = Transaction(self._session, self._server, self._credential, self._limits)
        first, self._was_used = not self._was_used, True
        with self._failures(envelope.repeated):
            return transaction.run(envelope, first=first)

    @property
    def _place(self) -> str:
        return f"{self._server.host_name}:{self._server.port}"

    def _envelope(self, config: Config, message: Message, content: Content) -> Envelope:
        offered = self._session.has_extn("smtputf8")
        smtputf8 = offered and needs_utf8(config, message, content)
        mime = compose(config, message, content, smtputf8=smtputf8)
        recipients = message.remaining(content)
        mailable = [one for one in recipients if smtputf8 or is_mailable(one)]
        no_extension = Failure("smtputf8_not_offered")
        return Envelope(
            mime,
            sum(map(len, pieces(mime))),
            on_the_wire(config.sender, smtputf8=smtputf8),
            tuple((on_the_wire(one, smtputf8=smtputf8), one) for one in mailable),
            tuple(Refusal(one, no_extension) for one in recipients if one not in mailable),
            smtputf8,
            words_of(content, recipients),
        )

    def _check_size(self, size: int) -> None:
        """What the server says it will not take need not be sent (RFC 1870 6.1)."""
        limit = self._session.esmtp_features.get("size", "")
        if re.fullmatch("[0-9]{1,15}", limit) and 0 < int(limit) < size:
            detail = f"{self._place} takes {int(limit)} octets; the message has {size}"
            raise MailServerError(Failure("message_too_large", detail=detail))

    @contextmanager
    def _failures(self, repeated: CallersWords) -> Iterator[None]:
        """Raise `MailServerError` for whatever a transaction ends with; not chained: a server's
        reply can repeat the secret."""
        session = self._session
        try:
            yield
        except MailServerError:
            self._take_back()
            raise
        except smtplib.SMTPResponseException as error:
            failure = failure_of(error, session.step, self._server, self._credential, repeated)
            failure = failure_of_message(failure, error.smtp_code, session.step)
            self._take_back(closing=error.smtp_code == CLOSING)
            raise MailServerError(failure) from None
        except (smtplib.SMTPException, ConnectionFailedError, OSError) as error:
            session.close()
            failure = failure_of(error, session.step, self._server, self._credential)
            raise MailServerError(self._in_doubt(failure)) from None
        except BaseException:
            # Nobody knows what the server has heard: the next message would be a part of this one.
            session.close()
            raise

    def _in_doubt(self, failure: Failure) -> Failure:
        """What ends the dialogue between the end of a message and its reply leaves open whether the
        server took it."""
        if self._session.step != AT_THE_END:
            return failure
        return Failure(OUTCOME_UNKNOWN, passing=True, detail=failure.detail)

    def _take_back(self, *, closing: bool = False) -> None:
        """End the transaction (RFC 5321 4.1.1.5); where that fails, the connection."""
        session = self._session
        if closing or not self.is_open:
            session.close()
            return
        try:
            session.bound(self._limits.reset, self._limits.reset)
            if session.docmd("RSET")[0] not in TAKEN:
                session.close()
        except (smtplib.SMTPException, OSError):
            session.close()
