"""From an empty list to a verified mailbox, and what can come in between."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from infra.local.stack.banner import MAILBOX
from tests.support.settings_page import OAuthInput, SettingsPage, accept, fill_sign_in, says

SUCCESS = "Authentication successful oauth redirect success"


def test_a_new_administrator_gets_a_verified_mailbox(settings: SettingsPage) -> None:
    expect(settings.page.get_by_role("heading", name="No mailbox yet")).to_be_visible()
    expect(settings.page.get_by_text("Total 0")).to_be_visible()

    popup = settings.add_oauth()
    expect(settings.row(MAILBOX)).to_contain_text("Waiting for the sign-in window")
    settings.show("authorizing")
    accept(popup)
    expect(popup.get_by_role("heading", name=SUCCESS)).to_be_visible()

    row = settings.row(MAILBOX)
    expect(row).to_contain_text(f"{MAILBOX} is authorized and verified.")
    expect(row.get_by_text("Verified", exact=True)).to_be_visible()
    expect(row).to_contain_text("oauth2.0")
    expect(settings.page.get_by_text("Total 1")).to_be_visible()


def test_the_second_url_fills_itself_in_whichever_is_pasted(settings: SettingsPage) -> None:
    settings.choose_add("OAuth2")
    token_url = settings.authorization_url.removesuffix("authorize") + "token"

    settings.field("Authorization URL").fill(settings.authorization_url)
    expect(settings.field("Token Service URL")).to_have_value(token_url)

    settings.field("Authorization URL").fill("")
    settings.field("Token Service URL").fill("")
    settings.field("Token Service URL").fill(token_url)
    expect(settings.field("Authorization URL")).to_have_value(settings.authorization_url)


def test_the_form_is_filled_in_with_what_is_known(settings: SettingsPage) -> None:
    settings.choose_add("OAuth2")
    expect(settings.field("Host Name")).to_have_value("smtp.office365.com")
    expect(settings.field("Port")).to_have_value("587")
    redirect = settings.field("Redirect URI")
    expect(redirect).to_have_value(f"{settings.stack.host_url}/api/oauth/callback")
    expect(redirect).not_to_be_editable()

    settings.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    settings.button("Copy the redirect URI").click()
    expect(settings.button("Copy the redirect URI")).to_have_text("Copied")
    copied = settings.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{settings.stack.host_url}/api/oauth/callback"


def test_another_account_is_turned_down_and_the_row_says_so(settings: SettingsPage) -> None:
    popup = settings.add_oauth()
    accept(popup, "somebody.else@contoso.example")
    expect(popup.get_by_role("heading", name="Another account signed in")).to_be_visible()

    row = settings.row(MAILBOX)
    expect(row).to_contain_text(
        f"Another account signed in. Press Authorize again and sign in as {MAILBOX}."
    )
    expect(row.get_by_text("Not Verified", exact=True)).to_be_visible()


def test_a_refused_consent_has_its_sentence(settings: SettingsPage) -> None:
    popup = settings.add_oauth()
    fill_sign_in(popup, MAILBOX)
    popup.get_by_role("button", name="Decline").click()
    expect(settings.row(MAILBOX)).to_contain_text(
        f"The permissions for {MAILBOX} were declined. Press Authorize again and choose Accept."
    )


def test_a_closed_window_has_its_sentence_and_the_next_one_works(settings: SettingsPage) -> None:
    settings.add_oauth().close()
    expect(settings.row(MAILBOX)).to_contain_text(
        "was closed before the sign-in was finished. Press Authorize to start again."
    )

    with settings.page.expect_popup() as opened:
        settings.act("Authorize", MAILBOX)
    accept(opened.value)
    expect(settings.row(MAILBOX)).to_contain_text("is authorized and verified")


def test_a_blocked_window_has_its_sentence_and_the_mailbox_is_kept(
    settings: SettingsPage,
) -> None:
    settings.page.evaluate("window.open = () => null")
    settings.choose_add("OAuth2")
    settings.fill_oauth(OAuthInput())
    settings.button("Authorize").click()
    expect(settings.row(MAILBOX)).to_contain_text("Your browser blocked the sign-in window.")


def test_a_window_that_the_sign_in_page_cut_off_still_reports(settings: SettingsPage) -> None:
    popup = settings.add_oauth()
    # As after a Cross-Origin-Opener-Policy on the way: no opener to tell, no channel to tell it on.
    popup.add_init_script("delete window.BroadcastChannel; window.opener = null")
    accept(popup)
    expect(settings.row(MAILBOX)).to_contain_text("is authorized and verified")


def test_an_expired_secret_is_told_with_its_remedy(settings: SettingsPage) -> None:
    popup = settings.add_oauth(
        OAuthInput(
            client_id="00000000-0000-0000-0000-00000000a002", client_secret="expired-client-secret"
        )
    )
    accept(popup)
    row = settings.row(MAILBOX)
    expect(row).to_contain_text("The client secret has expired")

    details = settings.open_details(MAILBOX)
    expect(details).to_contain_text("Create a new client secret in the app registration")
    expect(details).to_contain_text("Application administrator")
    expect(details).to_contain_text("AADSTS7000222")
    settings.show("details-expired-secret")


def test_a_secret_that_expires_soon_is_seen_in_the_row(settings: SettingsPage) -> None:
    soon = datetime.now(UTC).date() + timedelta(days=12)
    accept(settings.add_oauth(OAuthInput(expires_on=soon.isoformat())))
    row = settings.row(MAILBOX)
    expect(row).to_contain_text("is authorized and verified")
    expect(row).to_contain_text("Client secret expires in 12 days")
    expect(row.get_by_label("Warning:")).to_be_visible()
    settings.show("list-warning")


def test_a_wrong_password_is_told_and_a_new_one_is_checked_by_itself(
    settings: SettingsPage,
) -> None:
    settings.add_basic("relay@contoso.example", "not-the-password")
    row = settings.row("relay@contoso.example")
    expect(row).to_contain_text("relay@contoso.example is not verified:")
    expect(row.get_by_text("Not Verified", exact=True)).to_be_visible()
    details = settings.open_details("relay@contoso.example")
    expect(details).to_contain_text("Who can act")
    settings.show("details-wrong-password")
    settings.button("Close details").click()

    settings.act("Edit", "relay@contoso.example")
    expect(settings.window).not_to_contain_text("not-the-password")
    settings.button("Replace the password").click()
    expect(settings.field("Password")).to_be_focused()
    settings.field("Password").fill("local-password")
    settings.button("Save").click()
    expect(row).to_contain_text("relay@contoso.example is verified.")


def test_a_wrong_value_is_told_at_its_field(settings: SettingsPage) -> None:
    settings.choose_add("OAuth2")
    for name, value, message in [
        ("Host Name", "https://smtp.office365.com", "Enter the host name alone"),
        ("Port", "70000", "Enter a port from 1 to 65535"),
        ("Authorization URL", "http://login.microsoftonline.com", "begins with https://"),
        ("User Name", "noreply", "as name@example.com"),
    ]:
        field = settings.field(name)
        field.fill(value)
        field.blur()
        expect(field).to_have_accessible_description(says(message))


def test_a_secret_id_in_place_of_the_value_gets_a_hint(settings: SettingsPage) -> None:
    settings.choose_add("OAuth2")
    settings.field("Client Secret").fill("7d1a2b3c-0000-4000-8000-00000000a001")
    expect(settings.window).to_contain_text("This looks like the Secret ID; paste the Value.")


def test_what_only_the_server_knows_is_told_at_its_field_too(settings: SettingsPage) -> None:
    settings.choose_add("OAuth2")
    settings.fill_oauth(OAuthInput())
    elsewhere = "https://sign-in.example.org/tenant.example/oauth2/v2.0/authorize"
    settings.field("Authorization URL").fill(elsewhere)
    settings.button("Save").click()
    expect(settings.field("Authorization URL")).to_have_attribute("aria-invalid", "true")
    expect(settings.field("Authorization URL")).to_be_focused()
    expect(settings.field("Client ID")).to_have_value(OAuthInput().client_id)
    settings.show("form-refused")
