"""Between HTTP on the wire and the worker's RpcHttp, as the Functions host converts it."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from io import BytesIO
from urllib.parse import parse_qsl, quote

from aiohttp import web
from multidict import CIMultiDict

from infra.local.host import protos
from infra.local.host.executor import new_trace

MAX_BODY = 100 * 1024 * 1024  # octets; the Functions host's own limit

_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
_HEADER_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_TRACE_PARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_HOP_BY_HOP = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})
_WITHOUT_BODY = frozenset({204, 205, 304})
_SAME_SITE = {1: "lax", 2: "strict", 3: "none"}


class BadRequestError(Exception):
    """The request cannot be read as HTTP."""


class BodyTooLargeError(Exception):
    """The request's body is larger than the host takes."""


class InvalidResponseError(Exception):
    """The function's response cannot be sent: Kestrel would answer 500 as well."""


async def read_body(request: web.BaseRequest) -> bytes:
    """The whole body, asked for where the caller waits for that. Raises BodyTooLargeError."""
    if (request.content_length or 0) > MAX_BODY:
        raise BodyTooLargeError
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # it was not the response that began
    body = BytesIO()
    async for chunk in request.content.iter_any():
        body.write(chunk)
        if body.tell() > MAX_BODY:
            raise BodyTooLargeError
    return body.getvalue()  # without a copy: large bodies would be here twice


def request_headers(request: web.BaseRequest) -> dict[str, str]:
    """Header names in lower case; repeated ones joined as ASP.NET Core joins them.

    Raises BadRequestError where a value is not UTF-8.
    """
    headers: dict[str, str] = {}
    for raw_name, raw_value in request.raw_headers:
        try:
            name, value = raw_name.decode("ascii").lower(), raw_value.decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadRequestError from error
        separator = "; " if name == "cookie" else ","
        headers[name] = f"{headers[name]}{separator}{value}" if name in headers else value
    return headers


def to_rpc(
    request: web.BaseRequest,
    headers: Mapping[str, str],
    route_values: Mapping[str, str],
    body: bytes,
) -> protos.TypedData:
    """The request as the worker takes it: the body as bytes, repeated parameters joined by `,`."""
    query: dict[str, str] = {}
    _, _, raw_query = request.raw_path.partition("?")
    for name, value in parse_qsl(raw_query, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return protos.TypedData(
        http=protos.RpcHttp(
            method=request.method,
            url=f"{request.scheme}://{request.host}{request.raw_path}",
            headers=headers,
            params=route_values,
            query=query,
            body=protos.TypedData(bytes=body) if body else protos.TypedData(),
        )
    )


def trace_of(headers: Mapping[str, str]) -> protos.RpcTraceContext:
    """The caller's trace (W3C Trace Context), or a new one."""
    parent = headers.get("traceparent", "")
    if not _TRACE_PARENT.fullmatch(parent):
        return new_trace()
    return protos.RpcTraceContext(trace_parent=parent, trace_state=headers.get("tracestate", ""))


def to_response(value: protos.TypedData | None) -> web.Response:
    """The function's return value as an HTTP response. Raises InvalidResponseError."""
    if value is None:
        return web.Response(status=200)
    if value.http is None:
        text = value.string if value.string is not None else value.json
        return web.Response(body=value.bytes) if text is None else web.Response(text=text)
    answer = value.http
    status = _status(answer.status_code)
    headers: CIMultiDict[str] = CIMultiDict()
    for name, text in answer.headers.items():
        if name.lower() not in _HOP_BY_HOP:
            headers.add(*_checked(name, text))
    for cookie in answer.cookies or ():
        headers.add(*_checked("Set-Cookie", "; ".join(_cookie(cookie))))
    if status in _WITHOUT_BODY:
        headers.popall("Content-Type", None)
        return web.Response(status=status, headers=headers)
    return web.Response(status=status, headers=headers, body=_octets(answer.body))


def _status(text: str) -> int:
    status = int(text) if text.isdecimal() else 0
    if not 200 <= status <= 599:
        message = f"'{text}' is not a status that a response can have"
        raise InvalidResponseError(message)
    return status


def _checked(name: str, value: str) -> tuple[str, str]:
    if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
        message = f"The response header {name!r} has characters that HTTP does not allow"
        raise InvalidResponseError(message)
    return name, value


def _octets(body: protos.TypedData) -> bytes:
    if body.bytes is not None:
        return body.bytes
    return (body.string or body.json or "").encode()


def _cookie(cookie: protos.RpcHttpCookie) -> Iterable[str]:
    """The parts of `Set-Cookie` in ASP.NET Core's order, which escapes the value."""
    yield f"{cookie.name}={quote(cookie.value, safe='')}"
    if cookie.expires:
        when = datetime.fromtimestamp(cookie.expires.value.seconds, UTC)
        yield f"expires={format_datetime(when, usegmt=True)}"
    if cookie.max_age:
        yield f"max-age={int(cookie.max_age.value)}"
    if cookie.domain and cookie.domain.value:
        yield f"domain={cookie.domain.value}"
    if cookie.path and cookie.path.value:
        yield f"path={cookie.path.value}"
    if cookie.secure and cookie.secure.value:
        yield "secure"
    if same_site := _SAME_SITE.get(cookie.same_site):
        yield f"samesite={same_site}"
    if cookie.http_only and cookie.http_only.value:
        yield "httponly"
