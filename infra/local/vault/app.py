"""Key Vault over HTTP: who asks, what for, and which operation that is."""

import base64
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from infra.local.serving.httpd import (
    BadBodyError,
    Request,
    Response,
    json_response,
    refuse_foreign,
)
from infra.local.serving.switches import BadOrderError, Failures, Record
from infra.local.vault import bundles
from infra.local.vault.errors import VaultError, bad_parameter, disabled, unauthorized
from infra.local.vault.identity import VAULT_RESOURCE, ManagedIdentity
from infra.local.vault.store import SecretStore, Version

TENANT = "11111111-1111-1111-1111-111111111111"
API_VERSIONS = re.compile(r"7\.[0-6]|20\d\d-\d\d-\d\d(-preview)?")
PAGE_SIZE = 25  # Key Vault's own limit
ERROR_CODES = {401: "Unauthorized", 403: "Forbidden", 404: "SecretNotFound", 429: "Throttled"}


@dataclass(frozen=True)
class Call:
    """One authorized request for an operation."""

    request: Request
    base: str
    name: str
    version: str


class VaultApp:
    """The application that the vault's server serves."""

    def __init__(self, store: SecretStore, identity: ManagedIdentity) -> None:
        self._store = store
        self._identity = identity
        self.failures = Failures(
            filters=("method", "name"),
            effects=("status", "code", "retry_after", "drop", "delay_ms"),
        )
        self.record = Record()
        self._operations: Mapping[tuple[str, str], Callable[[Call], Response]] = {
            ("PUT", "secret"): self._set,
            ("GET", "secret"): self._get,
            ("PATCH", "secret"): self._update,
            ("DELETE", "secret"): self._delete,
            ("GET", "secrets"): self._list,
            ("GET", "versions"): self._list_versions,
            ("GET", "deletedsecrets"): self._list_deleted,
            ("GET", "deletedsecret"): self._get_deleted,
            ("DELETE", "deletedsecret"): self._purge,
            ("POST", "recover"): self._recover,
        }

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        if request.path.startswith("/local/"):
            return self._local(request)
        kind, name, version = _locate(request.path)
        entry = self.record.add(method=request.method, operation=kind, name=name, status=None)
        # What has no name goes by its kind: "msi/token", "secrets".
        failure = self.failures.take(method=request.method, name=name or kind) or {}
        if "delay_ms" in failure:
            time.sleep(float(failure["delay_ms"]) / 1000)
        if failure.get("drop") == "before":
            entry["status"] = "dropped before"
            return Response(drop=True)
        response = self._ordered(failure) or self._answer(request, kind, name, version)
        if failure.get("drop") == "after":
            entry["status"] = "dropped after"
            return Response(drop=True)
        entry["status"] = response.status
        return response

    def _local(self, request: Request) -> Response:
        if request.is_foreign:
            return refuse_foreign()
        match (request.method, request.path):
            case ("GET", "/local/health"):
                return json_response({"status": "healthy"})
            case ("GET", "/local/requests"):
                return json_response(self.record.entries())
            case ("DELETE", "/local/requests"):
                self.record.clear()
            case ("GET", "/local/failures"):
                return json_response(self.failures.pending())
            case ("DELETE", "/local/failures"):
                self.failures.clear()
            case ("POST", "/local/failures"):
                try:
                    self.failures.order(request.json())
                except (BadBodyError, BadOrderError) as error:
                    return json_response({"error": str(error)}, 400)
            case _:
                return json_response({"error": f"there is no {request.path}"}, 404)
        return Response()

    @staticmethod
    def _ordered(failure: Mapping[str, Any]) -> Response | None:
        if "status" not in failure:
            return None
        status = int(failure["status"])
        code = failure.get("code") or ERROR_CODES.get(status, "InternalServerError")
        headers = {"Retry_After": str(failure["retry_after"])} if "retry_after" in failure else {}
        return VaultError(status, code, "The stand-in was told to fail.").response(**headers)

    def _answer(self, request: Request, kind: str, name: str, version: str) -> Response:
        if kind == "msi/token":
            return self._identity.answer(request)
        try:
            operation = self._operations.get((request.method, kind))
            if operation is None:
                raise VaultError(404, "NotFound", f"No operation is at {request.path}.")
            self._authorize(request)
            _check_version(request)
            if name:
                bundles.check_name(name)
            return operation(Call(request, _base(request), name, version))
        except VaultError as error:
            headers = {"WWW_Authenticate": _challenge(request)} if error.status == 401 else {}
            return error.response(**headers)

    def _authorize(self, request: Request) -> None:
        if not request.secure:
            raise VaultError(403, "Forbidden", "Only HTTPS is accepted.")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthorized("AKV10000: Request is missing a Bearer or PoP token.")
        audience = self._identity.audience(token)
        if audience is None:
            raise unauthorized("AKV10046: Unable to validate the token.")
        if audience not in (VAULT_RESOURCE, _resource(request)):
            raise unauthorized(f"AKV10022: Invalid audience. Found: {audience}.")

    def _set(self, call: Call) -> Response:
        content = bundles.read_content(_body(call), needs_value=True)
        return json_response(bundles.bundle(call.base, self._store.set(call.name, content)))

    def _get(self, call: Call) -> Response:
        secret = self._store.get(call.name, call.version)
        if not secret.enabled:
            raise disabled()
        return json_response(bundles.bundle(call.base, secret))

    def _update(self, call: Call) -> Response:
        content = bundles.read_content(_body(call), needs_value=False)
        secret = self._store.update(call.name, call.version, content)
        return json_response(bundles.item(call.base, secret, with_version=True))

    def _delete(self, call: Call) -> Response:
        secret = self._store.delete(call.name)
        return json_response(bundles.deleted_bundle(call.base, secret))

    def _get_deleted(self, call: Call) -> Response:
        secret = self._store.get_deleted(call.name)
        return json_response(bundles.deleted_bundle(call.base, secret))

    def _recover(self, call: Call) -> Response:
        secret = self._store.recover(call.name)
        return json_response(bundles.item(call.base, secret, with_version=True))

    def _purge(self, call: Call) -> Response:
        self._store.purge(call.name)
        return Response(204)

    def _list(self, call: Call) -> Response:
        return self._page_of_secrets(call, deleted=False)

    def _list_deleted(self, call: Call) -> Response:
        return self._page_of_secrets(call, deleted=True)

    def _page_of_secrets(self, call: Call, *, deleted: bool) -> Response:
        size = _page_size(call.request)
        found = self._store.page(deleted=deleted, after=_position(call.request), size=size)
        items = [_item(call.base, secret, deleted=deleted) for secret in found]
        return _page(call, items, found[-1].name if len(found) == size else None)

    def _list_versions(self, call: Call) -> Response:
        size = _page_size(call.request)
        after = int(_position(call.request) or 0)
        found = self._store.page_of_versions(call.name, after, size)
        items = [bundles.item(call.base, secret, with_version=True) for _, secret in found]
        return _page(call, items, str(found[-1][0]) if len(found) == size else None)


def _item(base: str, secret: Version, *, deleted: bool) -> dict[str, Any]:
    if deleted:
        return bundles.deleted_item(base, secret)
    return bundles.item(base, secret, with_version=False)


def _page(call: Call, items: list[dict[str, Any]], last: str | None) -> Response:
    link = None
    if last is not None:
        token = base64.urlsafe_b64encode(last.encode()).decode()
        query = dict(call.request.query) | {"$skiptoken": token}
        link = f"{call.base}{call.request.path}?{urlencode(query)}"
    return json_response({"value": items, "nextLink": link})


def _position(request: Request) -> str:
    return base64.urlsafe_b64decode(request.query.get("$skiptoken", "")).decode()


def _page_size(request: Request) -> int:
    text = request.query.get("maxresults", str(PAGE_SIZE))
    if not text.isdecimal() or not 1 <= int(text) <= PAGE_SIZE:
        raise bad_parameter(f"maxresults has to be between 1 and {PAGE_SIZE}.")
    return int(text)


def _locate(path: str) -> tuple[str, str, str]:
    """The kind of resource that a path names, the secret's name, and its version."""
    match path.strip("/").split("/"):
        case ["secrets" | "deletedsecrets" as collection]:
            return collection, "", ""
        case ["secrets", name]:
            return "secret", name, ""
        case ["secrets", name, "versions"]:
            return "versions", name, ""
        case ["secrets", name, version]:
            return "secret", name, version
        case ["deletedsecrets", name]:
            return "deletedsecret", name, ""
        case ["deletedsecrets", name, "recover"]:
            return "recover", name, ""
    return path.strip("/"), "", ""


def _body(call: Call) -> object:
    try:
        body: object = call.request.json()
    except BadBodyError as error:
        raise bad_parameter("The request body is malformed.") from error
    return body


def _check_version(request: Request) -> None:
    version = request.query.get("api-version", "")
    if API_VERSIONS.fullmatch(version) is None:
        raise bad_parameter(f"api-version '{version}' is missing or not supported.")


def _base(request: Request) -> str:
    return f"https://{request.headers.get('host', 'localhost')}"


def _resource(request: Request) -> str:
    """The resource that a client of this vault is told to ask a token for.

    Azure's SDK insists that the vault's host name ends with a dot and the resource's. Ours cannot
    be under vault.azure.net; but 127.0.0.1 does end with ".0.0.1", and vault.localhost with
    ".localhost". So by these two names it is reached with the SDK's check left on.
    """
    host = request.headers.get("host", "")
    parent = host.partition(".")[2]
    return f"https://{parent}" if parent else VAULT_RESOURCE


def _challenge(request: Request) -> str:
    return f'Bearer authorization="{_base(request)}/{TENANT}", resource="{_resource(request)}"'
