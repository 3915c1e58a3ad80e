"""Grants that the identity provider gives without a sign-in are grants like all others."""

from collections.abc import Iterator

import pytest
import requests

from tests.support.entra import OTHER_TENANT, Browser, Entra
from tests.support.running_stack import RunningStack

USER = "granted@contoso.example"


@pytest.fixture
def entra(identity: RunningStack) -> Iterator[Entra]:
    provider = Entra(identity.identity_url, identity.ca_file)
    yield provider
    provider.close()


def test_it_is_used_and_rotated_like_one_that_a_person_gave(
    entra: Entra, identity: RunningStack
) -> None:
    browser = Browser(identity.ca_file)
    by_person = entra.grant(browser, "consented@contoso.example")["refresh_token"]
    browser.close()
    given = entra.local("POST", "grant", {"username": USER})["refresh_token"]

    refreshed = [entra.refresh(token) for token in (by_person, given)]

    facts = [entra.local("POST", "introspect", {"token": r["access_token"]}) for r in refreshed]
    assert [fact["username"] for fact in facts] == ["consented@contoso.example", USER]
    assert set(facts[0]["scope"].split()) == set(facts[1]["scope"].split())
    assert facts[0]["aud"] == facts[1]["aud"]
    assert "access_token" in entra.refresh(refreshed[1]["refresh_token"])
    assert entra.refresh(given)["error"] == "invalid_grant"


def test_it_belongs_to_the_tenant_that_was_named(entra: Entra) -> None:
    given = entra.local("POST", "grant", {"username": USER, "tenant": OTHER_TENANT})

    assert entra.token(grant_type="refresh_token", **given).status_code == 400
    answer = entra.token(tenant=OTHER_TENANT, grant_type="refresh_token", **given)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "nobody"},
        {"username": USER, "client_id": "another"},
        {"username": USER, "scope": "https://outlook.office.com/Unknown"},
        {"username": USER, "tenant": "contoso.invalid"},
    ],
)
def test_what_makes_no_sense_is_turned_down(entra: Entra, body: dict[str, str]) -> None:
    with pytest.raises(requests.HTTPError, match="400"):
        entra.local("POST", "grant", body)
