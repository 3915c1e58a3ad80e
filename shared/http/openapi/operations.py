"""The operations: one per HTTP function. A test holds this table against the registered routes."""

from dataclasses import dataclass

from shared.domain.principal import Role
from shared.http.openapi.problems import (
    BODY,
    CHANGE,
    CONDITION,
    CONFIG,
    LIST,
    SERVICES,
    SIGNED_IN,
    UPSTREAM,
    Codes,
    merged,
)

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
HTML = "text/html"


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent."""

    schema: str
    media_types: tuple[str, ...] = (JSON,)
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back when all is well."""

    status: int
    description: str
    schema: str | None = None
    example: str | None = None
    headers: tuple[str, ...] = ()
    media_type: str = JSON
    links: tuple[str, ...] = ()
    """Operations that the id in the answer leads to."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path; `id` is the name of its function."""

    id: str
    method: str
    path: str
    tag: str
    summary: str
    role: Role | None
    answers: tuple[Answer, ...]
    problems: Codes
    description: str = ""
    parameters: tuple[str, ...] = ()
    body: Body | None = None


_CONFIG = Answer(200, "The config.", "Config", "config", ("ETag",))
_NOT_MODIFIED = Answer(304, "The config is the one of If-None-Match.", headers=("ETag",))
_LIST_PARAMETERS = ("pageSize", "cursor")
_WITH_ITS_ID = (
    "get_config",
    "update_config",
    "delete_config",
    "verify_config",
    "list_config_events",
)

OPERATIONS = (
    Operation(
        id="list_configs",
        method="get",
        path="/api/configs",
        tag="Configs",
        summary="List configs",
        description="By user name. `total` counts what the filters find on all pages.",
        role=Role.READ,
        parameters=("search", "authType", "status", *_LIST_PARAMETERS),
        answers=(Answer(200, "A page of configs.", "ConfigList", "configs"),),
        problems=merged(SIGNED_IN, LIST, SERVICES),
    ),
    Operation(
        id="create_config",
        method="post",
        path="/api/configs",
        tag="Configs",
        summary="Add a config",
        description="A config with a password is checked at once; one with OAuth 2.0 waits for "
        "its authorization.",
        role=Role.MANAGE,
        body=Body("NewConfig", examples=("newOAuthConfig", "newBasicConfig")),
        answers=(
            Answer(
                201,
                "The new config.",
                "Config",
                "config",
                ("ETag", "Location"),
                links=_WITH_ITS_ID,
            ),
        ),
        problems=merged(SIGNED_IN, CHANGE, BODY, SERVICES),
    ),
    Operation(
        id="bulk_delete_configs",
        method="post",
        path="/api/configs/bulk-delete",
        tag="Configs",
        summary="Delete several configs",
        description="Each id ends in one of the three lists of the answer.",
        role=Role.MANAGE,
        body=Body("BulkDelete", examples=("bulkDelete",)),
        answers=(Answer(200, "What became of each.", "BulkDeleted", "bulkDeleted"),),
        problems=merged(SIGNED_IN, CHANGE, BODY, SERVICES),
    ),
    Operation(
        id="get_config",
        method="get",
        path="/api/configs/{id}",
        tag="Configs",
        summary="Get a config",
        role=Role.READ,
        parameters=("If-None-Match",),
        answers=(_CONFIG, _NOT_MODIFIED),
        problems=merged(SIGNED_IN, CONFIG, {400: ("invalid_input",)}, SERVICES),
    ),
    Operation(
        id="update_config",
        method="patch",
        path="/api/configs/{id}",
        tag="Configs",
        summary="Change a config",
        description="A changed connection or credential is checked anew; a changed user name, "
        "client id or URL needs a new authorization.",
        role=Role.MANAGE,
        parameters=("If-Match",),
        body=Body("ConfigChanges", (MERGE_PATCH, JSON), ("newSecret", "newName")),
        answers=(_CONFIG,),
        problems=merged(SIGNED_IN, CHANGE, CONFIG, BODY, CONDITION, SERVICES),
    ),
    Operation(
        id="delete_config",
        method="delete",
        path="/api/configs/{id}",
        tag="Configs",
        summary="Delete a config, its secrets and its history",
        role=Role.MANAGE,
        parameters=("If-Match",),
        answers=(Answer(204, "It is deleted."),),
        problems=merged(SIGNED_IN, CHANGE, CONFIG, CONDITION, SERVICES),
    ),
    Operation(
        id="verify_config",
        method="post",
        path="/api/configs/{id}/verify",
        tag="Configs",
        summary="Check a config now",
        description="Refreshes the grant (oauth2.0) and signs in at the mail server. What that "
        "found is in the config: a failed check is no error of this call.",
        role=Role.MANAGE,
        parameters=("If-Match",),
        answers=(_CONFIG,),
        problems=merged(
            SIGNED_IN, CHANGE, CONFIG, CONDITION, {409: ("check_in_progress",)}, SERVICES
        ),
    ),
    Operation(
        id="list_config_events",
        method="get",
        path="/api/configs/{id}/events",
        tag="Configs",
        summary="List what happened to a config",
        description="Newest first. There is no `total`: counting would read the whole history.",
        role=Role.READ,
        parameters=_LIST_PARAMETERS,
        answers=(Answer(200, "A page of events.", "EventList", "events"),),
        problems=merged(SIGNED_IN, CONFIG, LIST, SERVICES),
    ),
    Operation(
        id="start_authorization",
        method="post",
        path="/api/configs/{id}/authorize",
        tag="Authorization",
        summary="Begin an authorization",
        description="Open `authorizationUrl` in the browser that made this request: a cookie binds "
        "the authorization to it. It counts once, and has to be finished within 10 minutes.",
        role=Role.MANAGE,
        answers=(
            Answer(200, "Where to sign in.", "StartedAuthorization", "started", ("Set-Cookie",)),
        ),
        problems=merged(SIGNED_IN, CHANGE, CONFIG, {409: ("not_oauth",)}, UPSTREAM, SERVICES),
    ),
    Operation(
        id="authorization_callback",
        method="get",
        path="/api/oauth/callback",
        tag="Authorization",
        summary="Where Microsoft sends the browser back to",
        description="For browsers: every answer is a page that tells how it went, and tells the "
        "window that opened it (`outgoing-mail/authorization`).",
        role=None,
        parameters=("state", "code", "error", "error_description"),
        answers=tuple(
            Answer(status, description, media_type=HTML)
            for status, description in (
                (200, "The grant is stored, and the mailbox has been checked."),
                (400, "It was declined or refused, or is not one that was begun in this browser."),
                (409, "It was finished already."),
                (410, "It took longer than 10 minutes."),
                (500, "Something went wrong here."),
                (503, "The identity provider or a service of ours did not answer."),
            )
        ),
        problems={},
    ),
    Operation(
        id="get_options",
        method="get",
        path="/api/options",
        tag="Service",
        summary="What the form for a new config is filled in with",
        role=Role.READ,
        answers=(Answer(200, "The redirect URI and the known providers.", "Options", "options"),),
        problems=merged(SIGNED_IN, SERVICES),
    ),
    Operation(
        id="openapi",
        method="get",
        path="/api/openapi.json",
        tag="Service",
        summary="This document",
        role=None,
        answers=(Answer(200, "An OpenAPI 3.1 document.", "OpenApiDocument"),),
        problems={},
    ),
    Operation(
        id="health",
        method="get",
        path="/api/health",
        tag="Service",
        summary="Whether the app's settings are in order",
        role=None,
        answers=(Answer(200, "They are.", "Health", "health"),),
        problems={503: ("setting_invalid",)},
    ),
)
