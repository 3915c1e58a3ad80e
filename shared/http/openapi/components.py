"""The parts that operations refer to: schemas from the models, parameters, headers."""

from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from shared.domain.config import AuthType, Status
from shared.http import message_models, message_resources, models, resources
from shared.http.lists import MAX_SEARCH
from shared.http.openapi.examples import EXAMPLES
from shared.http.paging import DEFAULT_SIZE, MAX_SIZE

_REQUESTS: tuple[type[BaseModel], ...] = (
    models.NewBasicConfig,
    models.NewOAuthConfig,
    models.ConfigChanges,
    models.BulkDelete,
    message_models.NewMessage,
    message_models.NewTestMessage,
)
_RESPONSES: tuple[type[BaseModel], ...] = (
    resources.ConfigList,
    resources.EventList,
    resources.BulkDeleted,
    resources.StartedAuthorization,
    resources.Options,
    resources.Health,
    resources.Problem,
    message_resources.AcceptedMessage,
    message_resources.Message,
    message_resources.TestMessageOutcome,
)
_REF = "#/components/schemas/{model}"
_UUID = {"type": "string", "format": "uuid"}


class _Schemas(GenerateJsonSchema):
    """Without titles made of names, and without `default: null`, which stands for "left out"."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  pydantic's signature
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default") is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)


def components() -> dict[str, Any]:
    """The components object."""
    return {
        "schemas": _schemas(),
        "parameters": _parameters(),
        "headers": _headers(),
        "examples": {name: {"value": value} for name, value in EXAMPLES.items()},
        "securitySchemes": {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "An access token of Microsoft Entra ID for this API.",
            },
            "session": {
                "type": "apiKey",
                "in": "cookie",
                "name": "AppServiceAuthSession",
                "description": "The session of a browser that signed in at `/.auth/login/aad`.",
            },
        },
    }


def _schemas() -> dict[str, Any]:
    _, requests = models_json_schema(
        [(model, "validation") for model in _REQUESTS],
        ref_template=_REF,
        schema_generator=_Schemas,
    )
    _, responses = models_json_schema(
        [(model, "serialization") for model in _RESPONSES],
        ref_template=_REF,
        schema_generator=_Schemas,
    )
    union = [model.__name__ for model in get_args(get_args(models.NewConfig)[0])]
    return {
        **requests["$defs"],
        "NewConfig": {
            "oneOf": [{"$ref": _REF.format(model=name)} for name in union],
            "discriminator": {
                "propertyName": "authType",
                "mapping": {
                    "basic": _REF.format(model="NewBasicConfig"),
                    "oauth2.0": _REF.format(model="NewOAuthConfig"),
                },
            },
        },
        **responses["$defs"],
        "OpenApiDocument": {"type": "object", "required": ["openapi", "info", "paths"]},
    }


def _query(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _id(description: str) -> dict[str, Any]:
    return {
        "name": "id",
        "in": "path",
        "required": True,
        "description": description,
        "schema": _UUID,
    }


def _header(name: str, description: str, example: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "description": description,
        "schema": {"type": "string"},
        "example": example,
    }


def _parameters() -> dict[str, Any]:
    callback = {
        "state": "Names the authorization.",
        "code": "What is exchanged for tokens.",
        "error": "Why there is no code (RFC 6749, 4.1.2.1).",
        "error_description": "The provider's words.",
    }
    return {
        "ConfigId": _id("The id of a config."),
        "MessageId": _id("The id of a message."),
        "Idempotency-Key": {
            **_header(
                "Idempotency-Key",
                "Names this message: a request that is sent again with the same key and content "
                "is the same message, however often it comes.",
                "report-2027-03-tenant-42",
            ),
            "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
        },
        "search": _query(
            "search",
            "A part of userName, hostName or fromAddress, in any case.",
            {"type": "string", "maxLength": MAX_SEARCH},
        ),
        "authType": _query("authType", "Only these.", _enum(AuthType)),
        "status": _query("status", "Only these.", _enum(Status)),
        "pageSize": _query(
            "pageSize",
            "How many entries a page has at most.",
            {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": DEFAULT_SIZE},
        ),
        "cursor": _query(
            "cursor",
            "Where to go on; opaque, and only ever a part of `nextLink`. It holds for the list, "
            "the organization and the filters that it was given out for.",
            {"type": "string"},
        ),
        "If-Match": _header(
            "If-Match",
            "Only if the config still has this ETag; a list of them or * will do.",
            '"5c0f4b1e7a9d2c33"',
        ),
        "If-None-Match": _header(
            "If-None-Match",
            "Only if it has another ETag by now; a list of them or * will do.",
            '"5c0f4b1e7a9d2c33"',
        ),
        **{name: _query(name, text, {"type": "string"}) for name, text in callback.items()},
    }


def _enum(choices: type[AuthType] | type[Status]) -> dict[str, Any]:
    return {"type": "string", "enum": [choice.value for choice in choices]}


def _headers() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "ETag": {
            "description": "Strong; changes when what is shown changes.",
            "required": True,
            "schema": {"type": "string", "pattern": '^"[0-9a-f]{32}"$'},
        },
        "Location": {
            "description": "The URL of what is new.",
            "required": True,
            "schema": {"type": "string", "format": "uri"},
        },
        "Retry-After": {
            "description": "Seconds to wait; absent where waiting does not help.",
            "schema": {"type": "integer", "minimum": 0},
        },
        "Set-Cookie": {
            "description": "Binds the authorization to this browser.",
            "required": True,
            "schema": text,
        },
        "WWW-Authenticate": {"required": True, "schema": text, "example": "Bearer"},
    }
