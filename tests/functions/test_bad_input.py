"""Every field that is wrong is named, and all of them at once."""

from typing import Any

import pytest

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


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"authorizationUrl": "http://x/"}, {"/authorizationUrl", "/tokenUrl"}),
        ({"authorizationUrl": "http://x/", "tokenUrl": 5}, {"/authorizationUrl", "/tokenUrl"}),
        ({"tokenUrl": f"{SIGN_IN}/token?x=1"}, {"/authorizationUrl", "/tokenUrl"}),
    ],
)
def test_a_wrong_url_is_told_where_the_other_is_missing_or_wrong(
    app: App, given: dict[str, Any], wrong: set[str]
) -> None:
    others = {name: OAUTH[name] for name in OAUTH if not name.endswith("Url")}
    response = app.send("POST", "/api/configs", others | given)
    assert set(pointers(response)) == wrong


@pytest.mark.parametrize("given", [{}, {"userName": None}, {"userName": "a\r\nb"}])
def test_no_address_to_send_from_is_asked_for_where_the_user_name_is_wrong(
    app: App, given: dict[str, Any]
) -> None:
    response = app.send("POST", "/api/configs", {"authType": "basic", "password": "x"} | given)
    assert set(pointers(response)) == {"/userName"}


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
