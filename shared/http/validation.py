"""Wrong input, told in our own words: every error at once, at its pointer, and never a value."""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shared.domain.errors import FieldError

_MESSAGES = {
    "missing": "is required",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "literal_error": "must be one of: {expected}",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "too_short": "must have {min_length} entry or more",
    "too_long": "may have {max_length} entries at most",
}
_OF_A_NAME = "[key]"
"""How pydantic marks what is wrong with the name of a member, and not with its value."""


def check[M: BaseModel](
    model: type[M], body: Mapping[str, Any], noun: str, read_only: Collection[str] = ()
) -> tuple[M | None, list[FieldError]]:
    """The body as a model, or None with all its errors."""
    try:
        return model.model_validate(body, by_alias=True), []
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=True)
    return None, [FieldError(_pointer(one), _message(one, noun, read_only)) for one in found]


def _pointer(error: ErrorDetails) -> str:
    loc = error["loc"]
    if loc[-1:] == (_OF_A_NAME,):
        loc = loc[:-1]
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in loc)
    return "".join(f"/{part}" for part in parts)[:200]


def _message(error: ErrorDetails, noun: str, read_only: Collection[str]) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        return "is read-only" if error["loc"][-1] in read_only else f"is not a field of {noun}"
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind != "missing" and error["input"] is None:
        return "must not be null"
    context = {name: _words(value) for name, value in error.get("ctx", {}).items()}
    return _MESSAGES.get(kind, "is not valid").format_map(context)


def _words(value: Any) -> str:
    return str(value).replace("'", "").replace(" or ", ", ")
