"""The OpenAPI document: held to the registered functions, and to what is really answered."""

import json
from datetime import timedelta
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from shared.domain.failures import Failure
from shared.domain.reasons import CATALOGUE
from shared.http.models import ConfigChanges, NewBasicConfig, NewOAuthConfig
from shared.http.openapi import document
from tests.functions.test_registration import ROUTES
from tests.support.function_app import App, payload

DOCUMENT: dict[str, Any] = document()
OPERATIONS = [
    (method, path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method != "parameters"
]


def _check(name: str, value: Any) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(value)


def test_it_is_a_valid_document() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_it_names_all_routes_of_the_api_and_no_others() -> None:
    found = {
        operation["operationId"]: (method.upper(), path.removeprefix("/"))
        for method, path, operation in OPERATIONS
    }
    assert found == {
        name: (m, path) for name, (m, path) in ROUTES.items() if path.startswith("api/")
    }


def test_it_is_served_as_it_is_made(app: App) -> None:
    response = app.send("GET", "/api/openapi.json")
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    assert payload(response) == json.loads(json.dumps(DOCUMENT))


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_each_operation_is_described_whole(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    del path
    assert operation["summary"]
    responses = operation["responses"]
    if operation["security"]:
        assert {"401", "403", "500", "503"} <= set(responses)
        assert "OutgoingMail." in operation["description"]
    if "requestBody" in operation:
        assert {"400", "413", "415"} <= set(responses)
        assert all(content["examples"] for content in operation["requestBody"]["content"].values())
    if method == "patch":
        assert "application/merge-patch+json" in operation["requestBody"]["content"]
    for response in responses.values():
        for media_type, content in response.get("content", {}).items():
            assert "schema" in content, media_type


def test_every_problem_example_is_a_problem_with_its_own_status() -> None:
    seen = set()
    for _, _, operation in OPERATIONS:
        for status, response in operation["responses"].items():
            content = response.get("content", {}).get("application/problem+json", {})
            for code, example in content.get("examples", {}).items():
                _check("Problem", example["value"])
                assert example["value"]["code"] == code
                assert str(example["value"]["status"]) == status
                seen.add(code)
    assert {"invalid_input", "stale_etag", "upstream_refused", "internal_error"} <= seen


def test_every_example_fits_its_schema() -> None:
    examples = DOCUMENT["components"]["examples"]
    checked = set()
    for _, _, operation in OPERATIONS:
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for body in bodies:
            for content in body.get("content", {}).values():
                for name in content.get("examples", {}):
                    if name in examples:
                        _check(
                            content["schema"]["$ref"].rpartition("/")[2], examples[name]["value"]
                        )
                        checked.add(name)
    assert checked == set(examples)


def test_what_is_answered_fits_the_schemas(app: App) -> None:
    config = app.world.authorized()
    basic = app.world.basic(password="wrong", client_secret_expires_on=None)
    path = f"/api/configs/{config.id}"
    _check("Config", payload(app.send("GET", path)))
    _check("Config", payload(app.send("POST", f"/api/configs/{basic.id}/verify")))
    _check("ConfigList", payload(app.send("GET", "/api/configs?pageSize=1")))
    _check("EventList", payload(app.send("GET", f"{path}/events?pageSize=1")))
    _check("EventList", payload(app.send("GET", f"/api/configs/{basic.id}/events")))
    _check("StartedAuthorization", payload(app.send("POST", f"{path}/authorize")))
    _check("Options", payload(app.send("GET", "/api/options")))
    _check("Health", payload(app.send("GET", "/api/health")))
    _check(
        "BulkDeleted", payload(app.send("POST", "/api/configs/bulk-delete", {"ids": [basic.id]}))
    )
    message = {"to": ["to@customer.example"], "subject": "Hi", "text": "hello"}
    app.world.submission.failures = [Failure("smtp_try_later", passing=True)]
    accepted = payload(app.send("POST", "/api/messages", message))
    _check("AcceptedMessage", accepted)
    app.world.deliver()
    _check("Message", payload(app.send("GET", f"/api/messages/{accepted['id']}")))
    app.world.deliver(timedelta(minutes=5))
    sent = payload(app.send("GET", f"/api/messages/{accepted['id']}"))
    assert sent["status"] == "sent"
    _check("Message", sent)
    app.world.submission.refusals = {
        name: [Failure(code, passing=passing)]
        for name, code, passing in (
            ("later@b.example", "smtp_try_later", True),
            ("gone@b.example", "recipient_refused", False),
        )
    }
    cc = list(app.world.submission.refusals)
    partly = payload(app.send("POST", "/api/messages", message | {"cc": cc}))
    app.world.deliver()
    partly = payload(app.send("GET", f"/api/messages/{partly['id']}"))
    assert partly["pendingRecipients"] == ["later@b.example"]
    _check("Message", partly)
    _check("TestMessageOutcome", payload(app.send("POST", f"{path}/test-message", {"to": "a@b.c"})))
    for problem in (
        app.send("POST", "/api/messages", {"headers": {"From": "x"}}),
        app.send("GET", "/api/configs", signed_in=False),
        app.send("POST", "/api/configs", {"port": "x"}),
        app.send("POST", "/api/configs", b"{"),
        app.send("GET", f"{path}?x", org="elsewhere"),
    ):
        _check("Problem", payload(problem))


def test_a_change_may_name_every_field_that_a_new_config_has() -> None:
    new = {*NewBasicConfig.model_fields, *NewOAuthConfig.model_fields}
    assert set(ConfigChanges.model_fields) == new


def test_secrets_are_written_and_never_read() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert not {"password", "clientSecret"} & set(schemas["Config"]["properties"])
    for name, field in (("NewBasicConfig", "password"), ("NewOAuthConfig", "clientSecret")):
        assert schemas[name]["properties"][field]["writeOnly"] is True


def test_the_owners_of_the_document_are_those_of_the_catalogue() -> None:
    owners = {reason.owner.value for reason in CATALOGUE.values()}
    assert owners <= set(DOCUMENT["components"]["schemas"]["Owner"]["enum"])
