"""Authorize over HTTP: the cookie, the way back, and the page that says how it went."""

import base64
import hashlib
import html
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from shared.domain.config import Config
from shared.domain.errors import ServiceUnavailableError
from shared.domain.failures import Failure, IdentityProviderError
from tests.support.function_app import PORTAL, App, payload

SUCCESS = "Authentication successful oauth redirect success"


def _start(app: App, config: Config, **headers: str) -> tuple[str, str]:
    """The state, and the Set-Cookie header."""
    response = app.send("POST", f"/api/configs/{config.id}/authorize", headers=headers)
    assert response.status_code == 200
    url = payload(response)["authorizationUrl"]
    return url.partition("state=")[2].partition("&")[0], response.headers["Set-Cookie"]


def _come_back(app: App, query: str, cookie: str = "") -> func.HttpResponse:
    headers = {"Cookie": f"a=b; {cookie.partition(';')[0]}; c"} if cookie else {}
    return app.send("GET", f"/api/oauth/callback?{query}", headers=headers, signed_in=False)


def _authorize(app: App, config: Config, answer: str = "code=hunter2") -> func.HttpResponse:
    state, cookie = _start(app, config)
    return _come_back(app, f"state={state}&{answer}", cookie)


def _heading(page: func.HttpResponse) -> str:
    found = re.search("<h1>(.*)</h1>", page.get_body().decode())
    assert found
    return html.unescape(found[1])


def _data(page: func.HttpResponse, name: str) -> Any:
    found = re.search(f'data-{name}="([^"]*)"', page.get_body().decode())
    assert found
    return json.loads(html.unescape(found[1]))


def test_starting_answers_with_where_to_sign_in_and_until_when(app: App) -> None:
    config = app.world.oauth()
    started = payload(app.send("POST", f"/api/configs/{config.id}/authorize"))
    assert started["authorizationUrl"].startswith("https://login.local.example/")
    assert started["expiresAt"] == "2026-03-02T09:10:00.000Z"


def test_the_cookie_is_for_the_callback_alone(app: App) -> None:
    _, cookie = _start(app, app.world.oauth())
    parts = cookie.split("; ")
    assert parts[1:] == [
        "Path=/api/oauth/callback",
        "Max-Age=600",
        "HttpOnly",
        "Secure",
        "SameSite=Lax",
    ]


def test_the_cookie_survives_a_start_from_the_portals_page(app: App) -> None:
    _, cookie = _start(app, app.world.oauth(), Origin=PORTAL)
    assert cookie.endswith("; Secure; SameSite=None")


def test_the_cookie_of_a_local_app_needs_no_tls(app: App) -> None:
    app.world.settings = replace(
        app.world.settings, redirect_uri="http://localhost:7071/api/oauth/callback"
    )
    _, cookie = _start(app, app.world.oauth(), Origin=PORTAL)
    assert cookie.endswith("; HttpOnly; SameSite=Lax")


def test_a_config_with_a_password_cannot_be_authorized(app: App) -> None:
    response = app.send("POST", f"/api/configs/{app.world.basic().id}/authorize")
    assert (response.status_code, payload(response)["code"]) == (409, "not_oauth")


def test_a_provider_that_refuses_the_start_is_told_with_its_remedy(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise IdentityProviderError(Failure("tenant_not_found", detail="AADSTS90002: no"))

    config = app.world.oauth()
    monkeypatch.setattr(app.world.provider, "begin", refuse)
    response = app.send("POST", f"/api/configs/{config.id}/authorize")
    problem = payload(response)
    assert (response.status_code, problem["code"]) == (502, "upstream_refused")
    assert problem["reason"]["detail"] == "AADSTS90002: no"
    assert {"code", "title", "remedy", "owner"} <= set(problem["reason"])


def test_an_accepted_authorization_says_so_and_that_the_mailbox_is_verified(app: App) -> None:
    config = app.world.oauth()
    page = _authorize(app, config)
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert _heading(page) == SUCCESS
    assert "noreply@contoso.example is verified" in page.get_body().decode()
    assert payload(app.send("GET", f"/api/configs/{config.id}"))["status"] == "verified"


def test_a_stored_grant_with_a_failed_check_says_both(app: App) -> None:
    app.world.mail.failure = Failure(
        "smtp_auth_disabled_mailbox", detail="535 5.7.139 <b>off</b>", reference="Trace ID: 1"
    )
    page = _authorize(app, app.world.oauth())
    text = page.get_body().decode()
    assert (page.status_code, _heading(page)) == (200, SUCCESS)
    assert "is stored, but it is not verified yet" in text
    assert "<pre>Set-CASMailbox" in text
    assert "535 5.7.139 &lt;b&gt;off&lt;/b&gt;" in text
    assert "Trace ID: 1" in text


def test_a_declined_consent_says_who_can_do_what(app: App) -> None:
    config = app.world.oauth()
    page = _authorize(app, config, "error=access_denied&error_description=%3Cscript%3E")
    text = page.get_body().decode()
    assert page.status_code == 400
    assert "Who can do it" in text
    assert "<script>" not in text.partition("<script>")[0] + text.rpartition("<script>")[2]
    assert _data(page, "message") == {
        "type": "outgoing-mail/authorization",
        "ok": False,
        "configId": config.id,
        "reasonCode": "consent_declined",
    }


def test_another_account_is_named_on_the_page(app: App) -> None:
    app.world.provider.signs_in = "somebody@else.example"
    page = _authorize(app, app.world.oauth())
    assert page.status_code == 400
    assert "somebody@else.example" in page.get_body().decode()


def test_an_authorization_counts_once(app: App) -> None:
    state, cookie = _start(app, app.world.oauth())
    assert _come_back(app, f"state={state}&code=c", cookie).status_code == 200
    again = _come_back(app, f"state={state}&code=c", cookie)
    assert again.status_code == 409
    assert _data(again, "message")["reasonCode"] == "authorization_used"


def test_an_authorization_ends_after_ten_minutes(app: App) -> None:
    state, cookie = _start(app, app.world.oauth())
    app.world.clock.advance(timedelta(minutes=11))
    assert _come_back(app, f"state={state}&code=c", cookie).status_code == 410


def test_an_authorization_belongs_to_its_browser(app: App) -> None:
    config = app.world.oauth()
    state, cookie = _start(app, config)
    name = cookie.partition("=")[0]
    for given in ("", f"{name}=forged", "other=1"):
        page = _come_back(app, f"state={state}&code=c", given)
        assert page.status_code == 400
        assert SUCCESS not in page.get_body().decode()
    assert payload(app.send("GET", f"/api/configs/{config.id}"))["status"] == "notVerified"


@pytest.mark.parametrize(
    "query",
    ["", "state=", "code=x", "state=forged&code=x", "error=server_error", "state=%FF&code=%00"],
)
def test_a_callback_that_nobody_began_is_told_so(app: App, query: str) -> None:
    page = _come_back(app, query, "outgoing-mail-0=x")
    assert page.status_code == 400
    assert _data(page, "message")["ok"] is False


def test_a_parameter_given_twice_is_refused(app: App) -> None:
    state, cookie = _start(app, app.world.oauth())
    page = _come_back(app, f"state={state}&state=x&code=c", cookie)
    assert page.status_code == 400
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert _come_back(app, f"state={state}&code=c", cookie).status_code == 200


def test_a_service_that_does_not_answer_is_told_on_a_page(app: App) -> None:
    app.failure = ServiceUnavailableError("Table Storage", 5)
    page = _come_back(app, "state=s&code=c")
    assert page.status_code == 503
    assert page.headers["Retry-After"] == "5"
    assert "Table Storage did not answer" in page.get_body().decode()


def test_an_unforeseen_error_is_a_page_with_its_reference(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    app.failure = RuntimeError("hunter2")
    page = _come_back(app, "state=s&code=c")
    text = page.get_body().decode()
    found = re.search(r"urn:uuid:([0-9a-f-]{36})", text)
    assert page.status_code == 500
    assert found
    assert found[1] in caplog.text
    assert "hunter2" not in text + caplog.text


def test_passing_trouble_at_the_provider_is_503(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise IdentityProviderError(Failure("identity_provider_unavailable", passing=True))

    monkeypatch.setattr(app.world.provider, "redeem", fail)
    page = _authorize(app, app.world.oauth())
    assert page.status_code == 503
    text = page.get_body().decode()
    assert "Press Authorize again" in text
    assert "tried again by itself" not in text


def test_the_page_holds_neither_code_nor_state(app: App) -> None:
    state, cookie = _start(app, app.world.oauth())
    text = _come_back(app, f"state={state}&code=hunter2", cookie).get_body().decode()
    assert "hunter2" not in text
    assert state not in text


def test_the_page_tells_its_opener_and_nobody_else(app: App) -> None:
    config = app.world.oauth()
    page = _authorize(app, config)
    assert _data(page, "origins") == [PORTAL, "https://app.example"]
    assert _data(page, "message") == {
        "type": "outgoing-mail/authorization",
        "ok": True,
        "configId": config.id,
    }


def test_the_policy_lets_the_pages_own_script_and_style_run_and_nothing_else(app: App) -> None:
    page = _authorize(app, app.world.oauth())
    policy = page.headers["Content-Security-Policy"]
    text = page.get_body().decode()
    for tag in ("script", "style"):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"


def test_the_cookie_is_taken_away_on_the_way_out(app: App) -> None:
    config = app.world.oauth()
    state, cookie = _start(app, config)
    page = _come_back(app, f"state={state}&code=c", cookie)
    cleared = page.headers["Set-Cookie"]
    assert cleared.startswith(f"{cookie.partition('=')[0]}=; Path=/api/oauth/callback; ")
    assert "Max-Age=0" in cleared


def test_names_of_people_are_text_on_the_page(app: App) -> None:
    app.world.provider.signs_in = "<img src=x onerror=alert(1)>@x.example"
    text = _authorize(app, app.world.oauth()).get_body().decode()
    assert "<img" not in text
    assert "&lt;img src=x" in text
