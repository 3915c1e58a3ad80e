"""How the Azure SDKs reach their services: one connection pool each, bounded retries, and what
remains of an error turned into `ServiceUnavailableError`."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import requests
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpResponse
from requests.adapters import HTTPAdapter

from shared.domain.errors import ServiceUnavailableError

type Observer = Callable[[str, str, str], None]
"""Told of each request that goes out: service, method, URL. For counting calls in tests."""

_LOGGER = logging.getLogger(__name__)
# The SDKs log every request with its URL at INFO: keys of organizations, and a line per call.
logging.getLogger("azure.core.pipeline.policies.http_logging_policy").setLevel(logging.WARNING)

POOL_SIZE = 32
"""The worker's threads at most; each may have a call under way."""

TIMEOUTS: dict[str, Any] = {"connection_timeout": 3, "read_timeout": 6}
"""Seconds. Table queries may take 5 s before they answer with a part and a continuation."""

RETRIES: dict[str, Any] = {
    "retry_total": 3,
    "retry_backoff_factor": 0.4,
    "retry_backoff_max": 2,
    "timeout": 10,
}
"""Of azure-core's retry policy: the 2nd try at once, two more after 0.8 s and 1.6 s, none after
10 s."""

STORAGE_RETRIES: dict[str, Any] = {"backoff": 1, "random_jitter_range": 1, "retry_total": 2}
"""Of `LinearRetry` for queues and blobs: two more tries, each after 0 to 2 s, at random so that
workers do not keep step."""

_LONGEST_PAUSE = 3.0
_LONGEST_RETRY_AFTER = 300


class Doubt:
    """Whether a request may have been carried out although its answer says or said otherwise."""

    def __init__(self) -> None:
        self.raised = False

    def __bool__(self) -> bool:
        return self.raised


_doubt: ContextVar[Doubt | None] = ContextVar("doubt", default=None)


@contextmanager
def doubt() -> Iterator[Doubt]:
    """Tells afterwards whether an answer got lost on the way to the final one, by a broken
    connection, a time-out or a 5xx. The SDKs repeat such requests without saying so."""
    current = Doubt()
    token = _doubt.set(current)
    try:
        yield current
    finally:
        _doubt.reset(token)


class Wire(RequestsTransport):  # type: ignore[misc]  # azure-core exports it lazily, as Any
    """A transport with a pool for all the worker's threads, whose pauses are bounded."""

    def __init__(
        self, service: str, ca_bundle: str | None = None, observer: Observer | None = None
    ) -> None:
        session = requests.Session()
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(pool_maxsize=POOL_SIZE))
        # Given with each request, so that REQUESTS_CA_BUNDLE cannot take the place of the bundle.
        super().__init__(session=session, connection_verify=ca_bundle or True, **TIMEOUTS)
        self.service = service
        self._observer = observer

    def sleep(self, duration: float) -> None:
        """Pause before a retry, but never as long as a Retry-After may ask: somebody waits."""
        super().sleep(min(duration, _LONGEST_PAUSE))

    def send(self, request: Any, **kwargs: Any) -> Any:
        """Send one request, and note whether its outcome is in doubt."""
        if self._observer:
            self._observer(self.service, request.method, request.url)
        try:
            response = super().send(request, **kwargs)
            streamed = kwargs.get("stream") and isinstance(response, HttpResponse)
            if streamed and (request.method != "GET" or response.status_code >= 300):
                # Batches are streamed: read here, a broken connection is retried like any other.
                # Downloads are read, and repeated, by the SDK, but not what one was refused with:
                # unread, it would cost the connection.
                response.read()
        except AzureError:
            # Also where nothing was sent at all: a needless doubt costs one read.
            _note_doubt()
            raise
        if response.status_code == 408 or response.status_code >= 500:
            _note_doubt()
        return response


def _note_doubt() -> None:
    current = _doubt.get()
    if current is not None:
        current.raised = True


def error_code(error: HttpResponseError) -> str:
    """The service's own code of an error, like `TableNotFound`; empty if it gave none."""
    code = getattr(error, "error_code", None)
    if not code:
        code = _headers(error).get("x-ms-error-code")
    if not code and error.error is not None:
        code = error.error.code
    return str(getattr(code, "value", code) or "")


def unavailable(service: str, error: AzureError) -> ServiceUnavailableError:
    """What the caller is told. The log gets what support asks for, and no URL, key or content."""
    status, code, request_id, retry_after = None, "", "", 5
    if isinstance(error, HttpResponseError):
        status, code = error.status_code, error_code(error)
        headers = _headers(error)
        request_id = headers.get("x-ms-request-id", "")
        retry_after = _seconds(headers.get("Retry-After", ""), retry_after)
    _LOGGER.warning(
        "%s did not answer as it should: %s, status %s, code %s, request id %s",
        service,
        type(error).__name__,
        status,
        code or "none",
        request_id or "none",
    )
    return ServiceUnavailableError(service, retry_after)


@contextmanager
def answers_of(service: str) -> Iterator[None]:
    """Turn what is left of an SDK's error into `ServiceUnavailableError`. Not chained: the SDK's
    messages hold URLs with keys, and content."""
    try:
        yield
    except AzureError as error:
        raise unavailable(service, error) from None


def _headers(error: HttpResponseError) -> Mapping[str, str]:
    return getattr(error.response, "headers", {})


def _seconds(text: str, default: int) -> int:
    if not text.isdecimal():
        return default
    return min(max(int(text), 1), _LONGEST_RETRY_AFTER)
