"""Each view, light and dark, on a phone and on a large screen: axe finds nothing wrong."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from playwright.sync_api import BrowserContext, expect

from infra.local.stack.banner import CLIENT_ID, CLIENT_SECRET, MAILBOX, PASSWORD
from tests.e2e.conftest import ApiSession
from tests.support.running_stack import RunningStack
from tests.support.settings_page import SettingsPage

BASIC = "a.rather.long.mailbox.name.for.reports@subsidiary.contoso.example"
SIZES = {"phone": (360, 740), "desk": (1280, 800), "4k": (3840, 2160)}

type Scheme = Literal["light", "dark"]


@pytest.fixture
def mailboxes(org_api: ApiSession, stack: RunningStack, tenant: str) -> None:
    """One mailbox of each kind: verified, not authorized, and one that SMTP AUTH is off for."""
    authority = f"{stack.identity_url}/{tenant}/oauth2/v2.0"
    server = {"hostName": "localhost", "port": stack.ports.smtp}
    soon = datetime.now(UTC).date() + timedelta(days=12)
    oauth = {
        "authType": "oauth2.0",
        "userName": MAILBOX,
        "fromAddress": "shared@contoso.example",
        "fromName": "Contoso",
        "authorizationUrl": f"{authority}/authorize",
        "tokenUrl": f"{authority}/token",
        "clientId": CLIENT_ID,
        "clientSecret": CLIENT_SECRET,
        "clientSecretExpiresOn": soon.isoformat(),
        "signature": "<p><strong>Contoso</strong><br>We answer within a day.</p>",
    }
    basic = {"authType": "basic", "userName": BASIC, "password": PASSWORD}
    off = basic | {"userName": "smtp-auth-off@contoso.example"}
    _refuse(org_api, stack, off["userName"])
    for fields in (oauth, basic, off):
        created = org_api.post("/api/configs", json=server | fields)
        assert created.status_code == 201, created.text
        if fields["authType"] == "basic":
            org_api.post(f"/api/configs/{created.json()['id']}/verify")


def _refuse(api: ApiSession, stack: RunningStack, user_name: str) -> None:
    failure: dict[str, Any] = {
        "username": user_name,
        "at": "auth",
        "reply": "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled "
        "for the Mailbox. Visit https://aka.ms/smtp_auth_disabled for more information.",
        "times": -1,
    }
    answer = api.post(f"{stack.mailbox_url}/local/failures", json=failure)
    assert answer.ok, answer.text


@pytest.mark.usefixtures("mailboxes")
@pytest.mark.parametrize(("scheme", "size"), [("light", "desk"), ("dark", "phone"), ("dark", "4k")])
def test_every_view_is_accessible_and_fits(
    new_context: Callable[..., BrowserContext],
    stack: RunningStack,
    tenant: str,
    scheme: Scheme,
    size: str,
) -> None:
    width, height = SIZES[size]
    context = new_context(color_scheme=scheme, viewport={"width": width, "height": height})
    settings = SettingsPage(context.new_page(), stack, tenant)
    page = settings.page
    found: list[str] = []

    def look(view: str) -> None:
        settings.show(f"{view}-{scheme}-{size}")
        if size != "4k":  # what axe looks at differs between narrow and wide, not beyond
            violations = settings.accessibility_violations()
            found.extend(f"{view}: {violation}" for violation in violations)
        scrolls = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        if page.evaluate(scrolls):
            found.append(f"{view}: wider than the window")

    settings.go()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    look("signed-out")
    settings.sign_in()
    expect(settings.row(MAILBOX)).to_be_visible()
    look("list")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("menuitem", name="OAuth2")).to_be_visible()
    look("menu")
    page.keyboard.press("Escape")
    settings.choose_add("OAuth2")
    settings.button("Save").click()
    look("form-oauth-errors")
    settings.button("Cancel").click()
    settings.choose_add("Basic")
    look("form-basic")
    settings.button("Cancel").click()
    settings.act("Edit", MAILBOX)
    expect(settings.field("Signature")).to_be_visible()
    look("form-edit")
    settings.button("Cancel").click()
    settings.open_details("smtp-auth-off@contoso.example")
    expect(settings.window).to_contain_text("Set-CASMailbox")
    look("details")
    settings.button("Close details").click()
    settings.act("Delete", BASIC)
    look("delete")
    assert not found, "\n".join(found)
