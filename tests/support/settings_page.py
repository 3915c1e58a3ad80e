"""The settings page in a browser, as an administrator uses it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import Locator, Page, expect

from infra.local.stack.banner import CLIENT_ID, CLIENT_SECRET, MAILBOX, PASSWORD
from tests.support.running_stack import ADMINISTRATOR, RunningStack

VIEW = "/settings/outgoing-mail"
_ROOT = Path(__file__).resolve().parents[2]
_AXE = _ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
SCREENSHOTS = _ROOT / "test-results" / "screenshots"


@dataclass(frozen=True)
class OAuthInput:
    """What somebody types into the OAuth2 window for the local mailbox."""

    user_name: str = MAILBOX
    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    expires_on: str = ""


class SettingsPage:
    """One browser window on the page; `tenant` is the organization of who signs in."""

    def __init__(self, page: Page, stack: RunningStack, tenant: str) -> None:
        self.page = page
        self.stack = stack
        self.tenant = tenant

    @property
    def authorization_url(self) -> str:
        """What the portal shows for the organization's directory."""
        return f"{self.stack.identity_url}/{self.tenant}/oauth2/v2.0/authorize"

    def go(self, path: str = VIEW) -> None:
        """Open a view."""
        self.page.goto(self.stack.host_url + path)

    def sign_in(self, user: str = ADMINISTRATOR) -> None:
        """Sign in at the identity provider and consent, unless it remembers; land on the page."""
        self.go(self._sign_in_path)
        name = self.page.locator("input[name=username]")
        expect(name.or_(self.title)).to_be_visible()
        if name.is_visible():
            fill_sign_in(self.page, user)
            self.page.get_by_role("button", name="Accept").click()
        expect(self.page.get_by_role("main")).to_be_visible()

    def start_session(self, user: str = ADMINISTRATOR) -> None:
        """Sign in and consent in this browser as `sign_in` does, but without showing the pages of
        the identity provider, which takes a second; land on the page."""
        request = self.page.context.request
        answer = request.get(self.stack.host_url + self._sign_in_path)
        for form in ({"username": user, "password": PASSWORD}, {"action": "accept"}):
            action = re.search(r'<form method="post" action="([^"]+)"', answer.text())
            assert action, answer.text()
            answer = request.post(urljoin(answer.url, action[1]), form=dict(form))
        assert answer.url == self.stack.host_url + VIEW
        self.go()
        expect(self.title).to_be_visible()

    @property
    def _sign_in_path(self) -> str:
        return f"/.auth/login/aad?domain_hint={self.tenant}&post_login_redirect_uri={VIEW}"

    @property
    def title(self) -> Locator:
        """The heading of the list."""
        return self.page.get_by_role("heading", name="Outgoing Mail", level=1)

    @property
    def table(self) -> Locator:
        """The list."""
        return self.page.get_by_role("table", name="Mailboxes")

    def row(self, user_name: str) -> Locator:
        """The row of a mailbox."""
        rows = self.table.get_by_role("row")
        return rows.filter(has=self.page.get_by_role("button", name=user_name, exact=True))

    @property
    def window(self) -> Locator:
        """The dialog on top."""
        return self.page.locator("[role=dialog], [role=alertdialog]").last

    def field(self, name: str) -> Locator:
        """A field of the form that is open."""
        return self.window.get_by_role("textbox", name=name, exact=True)

    def button(self, name: str) -> Locator:
        """A button of the window that is open."""
        return self.window.get_by_role("button", name=name, exact=True)

    def act(self, action: str, user_name: str) -> None:
        """Press a button in a row."""
        self.page.get_by_role("button", name=f"{action} {user_name}", exact=True).click()

    def open_details(self, user_name: str) -> Locator:
        """Open a mailbox's details."""
        self.row(user_name).get_by_role("button", name=user_name, exact=True).click()
        expect(self.window.get_by_role("heading", name="History")).to_be_visible()
        return self.window

    def choose_add(self, kind: str) -> None:
        """Open the window for a new mailbox: Basic or OAuth2."""
        self.page.get_by_role("button", name="Add", exact=True).click()
        self.page.get_by_role("menuitem", name=kind).click()
        expect(self.window.get_by_role("heading", name="Server Detail")).to_be_visible()
        expect(self.field("Signature")).to_be_visible()

    def fill_server(self) -> None:
        """The local mail server."""
        self.field("Host Name").fill("localhost")
        self.field("Port").fill(str(self.stack.ports.smtp))

    def fill_oauth(self, typed: OAuthInput) -> None:
        """Everything that the OAuth2 window needs; the second URL fills itself in."""
        self.fill_server()
        self.field("Authorization URL").fill(self.authorization_url)
        self.field("Client ID").fill(typed.client_id)
        self.field("Client Secret").fill(typed.client_secret)
        if typed.expires_on:
            self.window.get_by_label("Client Secret expires on").fill(typed.expires_on)
        self.field("User Name").fill(typed.user_name)

    def add_oauth(self, typed: OAuthInput | None = None) -> Page:
        """Add a mailbox with OAuth2 and press Authorize; returns the window at Microsoft."""
        self.choose_add("OAuth2")
        self.fill_oauth(typed or OAuthInput())
        with self.page.expect_popup() as opened:
            self.button("Authorize").click()
        return opened.value

    def add_basic(self, user_name: str, password: str = PASSWORD) -> None:
        """Add a mailbox with a password."""
        self.choose_add("Basic")
        self.fill_server()
        self.field("User Name").fill(user_name)
        self.field("Password").fill(password)
        self.button("Save").click()

    def show(self, name: str) -> None:
        """Keep what is to be seen now as a picture of the test run."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    def accessibility_violations(self) -> Sequence[str]:
        """What axe finds wrong with what is shown now, one line each."""
        self.page.evaluate(_AXE.read_text())
        found: dict[str, Any] = self.page.evaluate("axe.run(document)")
        return [
            f"{violation['id']}: {node['html'][:200]} ({node['failureSummary']})"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]


def fill_sign_in(page: Page, user: str, password: str = PASSWORD) -> None:
    """Sign in at the identity provider as `user`."""
    name, other = page.locator("input[name=username]"), page.get_by_text("Use another account")
    expect(name.or_(other).first).to_be_visible()
    if not name.is_editable():
        other.click()
    name.fill(user)
    page.locator("input[name=password]").fill(password)
    page.get_by_role("button", name="Sign in").click()


def accept(popup: Page, user: str = MAILBOX) -> None:
    """Sign in as the mailbox, and accept."""
    fill_sign_in(popup, user)
    popup.get_by_role("button", name="Accept").click()


def says(text: str) -> re.Pattern[str]:
    """Matches an element that says this among other things."""
    return re.compile(re.escape(text))
