"""How a message's state changes while it is delivered: pure functions."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.config import Occurrence
from shared.domain.failures import Failure
from shared.domain.message import Accepted, Message, MessageStatus

_PAUSES = (1, 2, 5, 10, 20, 40, 60)
"""Minutes between attempts; the last for all that follow."""
_MAX_REPLY = 500

ABOUT_THE_MAILBOX = frozenset(
    {
        "basic_auth_retired",
        "password_rejected",
        "send_as_denied",
        "sender_blocked",
        "sign_in_rejected",
        "smtp_auth_disabled_mailbox",
        "smtp_auth_disabled_tenant",
        "smtp_policy_blocked",
        "tenant_blocked",
    }
)
"""Permanent reasons that every message of the mailbox would meet: they are the config's too."""


def claimed(message: Message, now: datetime) -> Message:
    """One worker has it in hand, and is about to hand it over; it is due until that is done.

    Which one that is, is told by who holds the mailbox's connection (`shared.domain.pace`).
    Written before the transaction with the server begins: from here to `sent` or another outcome
    a worker that dies leaves open whether the server took it.
    """
    return replace(
        message,
        status=MessageStatus.SENDING,
        attempts=message.attempts + 1,
        data_begun_at=now,
        waiting=False,
        due_at=now,
    )


def sent(message: Message, accepted: Accepted, now: datetime) -> Message:
    """The server took it."""
    return replace(
        message,
        status=MessageStatus.SENT,
        sent_at=now,
        server_reply=accepted.reply[:_MAX_REPLY],
        refused=accepted.refused,
        reason=None,
        due_at=None,
        waiting=False,
    )


def failed(message: Message, failure: Failure, now: datetime) -> Message:
    """It will not be tried again."""
    return replace(
        message,
        status=MessageStatus.FAILED,
        reason=_occurrence(failure, now),
        due_at=None,
        waiting=False,
    )


def retrying(message: Message, failure: Failure, now: datetime, jitter: float) -> Message:
    """It is tried again after a pause that grows; after 24 hours in all it fails."""
    minutes = _PAUSES[min(max(message.attempts, 1), len(_PAUSES)) - 1]
    pause = timedelta(minutes=minutes) * (0.8 + 0.4 * jitter)
    if failure.retry_after is not None:
        pause = max(pause, failure.retry_after)
    if now + pause >= message.expires_at:
        if now >= message.expires_at:
            return failed(message, failure, now)
        pause = message.expires_at - now
    return replace(
        message,
        status=MessageStatus.RETRYING,
        reason=_occurrence(failure, now),
        due_at=now + pause,
        data_begun_at=None,
        waiting=False,
    )


def waiting(message: Message, reason: Occurrence | None, until: datetime) -> Message:
    """Its config is not verified: it leaves when that is again; asked for at `until` at last."""
    return replace(
        message,
        status=MessageStatus.RETRYING,
        reason=reason,
        due_at=min(until, message.expires_at),
        data_begun_at=None,
        waiting=True,
    )


def last_failure(message: Message) -> Failure:
    """What is said of a message after 24 hours: the last reason stands."""
    last = message.reason
    if last is None:
        return Failure("delivery_expired")
    return Failure(last.code, detail=last.detail, reference=last.reference)


def _occurrence(failure: Failure, now: datetime) -> Occurrence:
    return Occurrence(failure.code, now, failure.detail, failure.reference)
