"""The identity provider's adapter against the local stack's, with Entra ID's paths and answers."""

import base64
import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.adapters.entra import EntraIdentityProvider
from shared.domain.failures import Failure, IdentityProviderError
from shared.ports import Application, Tokens
from tests.support.running_stack import RunningStack
from tests.support.signin import (
    CLIENT_ID,
    MAILBOX,
    REDIRECT_URI,
    SCOPES,
    SignInSettings,
    Switches,
    application,
    user_answers,
)

OTHER_CLIENT = "00000000-0000-0000-0000-00000000a002"


@pytest.fixture(scope="module")
def provider(identity: RunningStack) -> Iterator[EntraIdentityProvider]:
    adapter = EntraIdentityProvider(SignInSettings(identity.ca_file))
    yield adapter
    adapter.close()


@pytest.fixture(scope="module")
def app(identity: RunningStack) -> Application:
    return application(identity.identity_url)


@pytest.fixture
def switches(identity: RunningStack) -> Iterator[Switches]:
    local = Switches(identity.identity_url, identity.ca_file)
    local.call("DELETE", "requests")
    yield local
    local.call("DELETE", "failures")


class SignIn:
    """Authorizations of one mailbox."""

    def __init__(
        self, provider: EntraIdentityProvider, app: Application, stack: RunningStack
    ) -> None:
        self.provider, self.app, self.stack = provider, app, stack

    def answer(self, user: str = MAILBOX, action: str = "accept") -> Any:
        """(state, protocol, what the callback gets)"""
        url, state, protocol = self.provider.begin(self.app, REDIRECT_URI, user)
        answer = user_answers(url, self.stack.ca_file, user=user, action=action)
        return state, protocol, answer

    def tokens(self, user: str = MAILBOX) -> Tokens:
        state, protocol, answer = self.answer(user)
        return self.provider.redeem(self.app, state, protocol, answer)


@pytest.fixture
def sign_in(provider: EntraIdentityProvider, app: Application, identity: RunningStack) -> SignIn:
    return SignIn(provider, app, identity)


def redeem_failure(sign_in: SignIn, state: str, protocol: Any, answer: Any) -> Failure:
    with pytest.raises(IdentityProviderError) as caught:
        sign_in.provider.redeem(sign_in.app, state, protocol, answer)
    assert not caught.value.failure.ends_grant
    return caught.value.failure


def refresh_failure(
    provider: EntraIdentityProvider, app: Application, refresh_token: str | None
) -> Failure:
    with pytest.raises(IdentityProviderError) as caught:
        provider.refresh(app, refresh_token or "")
    assert refresh_token is None or refresh_token not in repr(caught.value.failure)
    return caught.value.failure


def token_requests(switches: Switches) -> list[str]:
    return [entry["path"] for entry in switches.call("GET", "requests")]


def test_an_authorization_gives_a_grant_and_the_accounts_names(sign_in: SignIn) -> None:
    tokens = sign_in.tokens()

    assert tokens.user_names == (MAILBOX,)
    assert tokens.refresh_token
    assert 1500 <= len(tokens.access_token) <= 2500
    assert tokens.expires_in == 3600


def test_the_authorization_url_asks_for_the_account_and_the_mail_permissions(
    sign_in: SignIn,
) -> None:
    url, state, protocol = sign_in.provider.begin(sign_in.app, REDIRECT_URI, MAILBOX)

    query = parse_qs(urlsplit(url).query)
    assert query["login_hint"] == [MAILBOX]
    assert query["code_challenge_method"] == ["S256"]
    assert {*query["scope"][0].split()} == {*SCOPES, "openid", "profile", "offline_access"}
    assert query["state"] == [state]
    assert "prompt" not in query
    assert state not in repr(protocol)
    assert {"nonce", "code_verifier", "redirect_uri"} <= protocol.keys()


def test_a_refresh_gives_new_tokens(sign_in: SignIn) -> None:
    first = sign_in.tokens()

    second = sign_in.provider.refresh(sign_in.app, first.refresh_token or "")

    assert second.access_token != first.access_token
    assert second.refresh_token not in {None, first.refresh_token}


def test_a_warm_refresh_is_one_request(sign_in: SignIn, switches: Switches) -> None:
    tokens = sign_in.tokens()
    switches.call("DELETE", "requests")

    sign_in.provider.refresh(sign_in.app, tokens.refresh_token or "")

    assert token_requests(switches) == ["token"]


@pytest.mark.parametrize("status", [400, 429, 503])
def test_a_failure_is_not_remembered(sign_in: SignIn, switches: Switches, status: int) -> None:
    tokens = sign_in.tokens()
    order = {"path": "token", "status": status, "retry_after": 60}
    switches.call("POST", "failures", {**order, "error": "temporarily_unavailable"})

    failure = refresh_failure(sign_in.provider, sign_in.app, tokens.refresh_token)

    assert failure.code == "identity_provider_unavailable"
    assert failure.passing
    assert failure.retry_after == timedelta(seconds=60)
    assert sign_in.provider.refresh(sign_in.app, tokens.refresh_token or "").access_token


@pytest.mark.parametrize("status", [429, 503])
def test_trouble_is_never_a_dead_grant(sign_in: SignIn, switches: Switches, status: int) -> None:
    tokens = sign_in.tokens()
    order = {"path": "token", "status": status, "error": "invalid_grant", "error_codes": [700082]}
    switches.call("POST", "failures", order)

    failure = refresh_failure(sign_in.provider, sign_in.app, tokens.refresh_token)

    assert (failure.passing, failure.ends_grant) == (True, False)


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_lost_answer_passes(sign_in: SignIn, switches: Switches, drop: str) -> None:
    tokens = sign_in.tokens()
    switches.call("POST", "failures", {"path": "token", "drop": drop})

    failure = refresh_failure(sign_in.provider, sign_in.app, tokens.refresh_token)

    assert (failure.code, failure.passing) == ("identity_provider_unavailable", True)


def test_a_refresh_token_that_is_used_twice_ends_its_grant(sign_in: SignIn) -> None:
    first = sign_in.tokens()
    second = sign_in.provider.refresh(sign_in.app, first.refresh_token or "")

    failure = refresh_failure(sign_in.provider, sign_in.app, first.refresh_token)
    after = refresh_failure(sign_in.provider, sign_in.app, second.refresh_token)

    assert (failure.code, failure.ends_grant, failure.passing) == ("grant_revoked", True, False)
    assert after.ends_grant
    assert failure.detail is not None
    assert failure.detail.startswith("AADSTS70000")
    assert failure.reference is not None
    assert failure.reference.startswith("Trace ID ")
    assert ", correlation ID " in failure.reference


def test_revoked_sign_ins_end_the_grant(sign_in: SignIn, switches: Switches) -> None:
    tokens = sign_in.tokens("revoked@contoso.example")
    switches.call("POST", "revoke", {"username": "revoked@contoso.example"})

    failure = refresh_failure(sign_in.provider, sign_in.app, tokens.refresh_token)

    assert (failure.code, failure.ends_grant) == ("grant_revoked", True)


@pytest.mark.parametrize(
    ("client_id", "client_secret", "code"),
    [
        (CLIENT_ID, "wrong", "client_secret_invalid"),
        (CLIENT_ID, "sécret", "client_secret_invalid"),
        (OTHER_CLIENT, "expired-client-secret", "client_secret_expired"),
        ("00000000-0000-0000-0000-0000000000ff", "any", "application_not_found"),
    ],
)
def test_a_wrong_registration_leaves_the_grant_alone(
    sign_in: SignIn, client_id: str, client_secret: str, code: str
) -> None:
    tokens = sign_in.tokens()
    wrong = application(
        sign_in.stack.identity_url, client_id=client_id, client_secret=client_secret
    )

    failure = refresh_failure(sign_in.provider, wrong, tokens.refresh_token)

    assert (failure.code, failure.ends_grant, failure.passing) == (code, False, False)
    assert sign_in.provider.refresh(sign_in.app, tokens.refresh_token or "").access_token


def test_two_client_secrets_work_side_by_side(sign_in: SignIn) -> None:
    tokens = sign_in.tokens()
    other = application(sign_in.stack.identity_url, client_secret="local-client-secret-2")

    assert sign_in.provider.refresh(other, tokens.refresh_token or "").access_token


def test_a_declined_consent_is_told(sign_in: SignIn) -> None:
    state, protocol, answer = sign_in.answer("declines@contoso.example", "decline")

    failure = redeem_failure(sign_in, state, protocol, answer)

    assert failure.code == "consent_declined"


def test_the_common_tenant_is_turned_down_by_the_provider(
    provider: EntraIdentityProvider, identity: RunningStack
) -> None:
    common = application(identity.identity_url, tenant="common")

    failure = refresh_failure(provider, common, "any")

    assert failure.code in {"tenant_required", "provider_refused"}
    assert not failure.passing


def test_a_code_can_be_redeemed_once(sign_in: SignIn) -> None:
    state, protocol, answer = sign_in.answer()
    sign_in.provider.redeem(sign_in.app, state, protocol, answer)

    failure = redeem_failure(sign_in, state, protocol, answer)

    assert failure.code == "authorization_code_rejected"


@pytest.mark.parametrize("changed", ["state", "nonce", "code_verifier"])
def test_an_answer_to_another_request_is_turned_down(sign_in: SignIn, changed: str) -> None:
    state, protocol, answer = sign_in.answer()
    if changed == "state":
        answer["state"] = "another-state"
    else:
        protocol[changed] = "x" * 43

    failure = redeem_failure(sign_in, state, protocol, answer)

    assert failure.code in {"provider_refused", "authorization_code_rejected"}
    assert state not in repr(failure)


def test_an_answer_without_code_and_error_is_turned_down(sign_in: SignIn) -> None:
    state, protocol, _ = sign_in.answer()

    assert redeem_failure(sign_in, state, protocol, {"state": state}).code == "provider_refused"


def test_nothing_of_the_browsers_reaches_a_header(sign_in: SignIn) -> None:
    state, protocol, answer = sign_in.answer()
    account = {"uid": "a\r\nX-Injected: 1", "utid": "b"}
    answer["client_info"] = base64.urlsafe_b64encode(json.dumps(account).encode()).decode()

    assert sign_in.provider.redeem(sign_in.app, state, protocol, answer).refresh_token


def test_a_grant_without_smtp_send_is_turned_down(
    provider: EntraIdentityProvider, identity: RunningStack
) -> None:
    narrow = application(identity.identity_url, scopes=SCOPES[1:])
    url, state, protocol = provider.begin(narrow, REDIRECT_URI, "narrow@contoso.example")
    answer = user_answers(url, identity.ca_file, user="narrow@contoso.example")

    with pytest.raises(IdentityProviderError) as caught:
        provider.redeem(narrow, state, protocol, answer)

    assert caught.value.failure.code == "permission_missing"


def test_a_private_host_that_is_not_in_the_setting_is_turned_down(
    identity: RunningStack,
) -> None:
    settings = SignInSettings(identity.ca_file, extra_authority_hosts=())
    adapter = EntraIdentityProvider(settings)

    failure = refresh_failure(adapter, application(identity.identity_url), "any")

    assert (failure.code, failure.passing) == ("address_not_allowed", False)


def test_an_unknown_certificate_authority_is_turned_down(identity: RunningStack) -> None:
    adapter = EntraIdentityProvider(SignInSettings(None))

    failure = refresh_failure(adapter, application(identity.identity_url), "any")

    assert (failure.code, failure.passing) == ("tls_certificate_invalid", True)


def test_the_environment_changes_nothing(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = sign_in.tokens()
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, "/nonexistent.pem")
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("MSAL_FORCE_REGION", "westeurope")

    assert sign_in.provider.refresh(sign_in.app, tokens.refresh_token or "").access_token


def test_no_secret_is_logged(sign_in: SignIn, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    state, protocol, answer = sign_in.answer()
    tokens = sign_in.provider.redeem(sign_in.app, state, protocol, answer)
    again = sign_in.provider.refresh(sign_in.app, tokens.refresh_token or "")
    refresh_failure(sign_in.provider, sign_in.app, tokens.refresh_token)

    logged = "\n".join(record.getMessage() for record in caplog.records)
    secrets = {
        state, protocol["code_verifier"], protocol["nonce"], answer["code"],
        tokens.access_token, tokens.refresh_token, again.access_token, again.refresh_token,
        sign_in.app.client_secret,
    }  # fmt: skip
    # What the test's own browser asks for bears state and code: only ours must not.
    ours = "\n".join(line for line in logged.splitlines() if "/authorize" not in line)
    assert not [secret for secret in secrets if secret and secret in ours]


def test_many_threads_share_one_adapter(sign_in: SignIn) -> None:
    users = [f"user{number}@contoso.example" for number in range(8)]
    grants = [sign_in.tokens(user).refresh_token or "" for user in users]

    def refresh_thrice(token: str) -> str:
        for _ in range(3):
            token = sign_in.provider.refresh(sign_in.app, token).refresh_token or ""
        return token

    with ThreadPoolExecutor(8) as threads:
        newest = list(threads.map(refresh_thrice, grants))

    assert all(newest)
    assert len(set(newest)) == len(users)
