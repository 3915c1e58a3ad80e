"""What the delivery of messages asks of the outside, beside `shared.ports`."""

from datetime import datetime, timedelta
from typing import Protocol

from shared.domain.config import Config, Stored
from shared.domain.message import Accepted, Content, Due, Hint, Message
from shared.domain.pace import Pace
from shared.ports import BearerToken, MailServer, Password


class MessageStore(Protocol):
    """Messages, and for each that is not final an entry in the index of its config.

    Message and entry change in one transaction. Calls raise `ServiceUnavailableError`.
    """

    def get(self, organization: str, message_id: str) -> Stored[Message] | None:
        """One message: one read."""
        ...

    def insert(self, message: Message) -> Stored[Message]:
        """Add a message. Raises `AlreadyExistsError`."""
        ...

    def replace(self, stored: Stored[Message], message: Message) -> Stored[Message]:
        """Write it over `stored`. Raises `WriteConflictError` if that is not the stored version."""
        ...

    def due(self, organization: str, config_id: str, until: datetime, limit: int) -> list[Due]:
        """At most `limit` messages whose `sorts_at` is not after `until`, the earliest first."""
        ...


class ContentStore(Protocol):
    """The contents of messages, as long as they may be needed, by `Message.content_id`."""

    def put(self, organization: str, content_id: str, content: Content) -> int:
        """Store it, over an earlier one of the same id; its size in octets."""
        ...

    def get(self, organization: str, content_id: str) -> Content | None:
        """The content; None if it is gone."""
        ...

    def delete(self, organization: str, content_id: str) -> None:
        """Forget it; no error if it is gone."""
        ...


class DeliveryQueue(Protocol):
    """The queue `outgoing-messages`."""

    def send(self, hint: Hint, delay: timedelta = timedelta()) -> None:
        """Send a hint that becomes visible after `delay` (at most 7 days)."""
        ...


class PaceStore(Protocol):
    """How fast each mailbox is used, across all workers."""

    def get(self, mailbox: str) -> Stored[Pace] | None:
        """What is known of a mailbox's use."""
        ...

    def put(self, mailbox: str, stored: Stored[Pace] | None, pace: Pace) -> None:
        """Write it over what was read. Raises `WriteConflictError`."""
        ...


class MailSession(Protocol):
    """A connection that is signed in. To be used by one thread, and left at the end."""

    def send(self, config: Config, message: Message, content: Content) -> Accepted:
        """Hand one message over.

        Raises `MailServerError`.
        """
        ...

    def takes_another(self) -> bool:
        """Ask the server whether it goes on over this connection, before the next message."""
        ...

    def leave(self) -> None:
        """Say goodbye; raises nothing."""
        ...


class MailSubmission(Protocol):
    """SMTP submission of messages."""

    def open(self, server: MailServer, credential: Password | BearerToken) -> MailSession:
        """Connect, encrypt, sign in. Raises `MailServerError`."""
        ...
