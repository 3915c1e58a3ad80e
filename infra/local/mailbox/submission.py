"""What happens at the end of DATA: Send As, the pace, and keeping the message."""

import email.policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses
from typing import Any, Protocol

from infra.local.mailbox.limits import TOO_FAST
from infra.local.mailbox.server import MailServer

LINE_LIMIT = 998  # octets before CR LF (RFC 5322 section 2.1.1)
LINE_TOO_LONG = "500 5.6.0 A line of the message has more than 998 octets"


class Connection(Protocol):
    """What the end of DATA needs from a connection."""

    @property
    def user(self) -> str | None:
        """The mailbox that is signed in to."""

    def hang_up(self) -> None:
        """Close the connection without a word."""

    def lose_reply(self) -> None:
        """Go on, and close the connection in place of the reply."""


class Submission:
    """aiosmtpd's handler of one connection."""

    def __init__(self, server: MailServer, connection: Connection) -> None:
        self._server = server
        self._connection = connection

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ARG002, N802
        """Take a message, or say why not."""
        user = self._connection.user or ""
        failure = await self._server.failure("eod", username=user)
        if failure.get("drop") == "before":
            self._connection.hang_up()
        elif failure.get("drop") == "after":
            self._connection.lose_reply()
        if "reply" in failure or failure.get("drop") == "before":
            return str(failure.get("reply", "451 4.3.0 dropped"))
        return self._take(user, envelope)

    def _take(self, user: str, envelope: Any) -> str:
        raw = bytes(envelope.content)
        if any(len(line) > LINE_LIMIT for line in raw.split(b"\r\n")):
            return LINE_TOO_LONG
        for sender in _senders(envelope.mail_from, raw):
            if not self._server.permissions.may_send_as(user, sender):
                return _send_as_denied(user, sender)
        if not self._server.pace.send(user):
            return TOO_FAST
        kept = self._server.messages.add(raw, user, envelope.mail_from, envelope.rcpt_tos)
        return f"250 2.0.0 OK <{kept.id}@localhost> [Hostname=localhost]"


def _senders(mail_from: str, raw: bytes) -> set[str]:
    """Whom a message claims to come from: its envelope, From and Sender."""
    policy = email.policy.SMTPUTF8
    parsed = BytesParser(EmailMessage, policy=policy).parsebytes(raw, headersonly=True)
    headers = [str(text) for name in ("From", "Sender") for text in parsed.get_all(name, [])]
    return {address for _, address in getaddresses([mail_from, *headers]) if address}


def _send_as_denied(user: str, sender: str) -> str:
    return (
        "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; "
        "Failed to process message due to a permanent exception with message Cannot submit "
        f"message. 5.2.252 SendAsDenied; {user} not allowed to send as {sender} "
        "[Hostname=localhost]"
    )
