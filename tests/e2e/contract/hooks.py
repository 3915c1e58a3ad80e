"""What JSON Schema cannot say about valid requests, for Schemathesis.

Fields of a config depend on each other and on the sign-in host that exists here; a cursor is one
that a list gave out. Requests that are meant to be wrong are left as they are.
"""

import os
import string
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, HookContext

IDENTITY_URL = os.environ["CONTRACT_IDENTITY_URL"]
TENANT = "11111111-1111-1111-1111-111111111111"
OF_BASIC = {"password": "local-password"}
OF_OAUTH = {
    "authorizationUrl": f"{IDENTITY_URL}/{TENANT}/oauth2/v2.0/authorize",
    "tokenUrl": f"{IDENTITY_URL}/{TENANT}/oauth2/v2.0/token",
    "clientId": "00000000-0000-0000-0000-00000000a001",
    "clientSecret": "local-client-secret",
}
URLS = ("authorizationUrl", "tokenUrl")
EXPIRY = "clientSecretExpiresOn"

_label = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=20)
_hosts = st.lists(_label, min_size=1, max_size=3).map(".".join)
schemathesis.openapi.format("idn-hostname", _hosts | st.just("bücher.example"))
schemathesis.openapi.format("idn-email", st.builds("{}@{}.example".format, _label, _label))


@schemathesis.hook
def before_call(context: HookContext, case: "Case[Any]", kwargs: dict[str, Any]) -> None:
    """Make the parts of a request that is meant to be valid fit together."""
    del context, kwargs
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    if case.query:
        case.query.pop("cursor", None)
    if case.headers:
        case.headers.pop("If-Match", None)  # no made-up tag ever matches: 412 would be all there is
    operation = case.operation.definition.raw.get("operationId")
    if operation == "create_config" and isinstance(case.body, dict):
        case.body = _new_config(case.body)
    if operation == "update_config" and isinstance(case.body, dict):
        case.body = _changes(case.body)
    if operation == "submit_message" and isinstance(case.body, dict):
        case.body = _message(case.body)


def _message(body: dict[str, Any]) -> dict[str, Any]:
    """Through the default config; names of headers and pictures that differ."""
    headers = {name.lower(): (name, value) for name, value in body.get("headers", {}).items()}
    files = [
        file | ({"contentId": f"{number}"} if "contentId" in file else {})
        for number, file in enumerate(body.get("attachments", []))
    ]
    kept = {name: value for name, value in body.items() if name != "configId"}
    return {**kept, "headers": dict(headers.values()), "attachments": files}


def _new_config(body: dict[str, Any]) -> dict[str, Any]:
    if body["authType"] == "oauth2.0":
        return _with_address({**body, **{name: OF_OAUTH[name] for name in URLS}})
    return body if body.get("fromAddress") else _with_address(body)


def _changes(body: dict[str, Any]) -> dict[str, Any]:
    """Whatever the config is: nothing that one type alone has, or all that the new type needs."""
    shared = {name: body[name] for name in body if name not in {*OF_BASIC, *OF_OAUTH, EXPIRY}}
    auth_type = shared.get("authType")
    if auth_type == "oauth2.0":
        given = {name: body[name] for name in ("clientId", "clientSecret", EXPIRY) if name in body}
        return _with_address({**OF_OAUTH, **given, **shared})
    if auth_type == "basic":
        return _with_address({**OF_BASIC, **{k: body[k] for k in OF_BASIC if k in body}, **shared})
    return _with_address(shared)


def _with_address(body: dict[str, Any]) -> dict[str, Any]:
    """A user name that is an address: OAuth wants one, and so does a config without a sender."""
    if "userName" not in body:
        return {name: body[name] for name in body if name != "fromAddress"}
    return {**body, "userName": "noreply@contoso.example"}
