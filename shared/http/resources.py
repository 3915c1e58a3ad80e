"""Responses, as the OpenAPI document shows them; `represent` makes them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

from shared.domain.event import EventType
from shared.domain.reasons import Owner


def _optional(description: str, **extra: Any) -> Any:
    return Field(default=None, description=description, **extra)


class Resource(BaseModel):
    """camelCase; every member is named here."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")


def _formatted(format_: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "format": format_, "examples": [example]})


Time = Annotated[str, _formatted("date-time", "2027-03-01T08:15:30.000Z")]
Day = Annotated[str, _formatted("date", "2027-12-31")]
Id = Annotated[str, _formatted("uuid", "0192f0c5-7c1e-4b7e-9d1f-3f0f5a3c2b11")]
Url = Annotated[str, _formatted("uri", "https://mail.contoso.com/api/configs?cursor=WyJhIl0")]


class ProblemReason(Resource):
    """What the identity provider or the mail server said."""

    code: str = Field(description="Stable; for programs.", examples=["client_secret_invalid"])
    title: str = Field(description="What happened.")
    remedy: str = Field(description="What helps.")
    owner: Owner = Field(description="Who can act on it; `wait`: nobody needs to.")
    detail: str = _optional("The other side's own words.")
    reference: str = _optional("Its trace and correlation ids, for a support request.")
    command: str = _optional("One line of PowerShell; the remedy ends with it.")


class Reason(ProblemReason):
    """Why a config is not verified, or soon will not be."""

    at: Time


class Config(Resource):
    """One outgoing mail configuration. Members that are not set are absent."""

    id: Id
    auth_type: Literal["basic", "oauth2.0"]
    host_name: str
    port: int
    security: Literal["starttls", "tls"]
    user_name: str
    from_address: str = _optional("The address that mail is sent from, where it is not userName.")
    from_name: str = _optional("The name shown beside the address.")
    reply_to: str = _optional("Where answers go.")
    signature: str = _optional("HTML that is safe to show.")
    password_set: bool = Field(description="Whether a password is stored.")
    client_secret_set: bool = Field(description="Whether a client secret is stored.")
    authorization_url: str = _optional("oauth2.0 only.")
    token_url: str = _optional("oauth2.0 only.")
    client_id: str = _optional("oauth2.0 only.")
    client_secret_expires_on: Day = _optional("oauth2.0 only.")
    redirect_uri: Url = _optional("oauth2.0 only: what to register in Entra ID, under Web.")
    is_default: bool
    status: Literal["verified", "notVerified"]
    reason: Reason = _optional("Why it is not verified, or what is being waited for.")
    warnings: list[Reason]
    verified_at: Time = _optional("When it last became verified.")
    checked_at: Time = _optional("The last check.")
    next_check_at: Time = _optional("The next check.")
    token_refreshed_at: Time = _optional("When a token was last got.")
    created_at: Time
    created_by: str
    updated_at: Time
    updated_by: str


class ConfigList(Resource):
    """One page of configs."""

    value: list[Config]
    total: int = Field(ge=0, description="How many configs the filters find, on all pages.")
    next_link: Url = _optional("The next page; absent on the last one.")


class EventReason(Resource):
    """The reason of an event."""

    code: str
    title: str


class Event(Resource):
    """One entry of a config's history."""

    id: str
    type: EventType
    at: Time
    actor: str = Field(description="Who; `system` for what happens by itself.")
    fields: list[str] = _optional("Names of the fields that changed.")
    reason: EventReason = _optional("Why.")
    detail: str = _optional("The other side's own words.")
    reference: str = _optional("Its trace and correlation ids.")


class EventList(Resource):
    """One page of a config's history, newest first. It has no total: counting would read it all."""

    value: list[Event]
    next_link: Url = _optional("The next page; absent on the last one.")


class BulkDeleted(Resource):
    """What became of each config."""

    deleted: list[str]
    not_found: list[str]
    failed: list[str] = Field(description="Not deleted: a service did not answer. Try again.")


class StartedAuthorization(Resource):
    """Where the mailbox's user signs in."""

    authorization_url: Url = Field(description="Open it in the browser that made this request.")
    expires_at: Time = Field(description="The sign-in must be finished by then.")


class Provider(Resource):
    """What the form is filled in with."""

    id: str
    name: str
    auth_types: list[Literal["basic", "oauth2.0"]]
    host_name: str
    port: int
    security: Literal["starttls", "tls"]
    authorization_url: str = Field(description="With {tenant} where the directory's id belongs.")
    token_url: str = Field(description="With {tenant} where the directory's id belongs.")
    scopes: list[str]
    portal_url: Url = Field(description="Where applications are registered.")


class Options(Resource):
    """What is needed before the first config exists."""

    redirect_uri: Url
    providers: list[Provider]


class Health(Resource):
    """The app is in order."""

    status: Literal["healthy"]


class ProblemError(Resource):
    """One thing wrong with the request."""

    pointer: str = Field(
        description="A JSON pointer into the body (RFC 6901), or the name of a parameter, header "
        "or setting."
    )
    message: str


class Problem(Resource):
    """An error (RFC 9457)."""

    type: Literal["about:blank"]
    title: str
    status: int
    code: str = Field(description="Stable; for programs.")
    detail: str = Field(description="For people.")
    errors: list[ProblemError] = _optional("Everything that is wrong with the input.")
    reason: ProblemReason = _optional("What the identity provider said, and what helps.")
    instance: str = _optional("Names this one occurrence in the log.")
