"""From a request's body to the fields of a config."""

from collections.abc import Callable
from typing import Any, cast

from shared.domain.changes import ConfigFields
from shared.domain.config import AuthType, Security
from shared.domain.errors import FieldError, InvalidInputError
from shared.http.models import BulkDelete, ConfigChanges, RequestModel
from shared.http.resources import Config
from shared.http.validation import check

Preview = Callable[[ConfigFields], list[FieldError]]
"""What would not fit together if these fields were set."""

_READ_ONLY = frozenset(
    field.alias for field in Config.model_fields.values() if field.alias
) - frozenset(field.alias for field in ConfigChanges.model_fields.values())
_REQUIRED = ("authType", "userName")


def new_config(body: dict[str, Any], preview: Preview) -> ConfigFields:
    """The fields of a new config. Raises `InvalidInputError` with everything that is wrong."""
    missing = [FieldError(f"/{name}", "is required") for name in _REQUIRED if name not in body]
    return _fields(body, missing, preview)


def config_changes(body: dict[str, Any], preview: Preview) -> ConfigFields:
    """The fields to change. Raises `InvalidInputError` with everything that is wrong."""
    return _fields(body, [], preview)


def ids_to_delete(body: dict[str, Any]) -> list[str]:
    """The ids, each once, in the order in which they came. Raises `InvalidInputError`."""
    found, errors = check(BulkDelete, body, "this request")
    if found is None:
        raise InvalidInputError(errors)
    return list(dict.fromkeys(found.ids))


def _fields(body: dict[str, Any], errors: list[FieldError], preview: Preview) -> ConfigFields:
    changes, wrong = check(ConfigChanges, body, "a config", _READ_ONLY)
    if changes and not errors:
        return _domain(changes)
    errors = errors + wrong
    raise InvalidInputError(errors + _across(body, errors, preview))


def _across(body: dict[str, Any], errors: list[FieldError], preview: Preview) -> list[FieldError]:
    """What does not fit together among the fields that are right by themselves."""
    bad = {error.pointer.split("/")[1].replace("~1", "/").replace("~0", "~") for error in errors}
    if "authType" in bad:
        return []
    good, _ = check(ConfigChanges, {n: v for n, v in body.items() if n not in bad}, "a config")
    found = preview(_domain(good)) if good else []
    # Where userName is wrong itself, nobody can tell whether an address to send from is missing.
    known = {error.pointer for error in errors} | ({"/fromAddress"} if "userName" in bad else set())
    return [error for error in found if error.pointer not in known]


def _domain(changes: RequestModel) -> ConfigFields:
    """The fields under their names in the domain, and of its types."""
    fields = {name: getattr(changes, name) for name in changes.model_fields_set}
    for name, kind in (("auth_type", AuthType), ("security", Security)):
        if name in fields:
            fields[name] = kind(fields[name])
    return cast("ConfigFields", fields)
