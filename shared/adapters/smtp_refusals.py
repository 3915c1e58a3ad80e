"""What a refused message, or refused recipients, mean; beyond what the reply alone says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.adapters.smtp_session import AT_THE_END
from shared.domain.failures import Failure, MailServerError, RecipientsRefusedError, Refusal
from shared.domain.message import TOO_MANY
from shared.domain.reasons.words import MAX_DETAIL

CLOSING = 421
"""The server ends the dialogue with this reply (RFC 5321 3.8)."""
_STORAGE_EXCEEDED = 552
_INSUFFICIENT_STORAGE = 452
_TOO_MANY_SAID = re.compile(
    r"(?i)\b[45]\.5\.3\b|\btoo many (?:recipients|rcpt)|\bmax(?:imum)? (?:number of )?recipients\b"
)
"""RFC 3463: too many recipients. Some servers say so with 552, after RFC 821, or with 550."""
_ANY_STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_TOO_LARGE = re.compile(r"\b5\.(?:3\.4|2\.3)\b")
"""RFC 3463: message too big for system, message length exceeds administrative limit."""
_OF_THE_SENDER = frozenset({550, 553, 554})
"""To MAIL, which names nothing but a sender (RFC 5321 4.3.2)."""
_OF_MAIL_ITSELF = re.compile(r"\b5\.(?!1\.|7\.)\d\.\d{1,3}\b")
"""RFC 3463: neither about an address nor a policy, but about the command or the system."""
_SIGN_IN_CODES = frozenset({530, 534, 535})
_REFUSED = "recipient_refused"
_NO_RELAY = "relay_denied"
_OF_THE_RECIPIENT = frozenset({"smtp_refused", "mailbox_full", "message_too_large"})
"""What these say in reply to RCPT they say of the recipient, not of the sender."""
_RECIPIENT_SAID = re.compile(r"(?i)\brecipient (?:address )?rejected\b")
"""Postfix's, before what a list or a policy has against this sender for this recipient alone."""
_NO_RELAY_SAID = re.compile(
    r"(?i)\brelay(?:ing)? (?:access )?(?:denied|prohibited|not (?:permitted|allowed))"
    r"|\b(?:unable to|not permitted to|do(?:es)? not|cannot|can't|won't) relay\b"
    r"|\bnot allowed to relay\b|\b5\.7\.54\b"
)
"""Of Postfix, Exim, Sendmail, Exchange and others; 5.7.54 is Exchange's."""
_OF_SIGNING_IN = frozenset({"sign_in_rejected", "password_rejected"})


def failure_of_message(failure: Failure, code: int, step: str) -> Failure:
    """The failure behind a reply of `code` to MAIL, DATA or the message itself."""
    words = failure.detail or ""
    if failure.code != "smtp_refused":
        return failure
    if code == _STORAGE_EXCEEDED or _TOO_LARGE.search(words):
        return replace(failure, code="message_too_large")
    if step == "MAIL" and code in _OF_THE_SENDER and not _OF_MAIL_ITSELF.search(words):
        return replace(failure, code="sender_refused")
    return failure


def refusal_of(recipient: str, code: int, words: str, failure: Failure) -> Refusal:
    """A reply of `code` with these `words` to RCPT; `failure`: what it would say anywhere else."""
    if is_too_many(code, words):
        return Refusal(recipient, replace(failure, code=TOO_MANY, passing=True))
    said_of_recipient = _RECIPIENT_SAID.search(words)
    if failure.passing and said_of_recipient:
        # How much a recipient takes is nothing about the mailbox that sends.
        return Refusal(recipient, replace(failure, code="smtp_try_later"))
    if failure.passing:
        return Refusal(recipient, failure)
    if _NO_RELAY_SAID.search(words):
        return Refusal(recipient, replace(failure, code=_NO_RELAY))
    not_the_sign_in = failure.code in _OF_SIGNING_IN and code not in _SIGN_IN_CODES
    its_own = failure.code in _OF_THE_RECIPIENT or said_of_recipient
    if not_the_sign_in or its_own:
        return Refusal(recipient, replace(failure, code=_REFUSED))
    return Refusal(recipient, failure)


def error_of_all(refusals: Sequence[Refusal]) -> MailServerError:
    """Why nobody got a message: it passes if one recipient may be taken later."""
    passing = [refusal.failure for refusal in refusals if refusal.failure.passing]
    if passing:
        return RecipientsRefusedError(passing[0], tuple(refusals))
    if is_the_senders(refusals):
        return MailServerError(refusals[0].failure)
    words = "; ".join(dict.fromkeys(refusal.failure.detail or "" for refusal in refusals))
    detail = words if len(words) <= MAX_DETAIL else words[: MAX_DETAIL - 1] + "…"
    no_relay = all(refusal.failure.code == _NO_RELAY for refusal in refusals)
    failure = Failure(_NO_RELAY if no_relay else "recipients_refused", detail=detail or None)
    return RecipientsRefusedError(failure, tuple(refusals))


@dataclass(frozen=True, slots=True)
class Broken:
    """A transaction that the server has taken for nobody."""

    step: str
    code: int | None
    """None where no reply came."""
    words: str
    failure: Failure
    rest: tuple[str, ...]
    """The recipients of whom nothing bad was heard, in their order."""
    taken: int
    """How many of them the server had taken."""
    heard: tuple[Refusal, ...]

    @property
    def has_ended(self) -> bool:
        """Whether the dialogue has ended with it."""
        return self.code is None or self.code == CLOSING

    @property
    def is_in_doubt(self) -> bool:
        """Whether the server may have taken the message after all."""
        return self.code is None and self.step == AT_THE_END


def known_of(broken: Broken, before: Sequence[Refusal]) -> MailServerError | None:
    """What a broken transaction tells of its recipients, so that some can have the message at once
    while others wait; None if it tells nothing of any. `before`: what was known already."""
    heard = broken.heard
    if heard and not broken.taken and is_the_senders(heard):
        return MailServerError(heard[0].failure)
    follow, put_off = _who_follows(broken)
    if not follow and not put_off:
        return None
    why = broken.failure
    later = why if why.passing else replace(why, code="smtp_try_later", passing=True)
    unheard = Failure(TOO_MANY, passing=True, detail=why.detail)
    refusals = (
        *before,
        *heard,
        *(Refusal(one, unheard) for one in follow),
        *(Refusal(one, later) for one in put_off),
    )
    return RecipientsRefusedError(later, refusals)


def _who_follows(broken: Broken) -> tuple[Sequence[str], Sequence[str]]:
    """Who is tried again at once, and who later."""
    rest, at_rcpt = broken.rest, broken.step == "RCPT"
    if broken.code is not None and _TOO_MANY_SAID.search(broken.words) and len(rest) > 1:
        most = broken.taken if at_rcpt else len(rest) // 2
        return rest[:most], rest[most:]
    if broken.has_ended and broken.heard and not broken.is_in_doubt:
        return rest, ()
    if broken.has_ended and at_rcpt and len(rest) > 1:
        # It may come about at any recipient, or at this one alone.
        taken, this, others = (
            rest[: broken.taken],
            rest[broken.taken : broken.taken + 1],
            rest[broken.taken + 1 :],
        )
        if taken and broken.code == CLOSING:
            return taken + others, this
        return taken, others + this
    return (), ()


def is_the_senders(refusals: Sequence[Refusal]) -> bool:
    """Servers may hold back until RCPT what they have against a sender, for good."""
    of_recipients = {_REFUSED, _NO_RELAY}
    return all(
        not one.failure.passing and one.failure.code not in of_recipients for one in refusals
    )


def is_too_many(code: int, words: str) -> bool:
    """Whether a server takes no more recipients in this transaction (RFC 5321 4.5.3.1.10). With
    another status the same code says that a mailbox or a disk is full."""
    if _TOO_MANY_SAID.search(words):
        return True
    return code == _INSUFFICIENT_STORAGE and not _ANY_STATUS.search(words)
