"""Tells what became of a message, and what it waits for."""

from dataclasses import dataclass
from datetime import datetime

from shared.delivery_ports import MessageStore, PaceStore
from shared.domain.config import Config, Status
from shared.domain.errors import NotFoundError
from shared.domain.message import Message, MessageStatus
from shared.domain.pace import Held, Limits
from shared.ports import Clock, ConfigStore


@dataclass(frozen=True, slots=True)
class Progress:
    """A message as it is now."""

    message: Message
    config: Config | None
    """The one it leaves through, unless that was deleted."""
    held: Held | None = None
    """What keeps it although it is due."""
    next_attempt_at: datetime | None = None
    """When it is tried next, as far as that is known; never a time that has passed."""


class ProgressService:
    """Reads alone: whoever asks moves nothing."""

    def __init__(
        self,
        messages: MessageStore,
        configs: ConfigStore,
        pace: PaceStore,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._messages = messages
        self._configs = configs
        self._pace = pace
        self._clock = clock
        self._limits = limits

    def of(self, organization: str, message_id: str) -> Progress:
        """What became of a message. Raises `NotFoundError`."""
        stored = self._messages.get(organization, message_id)
        if stored is None:
            raise NotFoundError("There is no such message.")
        message = stored.value
        found = self._configs.get(message.config_organization, message.config_id)
        if found is None:
            return Progress(message, None)
        now = self._clock.now()
        held = self._held(message, found.value, now)
        if held is not None:
            return Progress(message, found.value, held, held.until)
        planned = message.due_at if message.status is MessageStatus.RETRYING else None
        return Progress(message, found.value, None, planned and max(planned, now))

    def _held(self, message: Message, config: Config, now: datetime) -> Held | None:
        is_due = message.due_at is not None and message.due_at <= now
        in_hand = message.status is MessageStatus.SENDING
        if not is_due or in_hand or config.status is not Status.VERIFIED:
            return None
        stored = self._pace.get(config.mailbox_key)
        if stored is None:
            return None
        return stored.value.held(message.remaining_count, self._limits, now)
