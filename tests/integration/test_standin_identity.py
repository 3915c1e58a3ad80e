"""MSAL signs in at the identity provider as it does at Entra ID."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest

from tests.support.entra import (
    CALLBACK,
    CLIENT,
    OTHER_TENANT,
    SCOPES,
    SECRET,
    TENANT,
    Browser,
    Entra,
)
from tests.support.running_stack import RunningStack

USER = "noreply@contoso.example"
UNKNOWN_SCOPE = "https://outlook.office.com/Nope"
CHALLENGE = f"code_challenge_method=S256&code_challenge={'x' * 43}"


@pytest.fixture
def entra(identity: RunningStack) -> Iterator[Entra]:
    provider = Entra(identity.identity_url, identity.ca_file)
    provider.local("DELETE", "failures")
    provider.local("DELETE", "requests")
    yield provider
    provider.close()


@pytest.fixture
def browser(identity: RunningStack) -> Iterator[Browser]:
    person = Browser(identity.ca_file)
    yield person
    person.close()


def claims(token: str) -> dict[str, Any]:
    decoded: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return decoded


def codes(result: dict[str, Any]) -> list[int]:
    found: list[int] = result["error_codes"]
    return found


def test_a_person_signs_in_accepts_and_the_application_has_tokens(
    entra: Entra, browser: Browser
) -> None:
    flow = entra.begin("first@contoso.example")

    assert browser.open(flow["auth_uri"]) == {}
    assert browser.shows("Local stand-in, not Microsoft")
    assert browser.shows('value="first@contoso.example"')
    assert browser.submit(username="first@contoso.example", password="local-password") == {}
    assert browser.shows("Send e-mails from your mailbox using SMTP AUTH")
    answer = browser.submit(action="accept")
    result = entra.redeem(flow, answer)

    assert set(answer) == {"code", "state", "session_state"}
    assert set(result["scope"].split()) == set(SCOPES)
    assert result["id_token_claims"]["preferred_username"] == "first@contoso.example"
    assert result["id_token_claims"]["tid"] == TENANT
    assert result["refresh_token"]


def test_an_access_token_has_the_length_and_the_audience_of_a_real_one(
    entra: Entra, browser: Browser
) -> None:
    token = entra.grant(browser, USER)["access_token"]

    assert 1500 <= len(token) <= 2560
    assert claims(token)["aud"] == "https://outlook.office.com"
    assert set(claims(token)["scp"].split()) == {"SMTP.Send", "IMAP.AccessAsUser.All"}


def test_consent_and_sign_in_are_remembered(entra: Entra, browser: Browser) -> None:
    entra.grant(browser, "again@contoso.example")
    flow = entra.begin("again@contoso.example")

    assert "code" in browser.open(flow["auth_uri"])


def test_consent_is_asked_for_again_where_the_application_wants_that(
    entra: Entra, browser: Browser
) -> None:
    entra.grant(browser, USER)
    flow = entra.begin(USER, prompt="consent")

    assert browser.open(flow["auth_uri"]) == {}
    assert browser.shows("Permissions requested")


def test_declining_is_told_to_the_application(entra: Entra, browser: Browser) -> None:
    flow = entra.begin("declines@contoso.example")

    browser.open(flow["auth_uri"])
    browser.submit(username="declines@contoso.example", password="local-password")
    answer = browser.submit(action="decline")

    assert answer["error"] == "access_denied"
    assert answer["error_description"].startswith("AADSTS65004: User declined to consent")
    assert "Trace ID: " in answer["error_description"]
    assert answer["state"] == flow["state"]


def test_a_wrong_password_is_told_on_the_page(entra: Entra, browser: Browser) -> None:
    browser.open(entra.begin(USER)["auth_uri"])
    browser.submit(username=USER, password="wrong")

    assert browser.shows("Your account or password is incorrect")
    assert browser.submit(username=USER, password="local-password") or browser.shows("Accept")


def test_another_account_can_be_used_than_the_one_that_is_signed_in(
    entra: Entra, browser: Browser
) -> None:
    entra.grant(browser, "one@contoso.example")
    flow = entra.begin("one@contoso.example", prompt="consent")

    browser.open(flow["auth_uri"])
    browser.click("Use another account")
    browser.submit(username="two@contoso.example", password="local-password")
    answer = browser.submit(action="accept")

    result = entra.redeem(flow, answer)
    assert result["id_token_claims"]["preferred_username"] == "two@contoso.example"


def test_a_browser_that_is_signed_in_as_somebody_else_is_asked_for_the_hinted_account(
    entra: Entra, browser: Browser
) -> None:
    entra.grant(browser, "one@contoso.example")
    flow = entra.begin("three@contoso.example")

    answer = browser.sign_in(flow["auth_uri"], "three@contoso.example")

    result = entra.redeem(flow, answer)
    assert result["id_token_claims"]["preferred_username"] == "three@contoso.example"


def test_an_account_can_be_picked(entra: Entra, browser: Browser) -> None:
    entra.grant(browser, USER)
    flow = entra.begin(USER, prompt="select_account")

    assert browser.open(flow["auth_uri"]) == {}
    assert browser.shows("Pick an account")
    assert "code" in browser.submit(action="continue")


def test_two_tenants_are_apart(entra: Entra, browser: Browser) -> None:
    flow = entra.begin(USER, application=entra.application(tenant=OTHER_TENANT))
    answer = browser.sign_in(flow["auth_uri"], USER)
    other = entra.application(tenant=OTHER_TENANT)
    result = other.acquire_token_by_auth_code_flow(flow, answer)

    assert result["id_token_claims"]["tid"] == OTHER_TENANT
    assert result["id_token_claims"]["iss"] == f"{entra.url}/{OTHER_TENANT}/v2.0"
    assert codes(entra.refresh(result["refresh_token"])) == [700005]


def test_a_tenant_is_known_by_its_domain_name_too(entra: Entra, browser: Browser) -> None:
    flow = entra.begin(USER, application=entra.application(tenant="contoso.example"))
    answer = browser.sign_in(flow["auth_uri"], USER)

    assert entra.redeem(flow, answer)["id_token_claims"]["tid"] == TENANT


def test_both_valid_secrets_work(entra: Entra, browser: Browser) -> None:
    token = entra.grant(browser, USER)["refresh_token"]

    assert "access_token" in entra.refresh(token, secret="local-client-secret-2")


def test_a_refresh_rotates_and_an_old_token_ends_the_grant(entra: Entra, browser: Browser) -> None:
    first = entra.grant(browser, USER)["refresh_token"]
    second = entra.refresh(first)["refresh_token"]

    reused = entra.refresh(first)
    after = entra.refresh(second)

    assert second != first
    assert (reused["error"], codes(reused)) == ("invalid_grant", [70000])
    assert (after["error"], codes(after)) == ("invalid_grant", [70000])


def test_of_fifty_refreshes_at_once_one_succeeds_and_the_grant_ends(
    entra: Entra, browser: Browser
) -> None:
    token = entra.grant(browser, USER)["refresh_token"]

    def refresh(_: int) -> dict[str, Any]:
        form = {"grant_type": "refresh_token", "refresh_token": token, "scope": SCOPES[0]}
        answer: dict[str, Any] = entra.token(**form).json()
        return answer

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(refresh, range(50)))

    succeeded = [answer for answer in answers if "access_token" in answer]
    assert len(succeeded) == 1
    assert codes(entra.refresh(succeeded[0]["refresh_token"])) == [70000]


def test_the_end_of_one_grant_leaves_another_of_the_same_person_alone(
    entra: Entra, browser: Browser
) -> None:
    first = entra.grant(browser, USER)["refresh_token"]
    other = entra.grant(browser, USER)["refresh_token"]
    entra.refresh(first)
    entra.refresh(first)

    assert "access_token" in entra.refresh(other)


def test_revoking_ends_the_grants_of_a_person_and_of_nobody_else(
    entra: Entra, browser: Browser
) -> None:
    mine = entra.grant(browser, "revoked@contoso.example")["refresh_token"]
    theirs = entra.grant(browser, USER)["refresh_token"]

    entra.local("POST", "revoke", {"username": "Revoked@contoso.example"})

    result = entra.refresh(mine)
    assert (result["error"], codes(result)) == ("invalid_grant", [50173])
    assert "access_token" in entra.refresh(theirs)


def test_a_code_is_redeemed_once(entra: Entra, browser: Browser) -> None:
    flow = entra.begin(USER)
    answer = browser.sign_in(flow["auth_uri"], USER)
    entra.redeem(dict(flow), answer)

    again = entra.redeem(dict(flow), answer)
    assert (again["error"], codes(again)) == ("invalid_grant", [54005])


def test_a_code_needs_its_verifier(entra: Entra, browser: Browser) -> None:
    flow = entra.begin(USER)
    answer = browser.sign_in(flow["auth_uri"], USER)

    result = entra.redeem(flow | {"code_verifier": "x" * 43}, answer)
    assert codes(result) == [501481]


def test_state_survives_a_restart(entra: Entra, browser: Browser, identity: RunningStack) -> None:
    used = entra.grant(browser, "lasting@contoso.example")["refresh_token"]
    current = entra.refresh(used)["refresh_token"]

    identity.kill("identity")
    identity.restart("identity")

    renewed = entra.refresh(current)["refresh_token"]
    assert "code" in browser.open(entra.begin("lasting@contoso.example")["auth_uri"])
    assert codes(entra.refresh(used)) == [70000]
    assert codes(entra.refresh(renewed)) == [70000]


@pytest.mark.parametrize(
    ("form", "status", "error", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": "expired-client-secret"}, 401, "invalid_client", 7000222),
        ({"client_secret": ""}, 401, "invalid_client", 7000218),
        ({"client_id": "11111111-0000-0000-0000-000000000000"}, 400, "unauthorized_client", 700016),
        ({"grant_type": ""}, 400, "invalid_request", 900144),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"refresh_token": "made-up"}, 400, "invalid_grant", 9002313),
        ({"refresh_token": ""}, 400, "invalid_request", 900144),
        (
            {"scope": f"{SCOPES[0]} https://graph.microsoft.com/User.Read"},
            400,
            "invalid_grant",
            28000,
        ),
    ],
)
def test_a_token_request_fails_in_the_words_of_entra_id(
    entra: Entra, form: dict[str, str], status: int, error: str, code: int
) -> None:
    request = {"grant_type": "refresh_token", "refresh_token": "x", "scope": SCOPES[0]} | form

    answer = entra.token(**request)

    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    for name in ("trace_id", "correlation_id", "timestamp"):
        assert body[name] in body["error_description"]


def test_the_other_application_has_an_expired_secret(entra: Entra) -> None:
    client = "00000000-0000-0000-0000-00000000a002"
    result = entra.refresh("x", client=client, secret="expired-client-secret")

    assert (result["error"], codes(result)) == ("invalid_client", [7000222])


def test_a_single_tenant_application_cannot_use_common(entra: Entra, browser: Browser) -> None:
    answer = entra.token("common", grant_type="refresh_token", refresh_token="x")
    browser.open(f"{entra.url}/common/oauth2/v2.0/authorize?client_id={CLIENT}")

    assert answer.json()["error"] == "invalid_request"
    assert answer.json()["error_codes"] == [50194]
    assert browser.shows("AADSTS50194")


def test_there_are_tenants_that_do_not_exist(entra: Entra) -> None:
    assert entra.token("nobody.invalid", grant_type="x").json()["error_codes"] == [90002]


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"client_id": "unknown"}, "AADSTS700016"),
        ({"redirect_uri": "https://attacker.example/"}, "AADSTS50011"),
    ],
)
def test_what_the_application_must_not_hear_is_told_to_the_person(
    entra: Entra, browser: Browser, change: dict[str, str], shown: str
) -> None:
    uri = entra.begin(USER)["auth_uri"]
    if "client_id" in change:
        uri = uri.replace(CLIENT, change["client_id"])
    else:
        uri = uri.replace(
            "http%3A%2F%2Flocalhost%3A7071%2Fapi%2Foauth%2Fcallback", "https://a.example"
        )

    assert browser.open(uri) == {}
    assert browser.shows(shown)


@pytest.mark.parametrize(
    ("query", "error", "code"),
    [
        ("scope=openid", "invalid_request", 9002325),
        (
            f"scope=openid+{UNKNOWN_SCOPE}&{CHALLENGE}",
            "invalid_client",
            650053,
        ),
    ],
)
def test_what_is_wrong_with_a_request_is_told_to_the_application(
    entra: Entra, browser: Browser, query: str, error: str, code: int
) -> None:
    answer = browser.open(
        f"{entra.url}/{TENANT}/oauth2/v2.0/authorize?client_id={CLIENT}&response_type=code"
        f"&state=s&redirect_uri={CALLBACK}&{query}"
    )

    assert (answer["error"], answer["state"]) == (error, "s")
    assert answer["error_description"].startswith(f"AADSTS{code}: ")


def test_a_sign_in_of_another_browser_cannot_be_taken_over(
    entra: Entra, browser: Browser, identity: RunningStack
) -> None:
    browser.open(entra.begin(USER)["auth_uri"])
    assert browser.page is not None
    stranger = Browser(identity.ca_file)

    stranger.open(browser.page.url)

    assert stranger.shows("belongs to another browser")
    stranger.close()


def test_secrets_tokens_and_codes_are_not_on_the_disk(
    entra: Entra, browser: Browser, identity: RunningStack
) -> None:
    flow = entra.begin(USER)
    answer = browser.sign_in(flow["auth_uri"], USER)
    result = entra.redeem(flow, answer)

    log = (identity.data / "identity" / "state.ndjson").read_text()
    for secret in (answer["code"], result["refresh_token"], result["access_token"], SECRET):
        assert secret not in log


def test_a_silent_sign_in_needs_a_session(entra: Entra, browser: Browser) -> None:
    flow = entra.begin(USER, prompt="none")
    before = browser.open(flow["auth_uri"])
    entra.grant(browser, USER)

    after = browser.open(flow["auth_uri"])

    assert before["error"] == "login_required"
    assert before["error_description"].startswith("AADSTS50058: ")
    assert "code" in after


def test_signing_out_ends_the_session(entra: Entra, browser: Browser) -> None:
    entra.grant(browser, USER)

    browser.open(f"{entra.url}/{TENANT}/oauth2/v2.0/logout")
    assert browser.shows("Do you want to sign out of your account?")
    hidden = re.search(r'name="xsrf" value="([^"]+)"', browser.shown)
    assert hidden
    browser.submit(xsrf=hidden[1], logout="yes")

    assert browser.shows("You signed out of your account.")
    assert browser.open(entra.begin(USER)["auth_uri"]) == {}
    assert browser.shows("Password")
