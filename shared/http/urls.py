"""The URL under which the caller reached us, and whose pages may ask for changes."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

import azure.functions as func

from shared.http.errors import OriginNotAllowedError

_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_ORIGIN = re.compile(r"(https?)://(.+)", re.IGNORECASE)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def public_origin(req: func.HttpRequest) -> str:
    """`scheme://host[:port]` as the caller sees it.

    App Service ends TLS in front of us and says so in X-Forwarded-Proto; the Host header stays the
    caller's. A reverse proxy before that (Front Door) puts the caller's into X-Forwarded-Host. A
    page of another site cannot set either without CORS allowing it.
    """
    seen = urlsplit(str(req.url))
    scheme = _first(req.headers.get("X-Forwarded-Proto")).lower()
    if scheme not in _DEFAULT_PORTS:
        scheme = seen.scheme or "https"
    for host in (_first(req.headers.get("X-Forwarded-Host")), req.headers.get("Host", "")):
        if _HOST.fullmatch(host):
            return _origin(scheme, host)
    return _origin(scheme, seen.netloc)


def public_url(req: func.HttpRequest) -> str:
    """The request's URL as the caller sees it, without its query."""
    path: str = urlsplit(req.url).path
    return public_origin(req) + path


def normal_origin(origin: str) -> str | None:
    """The origin in lower case and without a default port; None if it is not one of the web's.

    `null`, the origin of sandboxed and local pages, is nobody's: it gives None.
    """
    found = _ORIGIN.fullmatch(origin)
    if found is None or not _HOST.fullmatch(found[2]):
        return None
    return _origin(found[1].lower(), found[2])


def check_origin(req: func.HttpRequest, allowed: Iterable[str]) -> None:
    """Raise `OriginNotAllowedError` for a change that a page of some other site asks for.

    Browsers send Origin with each request that changes something; tools that send none hold no
    cookie that could be misused.
    """
    origin = req.headers.get("Origin")
    if origin is None or req.method in _SAFE_METHODS:
        return
    ours = {public_origin(req), *(normal_origin(entry) for entry in allowed)} - {None}
    if normal_origin(origin) not in ours:
        raise OriginNotAllowedError


def _origin(scheme: str, host: str) -> str:
    return f"{scheme}://{host.lower().removesuffix(_DEFAULT_PORTS[scheme])}"


def _first(header: str | None) -> str:
    return (header or "").split(",")[0].strip()
