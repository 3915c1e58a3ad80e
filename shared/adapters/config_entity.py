"""Configs as table entities, and back: `config_of(entity_of(c)) == c` for every config.

Times are ISO 8601 text rather than Edm.DateTime, whose form changes on the way through the SDK.
"""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from shared.adapters.keys import decode_key, encode_key
from shared.domain.config import AuthType, Config, Lease, Occurrence, Security, Status

_TEXTS = {
    "hostName": "host_name",
    "userName": "user_name",
    "createdBy": "created_by",
    "updatedBy": "updated_by",
    "fromAddress": "from_address",
    "fromName": "from_name",
    "replyTo": "reply_to",
    "authorizationUrl": "authorization_url",
    "tokenUrl": "token_url",
    "clientId": "client_id",
}
_NUMBERS_AND_FLAGS = {
    "port": "port",
    "generation": "generation",
    "failures": "failures",
    "secretWarnedDays": "secret_warned_days",
    "passwordSet": "password_set",
    "clientSecretSet": "client_secret_set",
    "isDefault": "is_default",
}
_TIMES = {
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "verifiedAt": "verified_at",
    "checkedAt": "checked_at",
    "checkStartedAt": "check_started_at",
    "nextCheckAt": "next_check_at",
    "tokenRefreshedAt": "token_refreshed_at",
    "grantStoredAt": "grant_stored_at",
    "failingSince": "failing_since",
}

# A property holds 64 KiB in UTF-16: so many characters always fit, though all of them be emoji.
_PART = 16_000


def entity_of(config: Config) -> dict[str, Any]:
    """The whole config as an entity; what is None is left out, and so cleared by a replace."""
    entity: dict[str, Any] = {
        "PartitionKey": encode_key(config.organization),
        "RowKey": encode_key(config.id),
        "authType": str(config.auth_type),
        "security": str(config.security),
        "status": str(config.status),
        "clientSecretExpiresOn": config.client_secret_expires_on,
        "signature": config.signature and config.signature[:_PART],
        "signatureRest": (config.signature or "")[_PART:] or None,
        "reason": _packed((config.reason,) if config.reason else ()),
        "warnings": _packed(config.warnings),
    }
    entity |= {name: getattr(config, field) for name, field in _TEXTS.items()}
    entity |= {name: getattr(config, field) for name, field in _NUMBERS_AND_FLAGS.items()}
    entity |= {name: getattr(config, field) for name, field in _TIMES.items()}
    if config.lease:
        entity["leaseOwner"] = config.lease.owner
        entity["leaseUntil"] = config.lease.until
        entity["leaseSince"] = config.lease.since
    return {name: _plain(value) for name, value in entity.items() if value is not None}


def config_of(entity: Mapping[str, Any]) -> Config:
    """The config that an entity holds."""
    reasons = _unpacked(entity.get("reason"))
    fields: dict[str, Any] = {
        "organization": decode_key(entity["PartitionKey"]),
        "id": decode_key(entity["RowKey"]),
        "auth_type": AuthType(entity["authType"]),
        "security": Security(entity["security"]),
        "status": Status(entity["status"]),
        "client_secret_expires_on": _parsed(entity, "clientSecretExpiresOn", date.fromisoformat),
        "signature": _signature(entity),
        "reason": reasons[0] if reasons else None,
        "warnings": _unpacked(entity.get("warnings")),
        "lease": _lease(entity),
    }
    for name, field in (_TEXTS | _NUMBERS_AND_FLAGS).items():
        if name in entity:
            fields[field] = entity[name]
    for name, field in _TIMES.items():
        if name in entity:
            fields[field] = datetime.fromisoformat(entity[name])
    return Config(**fields)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _parsed[T](entity: Mapping[str, Any], name: str, parse: Callable[[str], T]) -> T | None:
    return parse(entity[name]) if name in entity else None


def _signature(entity: Mapping[str, Any]) -> str | None:
    if "signature" not in entity:
        return None
    return str(entity["signature"]) + str(entity.get("signatureRest", ""))


def _lease(entity: Mapping[str, Any]) -> Lease | None:
    if "leaseOwner" not in entity:
        return None
    until = datetime.fromisoformat(entity["leaseUntil"])
    return Lease(entity["leaseOwner"], until, datetime.fromisoformat(entity["leaseSince"]))


def _packed(occurrences: tuple[Occurrence, ...]) -> str | None:
    if not occurrences:
        return None
    return json.dumps(
        [
            {
                "code": occurrence.code,
                "at": occurrence.at.isoformat(),
                "detail": occurrence.detail,
                "reference": occurrence.reference,
            }
            for occurrence in occurrences
        ]
    )


def _unpacked(text: str | None) -> tuple[Occurrence, ...]:
    return tuple(
        Occurrence(
            item["code"], datetime.fromisoformat(item["at"]), item["detail"], item["reference"]
        )
        for item in json.loads(text or "[]")
    )
