"""An HTTP proxy in front of a service of the stack, which loses answers or gives its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class LossyProxy:
    """Passes requests on to `target`; `lose` and `refuse` say what happens to the next ones."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.seen: list[str] = []
        self.paths: list[str] = []
        self._lost: dict[str, int] = {}
        self._refused: list[tuple[int, dict[str, str]]] = []

    def lose(self, method: str, times: int = 1) -> None:
        """The next requests with this method are carried out, and their answers never arrive."""
        self._lost[method] = times

    def refuse(self, status: int, times: int = 1, **headers: str) -> None:
        """The next requests get this answer and are not passed on."""
        self._refused = [(status, headers)] * times

    def start(self) -> None:
        """Accept connections."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Accept no more."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                proxy._pass_on(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Says nothing."""

        return Handler

    def _pass_on(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        self.seen.append(request.command)
        self.paths.append(request.path)
        if self._refused:
            status, headers = self._refused.pop()
            _answer(request, status, headers, b"")
            return
        status, answer_headers, answer = self._ask_target(request, body)
        if self._lost.get(request.command, 0) > 0:
            self._lost[request.command] -= 1
            request.close_connection = True
            return
        _answer(request, status, answer_headers, answer)

    def _ask_target(
        self, request: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection(urlsplit(self._target).netloc, timeout=10)
        try:
            connection.request(request.command, request.path, body, dict(request.headers.items()))
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()


def _answer(
    request: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes
) -> None:
    request.send_response_only(status)
    for name, value in headers.items():
        if name.lower() not in _HOP_BY_HOP:
            request.send_header(name.replace("_", "-"), value)
    if status != 204:
        request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


@contextmanager
def lossy_proxy(target: str) -> Iterator[LossyProxy]:
    """A proxy that runs as long as the block."""
    proxy = LossyProxy(target)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
