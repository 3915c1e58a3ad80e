"""The HTTP front: what the platform and the host do before and after a function."""

import ipaddress
import logging
from collections.abc import Mapping, Sequence
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from infra.local.host import httpdata
from infra.local.host.admin import Admin
from infra.local.host.cors import Cors
from infra.local.host.executor import Executor, FunctionError
from infra.local.host.functions import Function
from infra.local.host.keys import MasterKey
from infra.local.host.routing import MethodNotAllowed, Router, decode_segments

_log = logging.getLogger("Host.Http")
_WELCOME = "The local function host is up and running.\n"


class UnauthorizedError(Exception):
    """The caller's credentials are not valid; the headers say what would be."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__("unauthorized")
        self.headers = dict(headers)


class UnavailableError(Exception):
    """What is needed to check the caller's credentials does not answer."""


class Authentication(Protocol):
    """App Service Authentication, which stands before the host."""

    async def answer(
        self, request: web.BaseRequest, headers: Mapping[str, str], path: Sequence[str]
    ) -> web.Response:
        """Answers a request under `/.auth`."""

    async def authenticate(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers for the function: the caller's, with the principal where there is one.

        Raises UnauthorizedError or UnavailableError.
        """


class NoAuthentication:
    """App Service Authentication is switched off: headers go through as they come."""

    async def answer(
        self,
        request: web.BaseRequest,  # noqa: ARG002 - the interface's
        headers: Mapping[str, str],  # noqa: ARG002 - the interface's
        path: Sequence[str],  # noqa: ARG002 - the interface's
    ) -> web.Response:
        """There is nothing under `/.auth`."""
        return web.Response(status=404)

    async def authenticate(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Takes nothing away and adds nothing."""
        return dict(headers)


class Front:
    """Answers each request; `failure` is told to all of them where indexing failed."""

    def __init__(
        self,
        *,
        router: Router,
        executor: Executor,
        admin: Admin,
        authentication: Authentication,
        cors: Cors,
        key: MasterKey,
        failure: str | None,
    ) -> None:
        self._router = router
        self._executor = executor
        self._admin = admin
        self._authentication = authentication
        self._cors = cors
        self._key = key
        self._failure = failure

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """The handler of the HTTP server."""
        try:
            headers = httpdata.request_headers(request)
            raw_path = request.raw_path.partition("?")[0]
            path = decode_segments(raw_path)
        except (httpdata.BadRequestError, UnicodeDecodeError):
            return web.Response(status=400)
        if self._cors.is_preflight(request.method, headers):
            return web.Response(status=204, headers=self._cors.preflight_headers(headers))
        try:
            response = await self._answer(request, headers, raw_path, path)
        except httpdata.BodyTooLargeError:
            response = web.Response(status=413)
            response.force_close()
        except UnauthorizedError as error:
            response = web.Response(status=401, headers=error.headers)
        except UnavailableError as error:
            _log.error("%s", error)
            response = web.Response(status=503, text="Signing in is not possible now.\n")
        for name, value in self._cors.response_headers(headers.get("origin", "")).items():
            response.headers.add(name, value)
        response.headers["Server"] = "Functions (local)"
        return response

    async def _answer(
        self,
        request: web.BaseRequest,
        headers: Mapping[str, str],
        raw_path: str,
        path: Sequence[str],
    ) -> web.Response:
        first = path[0].lower() if path else ""
        if first == ".auth":
            return await self._authentication.answer(request, headers, path)
        if first == "admin":
            if not _is_local(request, headers):
                return web.Response(status=403)
            return await self._admin.answer(request, path)
        if self._failure:
            text = f"Function host is not running.\n\n{self._failure}\n"
            return web.Response(status=503, text=text)
        found = self._router.find(request.method, raw_path)
        if isinstance(found, MethodNotAllowed):
            return web.Response(status=405, headers={"Allow": ", ".join(found.allowed)})
        if found is None:
            if not path and request.method in ("GET", "HEAD"):
                return web.Response(text=_WELCOME)
            return web.Response(status=404)
        return await self._invoke(request, headers, found.function, found.values)

    async def _invoke(
        self,
        request: web.BaseRequest,
        headers: Mapping[str, str],
        function: Function,
        values: Mapping[str, str],
    ) -> web.Response:
        identified = await self._authentication.authenticate(headers)
        if not self._admits(request, headers, function):
            return web.Response(status=401)
        body = await httpdata.read_body(request)
        try:
            value = await self._executor.run(
                function,
                httpdata.to_rpc(request, identified, values, body),
                reason="This function was programmatically called via the host APIs.",
                trace=httpdata.trace_of(headers),
            )
            return httpdata.to_response(value)
        except FunctionError:
            return web.Response(status=500)
        except httpdata.InvalidResponseError as error:
            _log.error("The response of '%s' cannot be sent: %s", function.name, error)
            return web.Response(status=500)

    def _admits(
        self, request: web.BaseRequest, headers: Mapping[str, str], function: Function
    ) -> bool:
        level = str(function.trigger.get("authLevel") or "function").lower()
        if level == "anonymous":
            return True
        query = dict(parse_qsl(request.raw_path.partition("?")[2]))
        return self._key.admits(headers, query)


def _is_local(request: web.BaseRequest, headers: Mapping[str, str]) -> bool:
    """Whether the request comes from this machine, and not from another site's page.

    The name is checked as well: a site can let its own name point to this machine.
    """
    try:
        from_here = ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        return False
    named_so = urlsplit(f"//{request.host}").hostname in ("localhost", "127.0.0.1", "::1")
    same_site = headers.get("origin") in (None, f"{request.scheme}://{request.host}")
    return from_here and named_so and same_site
