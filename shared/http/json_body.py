"""JSON bodies, read so that no two readers disagree about what they say (RFC 8259, RFC 7493)."""

import json
import re
from typing import Any

import azure.functions as func

from shared.http.errors import BodyTooLargeError, MalformedJsonError, UnsupportedMediaTypeError

MEGABYTE = 1_000_000
"""Bytes."""
_MAX_DEPTH = 16
_SURROGATE = re.compile("[\ud800-\udfff]")

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"


def read_object(req: func.HttpRequest, *media_types: str) -> dict[str, Any]:
    """The body as a JSON object. Raises what `octets_of` and `object_of` raise."""
    return object_of(octets_of(req, *media_types))


def octets_of(req: func.HttpRequest, *media_types: str, megabytes: int = 1) -> bytes:
    """The body, of at most so many megabytes.

    Raises `UnsupportedMediaTypeError` unless it is of one of `media_types`, in UTF-8; and
    `BodyTooLargeError`.
    """
    _check_type(req, media_types)
    body = req.get_body()
    if len(body) > megabytes * MEGABYTE:
        raise BodyTooLargeError(f"The body may have {megabytes} MB at most.")
    return body


def object_of(body: bytes) -> dict[str, Any]:
    """A JSON object. Raises `MalformedJsonError`."""
    if not body:
        raise MalformedJsonError("The body is empty; a JSON object is wanted.")
    value = _parse(body)
    if not isinstance(value, dict):
        raise MalformedJsonError("The body must be a JSON object: {...}.")
    _check(value, 0)
    return value


def _check_type(req: func.HttpRequest, media_types: tuple[str, ...]) -> None:
    given, *parameters = req.headers.get("Content-Type", "").lower().split(";")
    charsets = [
        value.strip().strip('"')
        for name, _, value in (parameter.partition("=") for parameter in parameters)
        if name.strip() == "charset"
    ]
    if given.strip() not in media_types or any(charset != "utf-8" for charset in charsets):
        wanted = " or ".join(media_types)
        # RFC 5789, 3.1: a refused PATCH says what it takes.
        name = "Accept-Patch" if req.method == "PATCH" else "Accept-Post"
        raise UnsupportedMediaTypeError(
            f"Send the body as {wanted}, in UTF-8.", {name: ", ".join(media_types)}
        )


def _parse(body: bytes) -> Any:
    try:
        return json.loads(
            body.decode(), object_pairs_hook=_object, parse_constant=_constant, parse_float=_float
        )
    except UnicodeDecodeError as error:
        raise MalformedJsonError(f"The body is not UTF-8 at byte {error.start}.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise MalformedJsonError(f"The body is no JSON at {where}: {error.msg}.") from None
    except ValueError:  # Python reads integers of 4300 digits at most
        raise MalformedJsonError("A number in the body is too large.") from None
    except RecursionError:
        raise MalformedJsonError("The body is nested too deep.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise MalformedJsonError("The body has an object with the same name twice.")
    return members


def _constant(name: str) -> None:
    raise MalformedJsonError(f"{name} is no JSON number.")


def _float(text: str) -> float:
    """A number; 587.0 is the integer 587, as JSON Schema has it."""
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise MalformedJsonError("A number in the body is too large.")
    return int(number) if number.is_integer() else number


def _check(value: Any, depth: int) -> None:
    """Refuse what is valid JSON and yet cannot be stored or shown."""
    if depth > _MAX_DEPTH:
        raise MalformedJsonError("The body is nested too deep.")
    if isinstance(value, dict):
        for name, member in value.items():
            _check(name, depth)
            _check(member, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
    elif isinstance(value, str) and _SURROGATE.search(value):
        raise MalformedJsonError("A text in the body has half of a surrogate pair (\\ud800).")
