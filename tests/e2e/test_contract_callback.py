"""The page after the sign-in, in a browser: whom it tells, and what it leaves behind."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Error, Page, expect

from infra.local.stack.banner import CLIENT_ID, CLIENT_SECRET, PASSWORD
from infra.local.stack.layout import LOCAL_TENANT
from tests.e2e.conftest import ApiSession
from tests.support.running_stack import RunningStack

# Both ways in which a page can hear of it, kept until the test asks.
LISTEN = """() => {
  window.heard = [];
  addEventListener("message", (event) => heard.push({origin: event.origin, ...event.data}));
  new BroadcastChannel("outgoing-mail").onmessage = (event) => heard.push(event.data);
}"""


@pytest.fixture
def config(stack: RunningStack, api: ApiSession) -> Iterator[dict[str, Any]]:
    authority = f"{stack.identity_url}/{LOCAL_TENANT}/oauth2/v2.0"
    body = {
        "authType": "oauth2.0",
        "hostName": "localhost",
        "port": stack.ports.smtp,
        "userName": "callback-page@contoso.example",
        "authorizationUrl": f"{authority}/authorize",
        "tokenUrl": f"{authority}/token",
        "clientId": CLIENT_ID,
        "clientSecret": CLIENT_SECRET,
    }
    created: dict[str, Any] = api.post("/api/configs", json=body).json()
    yield created
    api.delete(f"/api/configs/{created['id']}")


def _open_sign_in(api: ApiSession, config: dict[str, Any], opener: Page) -> Page:
    """A window at the identity provider, opened by a page of the app's own origin."""
    started = api.post(f"/api/configs/{config['id']}/authorize")
    opener.context.add_cookies(
        [
            {"name": cookie.name, "value": cookie.value or "", "url": f"{api.base}{cookie.path}"}
            for cookie in started.cookies
        ]
    )
    opener.goto(f"{api.base}/api/health")
    opener.evaluate(LISTEN)
    with opener.expect_popup() as popup:
        opener.evaluate("(url) => void window.open(url)", started.json()["authorizationUrl"])
    return popup.value


def test_the_page_that_opened_it_hears_how_it_went_and_the_address_is_cleared(
    api: ApiSession, config: dict[str, Any], page: Page
) -> None:
    window = _open_sign_in(api, config, page)
    problems: list[str] = []
    window.on("console", lambda message: problems.append(message.text))
    window.on("pageerror", lambda error: problems.append(str(error)))
    window.locator("input[name=password]").fill(PASSWORD)
    window.get_by_role("button", name="Sign in").click()
    window.get_by_role("button", name="Accept").click()

    heading = window.get_by_role("heading", level=1)
    expect(heading).to_have_text("Authentication successful oauth redirect success")
    expect(window.locator("main")).to_contain_text("callback-page@contoso.example is verified")
    assert window.url == f"{api.base}/api/oauth/callback"
    told = {"type": "outgoing-mail/authorization", "ok": True, "configId": config["id"]}
    page.wait_for_function("heard.length === 2")
    heard = page.evaluate("heard")
    assert {"origin": api.base, **told} in heard
    assert told in heard
    # A refused script or style is told on the console.
    assert [text for text in problems if "Content Security Policy" in text] == []
    # The click closes the window that it is waiting in, so that it may end with "has been
    # closed". A click that closes nothing is found by the event that does not come.
    with window.expect_event("close"), suppress(Error):
        window.get_by_role("button", name="Close").click()


def test_a_declined_consent_is_told_with_who_can_do_what(
    api: ApiSession, config: dict[str, Any], page: Page
) -> None:
    api.patch(
        f"/api/configs/{config['id']}", json={"userName": "callback-declines@contoso.example"}
    )
    window = _open_sign_in(api, config, page)
    window.locator("input[name=password]").fill(PASSWORD)
    window.get_by_role("button", name="Sign in").click()
    window.get_by_role("button", name="Decline").click()

    expect(window.get_by_role("heading", level=1)).to_have_text("Consent was declined")
    expect(window.locator("main")).to_contain_text("Who can do it")
    page.wait_for_function("heard.length === 2")
    heard = page.evaluate("heard.map((one) => one.reasonCode)")
    assert heard == ["consent_declined", "consent_declined"]


def test_it_can_be_read_on_a_telephone_and_in_the_dark(api: ApiSession, page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(f"{api.base}/api/oauth/callback?state=unknown")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        style = "getComputedStyle(document.body)"
        colors = page.evaluate(f"[{style}.color, {style}.backgroundColor]")
        assert (
            colors
            == {
                "light": ["rgb(27, 26, 25)", "rgb(255, 255, 255)"],
                "dark": ["rgb(245, 245, 245)", "rgb(31, 31, 31)"],
            }[scheme]
        )
