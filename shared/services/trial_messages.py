"""Sends one message through a config, now, to show whether that works."""

import html
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from shared.delivery_ports import MailSession
from shared.domain import delivery, transitions
from shared.domain.config import Config, Occurrence, Status, Stored
from shared.domain.errors import ConflictError, NotFoundError
from shared.domain.failures import Failure, IdentityProviderError, MailServerError, SignInError
from shared.domain.message import Accepted, Content, Message, MessageStatus
from shared.domain.pace import Refused
from shared.domain.principal import Principal
from shared.ports import Clock, ConfigStore
from shared.services.mailbox_sessions import MailboxSessions
from shared.services.pacing import Pacing
from shared.services.reporting import Reporter
from shared.services.verification import VerificationService

SUBJECT = "Test message from Outgoing Mail"


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """What became of a test message: `accepted`, or a `reason` why not."""

    config: Config
    message_id: str | None = None
    accepted: Accepted | None = None
    reason: Occurrence | None = None


class TrialMessages:
    """Test messages. They go through a config whatever its status is, at its mailbox's pace."""

    def __init__(
        self,
        configs: ConfigStore,
        sessions: MailboxSessions,
        verification: VerificationService,
        pacing: Pacing,
        reporter: Reporter,
        clock: Clock,
    ) -> None:
        self._configs = configs
        self._sessions = sessions
        self._verification = verification
        self._pacing = pacing
        self._reporter = reporter
        self._clock = clock

    def send(self, principal: Principal, config_id: str, to: str) -> TrialOutcome:
        """Send one, and wait for the server's reply.

        What it finds out about the mailbox counts like a check, but for success. Raises
        `NotFoundError`; `ConflictError` (`mailbox_busy`, `check_in_progress`).
        """
        stored = self._configs.get(principal.organization, config_id)
        if stored is None:
            raise NotFoundError("There is no such config.")
        config = stored.value
        if not transitions.is_checkable(config):
            never = Occurrence("authorization_needed", self._clock.now())
            return TrialOutcome(config, reason=config.reason or never)
        try:
            if config.status is Status.VERIFIED:
                with self._held(config) as tried, self._signed_in(config) as session:
                    return self._handed_over(session, stored, principal, to, tried)
            # Whoever cannot sign in to a mailbox may not take its connections from those who can.
            with self._signed_in(config) as session, self._held(config) as tried:
                return self._handed_over(session, stored, principal, to, tried)
        except IdentityProviderError as error:
            # The check that asked for the access token has written it down.
            return self._failed(stored, error.failure, noted=True)
        except SignInError as error:
            return self._failed(stored, error.failure, noted=error.failure.passing)

    @contextmanager
    def _held(self, config: Config) -> Iterator[list[datetime]]:
        """One of the mailbox's connections; the list is for when messages were tried over it."""
        serving = f"test|{config.organization}|{config.id}"
        grant = self._pacing.take(config, serving, [1])
        if isinstance(grant, Refused):
            raise _busy(grant)
        tried: list[datetime] = []
        try:
            with self._pacing.held(grant):
                yield tried
        finally:
            self._pacing.give_back(grant, tried, len(tried))

    @contextmanager
    def _signed_in(self, config: Config) -> Iterator[MailSession]:
        session = self._sessions.open(config)
        try:
            yield session
        finally:
            session.leave()

    def _handed_over(
        self,
        session: MailSession,
        stored: Stored[Config],
        principal: Principal,
        to: str,
        tried: list[datetime],
    ) -> TrialOutcome:
        config, began = stored.value, self._clock.now()
        message = _message(config, principal, began)
        tried.append(began)  # a refused one may count at the server too
        try:
            accepted = session.send(config, message, _content(config, principal, to))
        except MailServerError as error:
            failure = error.failure
            after = delivery.failed(message, failure, self._clock.now())
            self._reporter.delivered(config, after, failure, began)
            noted = failure.passing or failure.code not in delivery.ABOUT_THE_MAILBOX
            return self._failed(stored, failure, noted=noted, message_id=message.message_id)
        after = delivery.handed_over(message, accepted, self._clock.now(), jitter=0.0)
        self._reporter.delivered(config, after, None, began)
        return TrialOutcome(config, message.message_id, accepted)

    def _failed(
        self,
        stored: Stored[Config],
        failure: Failure,
        *,
        noted: bool,
        message_id: str | None = None,
    ) -> TrialOutcome:
        """`noted`: the config knows of it already, or need not know."""
        config, now = stored.value, self._clock.now()
        if not noted:
            config = self._verification.note_failure(stored, failure)
        code = transitions.reason_code(config, failure, now)
        reason = Occurrence(code, now, failure.detail, failure.reference)
        return TrialOutcome(config, message_id, reason=reason)


def _busy(refused: Refused) -> ConflictError:
    return ConflictError(
        "mailbox_busy",
        f"The mailbox is sending as fast as it may, and cannot send a test message now. Try"
        f" again after {refused.at:%H:%M:%S} UTC.",
    )


def _message(config: Config, principal: Principal, now: datetime) -> Message:
    message_id = str(uuid.uuid4())
    return Message(
        id=message_id,
        organization=config.organization,
        config_organization=config.organization,
        config_id=config.id,
        status=MessageStatus.SENDING,
        content_hash="",
        recipients=1,
        size=0,
        message_id=f"<{message_id}@{config.sender.rpartition('@')[2]}>",
        created_at=now,
        created_by=principal.actor,
        attempts=1,
    )


def _content(config: Config, principal: Principal, to: str) -> Content:
    who = f"{principal.name} ({principal.actor})" if principal.name else principal.actor
    facts = [
        f"{who} asked for this message, to see whether mail goes out through the mailbox below.",
        f"Mailbox: {config.user_name}",
        f"Sent from: {config.sender}",
        f"Mail server: {config.host_name}, port {config.port}",
        "You need not answer it.",
    ]
    return Content(to=(to,), subject=SUBJECT, text="\n\n".join(facts), html=_paragraphs(facts))


def _paragraphs(lines: Sequence[str]) -> str:
    return "".join(f"<p>{html.escape(line)}</p>" for line in lines)
