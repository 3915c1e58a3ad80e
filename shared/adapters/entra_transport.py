"""What carries MSAL's requests: answers that are no success become failures here.

MSAL logs an answer that it cannot read, and remembers failures; neither sees one.
"""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from shared.adapters.connections import ConnectionFailedError
from shared.adapters.https import Answer, HttpsClient
from shared.domain.authority import MICROSOFT_HOSTS
from shared.domain.failures import Failure, IdentityProviderError
from shared.domain.reasons import classify_oauth
from shared.domain.reasons.words import tidy

_DOCUMENT_SECONDS = 24 * 3600.0
_MAX_DOCUMENTS = 2048
_MAX_PAUSE = timedelta(hours=24)
_ENDPOINTS = ("authorization_endpoint", "token_endpoint")

type Document = dict[str, Any]


class Documents:
    """The openid-configuration of each authority, for a day; failures are not remembered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, Document]] = {}

    def get(self, url: str) -> Document | None:
        """The document, unless it is unknown or too old."""
        until, document = self._kept.get(url, (0.0, {}))
        return document if time.monotonic() < until else None

    def put(self, url: str, document: Document) -> None:
        """Remember a document; the oldest goes where there are too many."""
        with self._lock:
            self._kept.pop(url, None)
            if len(self._kept) >= _MAX_DOCUMENTS:
                del self._kept[next(iter(self._kept))]
            self._kept[url] = (time.monotonic() + _DOCUMENT_SECONDS, document)


@dataclass(frozen=True, slots=True)
class Response:
    """What MSAL reads of an answer. It is always a success."""

    text: str = field(repr=False)
    status_code: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def raise_for_status(self) -> None:
        """Nothing to raise: see `status_code`."""


class Transport:
    """MSAL's `http_client` (see `msal.oauth2cli.http`). Calls raise `IdentityProviderError`."""

    def __init__(self, client: HttpsClient, documents: Documents) -> None:
        self._client = client
        self._documents = documents

    def get(self, url: str, **_: Any) -> Response:
        """The openid-configuration of an authority: all that MSAL gets with our arguments."""
        return Response(json.dumps(self.document(url)))

    def document(self, url: str) -> Document:
        """The openid-configuration at `url`."""
        document = self._documents.get(url)
        if document is None:
            answer = self._send("GET", url)
            document = _document(answer, url)
            self._documents.put(url, document)
        return document

    def post(self, url: str, data: Mapping[str, str], **kwargs: Any) -> Response:
        """A token request."""
        answer = self._send("POST", url, data=data, headers=kwargs.get("headers"))
        body = _json(answer)
        if answer.status != 200 or body is None or "error" in body:
            raise IdentityProviderError(_failure_of(answer, body, "The token endpoint"))
        if data.get("grant_type") == "refresh_token":
            # MSAL reads these two, stumbles where they are malformed, and the new refresh token
            # would be lost. Nothing here needs them after a refresh.
            body = {name: body[name] for name in body.keys() - {"id_token", "client_info"}}
        return Response(json.dumps(body))

    def close(self) -> None:
        """The pool outlives one application of MSAL."""

    def _send(self, method: str, url: str, **kwargs: Any) -> Answer:
        try:
            return self._client.request(method, url, **kwargs)
        except ConnectionFailedError as error:
            raise IdentityProviderError(_network_failure(error.failure)) from None


def _network_failure(failure: Failure) -> Failure:
    """Sign-in hosts are Microsoft's or the operator's: that one cannot be reached says nothing
    about a mailbox, and passes. Only an address that is not allowed stays so."""
    if failure.code == "address_not_allowed":
        return failure
    code = failure.code if failure.code.startswith("tls_") else "identity_provider_unavailable"
    words = failure.code.replace("_", " ")
    detail = failure.detail if code == failure.code else f"{failure.detail}: {words}"
    return replace(failure, code=code, detail=detail, passing=True)


def _failure_of(answer: Answer, body: Document | None, endpoint: str) -> Failure:
    if body is None or not isinstance(body.get("error"), str):
        # No OAuth error: a proxy's page, a gateway's limit, a site under maintenance.
        detail = f"{endpoint} gave no OAuth answer (HTTP status {answer.status})"
        return _unavailable(detail, answer)
    return _oauth_failure(answer, body)


def _document(answer: Answer, url: str) -> Document:
    """The document, with endpoints that the authority's host can be believed about."""
    body = _json(answer)
    if answer.status == 200:
        if body is None or not all(isinstance(body.get(name), str) for name in _ENDPOINTS):
            detail = "The openid-configuration is not readable"
            raise IdentityProviderError(_unavailable(detail, answer))
        _check_hosts(body, urlsplit(url).netloc)
        return body
    raise IdentityProviderError(_failure_of(answer, body, "The openid-configuration"))


def _check_hosts(document: Document, authority_host: str) -> None:
    """The client secret goes to the authority's host, or from one of Microsoft's to another."""
    for name in _ENDPOINTS:
        parts = urlsplit(document[name])
        trusted = parts.netloc.lower() == authority_host.lower() or (
            authority_host in MICROSOFT_HOSTS and parts.netloc in MICROSOFT_HOSTS
        )
        if parts.scheme != "https" or not trusted:
            detail = f"The openid-configuration names another host as {name}: {parts.netloc}"
            raise IdentityProviderError(Failure("provider_refused", detail=tidy(detail)))


def _oauth_failure(answer: Answer, body: Document) -> Failure:
    return classify_oauth(
        _text(body, "error"),
        _text(body, "suberror"),
        _numbers(body.get("error_codes")),
        _text(body, "error_description"),
        answer.status,
        _retry_after(answer.headers),
        _text(body, "trace_id"),
        _text(body, "correlation_id"),
    )


def _unavailable(detail: str, answer: Answer) -> Failure:
    return Failure(
        "identity_provider_unavailable",
        passing=True,
        detail=detail,
        retry_after=_retry_after(answer.headers),
    )


def _json(answer: Answer) -> Document | None:
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _text(body: Document, name: str) -> str | None:
    value = body.get(name)
    return value if isinstance(value, str) else None


def _numbers(value: object) -> tuple[int, ...]:
    items = value if isinstance(value, list) else []
    return tuple(item for item in items if isinstance(item, int))


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """RFC 9110 10.2.3: seconds, or a date. At most a day."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), _MAX_PAUSE)
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # a time zone of more digits than fit
        return None
    pause = date.replace(tzinfo=date.tzinfo or UTC) - datetime.now(UTC)
    return min(max(pause, timedelta()), _MAX_PAUSE)
