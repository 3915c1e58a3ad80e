"""Everything is done without a mouse."""

from playwright.sync_api import Page, expect

from infra.local.stack.banner import CLIENT_ID, CLIENT_SECRET, MAILBOX, PASSWORD
from tests.support.settings_page import SettingsPage

_FURTHEST = 60


def tab_to(page: Page, name: str, role: str = "button") -> None:
    """Press Tab until the control of this name has the focus."""
    target = page.locator("[role=dialog], [role=alertdialog], body").last.get_by_role(
        role,  # type: ignore[arg-type]  # a role's name
        name=name,
        exact=True,
    )
    element = target.element_handle()
    for _ in range(_FURTHEST):
        page.keyboard.press("Tab")
        if element.evaluate("found => found === document.activeElement"):
            return
    raise AssertionError(f"Tab never reaches the {role} {name}")


def test_a_mailbox_is_added_authorized_looked_at_and_deleted_by_keyboard(
    settings: SettingsPage,
) -> None:
    page, keyboard = settings.page, settings.page.keyboard
    tab_to(page, "Add")
    keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Basic")).to_be_focused()
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    expect(settings.field("Signature")).to_be_visible()
    expect(settings.field("Host Name")).to_be_focused()
    keyboard.press("Control+A")
    keyboard.type("localhost")
    for name, text in [
        ("Port", str(settings.stack.ports.smtp)),
        ("Authorization URL", settings.authorization_url),
        ("Client ID", CLIENT_ID),
        ("Client Secret", CLIENT_SECRET),
        ("User Name", MAILBOX),
        ("Signature", "Regards"),
    ]:
        tab_to(page, name, "textbox")
        keyboard.press("Control+A")
        keyboard.type(text)
    tab_to(page, "Authorize")
    with page.expect_popup() as opened:
        keyboard.press("Enter")
    popup = opened.value
    expect(popup.locator("input[name=password]")).to_be_visible()
    popup.locator("input[name=password]").focus()
    popup.keyboard.type(PASSWORD)
    popup.keyboard.press("Enter")
    expect(popup.get_by_role("button", name="Accept")).to_be_visible()
    tab_to(popup, "Accept")
    popup.keyboard.press("Enter")
    expect(settings.row(MAILBOX)).to_contain_text("is authorized and verified")
    popup.close()

    expect(page.get_by_role("button", name="Add", exact=True)).to_be_focused()
    tab_to(page, MAILBOX)
    keyboard.press("Enter")
    expect(settings.window).to_contain_text("History")
    keyboard.press("Escape")
    opener = settings.row(MAILBOX).get_by_role("button", name=MAILBOX, exact=True)
    expect(opener).to_be_focused()

    tab_to(page, f"Delete {MAILBOX}")
    keyboard.press("Enter")
    expect(settings.button("Delete")).to_be_visible()
    keyboard.press("Escape")
    expect(page.get_by_role("button", name=f"Delete {MAILBOX}")).to_be_focused()
    keyboard.press("Enter")
    tab_to_confirm = settings.button("Delete")
    expect(tab_to_confirm).to_be_visible()
    tab_to_confirm.focus()
    keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No mailbox yet")).to_be_visible()
    expect(settings.title).to_be_focused()
