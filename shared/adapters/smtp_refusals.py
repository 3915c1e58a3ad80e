"""What a refused message, or refused recipients, mean; beyond what the reply alone says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.domain.failures import Failure
from shared.domain.reasons.words import MAX_DETAIL

_STORAGE_EXCEEDED = 552
_TOO_LARGE = re.compile(r"\b5\.(?:3\.4|2\.3)\b")
"""RFC 3463: message too big for system, message length exceeds administrative limit."""
_SIGN_IN_CODES = frozenset({530, 534, 535})
_OF_THE_RECIPIENT = frozenset(
    {"smtp_refused", "mailbox_full", "message_too_large", "sign_in_rejected", "password_rejected"}
)
"""What these say in reply to RCPT they say of the recipient, not of the sender."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A recipient whom the server refused, and why."""

    recipient: str
    code: int
    failure: Failure


def failure_of_message(failure: Failure, code: int) -> Failure:
    """The failure behind a reply of `code` to MAIL, DATA or the message itself."""
    said_so = _TOO_LARGE.search(failure.detail or "")
    if failure.code == "smtp_refused" and (code == _STORAGE_EXCEEDED or said_so):
        return replace(failure, code="message_too_large")
    return failure


def failure_of_all(refusals: Sequence[Refusal]) -> Failure:
    """Why nobody got a message: it passes if one recipient may be taken later."""
    passing = [refusal.failure for refusal in refusals if refusal.failure.passing]
    if passing:
        return passing[0]
    if refusals and all(map(_is_about_the_sender, refusals)):
        return refusals[0].failure
    words = "; ".join(dict.fromkeys(refusal.failure.detail or "" for refusal in refusals))
    detail = words if len(words) <= MAX_DETAIL else words[: MAX_DETAIL - 1] + "…"
    return Failure("recipients_refused", detail=detail or None)


def _is_about_the_sender(refusal: Refusal) -> bool:
    """Servers may hold back until RCPT what they have against a sender."""
    return (
        refusal.code in _SIGN_IN_CODES and refusal.failure.code != "smtp_refused"
    ) or refusal.failure.code not in _OF_THE_RECIPIENT
