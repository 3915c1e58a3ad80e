"""A config and its history as callers see them. The models in `resources` say the same as types."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from shared.domain.config import AuthType, Config, Occurrence
from shared.domain.errors import UpstreamError
from shared.domain.event import Event
from shared.domain.reasons import Reason, describe
from shared.http.responses import to_json


def represent(config: Config, redirect_uri: str) -> dict[str, Any]:
    """The config without what is only ours: lease, generation, the key of its next check.

    Fields that are not set are left out, and so are those of the other auth type.
    """
    document = {
        "id": config.id,
        "authType": config.auth_type.value,
        "hostName": config.host_name,
        "port": config.port,
        "security": config.security.value,
        "userName": config.user_name,
        "fromAddress": config.from_address,
        "fromName": config.from_name,
        "replyTo": config.reply_to,
        "signature": config.signature,
        "passwordSet": config.password_set,
        "clientSecretSet": config.client_secret_set,
        **_application(config, redirect_uri),
        "isDefault": config.is_default,
        "status": config.status.value,
        "reason": config.reason and represent_reason(config.reason, config, redirect_uri),
        "warnings": [
            represent_reason(warning, config, redirect_uri) for warning in config.warnings
        ],
        "verifiedAt": iso_time(config.verified_at),
        "checkedAt": iso_time(config.checked_at),
        "nextCheckAt": iso_time(config.next_check_at),
        "tokenRefreshedAt": iso_time(config.token_refreshed_at),
        "createdAt": iso_time(config.created_at),
        "createdBy": config.created_by,
        "updatedAt": iso_time(config.updated_at),
        "updatedBy": config.updated_by,
    }
    return without_none(document)


def config_etag(config: Config, redirect_uri: str) -> str:
    """A strong entity tag (RFC 9110, 8.8.3) that changes when what callers see changes."""
    return etag_of(represent(config, redirect_uri))


def etag_of(document: dict[str, Any]) -> str:
    """The strong entity tag of what callers see."""
    return f'"{hashlib.sha256(to_json(document)).hexdigest()[:32]}"'


def represent_event(event: Event) -> dict[str, Any]:
    """One entry of a config's history."""
    document = {
        "id": event.id,
        "type": event.type.value,
        "at": iso_time(event.at),
        "actor": event.actor,
        "fields": [_camel(name) for name in event.fields] or None,
        "reason": event.reason_code and _titled(event.reason_code),
        "detail": event.detail,
        "reference": event.reference,
    }
    return without_none(document)


def represent_refusal(error: UpstreamError) -> dict[str, Any]:
    """What the identity provider or the mail server said, and what helps."""
    reason = describe(error.reason, mailbox=error.mailbox, sender=error.sender)
    return without_none(_described(reason) | {"detail": error.detail, "reference": error.reference})


def _titled(code: str) -> dict[str, str]:
    # A remedy belongs to the present; in a history the title is enough.
    return {"code": code, "title": describe(code, mailbox="", sender="").title}


def _application(config: Config, redirect_uri: str) -> dict[str, Any]:
    if config.auth_type is not AuthType.OAUTH2:
        return {}
    expires_on = config.client_secret_expires_on
    return {
        "authorizationUrl": config.authorization_url,
        "tokenUrl": config.token_url,
        "clientId": config.client_id,
        "clientSecretExpiresOn": expires_on and expires_on.isoformat(),
        "redirectUri": redirect_uri,
    }


def represent_reason(
    occurrence: Occurrence, config: Config | None, redirect_uri: str
) -> dict[str, Any]:
    """What happened to the config, or to mail that leaves through it, and what helps."""
    reason = describe(
        occurrence.code,
        mailbox=config.user_name if config else "",
        sender=config.sender if config else "",
        redirect_uri=redirect_uri,
        expires_on=config.client_secret_expires_on if config else None,
    )
    document = _described(reason) | {
        "at": iso_time(occurrence.at),
        "detail": occurrence.detail,
        "reference": occurrence.reference,
    }
    return without_none(document)


def _described(reason: Reason) -> dict[str, Any]:
    return {
        "code": reason.code,
        "title": reason.title,
        "remedy": reason.remedy,
        "owner": reason.owner.value,
        "command": reason.command,
    }


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def iso_time(at: datetime | None) -> str | None:
    """RFC 3339 in UTC, with milliseconds."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def without_none(document: dict[str, Any]) -> dict[str, Any]:
    """The members that are set."""
    return {name: value for name, value in document.items() if value is not None}
