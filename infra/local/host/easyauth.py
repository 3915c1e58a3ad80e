"""App Service Authentication in front of the functions (`/.auth`), with Microsoft Entra ID.

Unauthenticated requests are let through (AllowAnonymous), as the app's own checks decide.
Signing out ends the session here, but not the one at the identity provider.
"""

import logging
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

from aiohttp import web

from infra.local.host.easyauth_claims import Principal
from infra.local.host.easyauth_sessions import COOKIE, LIFETIME, SessionStore
from infra.local.host.easyauth_tokens import (
    CLIENT_ID,
    IdentityProvider,
    IdentityProviderError,
    InvalidTokenError,
)
from infra.local.host.front import UnauthorizedError, UnavailableError

LOCAL_TENANT = "11111111-1111-1111-1111-111111111111"

_SIGN_IN_LASTS = 15 * 60.0  # seconds
_NONCE = "Nonce"  # the cookie that binds a sign-in to its browser
_FROM_PLATFORM = ("x-ms-", "x-forwarded-", "x-original-")
_DONE = "/.auth/login/done"
_log = logging.getLogger("Host.Authentication")


@dataclass(frozen=True)
class _SignIn:
    verifier: str
    nonce: str
    cookie: str
    tenant: str
    redirect_uri: str
    target: str
    began: float


class EasyAuth:
    """Signs in with the local identity provider, and accepts its bearer tokens."""

    def __init__(self, provider: IdentityProvider, sessions: SessionStore) -> None:
        self._provider = provider
        self._sessions = sessions
        self._sign_ins: dict[str, _SignIn] = {}

    async def authenticate(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers for the function: what only the platform may set is the platform's.

        Raises UnauthorizedError for a bearer token that is not valid.
        """
        own = {
            name: value for name, value in headers.items() if not name.startswith(_FROM_PLATFORM)
        }
        principal = await self._principal(headers)
        return {**own, **principal.headers()} if principal else own

    async def answer(
        self, request: web.BaseRequest, headers: Mapping[str, str], path: Sequence[str]
    ) -> web.Response:
        """Answers a request under `/.auth`."""
        query = dict(parse_qsl(request.raw_path.partition("?")[2]))
        match [request.method, *(part.lower() for part in path[1:])]:
            case ["GET", "login", "aad"]:
                return self._start(request, query)
            case ["GET", "login", "aad", "callback"]:
                return await self._finish(headers, query)
            case ["GET", "login", "done"]:
                return web.Response(text="You have successfully signed in.\n")
            case ["GET", "logout"]:
                return self._sign_out(request, headers, query)
            case ["GET", "logout", "complete"]:
                return web.Response(text="You have successfully signed out.\n")
            case ["GET", "me"]:
                return await self._me(headers)
        return web.Response(status=404)

    async def _principal(self, headers: Mapping[str, str]) -> Principal | None:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            try:
                return Principal(await self._provider.claims_of(token.strip()))
            except InvalidTokenError as error:
                _log.info("A bearer token was turned down: %s", error)
                challenge = (
                    f'Bearer realm="localhost" authorization_uri="{self._provider.url}/'
                    f'{LOCAL_TENANT}/oauth2/v2.0/authorize" resource_id="{CLIENT_ID}"'
                )
                raise UnauthorizedError({"WWW-Authenticate": challenge}) from error
            except IdentityProviderError as error:
                raise UnavailableError(str(error)) from error
        claims = self._sessions.read(_cookies(headers).get(COOKIE, ""))
        return Principal(claims) if claims is not None else None

    def _start(self, request: web.BaseRequest, query: Mapping[str, str]) -> web.Response:
        origin = f"{request.scheme}://{request.host}"
        target = query.get("post_login_redirect_uri") or query.get("post_login_redirect_url")
        if target and not _is_same_site(target, origin):
            return web.Response(status=400, text="post_login_redirect_uri leads elsewhere\n")
        sign_in = _SignIn(
            verifier=secrets.token_urlsafe(48),
            nonce=secrets.token_urlsafe(24),
            cookie=secrets.token_urlsafe(24),
            tenant=query.get("domain_hint") or LOCAL_TENANT,
            redirect_uri=f"{origin}/.auth/login/aad/callback",
            target=target or _DONE,
            began=time.monotonic(),
        )
        state = secrets.token_urlsafe(24)
        self._drop_old_sign_ins()
        self._sign_ins[state] = sign_in
        response = web.Response(
            status=302, headers={"Location": self._authorize_url(state, sign_in, query)}
        )
        response.set_cookie(
            _NONCE, sign_in.cookie, httponly=True, samesite="Lax", path="/.auth",
            max_age=int(_SIGN_IN_LASTS),
        )  # fmt: skip
        return response

    def _authorize_url(self, state: str, sign_in: _SignIn, query: Mapping[str, str]) -> str:
        digest = sha256(sign_in.verifier.encode()).digest()
        parameters = {
            "client_id": CLIENT_ID,
            "response_type": "code",
            "redirect_uri": sign_in.redirect_uri,
            "scope": "openid profile email",
            "state": state,
            "nonce": sign_in.nonce,
            "code_challenge": urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        for hint in ("login_hint", "prompt"):
            if hint in query:
                parameters[hint] = query[hint]
        base = f"{self._provider.url}/{sign_in.tenant}/oauth2/v2.0/authorize"
        return f"{base}?{urlencode(parameters)}"

    async def _finish(self, headers: Mapping[str, str], query: Mapping[str, str]) -> web.Response:
        sign_in = self._sign_ins.pop(query.get("state", ""), None)
        bound = sign_in is not None and secrets.compare_digest(
            sign_in.cookie.encode(), _cookies(headers).get(_NONCE, "").encode()
        )
        if sign_in is None or not bound:
            return _failed("The sign-in is not known in this browser, or took too long.")
        if "error" in query:
            return _failed(query.get("error_description") or query["error"])
        form = {
            "grant_type": "authorization_code",
            "code": query.get("code", ""),
            "redirect_uri": sign_in.redirect_uri,
            "code_verifier": sign_in.verifier,
        }
        try:
            token = await self._provider.redeem(sign_in.tenant, form)
            claims = await self._provider.claims_of(token)
        except (IdentityProviderError, InvalidTokenError) as error:
            _log.warning("A sign-in failed: %s", error)
            return _failed(str(error))
        if claims.get("nonce") != sign_in.nonce:
            return _failed("The ID token belongs to another sign-in.")
        response = web.Response(status=302, headers={"Location": sign_in.target})
        response.set_cookie(
            COOKIE, self._sessions.create(claims), httponly=True, samesite="Lax", path="/",
            max_age=LIFETIME,
        )  # fmt: skip
        response.del_cookie(_NONCE, path="/.auth")
        return response

    def _sign_out(
        self, request: web.BaseRequest, headers: Mapping[str, str], query: Mapping[str, str]
    ) -> web.Response:
        self._sessions.delete(_cookies(headers).get(COOKIE, ""))
        target = query.get("post_logout_redirect_uri") or "/.auth/logout/complete"
        if not _is_same_site(target, f"{request.scheme}://{request.host}"):
            return web.Response(status=400, text="post_logout_redirect_uri leads elsewhere\n")
        response = web.Response(status=302, headers={"Location": target})
        response.del_cookie(COOKIE, path="/")
        return response

    async def _me(self, headers: Mapping[str, str]) -> web.Response:
        principal = await self._principal(headers)
        if principal is None:
            return web.Response(status=401)
        entry = {
            "provider_name": "aad",
            "user_id": principal.name or principal.identifier,
            "user_claims": principal.user_claims(),
        }
        return web.json_response([entry], headers={"Cache-Control": "no-store"})

    def _drop_old_sign_ins(self) -> None:
        oldest = time.monotonic() - _SIGN_IN_LASTS
        self._sign_ins = {s: v for s, v in self._sign_ins.items() if v.began > oldest}


def _is_same_site(target: str, origin: str) -> bool:
    """Whether a redirect stays here: a path, or an absolute URL of this origin."""
    if any(ord(character) <= 0x20 for character in target) or "\\" in target:
        return False
    if target.startswith("/"):
        return not target.startswith("//")
    parts = urlsplit(target)
    return f"{parts.scheme}://{parts.netloc}".lower() == origin.lower()


def _cookies(headers: Mapping[str, str]) -> dict[str, str]:
    found: SimpleCookie = SimpleCookie()
    for part in headers.get("cookie", "").split(";"):
        try:
            found.load(part.strip())
        except CookieError:
            # A cookie of another application on this host name; it says nothing to us.
            _log.debug("A cookie is not readable")
    return {name: morsel.value for name, morsel in found.items()}


def _failed(reason: str) -> web.Response:
    return web.Response(status=401, text=f"Sign-in failed. {reason}\n")
