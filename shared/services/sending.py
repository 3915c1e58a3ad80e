"""Hands one message over, and writes down what is known before and after."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.delivery_ports import ContentStore, MailSession, MessageStore
from shared.domain import delivery
from shared.domain.config import Config, Stored
from shared.domain.due import DueEntry, DueKind
from shared.domain.errors import ServiceUnavailableError, WriteConflictError
from shared.domain.failures import (
    Failure,
    MailServerError,
    RecipientsRefusedError,
    SessionEndedError,
)
from shared.domain.message import Accepted, Content, Message, MessageStatus
from shared.ports import Clock, DueIndex
from shared.services.reporting import Reporter
from shared.unexpected import log_unexpected

_log = logging.getLogger(__name__)
_RECORD_PAUSES = (1.0, 5.0, None)
"""Seconds between the tries to write an outcome down; the store's client retries within each."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one message. `tried_at` is set if the server was asked to take it."""

    message: Message
    failure: Failure | None = None
    tried_at: datetime | None = None
    accepted: int = 0
    """For how many recipients the server took it."""


class InHandError(Exception):
    """Another worker hands the message over, through another mailbox: its config was changed
    meanwhile, so that the two do not exclude each other by who holds the mailbox's connection."""


class Sender:
    """Sends messages over sessions that are open, and records their outcome."""

    def __init__(
        self,
        messages: MessageStore,
        contents: ContentStore,
        reporter: Reporter,
        due: DueIndex,
        clock: Clock,
        sleep: Callable[[float], None],
        jitter: Callable[[], float],
        retention: timedelta,
    ) -> None:
        self._messages = messages
        self._contents = contents
        self._reporter = reporter
        self._due = due
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._retention = retention

    def send(
        self, session: MailSession, config: Config, organization: str, message_id: str
    ) -> Attempt | None:
        """Try one message; None if there is nothing to do for it, or another worker took it first.
        Raises `InHandError`."""
        stored = self.ready(organization, message_id)
        if stored is None:
            return None
        before, now = stored.value, self._clock.now()
        if before.is_in_hand(now) and before.mailbox not in {None, config.mailbox_key}:
            raise InHandError
        if before.data_begun_at is not None:
            _log.warning("A worker ended with message %s in hand: it may arrive twice.", message_id)
        try:
            content = self._contents.get(organization, before.content_id)
        except ServiceUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001  as below
            return self._settle(stored, _unexpected(error), config, now)
        if content is None:
            return self.give_up(stored, Failure("content_missing"), config)
        try:
            claimed = delivery.claimed(before, config.mailbox_key, now)
            stored = self._messages.replace(stored, claimed)
        except WriteConflictError:
            return None
        try:
            return self._hand_over(session, config, stored, content)
        except SessionEndedError:
            self._record(stored, delivery.untried(stored.value, before, self._clock.now()))
            return None

    def ready(self, organization: str, message_id: str) -> Stored[Message] | None:
        """The message, if there is something to be done about it."""
        stored = self._messages.get(organization, message_id)
        return None if stored is None or stored.value.status.is_final else stored

    def idle(self, organization: str, message_id: str) -> Stored[Message] | None:
        """The same for who does not hold the mailbox's connection: a message that another worker
        is handing over is left to that one."""
        stored = self.ready(organization, message_id)
        in_hand = stored is not None and stored.value.is_in_hand(self._clock.now())
        return None if in_hand else stored

    def _hand_over(
        self, session: MailSession, config: Config, stored: Stored[Message], content: Content
    ) -> Attempt | None:
        began = self._clock.now()
        try:
            accepted = session.send(config, stored.value, content)
        except SessionEndedError:
            raise
        except MailServerError as error:
            return self._tried(stored, error, config, began)
        except Exception as error:  # noqa: BLE001  logged, and no reason to hold up all others
            return self._tried(stored, _unexpected(error), config, began)
        now = self._clock.now()
        after = self._record_accepted(stored, accepted, now)
        self._reporter.delivered(config, after, None, began)
        taken = stored.value.remaining_count - len(accepted.refusals)
        return Attempt(after, tried_at=now, accepted=taken)

    def _tried(
        self, stored: Stored[Message], error: MailServerError, config: Config, began: datetime
    ) -> Attempt | None:
        failed = self._settle(stored, error, config, began)
        if failed is None:
            return None
        # Nobody knows for how many the server took it: so they count.
        unknown = error.failure.code == delivery.OUTCOME_UNKNOWN
        accepted = stored.value.remaining_count if unknown else 0
        return replace(failed, tried_at=self._clock.now(), accepted=accepted)

    def _record_accepted(
        self, stored: Stored[Message], accepted: Accepted, now: datetime
    ) -> Message:
        """Write down that the server took it, also over what was written meanwhile: whoever took
        the message for given up did not know."""
        fresh: Stored[Message] | None = stored
        jitter = self._jitter()
        after = delivery.handed_over(stored.value, accepted, now, jitter)
        try:
            while fresh is not None and fresh.value.status is not MessageStatus.SENT:
                after = delivery.handed_over(fresh.value, accepted, now, jitter)
                if self._record(fresh, after):
                    if after.status.is_final:
                        self._forget_content(after)
                    break
                fresh = self._messages.get(stored.value.organization, stored.value.id)
        except ServiceUnavailableError:
            # It stays due, and is sent again: better twice than not at all.
            _log.error("That message %s was sent could not be written down.", after.id)
        return after

    def _settle(
        self, stored: Stored[Message], error: MailServerError, config: Config, began: datetime
    ) -> Attempt | None:
        """Write down that an attempt failed: for good, or to be tried again."""
        failure, now = error.failure, self._clock.now()
        if isinstance(error, RecipientsRefusedError):
            after = delivery.refused(stored.value, error, now, self._jitter())
        elif failure.passing:
            after = delivery.retrying(stored.value, failure, now, self._jitter())
        else:
            after = delivery.failed(stored.value, failure, now)
        if not self._record(stored, after):
            return None
        if after.status.is_final:
            self._forget_content(after)
        self._reporter.delivered(config, after, failure, began)
        return Attempt(after, failure)

    def attempt_failed(self, stored: Stored[Message], failure: Failure, config: Config) -> None:
        """There was no connection to hand it over."""
        tried = replace(stored.value, attempts=stored.value.attempts + 1)
        error = MailServerError(failure)
        self._settle(Stored(tried, stored.etag), error, config, self._clock.now())

    def give_up(
        self, stored: Stored[Message], failure: Failure, config: Config | None
    ) -> Attempt | None:
        """End a message without an attempt."""
        now = self._clock.now()
        after = delivery.failed(stored.value, failure, now)
        if not self._record(stored, after):
            return None
        self._forget_content(after)
        if config is not None:
            self._reporter.delivered(config, after, failure, now)
        return Attempt(after, failure)

    def wait(self, stored: Stored[Message], config: Config, until: datetime) -> None:
        """Let a message wait for its config to be verified."""
        after = delivery.waiting(stored.value, config.reason, until)
        self._record(stored, after)

    def _record(self, stored: Stored[Message], after: Message) -> bool:
        """Write an outcome, trying hard: what is not written down may be sent twice.

        False if another worker wrote meanwhile: then that one's word counts.
        """
        for pause in _RECORD_PAUSES:
            try:
                self._messages.replace(stored, after)
            except WriteConflictError:
                _log.warning("Message %s was taken over by another worker.", after.id)
                return False
            except ServiceUnavailableError:
                if pause is None:
                    raise
                self._sleep(pause)
            else:
                break
        return True

    def _forget_content(self, message: Message) -> None:
        """What was sent goes at once, what failed after the retention."""
        keep = self._retention if message.status is MessageStatus.FAILED else timedelta()
        try:
            if keep:
                self._delete_later(message, keep)
            else:
                self._contents.delete(message.organization, message.content_id)
        except ServiceUnavailableError:
            # The lifecycle rule of the container takes it in the end.
            _log.warning("The content of message %s is not deleted yet.", message.id)

    def _delete_later(self, message: Message, after: timedelta) -> None:
        at = self._clock.now() + after
        entry = DueEntry(DueKind.CONTENT, message.organization, message.content_id, at)
        self._due.move([(None, entry)])


def _unexpected(error: Exception) -> MailServerError:
    detail = f"internal_error {log_unexpected(error)}"
    return MailServerError(Failure("internal_error", passing=True, detail=detail))
