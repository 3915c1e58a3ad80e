"""Which problems an operation can answer with."""

from http import HTTPStatus
from typing import Any

type Codes = dict[int, tuple[str, ...]]
"""Codes of problems by status."""

SIGNED_IN: Codes = {
    401: ("unauthenticated",),
    403: ("role_missing", "no_organization"),
    500: ("internal_error",),
}
CHANGE: Codes = {403: ("origin_not_allowed",)}
CONFIG: Codes = {404: ("not_found",)}
LIST: Codes = {400: ("invalid_input", "invalid_cursor")}
BODY: Codes = {
    400: ("invalid_input", "malformed_json"),
    413: ("body_too_large",),
    415: ("unsupported_media_type",),
}
CONDITION: Codes = {400: ("invalid_input",), 412: ("stale_etag",)}
UPSTREAM: Codes = {502: ("upstream_refused",)}
SERVICES: Codes = {503: ("service_unavailable", "setting_invalid")}

_DETAILS = {
    "unauthenticated": "Sign in first, or send a bearer token of this API.",
    "role_missing": "This needs the role OutgoingMail.Manage. An administrator can assign it.",
    "no_organization": "The sign-in has no claim `tid`, which should name your organization.",
    "origin_not_allowed": "The page that sent this request is neither served by this app nor named "
    "in ALLOWED_ORIGINS.",
    "not_found": "There is no such config.",
    "invalid_input": "The request has errors; see `errors`.",
    "invalid_cursor": "The request has errors; see `errors`.",
    "malformed_json": "The body is no JSON at line 1, column 20: Expecting ',' delimiter.",
    "body_too_large": "The body may have 1 MB at most.",
    "unsupported_media_type": "Send the body as application/json, in UTF-8.",
    "message_too_large": "Texts and attachments may have 25 MB at most, all together.",
    "idempotency_key_reused": "This Idempotency-Key was used for another message. Use a new one.",
    "no_verified_config": "The organization has no verified outgoing mail configuration, and the "
    "platform's sender is not allowed or not set up.",
    "mailbox_busy": "The mailbox is sending as fast as it may, and cannot send a test message now. "
    "It can at 08:15:30 UTC.",
    "stale_etag": "The config has changed since it was read.",
    "check_in_progress": "The mailbox is being checked already. Try again in a minute.",
    "not_oauth": "Only configs with authType oauth2.0 can be authorized.",
    "upstream_refused": "The client secret is wrong. Paste the secret's Value, not its Secret ID.",
    "service_unavailable": "Key Vault did not answer as it should. Try again in a moment.",
    "setting_invalid": "The app settings need attention: KEY_VAULT_URL is missing.",
    "internal_error": "Something went wrong here. The operators find the cause in the log by the "
    "instance.",
}
_ERRORS = {
    "invalid_input": [
        {"pointer": "/port", "message": "must be 65535 or less"},
        {"pointer": "/userName", "message": "is required"},
    ],
    "invalid_cursor": [
        {
            "pointer": "cursor",
            "message": "is not one that this list gave out; begin at the first page",
        }
    ],
    "setting_invalid": [{"pointer": "KEY_VAULT_URL", "message": "is missing"}],
}
_REASON = {
    "code": "client_secret_invalid",
    "title": "The client secret is wrong",
    "remedy": "Paste the secret's Value, not its Secret ID.",
    "owner": "application admin",
}


def merged(*sets: Codes) -> Codes:
    """All codes of all sets, each once."""
    found: Codes = {}
    for codes in sets:
        for status, names in codes.items():
            found[status] = tuple(dict.fromkeys((*found.get(status, ()), *names)))
    return dict(sorted(found.items()))


def example(status: int, code: str) -> dict[str, Any]:
    """A problem document as an operation sends it."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": _DETAILS[code],
    }
    if code in _ERRORS:
        document["errors"] = _ERRORS[code]
    if code == "upstream_refused":
        document["reason"] = _REASON
    if code == "internal_error":
        document["instance"] = "urn:uuid:4f0f2a39-92c6-4c37-8a65-6d0a0f1f9a55"
    return document
