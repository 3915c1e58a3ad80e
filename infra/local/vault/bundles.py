"""Secrets on the wire: what Key Vault sends, and what it accepts."""

import datetime as dt
import re
from typing import Any

from infra.local.vault.errors import bad_parameter
from infra.local.vault.store import RETENTION, Content, Version

NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
VALUE_LIMIT = 25 * 1024  # bytes
CONTENT_TYPE_LIMIT = 255  # characters
TAG_LIMIT = 15
TAG_LENGTH = 256  # characters, of a tag's name and of its value
PURGE_DAYS = RETENTION // (24 * 3600)


def check_name(name: str) -> None:
    """Raise BadParameter for a name that no secret can have."""
    if NAME.fullmatch(name) is None:
        raise bad_parameter(f"The request URI contains an invalid name: {name}")


def read_content(body: object, *, needs_value: bool) -> Content:
    """The body of a set or an update. Raises BadParameter."""
    if not isinstance(body, dict):
        raise bad_parameter("The request body is missing or malformed.")
    value = body.get("value")
    if needs_value:
        _check_value(value)
    content_type = body.get("contentType")
    if content_type is not None and len(str(content_type)) > CONTENT_TYPE_LIMIT:
        raise bad_parameter("The content type is too long.")
    attributes = body.get("attributes") or {}
    return Content(
        value=value if needs_value else None,
        content_type=content_type,
        enabled=attributes.get("enabled"),
        not_before=_seconds(attributes.get("nbf"), "nbf"),
        expires=_seconds(attributes.get("exp"), "exp"),
        tags=_tags(body.get("tags")),
    )


def _check_value(value: object) -> None:
    if not isinstance(value, str):
        raise bad_parameter("Value is required, and has to be a string.")
    if len(value.encode()) > VALUE_LIMIT:
        raise bad_parameter("The length of the secret value exceeds the limit of 25 KB.")


def _seconds(value: object, name: str) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise bad_parameter(f"{name} has to be a number of seconds.")
    return value


def _tags(value: object) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or len(value) > TAG_LIMIT:
        raise bad_parameter(f"A secret has at most {TAG_LIMIT} tags.")
    if any(len(str(text)) > TAG_LENGTH for pair in value.items() for text in pair):
        raise bad_parameter(f"A tag has at most {TAG_LENGTH} characters.")
    return {str(name): str(text) for name, text in value.items()}


def bundle(base: str, secret: Version) -> dict[str, Any]:
    """A secret with its value."""
    return {"value": secret.value} | _described(base, secret, secret.version)


def item(base: str, secret: Version, *, with_version: bool) -> dict[str, Any]:
    """A secret in a list, without its value."""
    return _described(base, secret, secret.version if with_version else "")


def deleted_item(base: str, secret: Version) -> dict[str, Any]:
    """A deleted secret in a list."""
    return item(base, secret, with_version=False) | _deletion(base, secret)


def deleted_bundle(base: str, secret: Version) -> dict[str, Any]:
    """A deleted secret: Key Vault leaves its value out."""
    return _described(base, secret, secret.version) | _deletion(base, secret)


def _described(base: str, secret: Version, version: str) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "enabled": secret.enabled,
        "created": secret.created,
        "updated": secret.updated,
        "recoveryLevel": "Recoverable+Purgeable",
        "recoverableDays": PURGE_DAYS,
    }
    if secret.not_before is not None:
        attributes["nbf"] = secret.not_before
    if secret.expires is not None:
        attributes["exp"] = secret.expires
    identifier = f"{base}/secrets/{secret.name}" + (f"/{version}" if version else "")
    described: dict[str, Any] = {"id": identifier, "attributes": attributes, "tags": secret.tags}
    if secret.content_type is not None:
        described["contentType"] = secret.content_type
    return described


def _deletion(base: str, secret: Version) -> dict[str, Any]:
    deleted_on = secret.deleted_on or int(dt.datetime.now(dt.UTC).timestamp())
    return {
        "recoveryId": f"{base}/deletedsecrets/{secret.name}",
        "deletedDate": deleted_on,
        "scheduledPurgeDate": deleted_on + RETENTION,
    }
