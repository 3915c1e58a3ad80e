"""What the page does while parts of it, or the service behind it, cannot be reached."""

import pytest
from playwright.sync_api import expect

from tests.support.settings_page import SettingsPage


def test_a_window_that_cannot_be_loaded_is_told_and_can_be_tried_again(
    settings: SettingsPage,
) -> None:
    page = settings.page
    page.route("**/assets/windows-*.js", lambda route: route.abort())
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("menuitem", name="Basic").click()
    expect(settings.window).to_contain_text("This window could not be loaded")
    settings.show("window-not-loaded")
    assert settings.accessibility_violations() == []

    page.unroute("**/assets/windows-*.js")
    settings.button("Try again").click()
    expect(settings.window.get_by_role("heading", name="Server Detail")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Add", exact=True)).to_be_focused()


def test_an_editor_that_cannot_be_loaded_takes_nothing_away(settings: SettingsPage) -> None:
    page = settings.page
    page.route("**/assets/Editor-*.js", lambda route: route.abort())
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("menuitem", name="Basic").click()
    settings.field("User Name").fill("relay@contoso.example")
    expect(settings.window).to_contain_text("This part could not be loaded")
    page.unroute("**/assets/Editor-*.js")
    settings.button("Try again").click()
    expect(settings.field("Signature")).to_be_visible()
    expect(settings.field("User Name")).to_have_value("relay@contoso.example")


@pytest.mark.parametrize("status", [500, 503])
def test_a_failing_service_is_told_in_its_own_words(settings: SettingsPage, status: int) -> None:
    page = settings.page
    page.route(
        "**/api/options",
        lambda route: route.fulfill(status=status, json={"detail": "Try later, please."}),
    )
    page.reload()
    expect(page.get_by_role("main")).to_contain_text("Try later, please.")
    page.unroute("**/api/options")
    page.route("**/api/configs?*", lambda route: route.abort())
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_contain_text("The service could not be reached.")
    page.unroute("**/api/configs?*")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="No mailbox yet")).to_be_visible()
