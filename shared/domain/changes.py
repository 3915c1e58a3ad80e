"""What a caller may set on a config, and what must hold across its fields."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypedDict

from shared.domain.authority import Authority, HostRule, parse_authority, url_errors
from shared.domain.config import AuthType, Config, Security
from shared.domain.errors import FieldError


class ConfigFields(TypedDict, total=False):
    """Fields that a caller gave; a field that is absent stays as it is."""

    auth_type: AuthType
    host_name: str
    port: int
    security: Security
    user_name: str
    from_address: str | None
    from_name: str | None
    reply_to: str | None
    signature: str | None
    password: str
    authorization_url: str
    token_url: str
    client_id: str
    client_secret: str
    client_secret_expires_on: date | None
    is_default: bool


SECRET_FIELDS = frozenset({"password", "client_secret"})
BASIC_FIELDS = {"password": "/password"}
OAUTH_FIELDS = {
    "authorization_url": "/authorizationUrl",
    "token_url": "/tokenUrl",
    "client_id": "/clientId",
    "client_secret": "/clientSecret",
}
OAUTH_ONLY = OAUTH_FIELDS | {"client_secret_expires_on": "/clientSecretExpiresOn"}
CONNECTION_FIELDS = frozenset(
    {"host_name", "port", "security", "user_name", "from_address", "auth_type"}
)
GRANT_FIELDS = frozenset({"user_name", "authorization_url", "token_url", "client_id", "auth_type"})
"""A change of one of these ends the grant: it was given to another client, or by another user."""


def inconsistencies(
    config: Config, fields: Mapping[str, Any], extra_hosts: Sequence[HostRule]
) -> list[FieldError]:
    """What does not fit together in `config`, the config as it would be with `fields` set."""
    if config.auth_type is AuthType.BASIC:
        errors = _foreign(fields, OAUTH_ONLY, AuthType.OAUTH2)
        if not config.password_set:
            errors.append(FieldError("/password", "is needed to sign in with a password"))
    else:
        errors = _foreign(fields, BASIC_FIELDS, AuthType.BASIC)
        errors += _oauth_inconsistencies(config, extra_hosts)
    if not looks_like_address(config.sender) and (
        config.auth_type is AuthType.BASIC or config.from_address
    ):
        errors.append(
            FieldError(
                "/fromAddress",
                "is needed, because the user name is no e-mail address to send from",
            )
        )
    return errors


def _foreign(
    fields: Mapping[str, Any], pointers: Mapping[str, str], auth_type: AuthType
) -> list[FieldError]:
    return [
        FieldError(pointer, f"belongs to configs with authType {auth_type} only")
        for name, pointer in pointers.items()
        if fields.get(name) is not None
    ]


def _oauth_inconsistencies(config: Config, extra_hosts: Sequence[HostRule]) -> list[FieldError]:
    present = {**{name: getattr(config, name, None) for name in OAUTH_FIELDS}}
    present["client_secret"] = config.client_secret_set or None
    errors = [
        FieldError(pointer, "is needed for authType oauth2.0")
        for name, pointer in OAUTH_FIELDS.items()
        if not present[name]
    ]
    if config.authorization_url and config.token_url:
        parsed = parse_authority(config.authorization_url, config.token_url, extra_hosts)
        if not isinstance(parsed, Authority):
            errors += parsed
    else:
        errors += url_errors(config.authorization_url, config.token_url, extra_hosts)
    if not looks_like_address(config.user_name):
        errors.append(
            FieldError("/userName", "must be the e-mail address that signs in at Microsoft")
        )
    return errors


def looks_like_address(text: str) -> bool:
    """Whether it has the outer form of an e-mail address."""
    local, at, domain = text.rpartition("@")
    return bool(local and at and domain) and not any(c.isspace() for c in text)
