"""Requests: what callers may send. A field that is None was left out, or taken away."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.http.fields import (
    AuthorizationUrl,
    AuthTypeField,
    ClientId,
    ClientSecret,
    ConfigId,
    Day,
    DefaultFlag,
    FromAddress,
    FromName,
    HostName,
    Password,
    Port,
    ReplyTo,
    SecurityField,
    Signature,
    TokenUrl,
    UserName,
)


def _left_out() -> Any:
    """The default of a field that may be left out and yet not be null."""
    return Field(default=None)


class RequestModel(BaseModel):
    """camelCase, and nothing that is not named here."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class _Sender(RequestModel):
    from_address: FromAddress = None
    from_name: FromName = None
    reply_to: ReplyTo = None
    signature: Signature = None


class _NewConfig(_Sender):
    host_name: HostName = "smtp.office365.com"
    port: Port = 587
    security: SecurityField = "starttls"
    user_name: UserName
    is_default: DefaultFlag = False


class NewBasicConfig(_NewConfig):
    """A config that signs in with a password.

    Where userName is no e-mail address, fromAddress is needed too.
    """

    auth_type: Literal["basic"]
    password: Password


class NewOAuthConfig(_NewConfig):
    """A config that signs in with OAuth 2.0, after somebody authorized it."""

    auth_type: Literal["oauth2.0"]
    authorization_url: AuthorizationUrl
    token_url: TokenUrl
    client_id: ClientId
    client_secret: ClientSecret
    client_secret_expires_on: Day = None


NewConfig = Annotated[NewBasicConfig | NewOAuthConfig, Field(discriminator="auth_type")]


class ConfigChanges(_Sender):
    """The fields to change (RFC 7396); null takes an optional one away.

    authType may change when what the new type needs comes with it. A field of the other type is an
    error.
    """

    auth_type: AuthTypeField = _left_out()
    host_name: HostName = _left_out()
    port: Port = _left_out()
    security: SecurityField = _left_out()
    user_name: UserName = _left_out()
    password: Password = _left_out()
    authorization_url: AuthorizationUrl = _left_out()
    token_url: TokenUrl = _left_out()
    client_id: ClientId = _left_out()
    client_secret: ClientSecret = _left_out()
    client_secret_expires_on: Day = None
    is_default: DefaultFlag = _left_out()


class BulkDelete(RequestModel):
    """The configs to delete."""

    ids: Annotated[list[ConfigId], Field(min_length=1, max_length=100)]
