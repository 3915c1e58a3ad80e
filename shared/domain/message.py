"""One message on its way out."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.config import Occurrence
from shared.domain.failures import Refusal

DELIVERY_LIMIT = timedelta(hours=24)
"""How long a message is tried; then it fails with the last reason."""


HAND_OVER_LIMIT = timedelta(minutes=8)
"""How long handing a message over can take: after that its worker has died."""
TOO_MANY = "too_many_recipients"
"""The reason of recipients for whom the server had no room in a transaction (RFC 5321
4.5.3.1.10), or of whom it did not hear before it ended the dialogue: they follow at once."""


class MessageStatus(StrEnum):
    """Where a message is."""

    QUEUED = "queued"
    SENDING = "sending"
    RETRYING = "retrying"
    SENT = "sent"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether nothing happens to the message any more."""
        return self in (MessageStatus.SENT, MessageStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A recipient who does not have the message, and what the mail server last said of it."""

    recipient: str
    reason: Occurrence

    @property
    def follows(self) -> bool:
        """Whether nothing was said against the recipient, whose turn did not come."""
        return self.reason.code == TOO_MANY


@dataclass(frozen=True, slots=True)
class Message:
    """What is known of a message, without its content. Times are aware and in UTC.

    `organization` submitted it; `config_organization` owns the config it leaves through: the same
    one, or the platform's. `id` follows from the organization and the Idempotency-Key where one was
    given, so that the same submission is the same row.
    """

    id: str
    organization: str
    config_organization: str
    config_id: str
    status: MessageStatus
    content_hash: str
    """SHA-256 of the submission: the same key with other content is a conflict."""
    recipients: int
    size: int
    """Octets of the stored content."""
    message_id: str
    """The Message-ID header, the same at each attempt, so that receivers can tell duplicates."""
    created_at: datetime
    created_by: str
    reply_to: str | None = None
    """The organization's Reply-To where the message leaves through the platform's sender."""
    attempts: int = 0
    pauses: int = 0
    """How often it has been put off since somebody last got it: each pause is longer."""
    due_at: datetime | None = None
    """When the next attempt is due; None once the status is final."""
    waiting: bool = False
    """Waits for its config to be verified: it is due as soon as that is."""
    data_begun_at: datetime | None = None
    """When DATA was about to begin: from then on until `sent_at` nobody knows whether the server
    took the message; a worker that dies in between leaves a possible duplicate, never a loss."""
    mailbox: str | None = None
    """Whose connection it was last handed over through: `Config.mailbox_key`."""
    doubts: int = 0
    """How often it was handed over and the reply to that got lost."""
    sent_at: datetime | None = None
    """When the server last took it; also while some recipients are still to be tried again."""
    server_reply: str | None = None
    reason: Occurrence | None = None
    refused: tuple[Undelivered, ...] = ()
    """Recipients who will not get it."""
    deferred: tuple[Undelivered, ...] = ()
    """Those whom the server put off while it decided about others: they alone are tried again.
    None of them means all recipients while the status is not final."""

    @property
    def next_deferred(self) -> tuple[Undelivered, ...]:
        """Those of the deferred whose turn is next: who was put off waits for who follows at once,
        and is not asked for again each time that others follow."""
        return tuple(one for one in self.deferred if one.follows) or self.deferred

    def remaining(self, content: "Content") -> tuple[str, ...]:
        """The recipients for whom it is to be handed over next."""
        if self.deferred:
            return tuple(one.recipient for one in self.next_deferred)
        return content.recipients

    @property
    def remaining_count(self) -> int:
        """How many those are."""
        return len(self.next_deferred) or self.recipients

    def is_in_hand(self, now: datetime) -> bool:
        """Whether a worker may be handing it over."""
        if self.status is not MessageStatus.SENDING or self.data_begun_at is None:
            return False
        return now < self.data_begun_at + HAND_OVER_LIMIT

    @property
    def content_id(self) -> str:
        """Names what was submitted: another submission under the same key has another content."""
        return f"{self.id}-{self.content_hash}"

    @property
    def sorts_at(self) -> datetime | None:
        """Where it stands among the messages of its config; None once the status is final."""
        return self.created_at if self.waiting else self.due_at

    @property
    def expires_at(self) -> datetime:
        """When trying ends."""
        return self.created_at + DELIVERY_LIMIT


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file, or with a `content_id` a picture that the HTML shows as `cid:`."""

    name: str
    content_type: str
    data: bytes = field(repr=False)
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What a caller submitted."""

    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    subject: str = ""
    text: str | None = field(default=None, repr=False)
    html: str | None = field(default=None, repr=False)
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def recipients(self) -> tuple[str, ...]:
        """All envelope recipients, each once, in order."""
        return tuple(dict.fromkeys((*self.to, *self.cc, *self.bcc)))


@dataclass(frozen=True, slots=True)
class Due:
    """A message that is due, as the index has it."""

    id: str
    recipients: int
    at: datetime
    """Its `sorts_at`."""
    created_at: datetime

    @property
    def expires_at(self) -> datetime:
        """When trying ends."""
        return self.created_at + DELIVERY_LIMIT


@dataclass(frozen=True, slots=True)
class Hint:
    """Says that messages of `organization` may be due at config `config_id`.

    A hint can be lost to nothing but a deleted queue, can come twice, and can find nothing to do.
    """

    organization: str
    config_organization: str
    config_id: str
    message_id: str | None = None
    """The message that it was sent for; None where it is about the mailbox."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server took a message, for all recipients but the refused."""

    reply: str
    refusals: tuple[Refusal, ...] = ()
