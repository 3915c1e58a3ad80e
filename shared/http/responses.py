"""Responses with the headers that each of ours carries."""

import json
from collections.abc import Mapping
from typing import Any

import azure.functions as func

_EVERY = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def respond(
    status: int,
    body: str | bytes = b"",
    content_type: str = "application/json; charset=utf-8",
    headers: Mapping[str, str] | None = None,
) -> func.HttpResponse:
    """A response that no cache keeps, and whose type no browser guesses."""
    every = {"Content-Type": content_type, **_EVERY, **(headers or {})}
    return func.HttpResponse(body, status_code=status, headers=every)


def to_json(value: Any) -> bytes:
    """The bytes of a JSON response; the same value gives the same bytes, which ETags rely on."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def json_response(
    value: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> func.HttpResponse:
    """Answer with JSON."""
    return respond(status, to_json(value), headers=headers)
