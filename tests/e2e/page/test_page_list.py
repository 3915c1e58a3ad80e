"""Finding one's way in a long list."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import ApiSession
from tests.support.settings_page import SettingsPage

MANY = 250


@pytest.fixture
def many(settings: SettingsPage, org_api: ApiSession) -> SettingsPage:
    """A list of 250 mailboxes; every tenth signs in with a password, which is wrong."""

    def create(number: int) -> None:
        fields: dict[str, str | int] = {
            "hostName": "localhost",
            "port": settings.stack.ports.smtp,
            "userName": f"box{number:03}@contoso.example",
        }
        if number % 10 == 0:
            fields |= {"authType": "basic", "password": "wrong"}
        else:
            fields |= {
                "authType": "oauth2.0",
                "authorizationUrl": settings.authorization_url,
                "tokenUrl": settings.authorization_url.removesuffix("authorize") + "token",
                "clientId": "client",
                "clientSecret": "never-used",
            }
        assert org_api.post("/api/configs", json=fields).status_code == 201

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(create, range(MANY)))
    settings.page.reload()
    return settings


def test_a_filter_that_there_is_not_filters_nothing(settings: SettingsPage) -> None:
    settings.go("/settings/outgoing-mail?status=unknown&authType=ntlm")
    expect(settings.page.get_by_role("heading", name="No mailbox yet")).to_be_visible()


def test_a_long_list_is_paged_searched_filtered_and_emptied(
    many: SettingsPage, org_api: ApiSession
) -> None:
    page = many.page
    rows = many.table.get_by_role("checkbox", name="Select box")
    expect(page.get_by_text(f"Total {MANY}")).to_be_visible()
    expect(page.get_by_text("Page 1 of 13")).to_be_visible()
    expect(rows).to_have_count(20)
    many.show("list-many")

    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Page 2 of 13")).to_be_visible()
    expect(many.row("box020@contoso.example")).to_be_visible()
    page.reload()
    expect(many.row("box020@contoso.example")).to_be_visible()
    page.get_by_role("button", name="Previous").click()
    expect(many.row("box000@contoso.example")).to_be_visible()

    search = page.get_by_role("searchbox")
    search.fill("BOX12")
    expect(page.get_by_text("Total 10", exact=True)).to_be_visible()
    expect(rows).to_have_count(10)
    assert "search=BOX12" in page.url
    page.reload()
    expect(search).to_have_value("BOX12")
    expect(rows).to_have_count(10)

    page.get_by_role("combobox", name="Filter by auth type").select_option("basic")
    expect(rows).to_have_count(1)
    expect(many.row("box120@contoso.example")).to_contain_text("basic")
    page.get_by_role("combobox", name="Filter by status").select_option("verified")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    many.show("nothing-matches")
    page.go_back()
    expect(rows).to_have_count(1)
    page.get_by_role("combobox", name="Filter by auth type").select_option("")
    expect(rows).to_have_count(10)

    page.get_by_role("checkbox", name="Select all on this page").check()
    page.get_by_role("button", name="Delete (10)").click()
    expect(many.window.get_by_role("listitem")).to_have_count(10)
    many.button("Delete").click()
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    assert org_api.get("/api/configs").json()["total"] == MANY - 10
