"""Pages: their size, and cursors that only the list that gave them out takes back."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from shared.domain.errors import FieldError
from shared.http.errors import InvalidCursorError
from shared.http.request import Request
from shared.http.urls import public_url

DEFAULT_SIZE = 20
MAX_SIZE = 100
MAX_CURSOR = 2048
"""Characters."""
_SIZE = re.compile(r"[1-9][0-9]{0,2}")


def page_size(query: Mapping[str, str], errors: list[FieldError]) -> int:
    """The size of a page; adds to `errors` if it is none."""
    given = query.get("pageSize", str(DEFAULT_SIZE))
    if _SIZE.fullmatch(given) and int(given) <= MAX_SIZE:
        return int(given)
    errors.append(FieldError("pageSize", f"must be a whole number from 1 to {MAX_SIZE}"))
    return DEFAULT_SIZE


class Cursors:
    """Cursors of one list: of one function and route, one organization, the same filters."""

    def __init__(
        self, request: Request, function: str, filters: Mapping[str, str] | None = None
    ) -> None:
        self._request = request
        self._filters = dict(filters or {})
        route = sorted(request.raw.route_params.items())
        bound = [request.principal.organization, function, route, sorted(self._filters.items())]
        self._digest = hashlib.sha256(json.dumps(bound).encode()).hexdigest()[:16]

    def read(self) -> str | None:
        """The entry to go on after, in a list ordered by one string; None on the first page.

        Raises `InvalidCursorError`.
        """
        key = self._key()
        if key is None:
            return None
        if len(key) != 1:
            raise InvalidCursorError
        return key[0]

    def read_pair(self) -> tuple[str, str] | None:
        """Like `read`, in a list ordered by two."""
        key = self._key()
        if key is None:
            return None
        if len(key) != 2:
            raise InvalidCursorError
        return key[0], key[1]

    def _key(self) -> list[str] | None:
        cursor = self._request.query.get("cursor")
        if cursor is None:
            return None
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            digest, *key = _texts(base64.b64decode(padded, altchars=b"-_", validate=True))
        except (binascii.Error, ValueError, RecursionError):
            raise InvalidCursorError from None
        if len(cursor) > MAX_CURSOR or digest != self._digest:
            raise InvalidCursorError
        return key

    def next_link(self, key: Sequence[str], size: int) -> str:
        """The absolute URL of the page after the entry with this key."""
        text = json.dumps([self._digest, *key], separators=(",", ":"))
        cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        query = {**self._filters, "pageSize": str(size), "cursor": cursor}
        return f"{public_url(self._request.raw)}?{urlencode(query)}"


def _texts(document: bytes) -> list[str]:
    """A JSON array of strings. Raises ValueError or RecursionError."""
    found = json.loads(document)
    if not (isinstance(found, list) and found and all(isinstance(one, str) for one in found)):
        raise ValueError("This is no list of texts.")
    for one in found:
        one.encode()  # half of a surrogate pair cannot be asked for
    return found
