"""What an error of the identity provider means (RFC 6749 5.2, OpenID Connect Core 3.1.2.6)."""

import re
from collections.abc import Sequence
from datetime import timedelta

from shared.domain.failures import Failure
from shared.domain.reasons.oauth_reasons import BY_NUMBER, ENDING_NUMBERS, PASSING_NUMBERS
from shared.domain.reasons.words import reference, tidy, without_trailer

_AADSTS = re.compile(r"\bAADSTS(\d{5,8})\b")

_PASSING_ERRORS = frozenset({"temporarily_unavailable", "server_error"})
_ENDING_SUBERRORS = frozenset({"bad_token", "token_expired"})

_BY_SUBERROR = {
    "consent_required": "consent_missing",
    "basic_action": "interaction_required",
    "additional_action": "interaction_required",
    "message_only": "policy_blocked",
    "protection_policy_required": "policy_blocked",
    "user_password_expired": "account_locked",
}
_BY_ERROR = {
    "access_denied": "consent_declined",
    "consent_required": "consent_missing",
    "interaction_required": "interaction_required",
    "login_required": "interaction_required",
    "account_selection_required": "interaction_required",
    "invalid_client": "client_secret_invalid",
    "invalid_grant": "grant_rejected",
    "invalid_scope": "permission_missing",
}


def classify_oauth(
    error: str | None,
    suberror: str | None = None,
    error_codes: Sequence[int] = (),
    description: str | None = None,
    status: int | None = None,
    retry_after: timedelta | None = None,
    trace_id: str | None = None,
    correlation_id: str | None = None,
) -> Failure:
    """The failure behind an OAuth error, or behind an HTTP status without one.

    `error`, `suberror` and status decide whether it passes and whether the grant is dead; the
    numbers explain, save that those of passing trouble always make it passing.
    """
    numbers = tuple(error_codes) or _numbers_in(description)
    passing = _passes(error, numbers, status)
    return Failure(
        code="identity_provider_unavailable" if passing else _explain(error, suberror, numbers),
        passing=passing,
        ends_grant=not passing and _ends_grant(error, suberror, numbers),
        detail=_detail(error, description, status),
        reference=reference(trace_id, correlation_id, description),
        retry_after=retry_after if passing else None,
    )


def _numbers_in(description: str | None) -> tuple[int, ...]:
    return tuple(int(number) for number in _AADSTS.findall(description or ""))


def _detail(error: str | None, description: str | None, status: int | None) -> str | None:
    status_text = None if status is None else f"HTTP status {status}"
    return tidy(without_trailer(description or "")) or tidy(error) or status_text


def _passes(error: str | None, numbers: Sequence[int], status: int | None) -> bool:
    if status is not None and (status in {408, 429} or status >= 500):
        return True
    return error in _PASSING_ERRORS or not PASSING_NUMBERS.isdisjoint(numbers)


def _explain(error: str | None, suberror: str | None, numbers: Sequence[int]) -> str:
    for number in numbers:
        if number in BY_NUMBER:
            return BY_NUMBER[number]
    return _BY_SUBERROR.get(suberror or "") or _BY_ERROR.get(error or "") or "provider_refused"


def _ends_grant(error: str | None, suberror: str | None, numbers: Sequence[int]) -> bool:
    """Whether the refresh token is dead; sign-ins that want the user's presence leave it alive."""
    if error == "invalid_client":
        return False
    if suberror in _ENDING_SUBERRORS or not ENDING_NUMBERS.isdisjoint(numbers):
        return True
    return error == "invalid_grant" and _explain(error, suberror, numbers) == "grant_rejected"
