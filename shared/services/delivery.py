"""Delivers messages: one connection of a mailbox for all that are due there, at its pace."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.delivery_ports import DeliveryQueue, MailSession, MessageStore
from shared.domain import delivery
from shared.domain.config import Config, Status, Stored
from shared.domain.errors import ConflictError, NotFoundError, ServiceUnavailableError
from shared.domain.failures import Failure, IdentityProviderError, SignInError
from shared.domain.message import DELIVERY_LIMIT, HAND_OVER_LIMIT, Due, Hint
from shared.domain.pace import SLOT_LEASE, Refused, Rest
from shared.ports import Clock, ConfigStore
from shared.services.mailbox_sessions import MailboxSessions
from shared.services.pacing import Grant, Pacing, serves
from shared.services.sending import Attempt, InHandError, Sender
from shared.services.verification import VerificationService

_log = logging.getLogger(__name__)

BATCH = 50
"""Messages that are looked up together."""
WAITING_BATCH = 1000
"""Of those that wait for their mailbox: nothing is sent, and all shall say so."""
ONE_RUN = timedelta(seconds=60)
"""After so long a worker lets go of a mailbox, and leaves the rest to a new hint."""
WAITING_PAUSE = timedelta(minutes=5)
"""How often it is asked whether a config is verified again, should the word of it get lost."""
LAST_TRY = timedelta(minutes=5)
"""After a message's 24 hours, within which the last try may begin that was due at their end."""
UNAVAILABLE_PAUSE = timedelta(minutes=1)
_REST = timedelta(minutes=1)
"""Of a mailbox whose server wants no sign-in or no more messages: others would meet the same."""
_LONG_REST = timedelta(minutes=30)
_RESTS = {"smtp_throttled": _REST, "sending_quota_exceeded": _LONG_REST}


@dataclass(slots=True)
class _Run:
    """What one connection has sent so far."""

    ends_at: datetime
    """When no more messages are begun, so that it ends before the function's time does."""
    sent: list[datetime] = field(default_factory=list)
    recipients: int = 0
    rest: Rest | None = None
    """How long the mailbox is left alone afterwards."""
    in_hand: bool = False
    """Another worker, which holds another mailbox's connection, hands one of them over."""


class DeliveryService:
    """Does what hints say. Safe to be called twice with the same one."""

    def __init__(
        self,
        configs: ConfigStore,
        messages: MessageStore,
        queue: DeliveryQueue,
        sessions: MailboxSessions,
        verification: VerificationService,
        sender: Sender,
        pacing: Pacing,
        clock: Clock,
    ) -> None:
        self._configs = configs
        self._messages = messages
        self._queue = queue
        self._sessions = sessions
        self._verification = verification
        self._sender = sender
        self._pacing = pacing
        self._clock = clock

    def handle(self, hint: Hint) -> None:
        """Deliver what is due for this organization at this config, as far as the pace allows.

        While a service of the platform does not answer, hints come back instead of failing: the
        queue gives up on what fails five times.
        """
        try:
            self._handle(hint)
        except ServiceUnavailableError as error:
            _log.warning("Messages of config %s wait a minute: %s", hint.config_id, error)
            self._queue.send(hint, UNAVAILABLE_PAUSE)

    def _handle(self, hint: Hint) -> None:
        if hint.message_id is not None and not self._concerns(hint):
            return
        config = self._configs.get(hint.config_organization, hint.config_id)
        if config is None:
            self._fail_all(hint)
            return
        verified = config.value.status is Status.VERIFIED
        due = self._due(hint, BATCH) if verified else self._to_wait(hint)
        if not due:
            self._go_on(hint, config.value)
        elif verified:
            self._drain(hint, config, due)
        else:
            self._wait_all(hint, config.value, due)

    def _concerns(self, hint: Hint) -> bool:
        """Whether the hint's own message is still to be sent."""
        stored = self._messages.get(hint.organization, hint.message_id or "")
        return stored is not None and not stored.value.status.is_final

    def _due(self, hint: Hint, limit: int) -> list[Due]:
        now = self._clock.now()
        return self._messages.due(hint.organization, hint.config_id, now, limit)

    def _all(self, hint: Hint, limit: int) -> list[Due]:
        """Also what is due later."""
        until = self._clock.now() + DELIVERY_LIMIT
        return self._messages.due(hint.organization, hint.config_id, until, limit)

    def _to_wait(self, hint: Hint) -> list[Due]:
        """The hint's own message, so that many hints do not each look at all that waits."""
        if hint.message_id is None:
            return self._all(hint, WAITING_BATCH)
        now = self._clock.now()
        return [Due(hint.message_id, 0, now, now)]

    def _fail_all(self, hint: Hint) -> None:
        """Their config is gone. One that a worker has in hand is looked at after that."""
        due = self._all(hint, BATCH)
        left = 0
        for entry in due:
            stored = self._sender.idle(hint.organization, entry.id)
            if stored is None:
                left += 1
            else:
                self._sender.give_up(stored, Failure("config_deleted"), None)
        if left:
            self._queue.send(_about(hint), HAND_OVER_LIMIT)
        if len(due) == BATCH and left < BATCH:
            self._queue.send(_about(hint))

    def _wait_all(self, hint: Hint, config: Config, due: Sequence[Due]) -> None:
        """Mark all as waiting; what has waited for 24 hours fails."""
        now = self._clock.now()
        until = now + WAITING_PAUSE
        for entry in due:
            stored = self._sender.idle(hint.organization, entry.id)
            if stored is None:
                continue
            message = stored.value
            if message.expires_at <= now:
                self._sender.give_up(stored, delivery.last_failure(message), config)
            elif not message.waiting or message.due_at is None or message.due_at <= now:
                self._sender.wait(stored, config, until)
        self._pacing.wake(config, hint, until)

    def _drain(self, hint: Hint, config: Stored[Config], due: Sequence[Due]) -> None:
        due = self._without_expired(hint, config.value, due)
        if not due:
            self._go_on(hint, config.value)
            return
        grant = self._take(hint, config.value, due)
        if isinstance(grant, Refused) and grant.none_fits and len(due) == BATCH:
            due = self._without_expired(hint, config.value, self._due(hint, WAITING_BATCH))
            grant = self._take(hint, config.value, due)
        if isinstance(grant, Refused):
            self._pacing.wake(config.value, hint, grant.at)
            return
        run = _Run(self._clock.now() + ONE_RUN)
        granted = [due[number] for number in grant.messages]
        try:
            with self._pacing.held(grant):
                self._send_granted(hint, config, granted, grant, run)
        finally:
            self._pacing.give_back(grant, run.sent, run.recipients, run.rest)
        # After the connection is given back: who met it taken before has left its work to us.
        if run.in_hand:
            self._pacing.wake(config.value, hint, self._clock.now() + SLOT_LEASE)
        else:
            self._go_on(hint, config.value)

    def _take(self, hint: Hint, config: Config, due: Sequence[Due]) -> Grant | Refused:
        wanted = [entry.recipients for entry in due]
        return self._pacing.take(config, serves(hint), wanted)

    def _without_expired(self, hint: Hint, config: Config, due: Sequence[Due]) -> Sequence[Due]:
        """Fail those that the pace has held up until their 24 hours were over; the others."""
        latest = self._clock.now() - LAST_TRY
        for entry in due:
            stored = None
            if entry.expires_at <= latest:
                stored = self._sender.idle(hint.organization, entry.id)
            if stored is not None:
                self._sender.give_up(stored, delivery.last_failure(stored.value), config)
        return [entry for entry in due if entry.expires_at > latest]

    def _send_granted(
        self,
        hint: Hint,
        config: Stored[Config],
        granted: Sequence[Due],
        grant: Grant,
        run: _Run,
    ) -> None:
        try:
            session = self._sessions.open(config.value)
        except ConflictError:
            self._settle_all(hint, granted, Failure("check_held_up", passing=True), config.value)
            return
        except ServiceUnavailableError as error:
            failure = Failure("service_unavailable", passing=True, detail=str(error))
            self._settle_all(hint, granted, failure, config.value)
            return
        except NotFoundError:
            return
        except SignInError as error:
            if error.failure.passing:
                run.rest = self._rest(_REST, error.failure)
            self._sign_in_failed(hint, config, granted, error)
            return
        try:
            self._send_all(session, hint, config, granted, grant, run)
        finally:
            session.leave()

    def _send_all(
        self,
        session: MailSession,
        hint: Hint,
        config: Stored[Config],
        granted: Sequence[Due],
        grant: Grant,
        run: _Run,
    ) -> None:
        for number, entry in enumerate(granted):
            if grant.lost.is_set() or (number and self._clock.now() >= run.ends_at):
                return
            if number and not session.takes_another():
                return
            try:
                attempt = self._sender.send(session, config.value, hint.organization, entry.id)
            except InHandError:
                run.in_hand = True
                continue
            if attempt is None:
                continue
            if attempt.tried_at is not None:
                # A refused one counts too: it may have counted there.
                run.sent.append(attempt.tried_at)
            run.recipients += attempt.accepted
            failure = attempt.failure
            if failure is not None and failure.code in _RESTS:
                run.rest = self._rest(_RESTS[failure.code], failure)
                return
            if self._is_the_mailboxs(attempt):
                self._raise_reason(config, attempt)
                return

    def _rest(self, pause: timedelta, failure: Failure) -> Rest:
        return Rest(self._clock.now() + pause, failure.code)

    def _is_the_mailboxs(self, attempt: Attempt) -> bool:
        failure = attempt.failure
        return (
            failure is not None
            and not failure.passing
            and failure.code in delivery.ABOUT_THE_MAILBOX
        )

    def _raise_reason(self, config: Stored[Config], attempt: Attempt) -> None:
        if attempt.failure is not None:
            self._verification.note_failure(config, attempt.failure)

    def _sign_in_failed(
        self, hint: Hint, config: Stored[Config], granted: Sequence[Due], error: SignInError
    ) -> None:
        """A mailbox that turns out dead here is not verified here, and its messages wait."""
        failure = error.failure
        if failure.passing:
            self._settle_all(hint, granted, failure, config.value)
            return
        if isinstance(error, IdentityProviderError):
            # The check that asked for the access token has written it down.
            noted = self._configs.get(hint.config_organization, hint.config_id) or config
            self._wait_all(hint, noted.value, granted)
        else:
            self._wait_all(hint, self._verification.note_failure(config, failure), granted)

    def _settle_all(
        self, hint: Hint, granted: Sequence[Due], failure: Failure, config: Config
    ) -> None:
        for entry in granted:
            stored = self._sender.ready(hint.organization, entry.id)
            if stored is not None:
                self._sender.attempt_failed(stored, failure, config)

    def _go_on(self, hint: Hint, config: Config) -> None:
        """See to it that what is due next is looked at then."""
        now = self._clock.now()
        upcoming = self._messages.due(hint.organization, hint.config_id, now + DELIVERY_LIMIT, 1)
        if not upcoming:
            return
        if upcoming[0].at <= now:
            self._queue.send(_about(hint))
        else:
            self._pacing.wake(config, hint, upcoming[0].at)


def _about(hint: Hint) -> Hint:
    return Hint(hint.organization, hint.config_organization, hint.config_id)
