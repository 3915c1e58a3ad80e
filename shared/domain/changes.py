"""What a caller may set on a config, and what must hold across its fields."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypedDict

from shared.domain.authority import Authority, HostRule, parse_authority
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
