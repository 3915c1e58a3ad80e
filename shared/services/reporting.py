"""Tells the config's history and the operators what happened. Never a secret."""

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from shared.domain import schedule, transitions
from shared.domain import telemetry as names
from shared.domain.config import Config, Occurrence
from shared.domain.delivery import ABOUT_THE_MAILBOX
from shared.domain.errors import ServiceUnavailableError
from shared.domain.event import SYSTEM, Event, EventType
from shared.domain.failures import Failure
from shared.domain.message import Message, MessageStatus
from shared.ports import Clock, EventLog, Telemetry
from shared.services.checks import CheckOutcome

_log = logging.getLogger(__name__)

_DELIVERY_OUTCOMES = {
    MessageStatus.SENT: names.OUTCOME_SUCCEEDED,
    MessageStatus.RETRYING: names.OUTCOME_DEFERRED,
    MessageStatus.FAILED: names.OUTCOME_FAILED,
}


class Reporter:
    """Writes events and telemetry, after the state itself has been written."""

    def __init__(self, events: EventLog, telemetry: Telemetry, clock: Clock) -> None:
        self._events = events
        self._telemetry = telemetry
        self._clock = clock

    def changed(
        self,
        config: Config,
        type_: EventType,
        actor: str,
        fields: Iterable[str] = (),
        announced: Occurrence | None = None,
    ) -> None:
        """A caller created, changed or deleted the config."""
        event = Event(
            config.organization,
            config.id,
            type_,
            self._clock.now(),
            actor,
            fields=tuple(sorted(fields)),
        )
        self._append([event], config, announced)
        self._status(config, deleted=type_ is EventType.DELETED)

    def authorization(
        self, config: Config, type_: EventType, actor: str, failure: Failure | None = None
    ) -> None:
        """An authorization was started, succeeded or failed."""
        self._append([self._failure_event(config, type_, actor, failure)], config)
        if type_ is EventType.AUTHORIZATION_STARTED:
            return
        self._telemetry.event(
            names.AUTHORIZATION,
            {
                **_identity(config),
                names.OUTCOME: names.OUTCOME_FAILED if failure else names.OUTCOME_SUCCEEDED,
                names.REASON: failure.code if failure else names.NO_REASON,
            },
        )
        self._status(config)

    def checked(
        self,
        config: Config,
        outcome: CheckOutcome,
        announced: Occurrence | None,
        started: datetime,
        actor: str,
    ) -> None:
        """A check came to an end, and its result was written."""
        failure = outcome.failure
        if failure is None:
            verdict, type_ = names.OUTCOME_VERIFIED, EventType.CHECK_SUCCEEDED
        elif failure.passing:
            verdict, type_ = names.OUTCOME_DEFERRED, EventType.CHECK_DEFERRED
        else:
            verdict, type_ = names.OUTCOME_FAILED, EventType.CHECK_FAILED
        self._append([self._failure_event(config, type_, actor, failure)], config, announced)
        kind = {names.AUTH_TYPE: str(config.auth_type), names.OUTCOME: verdict}
        reason = failure.code if failure else names.NO_REASON
        self._telemetry.count(names.CHECKS, {**kind, names.REASON: reason})
        seconds = (self._clock.now() - started).total_seconds()
        self._telemetry.record(names.CHECK_DURATION, seconds, kind)
        if failure is not None:
            extra = {names.REASON: reason, names.REFERENCE: failure.reference or ""}
            self._telemetry.event(names.CHECK_FAILED, {**_identity(config), **kind, **extra})
        self._status(config)

    def dropped(self, config: Config, actor: str) -> None:
        """A check's result did not count."""
        self._append([self._failure_event(config, EventType.CHECK_DROPPED, actor, None)], config)
        self._telemetry.count(
            names.CHECKS,
            {
                names.AUTH_TYPE: str(config.auth_type),
                names.OUTCOME: names.OUTCOME_DROPPED,
                names.REASON: names.NO_REASON,
            },
        )

    def announced(self, config: Config, announced: Occurrence) -> None:
        """The secret's expiry was announced without a check or a change."""
        self._append([], config, announced)

    def delivered(
        self, config: Config, message: Message, failure: Failure | None, began: datetime
    ) -> None:
        """An attempt to deliver a message came to an end. Only a final failure is an event of the
        config's history: what was sent would drown it. Where that cannot be written, it is said in
        the log: what follows from the attempt is worth more."""
        if message.status is MessageStatus.FAILED:
            try:
                self._append([self._failed_message(config, message, failure)], config)
            except ServiceUnavailableError as error:
                _log.error("That message %s failed is not in the history: %s", message.id, error)
        outcome = {names.OUTCOME: _DELIVERY_OUTCOMES[message.status]}
        # Some may have it, and others wait for it: then it is the message that knows why.
        last = failure or message.reason
        reason = last.code if last else names.NO_REASON
        self._telemetry.count(names.MESSAGES, {**outcome, names.REASON: reason})
        seconds = (self._clock.now() - began).total_seconds()
        self._telemetry.record(names.DELIVERY_DURATION, seconds, outcome)

    def ticked(self, due: int) -> None:
        """The timer ran to its end."""
        self._telemetry.count(names.TICKS, {names.OUTCOME: names.OUTCOME_SUCCEEDED})
        self._telemetry.record(names.DUE, due, {})

    def _failed_message(self, config: Config, message: Message, failure: Failure | None) -> Event:
        """Through the platform's sender the message is a customer's: whose, and to whom it was to
        go, is not for the platform's history."""
        type_ = EventType.MESSAGE_FAILED
        if message.organization == config.organization:
            return self._failure_event(config, type_, message.created_by, failure)
        if failure is not None and failure.code not in ABOUT_THE_MAILBOX:
            failure = replace(failure, detail=None)
        return self._failure_event(config, type_, SYSTEM, failure)

    def _failure_event(
        self, config: Config, type_: EventType, actor: str, failure: Failure | None
    ) -> Event:
        now = self._clock.now()
        if failure is None:
            return Event(config.organization, config.id, type_, now, actor)
        return Event(
            config.organization,
            config.id,
            type_,
            now,
            actor,
            reason_code=transitions.reason_code(config, failure, now),
            detail=failure.detail,
            reference=failure.reference,
        )

    def _append(
        self, events: list[Event], config: Config, announced: Occurrence | None = None
    ) -> None:
        if announced is not None:
            events.append(_expiry_event(config, announced))
        self._events.append(events)
        if announced is not None:
            self._telemetry.event(
                names.CLIENT_SECRET_EXPIRING,
                {**_identity(config), names.DAYS_LEFT: _days_left(config, announced.at)},
            )

    def _status(self, config: Config, *, deleted: bool = False) -> None:
        attributes: dict[str, str | int | float] = {
            **_identity(config),
            names.AUTH_TYPE: str(config.auth_type),
            names.STATUS: names.STATUS_DELETED if deleted else str(config.status),
            names.REASON: config.reason.code if config.reason else names.NO_REASON,
        }
        if config.client_secret_expires_on is not None:
            attributes[names.DAYS_LEFT] = _days_left(config, self._clock.now())
        self._telemetry.event(names.MAILBOX_STATUS, attributes)


def _identity(config: Config) -> dict[str, str | int | float]:
    return {names.ORGANIZATION: config.organization, names.CONFIG: config.id}


def _days_left(config: Config, now: datetime) -> int:
    expires_on = config.client_secret_expires_on
    return schedule.days_left(expires_on, now) if expires_on is not None else 0


def _expiry_event(config: Config, announced: Occurrence) -> Event:
    expired = announced.code == transitions.SECRET_EXPIRED
    return Event(
        config.organization,
        config.id,
        EventType.SECRET_EXPIRED if expired else EventType.SECRET_EXPIRING,
        announced.at,
        SYSTEM,
        reason_code=announced.code,
        detail=announced.detail,
    )
