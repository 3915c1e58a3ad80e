"""Takes messages in: which config they leave through, and where they lie until then."""

import hashlib
import logging
import uuid
from dataclasses import dataclass, replace

from shared.delivery_ports import ContentStore, DeliveryQueue, MessageStore
from shared.domain.config import Config, Status
from shared.domain.errors import (
    AlreadyExistsError,
    ConflictError,
    FieldError,
    InvalidInputError,
    ServiceUnavailableError,
)
from shared.domain.message import Content, Hint, Message, MessageStatus
from shared.domain.pace import Limits
from shared.domain.principal import Principal
from shared.ports import Clock, ConfigStore
from shared.services.overdue import OverdueMessages

_log = logging.getLogger(__name__)
_KEYS = uuid.UUID("6f1f7d2e-6f0b-4f4e-9a53-0d6a1c6f4a10")
"""The namespace of ids that are made from Idempotency-Keys (RFC 9562, version 5)."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What a caller wants sent, and how."""

    content: Content
    content_hash: str
    """SHA-256 over everything that was submitted but the Idempotency-Key."""
    config_id: str | None = None
    idempotency_key: str | None = None
    allow_platform_sender: bool = True


class SubmissionService:
    """Accepts messages."""

    def __init__(
        self,
        configs: ConfigStore,
        messages: MessageStore,
        contents: ContentStore,
        queue: DeliveryQueue,
        overdue: OverdueMessages,
        clock: Clock,
        platform_organization: str | None,
        limits: Limits,
    ) -> None:
        self._configs = configs
        self._messages = messages
        self._contents = contents
        self._queue = queue
        self._overdue = overdue
        self._clock = clock
        self._platform = platform_organization
        self._limits = limits

    def submit(self, principal: Principal, submission: Submission) -> Message:
        """Accept a message, once for each Idempotency-Key.

        The content is stored first, then that somebody shall look whether the message left, then
        the message: with that it is accepted. The hint that makes it leave at once can get lost.
        What breaks off before was never accepted, and the same submission again completes it.
        Raises `InvalidInputError`; `ServiceUnavailableError`;
        `ConflictError` (`idempotency_key_reused`, `no_verified_config`).
        """
        message_id = _id_of(principal.organization, submission.idempotency_key)
        known = self._known(principal, submission, message_id)
        if known is not None:
            return self._again(known)
        self._check_recipients(len(submission.content.recipients))
        config, reply_to = self._config(principal.organization, submission)
        message = self._message(principal, submission, message_id, config, reply_to)
        content_id = message.content_id
        size = self._contents.put(principal.organization, content_id, submission.content)
        message = replace(message, size=size)
        self._overdue.expect(message)
        try:
            self._messages.insert(message)
        except AlreadyExistsError:
            return self._overtaken(principal, submission, message)
        self._hint(message)
        return message

    def _overtaken(self, principal: Principal, submission: Submission, message: Message) -> Message:
        """Another submission under the same key came first; what nobody sends goes."""
        try:
            known = self._known(principal, submission, message.id) or message
        except ConflictError:
            self._contents.delete(message.organization, message.content_id)
            raise
        if known.status is MessageStatus.SENT:
            self._contents.delete(message.organization, message.content_id)
        return self._again(known)

    def _check_recipients(self, count: int) -> None:
        """A message that no day's quota takes would hold up all behind it."""
        limit = self._limits.recipients_per_day
        if count > limit:
            told = (
                f"names, with cc and bcc, more than the {limit} that a mailbox may write to a day"
            )
            raise InvalidInputError([FieldError("/to", told)])

    def _known(
        self, principal: Principal, submission: Submission, message_id: str
    ) -> Message | None:
        if submission.idempotency_key is None:
            return None
        stored = self._messages.get(principal.organization, message_id)
        if stored is None:
            return None
        if stored.value.content_hash != submission.content_hash:
            raise ConflictError(
                "idempotency_key_reused",
                "This Idempotency-Key was used for another message. Use a new one.",
            )
        return stored.value

    def _again(self, message: Message) -> Message:
        """The first submission may have ended before its hint was sent."""
        if message.status is MessageStatus.QUEUED:
            self._hint(message)
        return message

    def _hint(self, message: Message) -> None:
        try:
            self._queue.send(hint_of(message))
        except ServiceUnavailableError:
            _log.warning("Message %s leaves when the timer finds it.", message.id)

    def _config(self, organization: str, submission: Submission) -> tuple[Config, str | None]:
        """The config to leave through, and the Reply-To if it is the platform's.

        Where there is no platform's sender to help out, a default that is not verified is waited
        for.
        """
        if submission.config_id is not None:
            stored = self._configs.get(organization, submission.config_id)
            if stored is None:
                raise InvalidInputError([FieldError("/configId", "names no config of yours")])
            return stored.value, None
        default = self._default(organization)
        if default is not None and default.status is Status.VERIFIED:
            return default, None
        own = list(self._configs.list(organization))
        verified = [config for config in own if config.status is Status.VERIFIED]
        if verified:
            return default or min(verified, key=lambda c: (c.created_at, c.id)), None
        platform = self._platform_config(submission)
        if platform is not None:
            return platform, _reply_to(default, own)
        if default is not None and submission.allow_platform_sender:
            return default, None
        raise ConflictError(
            "no_verified_config",
            "The organization has no verified outgoing mail configuration, and the platform's"
            " sender is not allowed or not set up.",
        )

    def _default(self, organization: str) -> Config | None:
        config_id = self._configs.default_id(organization)
        stored = self._configs.get(organization, config_id) if config_id else None
        return stored.value if stored else None

    def _platform_config(self, submission: Submission) -> Config | None:
        if submission.allow_platform_sender and self._platform is not None:
            return self._default(self._platform)
        return None

    def _message(
        self,
        principal: Principal,
        submission: Submission,
        message_id: str,
        config: Config,
        reply_to: str | None,
    ) -> Message:
        now = self._clock.now()
        domain = config.sender.rpartition("@")[2]
        return Message(
            id=message_id,
            organization=principal.organization,
            config_organization=config.organization,
            config_id=config.id,
            status=MessageStatus.QUEUED,
            content_hash=submission.content_hash,
            recipients=len(submission.content.recipients),
            size=0,
            message_id=f"<{message_id}@{domain}>",
            created_at=now,
            created_by=principal.actor,
            reply_to=reply_to,
            due_at=now,
        )


def hint_of(message: Message) -> Hint:
    """The hint that a message may be due."""
    return Hint(message.organization, message.config_organization, message.config_id, message.id)


def _reply_to(default: Config | None, own: list[Config]) -> str | None:
    """Where answers to the organization's mail go while the platform sends it."""
    config = default or min(own, key=lambda c: (c.created_at, c.id), default=None)
    return (config.reply_to or config.sender) if config else None


def _id_of(organization: str, key: str | None) -> str:
    if key is None:
        return str(uuid.uuid4())
    return str(uuid.uuid5(_KEYS, f"{hashlib.sha256(organization.encode()).hexdigest()}\n{key}"))
