"""The mailbox over HTTP: pages for people, JSON and switches for tests."""

from typing import Any

from infra.local.mailbox import pages
from infra.local.mailbox.messages import Message
from infra.local.mailbox.server import MailServer
from infra.local.serving.httpd import (
    BadBodyError,
    Request,
    Response,
    json_response,
    refuse_foreign,
)
from infra.local.serving.switches import BadOrderError


class MailboxPages:
    """The application that the mailbox's HTTP server serves."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        if request.path.startswith("/local/"):
            try:
                return self._local(request)
            except (BadBodyError, BadOrderError, TypeError) as error:
                return json_response({"error": str(error)}, 400)
        if request.method not in ("GET", "HEAD"):
            return json_response({"error": "only GET is here"}, 405, Allow="GET, HEAD")
        return self._page(request.path)

    def _page(self, path: str) -> Response:
        match path.strip("/").split("/"):
            case [""]:
                return _html(pages.message_list(self._server.messages.find()))
            case ["messages", message_id, *rest]:
                message = self._server.messages.get(message_id)
                if message is not None:
                    return _message(message, rest)
        return _html(pages.not_found_page(), 404)

    def _local(self, request: Request) -> Response:
        if request.is_foreign:
            return refuse_foreign()
        match request.method, request.path.removeprefix("/local/"):
            case "GET", "health":
                return json_response({"status": "healthy"})
            case "GET", "messages":
                return json_response(self._messages(request))
            case "DELETE", "messages":
                self._server.messages.clear()
            case "GET", "sessions":
                return json_response(self._server.sessions.entries())
            case "DELETE", "sessions":
                self._server.sessions.clear()
            case _, ("failures" | "limits" | "permissions") as switch:
                return self._switch(request, switch)
            case _:
                return json_response({"error": f"there is no {request.path}"}, 404)
        return Response()

    def _messages(self, request: Request) -> list[dict[str, Any]]:
        query = request.query
        envelopes = self._server.messages.find(query.get("from", ""), query.get("to", ""))
        found = (self._server.messages.get(envelope.id) for envelope in envelopes)
        return [message.as_json() for message in found if message is not None]

    def _switch(self, request: Request, switch: str) -> Response:
        server = self._server
        match request.method, switch:
            case "GET", "failures":
                return json_response(server.failures.pending())
            case "POST", "failures":
                server.failures.order(request.json())
            case "DELETE", "failures":
                server.failures.clear()
            case "GET", "limits":
                return json_response(server.pace.limits())
            case "POST", "limits":
                body = request.json()
                server.pace.limit(_count(body, "connections"), _count(body, "per_minute"))
            case "DELETE", "limits":
                server.pace.limit(None, None)
            case "GET", "permissions":
                return json_response(server.permissions.listed())
            case "POST", "permissions":
                body = request.json()
                server.permissions.grant(_text(body, "mailbox"), _texts(body, "send_as"))
            case _:
                return json_response({"error": f"no {request.method} here"}, 405)
        return Response()


def _message(message: Message, rest: list[str]) -> Response:
    match rest:
        case []:
            return _html(pages.message_page(message))
        case ["raw"]:
            return _file(message.raw, "text/plain; charset=utf-8")
        case ["html"]:
            return _html(message.html or "", policy=pages.MESSAGE_POLICY)
        case ["attachments", number] if number.isdecimal():
            attachments = message.attachments
            if int(number) < len(attachments):
                return _file(attachments[int(number)][2], "application/octet-stream")
    return _html(pages.not_found_page(), 404)


def _html(text: str, status: int = 200, policy: str = pages.PAGE_POLICY) -> Response:
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
    }
    return Response(status, text.encode("utf-8", "replace"), headers)


def _file(content: bytes, kind: str) -> Response:
    headers = {
        "Content-Type": kind,
        "Content-Security-Policy": pages.MESSAGE_POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    return Response(200, content, headers)


def _count(body: Any, name: str) -> int | None:
    value = body.get(name) if isinstance(body, dict) else None
    if value is not None and (not isinstance(value, int) or value < 0):
        raise TypeError(f"{name} has to be a whole number")
    return value


def _text(body: Any, name: str) -> str:
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, str) or not value:
        raise TypeError(f"{name} has to be an address")
    return value


def _texts(body: Any, name: str) -> list[str]:
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise TypeError(f"{name} has to be a list of addresses")
    return value
