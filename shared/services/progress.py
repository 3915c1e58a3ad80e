"""Tells what became of a message, and what it waits for."""

from dataclasses import dataclass
from datetime import datetime

from shared.delivery_ports import MessageStore, PaceStore
from shared.domain.config import Config, Status
from shared.domain.errors import NotFoundError
from shared.domain.message import Message, MessageStatus
from shared.domain.pace import Limits
from shared.ports import Clock, ConfigStore


@dataclass(frozen=True, slots=True)
class Progress:
    """A message as it is now."""

    message: Message
    config: Config | None
    """The one it leaves through, unless that was deleted."""
    held_until: datetime | None = None
    """Set where nothing but the pace of its mailbox keeps it: it cannot leave before."""


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
        return Progress(message, found.value, self._held_until(message, found.value))

    def _held_until(self, message: Message, config: Config) -> datetime | None:
        now = self._clock.now()
        is_due = message.due_at is not None and message.due_at <= now
        in_hand = message.status is MessageStatus.SENDING
        if not is_due or in_hand or config.status is not Status.VERIFIED:
            return None
        stored = self._pace.get(config.mailbox_key)
        if stored is None:
            return None
        return stored.value.full_until(message.remaining_count, self._limits, now)
