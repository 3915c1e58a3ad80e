"""What a mail server's reply means (RFC 5321, RFC 3463, RFC 4954, Exchange Online's texts)."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from shared.domain.failures import Failure
from shared.domain.reasons.words import tidy

# Not within an IP address or a version number of four parts.
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\d|\.\d)")

type _Enhanced = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Reply:
    code: int
    text: str
    """In lower case."""
    enhanced: frozenset[_Enhanced]


@dataclass(frozen=True, slots=True)
class _Rule:
    reason: str
    matches: Callable[[_Reply], bool]
    passing: bool = False


def _text(*parts: str) -> Callable[[_Reply], bool]:
    return lambda reply: any(part in reply.text for part in parts)


def _matches(pattern: str) -> Callable[[_Reply], bool]:
    return lambda reply: re.search(pattern, reply.text) is not None


def _status(*statuses: _Enhanced) -> Callable[[_Reply], bool]:
    return lambda reply: not reply.enhanced.isdisjoint(statuses)


def _both(
    first: Callable[[_Reply], bool], second: Callable[[_Reply], bool]
) -> Callable[[_Reply], bool]:
    return lambda reply: first(reply) and second(reply)


def _spam_block(reply: _Reply) -> bool:
    return any((5, 7, 501) <= status <= (5, 7, 511) for status in reply.enhanced)


_TOO_FAST = (
    r"\btoo much mail|\btoo many (?:messages|connections|concurrent)|\btoo fast\b|\bslow down\b"
    r"|\b(?:sending|message|submission) rate\b|\brate limit|\bthrottl"
)
"""Of Postfix's anvil, Exim's ratelimit, Gmail, Amazon SES and others."""
_QUOTA = (
    r"\b(?:daily|hourly|days?|24[- ]hours?)\b[\w ]*\b(?:limit|quota)\b"
    r"|\bsend(?:ing)? (?:limit|quota)\b"
    r"|\bmax(?:imum)?\b[\w -]* per (?:hour|day)\b"
    r"|\boutgoing (?:mail|message)s? (?:limit|quota|was exceeded)\b"
)
"""Of Gmail, cPanel, GoDaddy, Yahoo, GMX and others."""
_OF_A_MAILBOX = (
    r"\breceiving mail\b|\bmailbox size\b|\bin (?:this |the )?mailbox\b|\bof recipient\b"
)
"""How fast and how much a recipient's mailbox takes is nothing about the one that sends."""
_SIGN_IN_REFUSED = _status((5, 7, 139))

# The first rule that matches wins. The text goes before the number where Exchange Online uses one
# number for several things: 5.7.139 and 5.2.0.
_PERMANENT = (
    # Of Postfix, when it cannot ask whether the password is right.
    _Rule("smtp_try_later", _text("connection lost to authentication server"), passing=True),
    _Rule(
        "smtp_auth_disabled_tenant",
        _both(_text("smtpclientauthentication is disabled"), _text("for the tenant")),
    ),
    _Rule("smtp_auth_disabled_mailbox", _text("smtpclientauthentication is disabled")),
    _Rule("smtp_policy_blocked", _text("security defaults", "did not meet the criteria")),
    _Rule("basic_auth_retired", _status((5, 7, 30))),
    _Rule("basic_auth_retired", _text("basic authentication is disabled")),
    _Rule("account_locked", _both(_SIGN_IN_REFUSED, _text("locked", "expired", "is disabled"))),
    _Rule("smtp_not_signed_in", _status((5, 7, 57))),
    _Rule("smtp_not_signed_in", _both(lambda reply: reply.code == 530, _text("authentication"))),
    _Rule("client_refused", _matches(r"\bspf\b|\bto send from (?:this|your) ip\b")),
    _Rule("send_as_denied", _text("sendasdenied", "not owned by user")),
    _Rule("send_as_denied", _status((5, 7, 60), (5, 2, 252))),
    _Rule("send_as_denied", _matches(r"(?:allowed|permitted|authori[sz]ed) to send (?:as|from)\b")),
    # Postfix and Exim say at RCPT what they have against client and sender.
    _Rule("client_refused", _matches(r"\b(?:client host|(?:helo|ehlo) command) rejected")),
    _Rule("sender_refused", _matches(r"\bsender (?:address rejected|verify failed)")),
    _Rule("sender_refused", _text("domain of sender address")),
    _Rule("sending_quota_exceeded", _text("submissionquotaexceeded"), passing=True),
    _Rule("sending_quota_exceeded", _status((5, 4, 5), (5, 7, 232), (5, 7, 233)), passing=True),
    _Rule("smtp_try_later", _both(_matches(_OF_A_MAILBOX), _matches(_TOO_FAST)), passing=True),
    _Rule("smtp_try_later", _both(_matches(_OF_A_MAILBOX), _matches(_QUOTA)), passing=True),
    _Rule("sending_quota_exceeded", _matches(_QUOTA), passing=True),
    _Rule("smtp_throttled", _matches(_TOO_FAST), passing=True),
    _Rule("mailbox_full", _status((5, 2, 2))),
    _Rule("sender_blocked", _status((5, 1, 8))),
    _Rule("sender_blocked", _spam_block),
    _Rule("tenant_blocked", _status((5, 7, 705), (5, 7, 708), (5, 7, 750))),
)

_SIGN_IN_CODES = frozenset({534, 535})
_SIGN_IN_STATUSES = _status((5, 7, 3), (5, 7, 8), (5, 7, 9), (5, 7, 139))


def classify_smtp(code: int, text: str, *, oauth: bool) -> Failure:
    """The failure behind a reply of `code` with `text` (all lines, without the code).

    `oauth` tells how the mailbox signs in: a refused password is another thing than a refused
    token. What is not known keeps the server's own words and is permanent if it is a 5xx.
    """
    reply = _Reply(code, text.lower(), _enhanced(text))
    detail = tidy(f"{code} {text}")
    if _passes(reply):
        reason = "smtp_throttled" if _throttled(reply) else "smtp_try_later"
        return Failure(reason, passing=True, detail=detail)
    for rule in _PERMANENT:
        if rule.matches(reply):
            return Failure(rule.reason, passing=rule.passing, detail=detail)
    return Failure(_generic(reply, oauth), detail=detail)


def _enhanced(text: str) -> frozenset[_Enhanced]:
    return frozenset(
        (int(kind), int(subject), int(number)) for kind, subject, number in _ENHANCED.findall(text)
    )


def _passes(reply: _Reply) -> bool:
    """4xx, or a status of class 4 alone: some gateways put 4.7.x behind a 550."""
    classes = {status[0] for status in reply.enhanced}
    return 400 <= reply.code < 500 or classes == {4}


def _throttled(reply: _Reply) -> bool:
    if re.search(_OF_A_MAILBOX, reply.text):
        return False
    return (
        reply.code == 432
        or "limit exceeded" in reply.text
        or re.search(_TOO_FAST, reply.text) is not None
    )


def _generic(reply: _Reply, oauth: bool) -> str:
    if reply.code in _SIGN_IN_CODES or _SIGN_IN_STATUSES(reply):
        return "sign_in_rejected" if oauth else "password_rejected"
    return "smtp_refused"
