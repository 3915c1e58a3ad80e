"""If-Match and If-None-Match (RFC 9110, 13.1): nobody overwrites what they have not seen."""

import re
from collections.abc import Callable

from shared.domain.config import Config
from shared.domain.errors import FieldError, InvalidInputError, StaleError
from shared.http.represent import config_etag
from shared.http.request import Request

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS = re.compile(rf"\s*{_TAG}(?:\s*,\s*{_TAG})*\s*")


def if_match(request: Request) -> Callable[[Config], bool]:
    """Whether a config is one that the caller has seen; every one is where no If-Match was sent.

    Weak tags never match: the comparison is the strong one. Raises `InvalidInputError`.
    """
    header = request.raw.headers.get("If-Match")
    if header is None or header.strip() == "*":
        return lambda _config: True
    tags = _tags("If-Match", header)
    redirect_uri = request.container.settings.redirect_uri
    return lambda config: config_etag(config, redirect_uri) in tags


def check_if_match(request: Request) -> None:
    """For operations that take no condition of their own; reads the config where one was sent.

    Raises `StaleError`, `InvalidInputError` and `NotFoundError`.
    """
    if "If-Match" not in request.raw.headers:
        return
    matches = if_match(request)
    config = request.container.configs_service.get(
        request.principal.organization, request.config_id
    )
    if not matches(config):
        raise StaleError


def is_known(request: Request, etag: str) -> bool:
    """Whether If-None-Match says that the caller has this version already (304)."""
    header = request.raw.headers.get("If-None-Match")
    if header is None:
        return False
    if header.strip() == "*":
        return True
    return etag in {tag.removeprefix("W/") for tag in _tags("If-None-Match", header)}


def _tags(name: str, header: str) -> list[str]:
    if not _TAGS.fullmatch(header):
        raise InvalidInputError(
            [FieldError(name, 'must be entity tags in double quotes, like "0a1b", or *')]
        )
    return re.findall(_TAG, header)
