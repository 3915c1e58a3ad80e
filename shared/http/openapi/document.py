"""Puts the OpenAPI document together."""

from functools import cache
from typing import Any

from shared.http.openapi.components import components
from shared.http.openapi.message_operations import MESSAGE_OPERATIONS
from shared.http.openapi.operations import OPERATIONS, Operation
from shared.http.openapi.parts import path_item_operation
from shared.http.responses import to_json

_DESCRIPTION = """\
Outgoing mail configurations of an organization: where its mail server is, how to sign in to it, and
whether that works. All of it belongs to the organization that the caller is signed in for; what
belongs to another one is not found.

Errors are problem documents (RFC 9457) with a stable `code`. Wrong input is told all at once, in
`errors`. Changes that bear an `If-Match` are made only to the version that the caller has seen.
"""


def document() -> dict[str, Any]:
    """The document as a value that JSON can hold."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in (*OPERATIONS, *MESSAGE_OPERATIONS):
        paths.setdefault(operation.path, _shared(operation))[operation.method] = (
            path_item_operation(operation)
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Outgoing Mail",
            "version": "1.0.0",
            "description": _DESCRIPTION,
            "license": {"name": "Proprietary"},
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{"url": "/"}],
        "tags": [
            {"name": "Configs", "description": "Outgoing mail configurations."},
            {"name": "Messages", "description": "Mail through the organization's mailbox."},
            {"name": "Authorization", "description": "OAuth 2.0 against Microsoft Entra ID."},
            {"name": "Service", "description": "What the app says about itself."},
        ],
        "paths": paths,
        "components": components(),
    }


@cache
def document_bytes() -> bytes:
    """The document as it is sent; made once per process."""
    return to_json(document())


def _shared(operation: Operation) -> dict[str, Any]:
    """What all operations of one path have in common."""
    if "{id}" not in operation.path:
        return {}
    name = "MessageId" if operation.path.startswith("/api/messages/") else "ConfigId"
    return {"parameters": [{"$ref": f"#/components/parameters/{name}"}]}
