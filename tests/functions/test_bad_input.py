"""Every field and every body that is wrong gets its problem, with all errors at once."""

from typing import Any

import pytest

from shared.domain.errors import ServiceUnavailableError
from tests.support.function_app import App, payload, pointers
from tests.support.world import AUTHORITY_HOST, MAILBOX, ORG

BASIC = {"authType": "basic", "userName": MAILBOX, "password": "right"}
SIGN_IN = f"https://{AUTHORITY_HOST}/{ORG}/oauth2/v2.0"
OAUTH = {
    "authType": "oauth2.0",
    "userName": MAILBOX,
    "authorizationUrl": f"{SIGN_IN}/authorize",
    "tokenUrl": f"{SIGN_IN}/token",
    "clientId": "client",
    "clientSecret": "secret",
}
BOTH = [
    ("hostName", ""),
    ("hostName", " "),
    ("hostName", "x" * 254),
    ("hostName", f"{'x' * 64}.example"),
    ("hostName", "https://smtp.example"),
    ("hostName", "smtp.example/path"),
    ("hostName", "smtp.example:587"),
    ("hostName", "smtp example"),
    ("hostName", "-smtp.example"),
    ("hostName", "smtp..example"),
    ("hostName", "smtp_1.example"),
    ("hostName", "smtp.example\r\nQUIT"),
    ("hostName", "fe80::1%eth0"),
    ("hostName", "[::1"),
    ("hostName", 1),
    ("hostName", None),
    ("port", 0),
    ("port", 65536),
    ("port", "587"),
    ("port", 587.5),
    ("port", True),
    ("port", None),
    ("port", 10**30),
    ("security", "STARTTLS"),
    ("security", "none"),
    ("security", None),
    ("security", ["tls"]),
    ("userName", ""),
    ("userName", "  "),
    ("userName", "x" * 255),
    ("userName", "a@b.example\r\nRCPT TO:<x@y.example>"),
    ("userName", "a\x00b"),
    ("userName", "a\u2028b"),
    ("userName", "a\x85b"),
    ("userName", None),
    ("userName", {}),
    ("fromAddress", "nobody"),
    ("fromAddress", ""),
    ("fromAddress", "a@b.example, c@d.example"),
    ("fromAddress", "Contoso <a@b.example>"),
    ("fromAddress", "a@b.example\r\nBcc: x@y.example"),
    ("fromAddress", f"{'x' * 65}@b.example"),
    ("fromAddress", f"a@{'x' * 250}.example"),
    ("fromAddress", 5),
    ("replyTo", "nobody@"),
    ("replyTo", "a@b.example\n"),
    ("fromName", ""),
    ("fromName", "x" * 129),
    ("fromName", "Contoso\r\nBcc: x@y.example"),
    ("fromName", "Contoso\n"),
    ("fromName", "a\u2029b"),
    ("fromName", False),
    ("signature", "a\x00b"),
    ("signature", "x" * 20_001),
    ("signature", "&" * 5_000),  # five characters each, once they are safe
    ("signature", 1),
    ("isDefault", "true"),
    ("isDefault", 1),
    ("isDefault", None),
]
OF_BASIC = [
    ("password", ""),
    ("password", "x" * 1025),
    ("password", "a\r\nb"),
    ("password", None),
    ("password", 1234),
]
OF_OAUTH = [
    ("clientId", ""),
    ("clientId", "x" * 129),
    ("clientId", "a b"),
    ("clientId", "a/../b"),
    ("clientId", None),
    ("clientSecret", " "),
    ("clientSecret", "x" * 1025),
    ("clientSecret", "a\nb"),
    ("clientSecret", None),
    ("authorizationUrl", ""),
    ("authorizationUrl", "x" * 2049),
    ("authorizationUrl", "not a url"),
    ("authorizationUrl", f"{SIGN_IN}/authorize?x=1"),
    ("authorizationUrl", "https://evil.example/t/oauth2/v2.0/authorize"),
    ("authorizationUrl", "javascript:alert(1)"),
    ("authorizationUrl", None),
    ("tokenUrl", "http://login.microsoftonline.com/t/oauth2/v2.0/token"),
    ("tokenUrl", "https://login.microsoftonline.com/common/oauth2/v2.0/token"),
    ("tokenUrl", 1),
    ("clientSecretExpiresOn", "2027-02-30"),
    ("clientSecretExpiresOn", "1999-12-31"),
    ("clientSecretExpiresOn", "2101-01-01"),
    ("clientSecretExpiresOn", "31.12.2027"),
    ("clientSecretExpiresOn", "20271231"),
    ("clientSecretExpiresOn", "2027-12-31T00:00:00Z"),
    ("clientSecretExpiresOn", 20271231),
]
CASES = [(BASIC, *case) for case in BOTH + OF_BASIC] + [(OAUTH, *case) for case in OF_OAUTH]
READ_ONLY = [
    "id", "status", "reason", "warnings", "passwordSet", "clientSecretSet", "redirectUri",
    "verifiedAt", "checkedAt", "nextCheckAt", "tokenRefreshedAt", "createdAt", "createdBy",
    "updatedAt", "updatedBy",
]  # fmt: skip


def _ids(case: object) -> str | None:
    return ascii(case)[:40] if not isinstance(case, dict) else case.get("authType", "")


@pytest.mark.parametrize(("base", "field", "value"), CASES, ids=_ids)
def test_a_wrong_field_is_named_and_nothing_is_stored(
    app: App, base: dict[str, Any], field: str, value: Any
) -> None:
    response = app.send("POST", "/api/configs", base | {field: value})
    assert response.status_code == 400
    assert payload(response)["code"] == "invalid_input"
    assert f"/{field}" in pointers(response)
    assert app.world.configs.calls["insert"] == 0
    assert app.world.vault.calls["set"] == 0


@pytest.mark.parametrize(("base", "field", "value"), CASES, ids=_ids)
def test_a_change_to_a_wrong_value_is_refused_too(
    app: App, base: dict[str, Any], field: str, value: Any
) -> None:
    config = payload(app.send("POST", "/api/configs", base))
    before = app.send("GET", f"/api/configs/{config['id']}").get_body()
    response = app.send("PATCH", f"/api/configs/{config['id']}", {field: value})
    assert response.status_code == 400
    assert f"/{field}" in pointers(response)
    assert app.send("GET", f"/api/configs/{config['id']}").get_body() == before


@pytest.mark.parametrize("field", READ_ONLY)
def test_a_read_only_field_is_called_so(app: App, field: str) -> None:
    response = app.send("POST", "/api/configs", BASIC | {field: "x"})
    assert pointers(response) == {f"/{field}": "is read-only"}


@pytest.mark.parametrize("field", ["hostname", "host_name", "x", "", "a/b", "~", "__proto__"])
def test_an_unknown_field_is_an_error(app: App, field: str) -> None:
    response = app.send("POST", "/api/configs", BASIC | {field: "x"})
    pointer = "/" + field.replace("~", "~0").replace("/", "~1")
    assert pointers(response) == {pointer: "is not a field of a config"}


def test_everything_that_is_wrong_is_told_at_once(app: App) -> None:
    body = OAUTH | {
        "port": 0,
        "fromName": "a\nb",
        "unknown": 1,
        "password": "secret",
        "tokenUrl": "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        "userName": "nobody",
    }
    assert set(pointers(app.send("POST", "/api/configs", body))) == {
        "/port",
        "/fromName",
        "/unknown",
        "/password",
        "/tokenUrl",
        "/userName",
    }


def test_an_empty_config_is_told_what_it_needs(app: App) -> None:
    errors = pointers(app.send("POST", "/api/configs", {}))
    assert errors == {"/authType": "is required", "/userName": "is required"}
    errors = pointers(app.send("POST", "/api/configs", {"authType": "oauth2.0"}))
    assert set(errors) == {
        "/userName",
        "/authorizationUrl",
        "/tokenUrl",
        "/clientId",
        "/clientSecret",
    }


def test_a_secret_is_never_repeated_in_an_answer(app: App) -> None:
    for body in (
        BASIC | {"password": "hunter2\n"},
        BASIC | {"password": ["hunter2"]},
        OAUTH | {"clientSecret": "hunter2\x00"},
        OAUTH | {"password": "hunter2"},
    ):
        assert b"hunter2" not in app.send("POST", "/api/configs", body).get_body()


def test_the_other_auth_types_fields_are_refused(app: App) -> None:
    assert "/password" in pointers(app.send("POST", "/api/configs", OAUTH | {"password": "x"}))
    assert "/clientId" in pointers(app.send("POST", "/api/configs", BASIC | {"clientId": "x"}))


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nope",
        b"[]",
        b'"text"',
        b"null",
        b"1",
        b"{} {}",
        b"{'a': 1}",
        b'{"port": NaN}',
        b'{"port": Infinity}',
        b'{"port": 1e999}',
        b'{"port": -1e999}',
        b'{"port": ' + b"9" * 5000 + b"}",
        b'{"port": 1, "port": 2}',
        b'{"x": {"a": 1, "a": 2}}',
        b'{"userName": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"userName": "\xff"}',
        b"\xef\xbb\xbf{}",
        '{"userName": "ä"}'.encode("utf-16"),
        b'{"x": ' + b"[" * 30 + b"]" * 30 + b"}",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b"",
        b" ",
    ],
    ids=lambda body: ascii(body[:24]),
)
def test_a_body_that_is_no_json_object_is_malformed(app: App, body: bytes) -> None:
    for method, path in (
        ("POST", "/api/configs"),
        ("PATCH", "/api/configs/0192f0c5-7c1e-4b7e-9d1f-3f0f5a3c2b11"),
        ("POST", "/api/configs/bulk-delete"),
    ):
        response = app.send(method, path, body)
        assert response.status_code == 400
        assert payload(response)["code"] == "malformed_json"


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/jsonx",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
        "application/merge-patch+json",
    ],
)
def test_a_body_of_another_type_is_refused(app: App, content_type: str) -> None:
    response = app.send("POST", "/api/configs", BASIC, headers={"Content-Type": content_type})
    assert response.status_code == 415
    assert payload(response)["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"'],
)
def test_json_in_utf_8_is_taken_however_it_is_written(app: App, content_type: str) -> None:
    response = app.send("POST", "/api/configs", BASIC, headers={"Content-Type": content_type})
    assert response.status_code == 201


def test_a_refused_patch_says_what_it_takes(app: App) -> None:
    path = "/api/configs/0192f0c5-7c1e-4b7e-9d1f-3f0f5a3c2b11"
    response = app.send("PATCH", path, {}, headers={"Content-Type": "text/plain"})
    assert response.headers["Accept-Patch"] == "application/json, application/merge-patch+json"


def test_a_body_over_one_megabyte_is_too_large(app: App) -> None:
    body = b'{"signature": "' + b"x" * 1_000_000 + b'"}'
    response = app.send("POST", "/api/configs", body)
    assert (response.status_code, payload(response)["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/ids"),
        ({"ids": []}, "/ids"),
        ({"ids": "all"}, "/ids"),
        ({"ids": None}, "/ids"),
        ({"ids": [1]}, "/ids/0"),
        ({"ids": ["0192f0c5-7c1e-4b7e-9d1f-3f0f5a3c2b11", "*"]}, "/ids/1"),
        ({"ids": ["0192f0c5-7c1e-4b7e-9d1f-3f0f5a3c2b11"] * 101}, "/ids"),
        ({"ids": ["0192f0c5-7c1e-4b7e-9d1f-3f0f5a3c2b11"], "all": True}, "/all"),
    ],
)
def test_a_list_of_ids_that_is_none_is_refused(app: App, body: Any, pointer: str) -> None:
    response = app.send("POST", "/api/configs/bulk-delete", body)
    assert response.status_code == 400
    assert list(pointers(response)) == [pointer]


def test_a_service_that_does_not_answer_is_503_and_says_when_to_come_back(app: App) -> None:
    app.failure = ServiceUnavailableError("Key Vault", 7)
    response = app.send("GET", "/api/configs")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "7"
    assert payload(response)["code"] == "service_unavailable"
    assert "Key Vault" in payload(response)["detail"]


def test_an_unforeseen_error_is_told_by_its_id_alone(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        raise ValueError("https://vault.example/?token=hunter2")
    except ValueError as error:
        app.failure = RuntimeError("password=hunter2")
        app.failure.__cause__ = error
    response = app.send("GET", "/api/configs")
    problem = payload(response)
    assert (response.status_code, problem["code"]) == (500, "internal_error")
    assert "hunter2" not in response.get_body().decode() + caplog.text
    assert problem["instance"].removeprefix("urn:uuid:") in caplog.text
    assert "RuntimeError" in caplog.text
    assert "<- ValueError" in caplog.text


def test_problems_have_all_members_of_the_rfc(app: App) -> None:
    response = app.send("GET", "/api/configs?pageSize=0")
    assert payload(response) == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "code": "invalid_input",
        "detail": "The request has errors; see `errors`.",
        "errors": [{"pointer": "pageSize", "message": "must be a whole number from 1 to 100"}],
    }
    assert response.headers["Cache-Control"] == "no-store"
