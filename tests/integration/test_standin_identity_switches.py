"""The identity provider fails to order, keeps a record, and hands out tokens for the API."""

from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests

from tests.support.entra import OTHER_TENANT, SCOPES, TENANT, Browser, Entra
from tests.support.running_stack import RunningStack

USER = "switched@contoso.example"
API = "00000000-0000-0000-0000-00000000a000"


@pytest.fixture
def entra(identity: RunningStack) -> Iterator[Entra]:
    provider = Entra(identity.identity_url, identity.ca_file)
    provider.local("DELETE", "failures")
    provider.local("DELETE", "requests")
    yield provider
    provider.local("DELETE", "failures")
    provider.close()


@pytest.fixture
def browser(identity: RunningStack) -> Iterator[Browser]:
    person = Browser(identity.ca_file)
    yield person
    person.close()


@pytest.fixture
def token(entra: Entra, browser: Browser) -> str:
    found: str = entra.grant(browser, USER)["refresh_token"]
    entra.local("DELETE", "requests")
    return found


def refresh(entra: Entra, token: str) -> requests.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token, "scope": SCOPES[0]}
    return entra.token(**form)


def test_an_ordered_failure_happens_as_often_as_it_was_ordered(entra: Entra, token: str) -> None:
    entra.local("POST", "failures", {"path": "token", "status": 503, "times": 2})

    answers = [refresh(entra, token) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].json()["error"] == "temporarily_unavailable"


def test_throttling_says_when_to_come_back(entra: Entra, token: str) -> None:
    entra.local("POST", "failures", {"path": "token", "status": 429, "retry_after": 7})

    answer = refresh(entra, token)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_any_error_of_entra_id_can_be_ordered(entra: Entra, token: str) -> None:
    order = {
        "path": "token",
        "status": 400,
        "error": "invalid_grant",
        "error_codes": [53003],
        "suberror": "basic_action",
    }
    entra.local("POST", "failures", order)

    body = refresh(entra, token).json()

    assert (body["error"], body["suberror"]) == ("invalid_grant", "basic_action")
    assert body["error_description"].startswith("AADSTS53003: Access has been blocked")


@pytest.mark.parametrize(
    "other", [{"username": "other@contoso.example"}, {"client_id": API}, {"tenant": OTHER_TENANT}]
)
def test_a_failure_is_for_whom_it_was_ordered(
    entra: Entra, token: str, other: dict[str, str]
) -> None:
    entra.local("POST", "failures", {"path": "token", "status": 503} | other)

    assert refresh(entra, token).status_code == 200


def test_a_failure_finds_the_user_of_a_refresh_token(entra: Entra, token: str) -> None:
    entra.local("POST", "failures", {"username": USER, "status": 503})

    assert refresh(entra, token).status_code == 503


def test_a_request_that_is_dropped_before_leaves_the_token_alone(entra: Entra, token: str) -> None:
    entra.local("POST", "failures", {"path": "token", "drop": "before"})

    with pytest.raises(requests.ConnectionError):
        refresh(entra, token)
    assert refresh(entra, token).status_code == 200


def test_an_answer_that_is_dropped_after_has_rotated_the_token(entra: Entra, token: str) -> None:
    entra.local("POST", "failures", {"path": "token", "drop": "after"})

    with pytest.raises(requests.ConnectionError):
        refresh(entra, token)
    assert refresh(entra, token).json()["error_codes"] == [70000]
    assert [one["result"] for one in entra.local("GET", "requests")] == [
        "dropped after",
        "invalid_grant",
    ]


def test_an_authorization_fails_at_the_application_or_on_the_page(
    entra: Entra, browser: Browser
) -> None:
    uri = entra.begin(USER)["auth_uri"]
    told = {"path": "authorize", "error": "access_denied", "error_codes": [90094]}
    entra.local("POST", "failures", [told, {"path": "authorize", "status": 503}])

    answer = browser.open(uri)
    shown = browser.open(uri)

    assert answer["error_description"].startswith("AADSTS90094: ")
    assert shown == {}
    assert browser.shows("AADSTS90033")


@pytest.mark.parametrize(
    "order", [{"staus": 503}, {"status": 503, "times": "2"}, {"drop": "sometimes"}]
)
def test_an_order_that_makes_no_sense_is_turned_down(entra: Entra, order: dict[str, Any]) -> None:
    with pytest.raises(requests.HTTPError, match="400"):
        entra.local("POST", "failures", order)


def test_the_record_says_what_was_asked_and_holds_no_secret(entra: Entra, token: str) -> None:
    refresh(entra, token)

    (entry,) = entra.local("GET", "requests")
    expected = {"path": "token", "grant_type": "refresh_token", "username": USER, "result": "ok"}
    assert {name: entry[name] for name in expected} == expected
    assert token not in str(entry)
    assert "local-client-secret" not in str(entry)


def test_introspection_knows_a_token_and_turns_down_a_changed_one(
    entra: Entra, browser: Browser
) -> None:
    token = entra.grant(browser, USER)["access_token"]
    head, body, signature = token.split(".")

    known = entra.local("POST", "introspect", {"token": token})
    changed = entra.local("POST", "introspect", {"token": f"{head}.{body[:-1]}.{signature}"})

    assert known["active"] is True
    assert (known["username"], known["tenant"]) == (USER, TENANT)
    assert "SMTP.Send" in known["scope"].split()
    assert changed == {"active": False}


@pytest.mark.parametrize(
    ("wish", "roles"),
    [
        ({}, ["OutgoingMail.Read", "OutgoingMail.Manage", "OutgoingMail.Send"]),
        ({"username": "reader@contoso.example"}, ["OutgoingMail.Read"]),
        ({"username": "nobody@contoso.example"}, None),
        ({"roles": ["OutgoingMail.Send"]}, ["OutgoingMail.Send"]),
    ],
)
def test_a_token_for_the_api_has_the_roles_that_were_wished_for(
    entra: Entra, wish: dict[str, Any], roles: list[str] | None
) -> None:
    answer = entra.local("POST", "token", {"tenant": OTHER_TENANT} | wish)

    keys = jwt.PyJWKSet.from_dict(entra.get(f"/{OTHER_TENANT}/discovery/v2.0/keys").json())
    claims = jwt.decode(answer["access_token"], keys.keys[0], ["RS256"], audience=API)
    assert claims["tid"] == OTHER_TENANT
    assert claims["iss"] == f"{entra.url}/{OTHER_TENANT}/v2.0"
    assert claims.get("roles") == roles


def test_an_application_gets_a_token_of_its_own(entra: Entra) -> None:
    answer = entra.token(grant_type="client_credentials", scope=f"api://{API}/.default").json()

    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert claims["idtyp"] == "app"
    assert "OutgoingMail.Send" in claims["roles"]
