"""The page sends a message through a mailbox, and shows what the mail server said."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Route, expect

from infra.local.stack.banner import PASSWORD, READER
from tests.e2e.conftest import ApiSession
from tests.support.running_stack import ADMINISTRATOR
from tests.support.settings_page import SettingsPage, says

RELAY = "trial@contoso.example"
DEAD = "dead@contoso.example"


def _verified(org_api: ApiSession, settings: SettingsPage, user_name: str) -> dict[str, Any]:
    fields = {
        "authType": "basic",
        "hostName": "localhost",
        "port": settings.stack.ports.smtp,
        "userName": user_name,
        "password": PASSWORD,
    }
    created: dict[str, Any] = org_api.post("/api/configs", json=fields).json()
    org_api.post(f"/api/configs/{created['id']}/verify")
    settings.page.reload()
    return created


@pytest.fixture
def mailbox(org_api: ApiSession, settings: SettingsPage) -> dict[str, Any]:
    """A basic config, in the list that the page shows."""
    return _verified(org_api, settings, RELAY)


def _open(settings: SettingsPage) -> Locator:
    settings.open_details(RELAY)
    settings.button("Send test message").click()
    expect(settings.window.get_by_role("heading", name="Send a test message")).to_be_visible()
    return settings.window


@pytest.mark.usefixtures("mailbox")
def test_a_test_message_arrives_and_the_servers_reply_is_shown(
    settings: SettingsPage, org_api: ApiSession
) -> None:
    window = _open(settings)
    expect(settings.field("To")).to_have_value(ADMINISTRATOR)
    expect(settings.field("To")).to_be_focused()
    assert settings.accessibility_violations() == []

    to = f"{settings.tenant}@customer.example"
    settings.field("To").fill(to)
    settings.page.keyboard.press("Enter")
    expect(window).to_contain_text(f"The mail server took the message for {to}.")
    expect(window).to_contain_text("250 2.0.0 OK")
    settings.show("test-message-sent")
    assert settings.accessibility_violations() == []

    arrived = org_api.get(f"{settings.stack.mailbox_url}/local/messages", params={"to": to}).json()
    assert [message["mail_from"] for message in arrived] == [RELAY]
    settings.button("Close").click()
    expect(settings.button("Send test message")).to_be_focused()
    settings.button("Send test message").click()
    settings.page.go_back()
    expect(settings.page.get_by_role("dialog")).to_have_count(0)


def test_a_refused_recipient_is_told_and_stands_in_the_history(
    settings: SettingsPage, org_api: ApiSession, mailbox: dict[str, Any]
) -> None:
    to = f"nobody-{settings.tenant}@customer.example"
    order = {"at": "rcpt", "recipient": to, "reply": "550 5.1.1 User unknown"}
    assert org_api.post(f"{settings.stack.mailbox_url}/local/failures", json=order).ok

    window = _open(settings)
    settings.field("To").fill(to)
    settings.button("Send").click()
    expect(window).to_contain_text(f"The message for {to} was not sent.")
    expect(window).to_contain_text("Who can act")
    expect(window).to_contain_text("550 5.1.1 User unknown")
    settings.show("test-message-failed")
    settings.page.keyboard.press("Escape")
    expect(settings.window).to_contain_text("Message not sent")
    expect(settings.button("Send test message")).to_be_focused()
    assert org_api.get(f"/api/configs/{mailbox['id']}").json()["status"] == "verified"


def test_a_mailbox_that_turns_out_dead_is_not_verified_any_more(
    settings: SettingsPage, org_api: ApiSession
) -> None:
    _verified(org_api, settings, DEAD)
    order = {"at": "auth", "username": DEAD, "times": -1, "reply": "535 5.7.3 Wrong password"}
    assert org_api.post(f"{settings.stack.mailbox_url}/local/failures", json=order).ok
    settings.act("Send test message", DEAD)
    settings.button("Send").click()
    expect(settings.window).to_contain_text(f"The message for {ADMINISTRATOR} was not sent.")
    settings.button("Close").click()
    expect(settings.page.get_by_role("dialog")).to_have_count(0)
    expect(settings.row(DEAD)).to_contain_text("Not Verified")


@pytest.mark.usefixtures("mailbox")
def test_what_is_no_address_is_told_at_the_field(settings: SettingsPage) -> None:
    _open(settings)
    field = settings.field("To")
    for typed in ("", "ada", "a@contoso.example, b@contoso.example"):
        field.fill(typed)
        settings.button("Send").click()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_be_focused()
    field.fill("two..dots@contoso.example")  # only the service knows
    settings.button("Send").click()
    expect(field).to_have_accessible_description(
        says("Must be one e-mail address"),
    )


@pytest.mark.usefixtures("mailbox")
def test_a_failing_service_is_told_and_the_address_stays(settings: SettingsPage) -> None:
    _open(settings)

    def busy(route: Route) -> None:
        sending = settings.button("Sending…")
        expect(sending).to_have_attribute("aria-disabled", "true")
        problem = {"status": 409, "code": "mailbox_busy", "title": "Busy", "detail": "Later."}
        route.fulfill(status=409, content_type="application/problem+json", json=problem)

    settings.page.route("**/test-message", busy)
    settings.field("To").fill("ada@customer.example")
    settings.button("Send").click()
    expect(settings.window.get_by_role("alert")).to_have_text("Later.")
    expect(settings.field("To")).to_have_value("ada@customer.example")

    settings.page.context.clear_cookies(name="AppServiceAuthSession")
    settings.page.unroute("**/test-message")
    settings.button("Send").click()
    expect(settings.window).to_contain_text("Your session has ended")
    expect(settings.field("To")).to_have_value("ada@customer.example")


def test_a_reader_cannot_send_one(signed_out: SettingsPage, org_api: ApiSession) -> None:
    fields = {"hostName": "localhost", "authType": "basic", "userName": RELAY, "password": "x"}
    assert org_api.post("/api/configs", json=fields).status_code == 201
    signed_out.sign_in(READER)
    name = f"Send test message {RELAY}"
    expect(signed_out.page.get_by_role("button", name=name)).to_be_disabled()
