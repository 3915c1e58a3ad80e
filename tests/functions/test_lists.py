"""Lists of configs: filters, pages and cursors."""

import base64
import json
from urllib.parse import quote

import pytest

from tests.support.function_app import App, payload, pointers

OTHER_ORG = "22222222-2222-2222-2222-222222222222"


@pytest.fixture
def five(app: App) -> App:
    for number in range(5):
        app.world.basic(
            user_name=f"user{number}@contoso.example", host_name=f"mail{number}.example"
        )
    return app


def _follow(app: App, link: str) -> dict[str, object]:
    found: dict[str, object] = payload(app.send("GET", link.removeprefix("https://app.example")))
    return found


def _names(page: dict[str, object]) -> list[str]:
    value = page["value"]
    assert isinstance(value, list)
    return [config["userName"].partition("@")[0] for config in value]


def test_an_empty_list_says_so(app: App) -> None:
    assert payload(app.send("GET", "/api/configs")) == {"value": [], "total": 0}


def test_pages_follow_each_other_to_the_last_which_has_no_link(five: App) -> None:
    first = payload(five.send("GET", "/api/configs?pageSize=2"))
    second = _follow(five, first["nextLink"])
    third = _follow(five, str(second["nextLink"]))
    assert _names(first) + _names(second) + _names(third) == [f"user{n}" for n in range(5)]
    assert [page["total"] for page in (first, second, third)] == [5, 5, 5]
    assert "nextLink" not in third


def test_a_full_last_page_has_no_link(five: App) -> None:
    assert "nextLink" not in payload(five.send("GET", "/api/configs?pageSize=5"))


def test_the_next_link_is_absolute_and_keeps_the_filters(five: App) -> None:
    first = payload(five.send("GET", "/api/configs?search=USER&pageSize=3&status=notVerified"))
    assert first["nextLink"].startswith("https://app.example/api/configs?")
    assert "search=USER" in first["nextLink"]
    assert _names(_follow(five, first["nextLink"])) == ["user3", "user4"]


def test_the_next_link_names_the_host_that_the_caller_asked(five: App) -> None:
    headers = {"Host": "10.0.0.4", "X-Forwarded-Host": "Mail.Contoso.example"}
    first = payload(five.send("GET", "/api/configs?pageSize=2", headers=headers))
    assert first["nextLink"].startswith("https://mail.contoso.example/api/configs?")


def test_filters_are_applied_together(five: App) -> None:
    five.world.oauth(user_name="user9@contoso.example")
    page = payload(five.send("GET", "/api/configs?authType=basic&search=mail3"))
    assert (_names(page), page["total"]) == (["user3"], 1)
    oauth = payload(five.send("GET", "/api/configs?authType=oauth2.0"))
    assert _names(oauth) == ["user9"]
    assert payload(five.send("GET", "/api/configs?status=verified"))["total"] == 0


def test_an_empty_search_finds_all(five: App) -> None:
    assert payload(five.send("GET", "/api/configs?search="))["total"] == 5


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("pageSize=0", "pageSize"),
        ("pageSize=101", "pageSize"),
        ("pageSize=-1", "pageSize"),
        ("pageSize=2.5", "pageSize"),
        ("pageSize=", "pageSize"),
        ("pageSize=%D9%A3", "pageSize"),  # a digit, but an Arabic one
        ("authType=oauth", "authType"),
        ("authType=", "authType"),
        ("status=Verified", "status"),
        (f"search={'x' * 255}", "search"),
        ("page=2", "page"),
        ("search=a&search=b", "search"),
    ],
)
def test_a_wrong_parameter_is_named(app: App, query: str, pointer: str) -> None:
    response = app.send("GET", f"/api/configs?{query}")
    assert response.status_code == 400
    assert list(pointers(response)) == [pointer]


def test_all_wrong_parameters_are_named_at_once(app: App) -> None:
    response = app.send("GET", "/api/configs?pageSize=x&authType=y&status=z")
    assert set(pointers(response)) == {"pageSize", "authType", "status"}


def _cursor(app: App, query: str = "pageSize=2") -> str:
    link = str(payload(app.send("GET", f"/api/configs?{query}"))["nextLink"])
    return link.rpartition("cursor=")[2]


def _is_turned_down(app: App, cursor: str, query: str = "", **sent: str) -> bool:
    response = app.send("GET", f"/api/configs?cursor={cursor}{query}", **sent)  # type: ignore[arg-type]
    assert response.status_code == 400
    return payload(response)["code"] == "invalid_cursor" and "cursor" in pointers(response)


def test_a_cursor_holds_for_its_own_filters(five: App) -> None:
    assert _is_turned_down(five, _cursor(five), "&status=verified")
    assert _is_turned_down(five, _cursor(five, "pageSize=2&search=user"))


def test_a_cursor_holds_for_its_own_organization(five: App) -> None:
    assert _is_turned_down(five, _cursor(five), org=OTHER_ORG)


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "%00", "!!!!", "e30", "bnVsbA", "W10", "WzFd", "%FF", quote("ä" * 9), "A" * 5000],
)
def test_a_cursor_that_is_none_is_turned_down(app: App, cursor: str) -> None:
    assert _is_turned_down(app, cursor)


def test_a_cursor_with_a_changed_key_is_turned_down_or_stays_in_the_organization(five: App) -> None:
    text = _cursor(five)
    digest, *_ = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    for key in ([], ["a"], ["a", "b", "c"], [1, 2], [["a"], "b"], ["\ud800", "b"]):
        forged = base64.urlsafe_b64encode(json.dumps([digest, *key]).encode()).decode()
        assert _is_turned_down(five, forged.rstrip("="))
