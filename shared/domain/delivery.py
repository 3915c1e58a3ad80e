"""How a message's state changes while it is delivered: pure functions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain.config import Occurrence
from shared.domain.failures import Failure, RecipientsRefusedError, Refusal
from shared.domain.message import TOO_MANY, Accepted, Message, MessageStatus, Undelivered
from shared.domain.reasons import CATALOGUE, Owner

OUTCOME_UNKNOWN = "outcome_unknown"
"""The reason of a message whose end was sent, and the reply to it got lost."""
_DOUBTS = 3
"""So often a message is handed over whose outcome stays unknown: each may have arrived."""
EXPIRED = "delivery_expired"
HELD_UP = "mailbox_pace"
"""The reason of messages that wait because their mailbox has sent as much as it may."""
_PAUSES = (1, 2, 5, 10, 20, 40, 60)
"""Minutes of one pause after the other; the last for all that follow."""
_MAX_REPLY = 500
_MAX_WORDS = 150
"""Characters of what is kept of a reply about one recipient of many."""

ABOUT_THE_MAILBOX = frozenset(
    {
        "basic_auth_retired",
        "client_refused",
        "password_rejected",
        "send_as_denied",
        "sender_blocked",
        "sender_refused",
        "sign_in_rejected",
        "smtp_auth_disabled_mailbox",
        "smtp_auth_disabled_tenant",
        "smtp_not_signed_in",
        "smtp_policy_blocked",
        "tenant_blocked",
    }
)
"""Permanent reasons that every message of the mailbox would meet: they are the config's too."""


def claimed(message: Message, mailbox: str, now: datetime) -> Message:
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
        mailbox=mailbox,
        waiting=False,
        due_at=now,
    )


def handed_over(message: Message, accepted: Accepted, now: datetime, jitter: float) -> Message:
    """The server took it; those whom it put off are tried again, and nobody else."""
    taken = replace(message, sent_at=now, server_reply=accepted.reply[:_MAX_REPLY], pauses=0)
    return _decided(taken, accepted.refusals, now, jitter)


def refused(
    message: Message, error: RecipientsRefusedError, now: datetime, jitter: float
) -> Message:
    """The server took it for nobody: refused recipients are so for good, the others wait, and are
    tried again in the order of `error`."""
    if message.recipients == 1 and error.failure.passing:
        return retrying(message, error.failure, now, jitter)
    return _decided(message, error.refusals, now, jitter, error.failure)


def untried(claimed: Message, before: Message, now: datetime) -> Message:
    """As it was before it was claimed, and due: its connection ended before its turn."""
    return replace(
        claimed,
        status=before.status,
        attempts=before.attempts,
        data_begun_at=before.data_begun_at,
        due_at=now,
    )


def failed(message: Message, failure: Failure, now: datetime) -> Message:
    """It will not be tried again. It counts as sent if some have it."""
    reason = _occurrence(failure, now)
    return _ended(_all_deferred_by(message, reason), reason)


def retrying(message: Message, failure: Failure, now: datetime, jitter: float) -> Message:
    """It is tried again after a pause that grows; after 24 hours in all it fails. One that may
    have arrived is not sent again and again."""
    if failure.code == OUTCOME_UNKNOWN:
        message = replace(message, doubts=message.doubts + 1)
        if message.doubts >= _DOUBTS:
            return failed(message, failure, now)
    reason = _occurrence(failure, now)
    after = _all_deferred_by(message, reason)
    return _paused(after, reason, now, _pause(message, failure, jitter))


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
    """What is said of a message after 24 hours."""
    last = message.reason
    if last is None:
        return Failure(EXPIRED)
    return Failure(last.code, detail=last.detail, reference=last.reference)


def _decided(
    message: Message,
    refusals: Sequence[Refusal],
    now: datetime,
    jitter: float,
    failure: Failure | None = None,
) -> Message:
    """The server has said of each recipient whom it was asked for whether it takes, refuses or
    defers them. `failure` says why it took none."""
    permanent = [one for one in refusals if not one.failure.passing]
    passing = [one for one in refusals if one.failure.passing]
    asked = {one.recipient for one in message.next_deferred}
    not_asked = tuple(one for one in message.deferred if one.recipient not in asked)
    after = replace(
        message,
        refused=(*message.refused, *(_undelivered(one, now) for one in permanent)),
        deferred=(*not_asked, *(_undelivered(one, now) for one in passing)),
    )
    if not after.deferred:
        return _ended(after, None if failure is None else _occurrence(failure, now))
    if not passing:
        return _paused(after, not_asked[0].reason, now, _pause(message, None, jitter))
    why = failure or passing[0].failure
    # At once, as long as each time it is decided about somebody.
    at_once = 0 < _following(passing) < message.remaining_count
    pause = timedelta() if at_once else _pause(message, why, jitter)
    return _paused(after, _occurrence(why, now), now, pause)


def _following(refusals: Sequence[Refusal]) -> int:
    """How many of them were refused because there were too many."""
    return sum(one.failure.code == TOO_MANY for one in refusals)


def _pause(message: Message, failure: Failure | None, jitter: float) -> timedelta:
    minutes = _PAUSES[min(message.pauses, len(_PAUSES) - 1)]
    pause = timedelta(minutes=minutes) * (0.8 + 0.4 * jitter)
    retry_after = failure.retry_after if failure else None
    return pause if retry_after is None else max(pause, retry_after)


def _paused(message: Message, reason: Occurrence, now: datetime, pause: timedelta) -> Message:
    if now >= message.expires_at:
        return _ended(message, reason)
    return replace(
        message,
        status=MessageStatus.RETRYING,
        pauses=message.pauses + (1 if pause else 0),
        reason=reason,
        due_at=min(now + pause, message.expires_at),
        data_begun_at=None,
        waiting=False,
    )


def _ended(message: Message, reason: Occurrence | None) -> Message:
    """Nothing more happens to it. Who still waited for it will not get it."""
    some_have_it = message.sent_at is not None
    deferred = (replace(one, reason=_final(one.reason)) for one in message.deferred)
    return replace(
        message,
        status=MessageStatus.SENT if some_have_it else MessageStatus.FAILED,
        reason=None if some_have_it or reason is None else _final(reason),
        refused=(*message.refused, *deferred),
        deferred=(),
        due_at=None,
        waiting=False,
    )


def _final(reason: Occurrence) -> Occurrence:
    """What time would have mended does not any more, and its remedy is not to wait."""
    known = CATALOGUE.get(reason.code)
    if known is None or known.owner is not Owner.WAIT:
        return reason
    return replace(reason, code=EXPIRED, detail=reason.detail or f"{known.title}.")


def _all_deferred_by(message: Message, reason: Occurrence) -> Message:
    """What keeps the whole message up keeps each recipient who still waits for it."""
    deferred = (Undelivered(one.recipient, _shortened(reason)) for one in message.deferred)
    return replace(message, deferred=tuple(deferred))


def _undelivered(refusal: Refusal, now: datetime) -> Undelivered:
    return Undelivered(refusal.recipient, _shortened(_occurrence(refusal.failure, now)))


def _shortened(reason: Occurrence) -> Occurrence:
    """There can be hundreds of them in one row of a table, beside the message's own in full."""
    detail = reason.detail
    if detail is not None and len(detail) > _MAX_WORDS:
        detail = detail[: _MAX_WORDS - 1] + "…"
    return Occurrence(reason.code, reason.at, detail)


def _occurrence(failure: Failure, now: datetime) -> Occurrence:
    return Occurrence(failure.code, now, failure.detail, failure.reference)
