"""Changing and deleting what is there, without losing anybody's work."""

import re
from typing import Any

from playwright.sync_api import expect

from infra.local.stack.banner import PASSWORD, READER
from tests.e2e.conftest import ApiSession
from tests.support.settings_page import OAuthInput, SettingsPage

RELAY = "relay@contoso.example"


def create(api: ApiSession, settings: SettingsPage, user_name: str = RELAY) -> dict[str, Any]:
    """A basic config, added by somebody else."""
    fields = {
        "authType": "basic",
        "hostName": "localhost",
        "port": settings.stack.ports.smtp,
        "userName": user_name,
        "password": PASSWORD,
    }
    answer = api.post("/api/configs", json=fields)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def verified(api: ApiSession, settings: SettingsPage, user_name: str = RELAY) -> dict[str, Any]:
    """A basic config whose first check is over."""
    config = create(api, settings, user_name)
    checked: dict[str, Any] = api.post(f"/api/configs/{config['id']}/verify").json()
    assert checked["status"] == "verified"
    return checked


def test_the_second_of_two_editors_sees_both_versions_and_chooses(
    settings: SettingsPage, org_api: ApiSession
) -> None:
    config = verified(org_api, settings)
    settings.page.reload()
    settings.act("Edit", RELAY)
    settings.field("From Name").fill("Mine")
    settings.field("Reply To").fill("answers@contoso.example")
    theirs = {"fromName": "Theirs", "fromAddress": "shared@contoso.example"}
    assert org_api.patch(f"/api/configs/{config['id']}", json=theirs).status_code == 200

    settings.button("Save").click()
    window = settings.window
    expect(window).to_contain_text("Somebody else changed this mailbox while you were editing")
    contested = window.get_by_role("group", name="From Name")
    expect(contested).to_contain_text("Mine")
    expect(contested).to_contain_text("Theirs")
    settings.show("conflict")
    contested.get_by_role("radio", name=says_first("Theirs")).check()
    settings.button("Save these values").click()

    expect(window).to_have_count(0)
    saved = org_api.get(f"/api/configs/{config['id']}").json()
    assert saved["fromName"] == "Theirs"
    assert saved["fromAddress"] == "shared@contoso.example"
    assert saved["replyTo"] == "answers@contoso.example"


def says_first(word: str) -> re.Pattern[str]:
    """An accessible name that begins with `word`."""
    return re.compile(f"^{word}")


def test_a_check_in_the_background_is_no_conflict(
    settings: SettingsPage, org_api: ApiSession
) -> None:
    config = verified(org_api, settings)
    settings.page.reload()
    settings.act("Edit", RELAY)
    settings.field("From Name").fill("Contoso")
    assert org_api.post(f"/api/configs/{config['id']}/verify").status_code == 200

    settings.button("Save").click()
    expect(settings.page.get_by_role("dialog")).to_have_count(0)
    assert org_api.get(f"/api/configs/{config['id']}").json()["fromName"] == "Contoso"


def test_typed_input_is_not_lost_without_a_question(settings: SettingsPage) -> None:
    settings.choose_add("Basic")
    settings.field("User Name").fill(RELAY)

    settings.page.keyboard.press("Escape")
    expect(settings.window).to_contain_text("Discard what you typed?")
    settings.show("discard")
    settings.button("Keep editing").click()
    expect(settings.field("User Name")).to_have_value(RELAY)

    settings.page.go_back()
    expect(settings.window).to_contain_text("Discard what you typed?")
    settings.button("Keep editing").click()
    expect(settings.field("User Name")).to_have_value(RELAY)

    with settings.page.expect_event("dialog") as asked:
        settings.page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()

    settings.button("Cancel").click()
    settings.button("Discard").click()
    expect(settings.page.get_by_role("dialog")).to_have_count(0)


def test_a_form_without_input_closes_without_a_question(settings: SettingsPage) -> None:
    settings.choose_add("OAuth2")
    settings.page.keyboard.press("Escape")
    expect(settings.page.get_by_role("dialog")).to_have_count(0)
    expect(settings.page.get_by_role("button", name="Add", exact=True)).to_be_focused()


def test_input_outlives_the_session(settings: SettingsPage) -> None:
    settings.choose_add("Basic")
    settings.fill_server()
    settings.field("User Name").fill(RELAY)
    settings.field("Password").fill(PASSWORD)
    settings.page.context.clear_cookies(name="AppServiceAuthSession")

    settings.button("Save").click()
    expect(settings.window).to_contain_text("Your session has ended")
    expect(settings.field("User Name")).to_have_value(RELAY)
    settings.show("session-ended")

    with settings.page.expect_popup() as opened:
        settings.window.get_by_role("link", name="Sign in again in a new tab").click()
    again = SettingsPage(opened.value, settings.stack, settings.tenant)
    again.sign_in()
    expect(again.title).to_be_visible()
    expect(settings.window).not_to_contain_text("Your session has ended")
    settings.button("Save").click()
    expect(settings.row(RELAY)).to_contain_text(f"{RELAY} is verified.")


def test_nobody_is_signed_in(signed_out: SettingsPage) -> None:
    signed_out.go()
    link = signed_out.page.get_by_role("link", name="Sign in")
    expect(link).to_be_visible()
    signed_out.show("signed-out")
    link.click()
    expect(signed_out.page.locator("input[name=username]")).to_be_visible()


def test_a_reader_sees_everything_and_can_change_nothing(
    signed_out: SettingsPage, org_api: ApiSession
) -> None:
    create(org_api, signed_out)
    signed_out.sign_in(READER)
    page = signed_out.page
    expect(page.get_by_text("Changing needs the role OutgoingMail.Manage")).to_be_visible()
    for name in ("Add", f"Edit {RELAY}", f"Delete {RELAY}", f"Check now {RELAY}"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_disabled()
    signed_out.show("read-only")
    details = signed_out.open_details(RELAY)
    expect(details.get_by_role("button", name="Edit")).to_be_disabled()


def test_without_a_role_the_missing_one_is_named(signed_out: SettingsPage) -> None:
    signed_out.sign_in("nobody@contoso.example")
    expect(signed_out.page.get_by_role("main")).to_contain_text("OutgoingMail.Read")
    signed_out.show("no-role")


def test_several_are_deleted_after_one_question_that_names_them(
    settings: SettingsPage, org_api: ApiSession
) -> None:
    names = [f"{name}@contoso.example" for name in ("one", "two", "three")]
    for name in names:
        create(org_api, settings, name)
    settings.page.reload()
    settings.page.get_by_role("checkbox", name=f"Select {names[0]}").check()
    settings.page.get_by_role("checkbox", name=f"Select {names[2]}").check()
    settings.page.get_by_role("button", name="Delete (2)").click()
    expect(settings.window.get_by_role("listitem")).to_have_text([names[0], names[2]])
    settings.show("bulk-delete")

    settings.button("Delete").click()
    expect(settings.page.get_by_text("Total 1")).to_be_visible()
    expect(settings.row(names[1])).to_be_visible()
    expect(settings.row(names[0])).to_have_count(0)
    assert org_api.get("/api/configs").json()["total"] == 1


def test_one_is_deleted_only_after_a_question(settings: SettingsPage, org_api: ApiSession) -> None:
    create(org_api, settings)
    settings.page.reload()
    settings.act("Delete", RELAY)
    settings.button("Cancel").click()
    expect(settings.page.get_by_role("button", name=f"Delete {RELAY}")).to_be_focused()
    settings.act("Delete", RELAY)
    settings.button("Delete").click()
    expect(settings.page.get_by_role("heading", name="No mailbox yet")).to_be_visible()


def test_the_default_mailbox_is_shown_and_can_be_changed(
    settings: SettingsPage, org_api: ApiSession
) -> None:
    verified(org_api, settings, "first@contoso.example")
    verified(org_api, settings, "second@contoso.example")
    settings.page.reload()
    expect(settings.row("first@contoso.example")).to_contain_text("Default")
    settings.open_details("second@contoso.example")
    settings.button("Make default").click()
    expect(settings.button("Make default")).to_have_count(0)
    settings.button("Close details").click()
    expect(settings.row("second@contoso.example")).to_contain_text("Default")
    expect(settings.row("first@contoso.example")).not_to_contain_text("Default")


def test_a_check_on_demand_shows_that_it_is_under_way_and_what_it_found(
    settings: SettingsPage, org_api: ApiSession
) -> None:
    create(org_api, settings)
    settings.page.reload()
    settings.act("Check now", RELAY)
    expect(settings.row(RELAY)).to_contain_text(f"{RELAY} is verified.")


def test_a_basic_mailbox_moves_to_oauth(settings: SettingsPage, org_api: ApiSession) -> None:
    config = create(org_api, settings, OAuthInput().user_name)
    settings.page.reload()
    settings.act("Edit", OAuthInput().user_name)
    settings.window.get_by_role("radio", name="OAuth2").check()
    settings.field("Authorization URL").fill(settings.authorization_url)
    settings.field("Client ID").fill(OAuthInput().client_id)
    settings.field("Client Secret").fill(OAuthInput().client_secret)
    settings.button("Save").click()
    expect(settings.row(OAuthInput().user_name)).to_contain_text("Not authorized yet")
    assert org_api.get(f"/api/configs/{config['id']}").json()["authType"] == "oauth2.0"


def test_a_signature_is_written_counted_and_comes_back_as_it_was(
    settings: SettingsPage, org_api: ApiSession
) -> None:
    config = create(org_api, settings)
    settings.page.reload()
    settings.act("Edit", RELAY)
    settings.field("Signature").click()
    settings.button("Bold").click()
    expect(settings.field("Signature")).to_be_focused()
    settings.page.keyboard.type("Contoso Support")
    settings.page.keyboard.press("Enter")
    settings.button("Bold").click()
    settings.button("Link").click()
    settings.field("Address of the link").fill("contoso.example/help")
    settings.button("Set link").click()
    expect(settings.window).to_contain_text("3 words")
    typed = settings.field("Signature").inner_html()
    settings.show("signature")
    settings.button("Save").click()
    expect(settings.page.get_by_role("dialog")).to_have_count(0)

    stored = org_api.get(f"/api/configs/{config['id']}").json()["signature"]
    assert stored == (
        "<p><strong>Contoso Support</strong></p>"
        '<p><a href="https://contoso.example/help" rel="noopener noreferrer">'
        "contoso.example/help</a></p>"
    )
    settings.act("Edit", RELAY)
    expect(settings.field("Signature")).to_be_visible()
    again = settings.field("Signature").inner_html()
    assert again.replace(' rel="noopener noreferrer"', "") == typed


def test_a_pasted_signature_keeps_its_looks(settings: SettingsPage, org_api: ApiSession) -> None:
    config = create(org_api, settings)
    signature = (
        '<p><span style="color:#c00;font-family:Arial;font-size:18px">Contoso</span></p>'
        "<table><tbody><tr><td>Phone</td><td>"
        '<a href="tel:+4930123" rel="noopener noreferrer">030 123</a></td></tr></tbody></table>'
    )
    org_api.patch(f"/api/configs/{config['id']}", json={"signature": signature})
    settings.page.reload()
    settings.act("Edit", RELAY)
    text = settings.field("Signature").get_by_text("Contoso")
    expect(text).to_have_css("color", "rgb(204, 0, 0)")
    expect(text).to_have_css("font-size", "18px")
    settings.field("Signature").get_by_text("Phone").click()
    settings.page.keyboard.press("End")
    settings.page.keyboard.type(":")
    settings.button("Save").click()
    expect(settings.page.get_by_role("dialog")).to_have_count(0)

    stored = org_api.get(f"/api/configs/{config['id']}").json()["signature"]
    for kept in ("color", "font-family", "font-size", "Phone:", 'href="tel:+4930123"', "<table"):
        assert kept in stored
    details = settings.open_details(RELAY)
    expect(details.get_by_text("Contoso", exact=True)).to_have_css("color", "rgb(204, 0, 0)")
