"""App Service Authentication of the local function host, with the local identity provider."""

import base64
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests

from infra.local.token import TokenError, fetch_token
from infra.local.token import main as print_token
from tests.support.local_host import RECORDING, LocalHost
from tests.support.running_stack import RunningStack

APP = (
    RECORDING
    + """
@app.route(route="who", methods=["GET", "POST"])
def who(req: func.HttpRequest) -> func.HttpResponse:
    names = ("x-ms-", "x-forwarded-", "x-original-")
    seen = {n: v for n, v in req.headers.items() if n.startswith(names)}
    seen["enabled"] = os.environ.get("WEBSITE_AUTH_ENABLED")
    return func.HttpResponse(json.dumps(seen), mimetype="application/json")
"""
)
LOCAL_TENANT = "11111111-1111-1111-1111-111111111111"
OTHER_TENANT = "22222222-2222-2222-2222-222222222222"
TENANT_CLAIM = "http://schemas.microsoft.com/identity/claims/tenantid"
OBJECT_CLAIM = "http://schemas.microsoft.com/identity/claims/objectidentifier"
FORGED = {
    "X-MS-CLIENT-PRINCIPAL": base64.b64encode(b'{"claims":[]}').decode(),
    "X-MS-CLIENT-PRINCIPAL-ID": "somebody",
    "x-ms-token-aad-id-token": "somebody's",
    "X-Forwarded-Host": "evil.example",
}


@pytest.fixture(scope="module")
def host(identity: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHost]:
    running = LocalHost(tmp_path_factory.mktemp("auth"), APP)
    running.start("--identity", identity.identity_url, "--ca", str(identity.ca_file))
    yield running
    assert running.stop() == 0


@pytest.fixture
def browser(identity: RunningStack) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(identity.ca_file)
        yield session


def token(identity: RunningStack, **options: Any) -> str:
    return fetch_token(identity.identity_url, identity.ca_file, **options)


def bearer(value: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {value}"}


def principal(answer: requests.Response) -> dict[str, list[str]]:
    """The claims that the function saw, by name."""
    document = json.loads(base64.b64decode(answer.json()["x-ms-client-principal"]))
    claims: dict[str, list[str]] = {}
    for claim in document["claims"]:
        claims.setdefault(claim["typ"], []).append(claim["val"])
    return claims


def sign_in(browser: requests.Session, url: str, user: str) -> requests.Response:
    """Follows the sign-in as a person would: the name, the password, and consent where asked."""
    page = browser.get(url, timeout=10)
    fields = ({"username": user, "password": "local-password"}, {"action": "accept"})
    for answer in fields:
        if "<form" in page.text:
            found = re.search(r'<form[^>]*action="([^"]+)"', page.text)
            target = urljoin(page.url, html.unescape(found[1]) if found else "")
            page = browser.post(target, data=answer, timeout=10)
    return page


def test_without_credentials_a_request_goes_through_as_nobody(host: LocalHost) -> None:
    assert host.get("/who").json() == {"enabled": "True"}


def test_what_only_the_platform_may_say_is_taken_from_callers(host: LocalHost) -> None:
    assert host.get("/who", headers=FORGED).json() == {"enabled": "True"}


def test_a_bearer_token_becomes_a_principal_with_the_mapped_names(
    host: LocalHost, identity: RunningStack
) -> None:
    roles = ["OutgoingMail.Read", "OutgoingMail.Send"]
    headers = bearer(token(identity, org=OTHER_TENANT, roles=roles, user="kim@fabrikam.example"))
    answer = host.get("/who", headers={**headers, **FORGED})
    claims = principal(answer)
    assert claims[TENANT_CLAIM] == [OTHER_TENANT]
    assert claims["roles"] == roles
    assert claims["preferred_username"] == ["kim@fabrikam.example"]
    assert not {"tid", "oid", "sub"} & claims.keys()
    assert answer.json()["x-ms-client-principal-id"] == claims[OBJECT_CLAIM][0]
    assert answer.json()["x-ms-client-principal-name"] == "kim@fabrikam.example"
    assert answer.json()["x-ms-client-principal-idp"] == "aad"
    assert "x-ms-token-aad-id-token" not in answer.json()


@pytest.mark.parametrize("broken", ["", "x", "a.b.c", "e30.e30.e30"])
def test_what_is_no_token_is_401(host: LocalHost, broken: str) -> None:
    answer = host.get("/who", headers=bearer(broken))
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_a_token_that_was_tampered_with_is_401(host: LocalHost, identity: RunningStack) -> None:
    header, payload, signature = token(identity, roles=[]).split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["roles"] = ["OutgoingMail.Manage"]
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    assert host.get("/who", headers=bearer(token(identity, roles=[]))).status_code == 200
    answer = host.get("/who", headers=bearer(f"{header}.{forged}.{signature}"))
    assert answer.status_code == 401


def test_other_schemes_are_not_the_platforms_business(host: LocalHost) -> None:
    answer = host.get("/who", headers={"Authorization": "Basic eDp5"})
    assert answer.json() == {"enabled": "True"}


def test_signing_in_gives_a_session_that_outlives_the_host(
    host: LocalHost, identity: RunningStack, browser: requests.Session
) -> None:
    start = f"{host.url}/.auth/login/aad?post_login_redirect_uri=/who"
    landed = sign_in(browser, start, "admin@contoso.example")
    assert urlsplit(landed.url).path == "/who"
    claims = principal(landed)
    assert claims[TENANT_CLAIM] == [LOCAL_TENANT]
    assert set(claims["roles"]) == {
        "OutgoingMail.Read",
        "OutgoingMail.Manage",
        "OutgoingMail.Send",
    }
    cookie = next(c for c in browser.cookies if c.name == "AppServiceAuthSession")
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "Lax"
    port = host.url.rpartition(":")[2]
    host.stop()
    host.start("--identity", identity.identity_url, "--ca", str(identity.ca_file), "--port", port)
    assert principal(browser.get(f"{host.url}/who", timeout=10)) == claims
    [me] = browser.get(f"{host.url}/.auth/me", timeout=10).json()
    assert (me["provider_name"], me["user_id"]) == ("aad", "admin@contoso.example")
    assert {"typ": TENANT_CLAIM, "val": LOCAL_TENANT} in me["user_claims"]


def test_signing_out_ends_the_session_on_the_server(
    host: LocalHost, browser: requests.Session
) -> None:
    sign_in(browser, f"{host.url}/.auth/login/aad", "reader@contoso.example")
    kept = browser.cookies.copy()
    out = browser.get(
        f"{host.url}/.auth/logout?post_logout_redirect_uri=/who",
        allow_redirects=False,
        timeout=10,
    )
    assert (out.status_code, out.headers["Location"]) == (302, "/who")
    assert browser.get(f"{host.url}/.auth/me", timeout=10).status_code == 401
    browser.cookies = kept
    assert browser.get(f"{host.url}/.auth/me", timeout=10).status_code == 401


def test_signed_out_there_is_nobody_to_tell_of(host: LocalHost) -> None:
    assert host.get("/.auth/me").status_code == 401


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "/%0d%0aX:%20y"]
)
def test_a_redirect_does_not_lead_elsewhere(host: LocalHost, target: str) -> None:
    for path in ("login/aad?post_login_redirect_uri=", "logout?post_logout_redirect_uri="):
        assert host.get(f"/.auth/{path}{target}").status_code == 400


def test_an_absolute_redirect_to_the_same_site_is_fine(host: LocalHost) -> None:
    answer = host.get(f"/.auth/logout?post_logout_redirect_uri={host.url}/who")
    assert answer.headers["Location"] == f"{host.url}/who"


def test_the_sign_in_uses_pkce_and_passes_the_hint_on(host: LocalHost) -> None:
    answer = host.get("/.auth/login/aad?login_hint=kim%40contoso.example")
    sent = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert sent["code_challenge_method"] == ["S256"]
    assert sent["login_hint"] == ["kim@contoso.example"]
    assert sent["redirect_uri"] == [f"{host.url}/.auth/login/aad/callback"]


def test_a_callback_is_only_taken_in_the_browser_that_began(host: LocalHost) -> None:
    begun = host.get("/.auth/login/aad")
    host.session.cookies.clear()
    state = parse_qs(urlsplit(begun.headers["Location"]).query)["state"][0]
    answer = host.get(f"/.auth/login/aad/callback?code=any&state={state}")
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers


def test_with_authentication_off_headers_go_through_as_they_come(
    identity: RunningStack, tmp_path: Path
) -> None:
    host = LocalHost(tmp_path, APP, values={"WEBSITE_AUTH_ENABLED": "False"})
    host.start("--identity", identity.identity_url, "--ca", str(identity.ca_file))
    seen = host.get("/who", headers=FORGED).json()
    me = host.get("/.auth/me")
    assert host.stop() == 0
    assert seen["x-ms-client-principal-id"] == "somebody"
    assert seen["enabled"] == "False"
    assert me.status_code == 404


def test_a_token_cannot_be_checked_while_the_identity_provider_is_away(tmp_path: Path) -> None:
    # Unsigned, but well-formed: it gets as far as asking for the keys.
    parts: tuple[dict[str, Any], ...] = (
        {"alg": "RS256", "kid": "1"},
        {"tid": LOCAL_TENANT, "exp": 4102444800},
        {},
    )
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
    unknown = ".".join(part.rstrip("=") for part in encoded)
    host = LocalHost(tmp_path, APP).start("--identity", "https://127.0.0.1:9")
    answer = host.get("/who", headers=bearer(unknown))
    anonymous = host.get("/who")
    assert host.stop() == 0
    assert answer.status_code == 503
    assert anonymous.status_code == 200


def test_the_token_command_prints_the_token_alone(
    host: LocalHost, identity: RunningStack, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--identity", identity.identity_url, "--ca", str(identity.ca_file)]
    assert print_token([*arguments, "--org", OTHER_TENANT, "--roles", "OutgoingMail.Read"]) == 0
    printed = capsys.readouterr().out
    claims = principal(host.get("/who", headers=bearer(printed.strip())))
    assert printed.count("\n") == 1
    assert (claims[TENANT_CLAIM], claims["roles"]) == ([OTHER_TENANT], ["OutgoingMail.Read"])


def test_the_token_command_says_what_is_wrong(
    identity: RunningStack, capsys: pytest.CaptureFixture[str]
) -> None:
    assert print_token(["--identity", "https://127.0.0.1:9"]) == 1
    assert "Is the stack up?" in capsys.readouterr().err
    with pytest.raises(TokenError, match="turned the request down"):
        token(identity, org="not a tenant")
