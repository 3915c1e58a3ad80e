"""The cookie that binds an authorization to the browser that began it."""

from urllib.parse import urlsplit

from shared.http.request import Request

PATH = "/api/oauth/callback"
_LIFETIME = 600
"""Seconds: as long as the authorization itself."""


def flow_cookie(request: Request, name: str, value: str) -> str:
    """The Set-Cookie header for the answer that starts an authorization.

    A page of another site starts it with a cross-site request, and a browser keeps only a
    SameSite=None cookie from its answer; None wants Secure. The redirect back from Microsoft is a
    top-level GET, which Lax lets through.
    """
    redirect = urlsplit(request.container.settings.redirect_uri)
    cookie = f"{name}={value}; Path={PATH}; Max-Age={_LIFETIME}; HttpOnly"
    if redirect.scheme != "https":
        return f"{cookie}; SameSite=Lax"
    origin = urlsplit(request.raw.headers.get("Origin", ""))
    is_foreign = origin.hostname is not None and origin.hostname != redirect.hostname
    return f"{cookie}; Secure; SameSite={'None' if is_foreign else 'Lax'}"


def cleared(name: str) -> str:
    """The Set-Cookie header that takes the cookie away."""
    expired = "Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0"
    return f"{name}=; Path={PATH}; {expired}; HttpOnly; SameSite=Lax"
