"""Configs as table entities, and back: `config_of(entity_of(c)) == c` for every config."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from shared.adapters.entity_values import Fields, joined, packed, split, unpacked, without_none
from shared.adapters.keys import decode_key, encode_key
from shared.domain.config import AuthType, Config, Lease, Security, Status

_FIELDS = Fields(
    plain={
        "hostName": "host_name",
        "port": "port",
        "userName": "user_name",
        "createdBy": "created_by",
        "updatedBy": "updated_by",
        "fromAddress": "from_address",
        "fromName": "from_name",
        "replyTo": "reply_to",
        "authorizationUrl": "authorization_url",
        "tokenUrl": "token_url",
        "clientId": "client_id",
        "generation": "generation",
        "failures": "failures",
        "secretWarnedDays": "secret_warned_days",
        "passwordSet": "password_set",
        "clientSecretSet": "client_secret_set",
        "isDefault": "is_default",
    },
    times={
        "createdAt": "created_at",
        "updatedAt": "updated_at",
        "verifiedAt": "verified_at",
        "checkedAt": "checked_at",
        "checkStartedAt": "check_started_at",
        "nextCheckAt": "next_check_at",
        "tokenRefreshedAt": "token_refreshed_at",
        "grantStoredAt": "grant_stored_at",
        "failingSince": "failing_since",
    },
)


def entity_of(config: Config) -> dict[str, Any]:
    """The whole config as an entity."""
    lease = config.lease
    others = {
        "PartitionKey": encode_key(config.organization),
        "RowKey": encode_key(config.id),
        "authType": str(config.auth_type),
        "security": str(config.security),
        "status": str(config.status),
        "clientSecretExpiresOn": config.client_secret_expires_on,
        "reason": packed([config.reason]),
        "warnings": packed(config.warnings),
        "leaseOwner": lease and lease.owner,
        "leaseUntil": lease and lease.until,
        "leaseSince": lease and lease.since,
    }
    return _FIELDS.written(config) | without_none(others) | split("signature", config.signature)


def config_of(entity: Mapping[str, Any]) -> Config:
    """The config that an entity holds."""
    expires_on = entity.get("clientSecretExpiresOn")
    return Config(
        organization=decode_key(entity["PartitionKey"]),
        id=decode_key(entity["RowKey"]),
        auth_type=AuthType(entity["authType"]),
        security=Security(entity["security"]),
        status=Status(entity["status"]),
        client_secret_expires_on=date.fromisoformat(expires_on) if expires_on else None,
        signature=joined(entity, "signature"),
        reason=next(iter(unpacked(entity.get("reason"))), None),
        warnings=unpacked(entity.get("warnings")),
        lease=_lease(entity),
        **_FIELDS.read(entity),
    )


def _lease(entity: Mapping[str, Any]) -> Lease | None:
    if "leaseOwner" not in entity:
        return None
    until = datetime.fromisoformat(entity["leaseUntil"])
    return Lease(entity["leaseOwner"], until, datetime.fromisoformat(entity["leaseSince"]))
