"""Who may call, from where, and what is said to the others."""

import base64
from dataclasses import replace

import pytest

from shared import container
from shared.settings import Settings
from tests.support.function_app import (
    PORTAL,
    App,
    encoded_principal,
    payload,
    pointers,
    principal_header,
)
from tests.support.world import ORG

ID = "0192f0c5-7c1e-4b7e-9d1f-3f0f5a3c2b11"
READ = [
    ("GET", "/api/configs"),
    ("GET", f"/api/configs/{ID}"),
    ("GET", f"/api/configs/{ID}/events"),
    ("GET", "/api/options"),
]
MANAGE = [
    ("POST", "/api/configs"),
    ("PATCH", f"/api/configs/{ID}"),
    ("DELETE", f"/api/configs/{ID}"),
    ("POST", "/api/configs/bulk-delete"),
    ("POST", f"/api/configs/{ID}/authorize"),
    ("POST", f"/api/configs/{ID}/verify"),
    ("POST", f"/api/configs/{ID}/test-message"),
]
OPEN = ["/api/health", "/api/openapi.json"]


@pytest.mark.parametrize(("method", "path"), READ + MANAGE)
def test_nobody_gets_in_without_signing_in(app: App, method: str, path: str) -> None:
    response = app.send(method, path, signed_in=False)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.headers["Content-Type"] == "application/problem+json"
    assert payload(response)["code"] == "unauthenticated"


@pytest.mark.parametrize(("method", "path"), READ + MANAGE)
def test_a_principal_counts_only_where_the_platform_put_it_there(
    app: App, method: str, path: str
) -> None:
    app.world.settings = replace(app.world.settings, auth_enabled=False)
    assert app.send(method, path).status_code == 401


@pytest.mark.parametrize(("method", "path"), READ + MANAGE)
def test_nobody_gets_in_without_a_role(app: App, method: str, path: str) -> None:
    for roles in ([], ["OutgoingMail.Send"], ["outgoingmail.manage"]):
        response = app.send(method, path, roles=roles)
        assert response.status_code == 403
        assert payload(response)["code"] == "role_missing"
        assert "OutgoingMail." in payload(response)["detail"]


@pytest.mark.parametrize(("method", "path"), MANAGE)
def test_a_reader_changes_nothing(app: App, method: str, path: str) -> None:
    response = app.send(method, path, roles=["OutgoingMail.Read"])
    assert response.status_code == 403
    assert "OutgoingMail.Manage" in payload(response)["detail"]


@pytest.mark.parametrize(("method", "path"), READ)
def test_who_manages_may_read(app: App, method: str, path: str) -> None:
    for role in ("OutgoingMail.Read", "OutgoingMail.Manage"):
        assert app.send(method, path, roles=[role]).status_code in {200, 404}


@pytest.mark.parametrize("path", OPEN)
def test_health_and_the_document_are_open_to_all(app: App, path: str) -> None:
    assert app.send("GET", path, signed_in=False).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "not base64!",
        base64.b64encode(b"{").decode(),
        base64.b64encode(b"\xff\xfe").decode(),
        base64.b64encode(b"[" * 100_000).decode(),
        encoded_principal([]),
        encoded_principal({}),
        encoded_principal({"claims": None}),
        encoded_principal({"claims": ["tid"]}),
        encoded_principal({"claims": [{"typ": "tid"}]}),
        encoded_principal({"claims": [{"typ": "tid", "val": 1}]}),
        encoded_principal({"claims": [{"typ": ["tid"], "val": "x"}]}),
        encoded_principal({"claims": [], "role_typ": 1}),
    ],
)
def test_a_garbled_principal_is_nobody(app: App, header: str) -> None:
    response = app.send("GET", "/api/configs", headers={"X-MS-CLIENT-PRINCIPAL": header})
    assert response.status_code == 401


@pytest.mark.parametrize("org", ["", "x" * 257, "a\nb"])
def test_a_sign_in_without_an_organization_is_told_so(app: App, org: str) -> None:
    response = app.send("GET", "/api/configs", org=org)
    assert response.status_code == 403
    assert payload(response)["code"] == "no_organization"
    assert "tid" in payload(response)["detail"]


def test_a_sign_in_for_two_organizations_belongs_to_none(app: App) -> None:
    claims = [{"typ": "tid", "val": org} for org in (ORG, "another")]
    claims.append({"typ": "roles", "val": "OutgoingMail.Read"})
    header = {"X-MS-CLIENT-PRINCIPAL": encoded_principal({"claims": claims})}
    response = app.send("GET", "/api/configs", headers=header)
    assert (response.status_code, payload(response)["code"]) == (403, "no_organization")


def test_an_organization_is_the_same_in_either_case(app: App) -> None:
    org = "aaaaaaaa-1111-1111-1111-bbbbbbbbbbbb"
    body = {"authType": "basic", "userName": "a@b.example", "password": "x"}
    assert app.send("POST", "/api/configs", body, org=org.upper()).status_code == 201
    assert payload(app.send("GET", "/api/configs", org=org))["total"] == 1


def test_another_claim_can_name_the_organization(app: App) -> None:
    app.world.settings = replace(app.world.settings, organization_claim="msp_id")
    header = principal_header(ORG, ["OutgoingMail.Read"], msp_id="Fabrikam GmbH")
    response = app.send("GET", "/api/configs", headers={"X-MS-CLIENT-PRINCIPAL": header})
    assert response.status_code == 200
    without = app.send("GET", "/api/configs")
    assert (without.status_code, payload(without)["code"]) == (403, "no_organization")


ALLOWED = [
    {"Origin": PORTAL},
    {"Origin": "https://app.example"},
    {"Origin": "https://app.example:443"},
    {"Origin": "HTTPS://APP.example"},
    {"Origin": "http://localhost:7071", "Host": "localhost:7071", "X-Forwarded-Proto": "http"},
    {"Origin": "https://mail.example", "X-Forwarded-Host": "mail.example"},
    {},
]
REFUSED = [
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "https://evil.example"},
    {"Origin": "http://app.example"},
    {"Origin": "https://app.example:8443"},
    {"Origin": "https://app.example.evil.example"},
    {"Origin": f"{PORTAL}.evil.example"},
    {"Origin": f"{PORTAL}, https://app.example"},
    {"Origin": f"{PORTAL}/"},
    {"Origin": "https://evil.example", "Host": "evil.example/"},
]


@pytest.mark.parametrize("headers", ALLOWED)
def test_pages_of_our_own_and_allowed_ones_may_ask_for_changes(
    app: App, headers: dict[str, str]
) -> None:
    response = app.send("POST", "/api/configs/bulk-delete", {"ids": [ID]}, headers=headers)
    assert response.status_code == 200


@pytest.mark.parametrize("headers", REFUSED)
def test_pages_of_other_sites_may_not(app: App, headers: dict[str, str]) -> None:
    for method, path in MANAGE:
        response = app.send(method, path, {"ids": [ID]}, headers=headers)
        assert response.status_code == 403
        assert payload(response)["code"] == "origin_not_allowed"


def test_reading_needs_no_allowed_origin(app: App) -> None:
    response = app.send("GET", "/api/configs", headers={"Origin": "https://evil.example"})
    assert response.status_code == 200
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.fixture
def unset(app: App, monkeypatch: pytest.MonkeyPatch) -> App:
    def read() -> Settings:
        return Settings.from_environment({"REDIRECT_URI": "ftp://x"})

    monkeypatch.setattr(container, "get_container", read)
    return app


@pytest.mark.parametrize("path", ["/api/health", "/api/configs", "/api/options"])
def test_settings_that_need_attention_are_named(unset: App, path: str) -> None:
    response = unset.send("GET", path, signed_in=False)
    assert response.status_code == 503
    assert payload(response)["code"] == "setting_invalid"
    assert set(pointers(response)) == {"AzureWebJobsStorage", "KEY_VAULT_URL", "REDIRECT_URI"}
    assert "KEY_VAULT_URL" in payload(response)["detail"]


def test_the_document_needs_no_settings(unset: App) -> None:
    assert unset.send("GET", "/api/openapi.json").status_code == 200
