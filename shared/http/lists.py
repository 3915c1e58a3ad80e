"""The parameters of lists."""

from collections.abc import Mapping

from shared.domain.config import AuthType, Status
from shared.domain.errors import FieldError, InvalidInputError
from shared.http.paging import page_size
from shared.http.request import Request
from shared.services.config_lists import ConfigQuery

MAX_SEARCH = 254
"""Characters: those of the longest address."""
CONFIG_FILTERS = ("search", "authType", "status")
_PAGING = ("pageSize", "cursor")


def list_parameters(request: Request, filters: tuple[str, ...] = ()) -> tuple[dict[str, str], int]:
    """The filters that were given, and the page's size. Raises `InvalidInputError`."""
    query = request.query
    errors = [
        FieldError(name[:64], f"is no parameter of this list, which has {_listed(filters)}")
        for name in query
        if name not in (*filters, *_PAGING)
    ]
    size = page_size(query, errors)
    if len(query.get("search", "")) > MAX_SEARCH:
        errors.append(FieldError("search", f"may have {MAX_SEARCH} characters at most"))
    _check_choice(query, "authType", [choice.value for choice in AuthType], errors)
    _check_choice(query, "status", [choice.value for choice in Status], errors)
    if errors:
        raise InvalidInputError(errors)
    return {name: query[name] for name in filters if name in query}, size


def _listed(filters: tuple[str, ...]) -> str:
    return ", ".join((*filters, *_PAGING))


def _check_choice(
    query: Mapping[str, str], name: str, choices: list[str], errors: list[FieldError]
) -> None:
    if query.get(name, choices[0]) not in choices:
        errors.append(FieldError(name, f"must be one of: {', '.join(choices)}"))


def config_query(filters: Mapping[str, str]) -> ConfigQuery:
    """The filters as the service takes them."""
    auth_type, status = filters.get("authType"), filters.get("status")
    return ConfigQuery(
        search=filters.get("search") or None,
        auth_type=AuthType(auth_type) if auth_type else None,
        status=Status(status) if status else None,
    )
