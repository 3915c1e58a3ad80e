"""From Authorize to the grant."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.config import Config, Status
from shared.domain.errors import (
    ConflictError,
    NotFoundError,
    ServiceUnavailableError,
    UpstreamError,
)
from shared.domain.failures import Failure, IdentityProviderError
from shared.domain.reasons.words import MAX_DETAIL
from shared.services.authorization import AuthorizationOutcome
from tests.support.world import ADMIN, World

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def world() -> World:
    return World()


def _code(outcome: AuthorizationOutcome) -> str | None:
    return outcome.failure.code if outcome.failure else None


def _reason(config: Config) -> str | None:
    return config.reason.code if config.reason else None


def test_an_authorized_mailbox_is_checked_at_once_and_verified(world: World) -> None:
    config = world.oauth()
    assert _reason(config) == "authorization_needed"
    outcome = world.authorize(config)
    assert outcome.ok
    assert outcome.config is not None
    assert outcome.config.status is Status.VERIFIED
    assert world.config(config).status is Status.VERIFIED
    assert world.event_types(config) == [
        "created",
        "authorizationStarted",
        "authorized",
        "checkSucceeded",
    ]


def test_the_grant_is_stored_even_if_the_check_fails(world: World) -> None:
    config = world.oauth()
    world.mail.failure = Failure("smtp_auth_disabled_tenant")
    outcome = world.authorize(config)
    assert outcome.ok
    assert outcome.config is not None
    assert _reason(outcome.config) == "smtp_auth_disabled_tenant"
    assert outcome.config.has_grant


def test_a_check_that_cannot_be_made_now_is_made_by_the_next_tick(world: World) -> None:
    config = world.oauth()
    started = world.authorization.start(ADMIN, config.id)
    state = _state(started.authorization_url)
    get = world.vault.get
    calls = iter([None, ServiceUnavailableError("Key Vault")])

    def failing(config_id: str, kind: object) -> str:
        error = next(calls, None)
        if error:
            raise error
        return get(config_id, kind)  # type: ignore[arg-type]

    world.vault.get = failing  # type: ignore[method-assign]
    outcome = world.authorization.finish(
        {"state": state, "code": "c"}, {started.cookie_name: started.cookie_value}
    )
    assert outcome.ok
    assert world.config(config).status is Status.NOT_VERIFIED
    world.run_until(days=0.02)
    assert world.config(config).status is Status.VERIFIED


def _state(url: str) -> str:
    return url.partition("state=")[2].partition("&")[0]


def test_the_name_of_another_account_is_made_safe_to_keep(world: World) -> None:
    world.provider.signs_in = "a\ud800\r\n" + "b" * 70_000
    outcome = world.authorize(world.oauth())
    assert outcome.failure is not None
    detail = outcome.failure.detail or ""
    assert detail.isprintable()
    assert len(detail) <= MAX_DETAIL


def test_passing_trouble_leaves_the_mailbox_to_be_authorized(world: World) -> None:
    config = world.oauth()
    failure = Failure("identity_provider_unavailable", passing=True, detail="HTTP status 503")
    world.provider.fail("redeem", IdentityProviderError(failure))
    assert _code(world.authorize(config)) == failure.code
    reason = world.config(config).reason
    assert reason is not None
    assert (reason.code, reason.detail) == ("authorization_needed", failure.detail)


def test_another_account_is_turned_down_and_its_tokens_are_dropped(world: World) -> None:
    config = world.oauth()
    world.provider.signs_in = "private@contoso.example"
    outcome = world.authorize(config)
    assert not outcome.ok
    assert _code(outcome) == "wrong_account"
    assert outcome.failure is not None
    assert outcome.failure.detail == "Signed in as private@contoso.example."
    config = world.config(config)
    assert _reason(config) == "wrong_account"
    assert not config.has_grant
    assert world.vault.names() == [f"{config.id}-client-secret"]


def test_the_account_is_compared_whatever_its_case(world: World) -> None:
    config = world.oauth(user_name="NoReply@Contoso.example")
    assert world.authorize(config).ok


def test_a_declined_consent_leaves_a_working_grant_alone(world: World) -> None:
    config = world.authorized()
    outcome = world.authorize(config, error="access_denied")
    assert _code(outcome) == "consent_declined"
    config = world.config(config)
    assert config.status is Status.VERIFIED
    assert config.has_grant
    assert world.event_types(config)[-1] == "authorizationFailed"


def test_a_declined_consent_is_the_reason_of_a_config_without_a_grant(world: World) -> None:
    config = world.oauth()
    world.authorize(config, error="access_denied")
    assert _reason(world.config(config)) == "consent_declined"


def test_a_state_counts_once(world: World) -> None:
    config = world.oauth()
    started = world.authorization.start(ADMIN, config.id)
    answer = {"state": _state(started.authorization_url), "code": "c"}
    cookies = {started.cookie_name: started.cookie_value}
    assert world.authorization.finish(answer, cookies).ok
    assert _code(world.authorization.finish(answer, cookies)) == "authorization_used"
    assert world.config(config).status is Status.VERIFIED


def test_another_browser_cannot_finish_it_nor_use_it_up(world: World) -> None:
    config = world.oauth()
    started = world.authorization.start(ADMIN, config.id)
    answer = {"state": _state(started.authorization_url), "code": "c"}
    assert _code(world.authorization.finish(answer, {})) == "authorization_other_browser"
    assert world.authorization.finish(answer, {started.cookie_name: started.cookie_value}).ok


def test_a_forged_cookie_does_not_finish_it(world: World) -> None:
    started = world.authorization.start(ADMIN, world.oauth().id)
    answer = {"state": _state(started.authorization_url), "code": "c"}
    outcome = world.authorization.finish(answer, {started.cookie_name: "forged"})
    assert _code(outcome) == "authorization_other_browser"
    assert world.provider.calls["redeem"] == 0


def test_after_10_minutes_it_has_expired(world: World) -> None:
    started = world.authorization.start(ADMIN, world.oauth().id)
    world.clock.advance(10 * MINUTE)
    outcome = world.authorization.finish(
        {"state": _state(started.authorization_url), "code": "c"},
        {started.cookie_name: started.cookie_value},
    )
    assert _code(outcome) == "authorization_expired"


@pytest.mark.parametrize("answer", [{}, {"state": ""}, {"state": "forged"}, {"code": "c"}])
def test_an_answer_to_nothing_changes_nothing(world: World, answer: dict[str, str]) -> None:
    outcome = world.authorization.finish(answer, {})
    assert not outcome.ok
    assert _code(outcome) in {"authorization_unknown", "authorization_other_browser"}
    assert world.flows.calls["take"] == 0


def test_a_config_that_changed_meanwhile_takes_no_grant(world: World) -> None:
    config = world.oauth()
    started = world.authorization.start(ADMIN, config.id)
    world.service.update(ADMIN, config.id, {"client_id": "another"}, lambda _: True)
    outcome = world.authorization.finish(
        {"state": _state(started.authorization_url), "code": "c"},
        {started.cookie_name: started.cookie_value},
    )
    assert _code(outcome) == "config_changed"
    assert not world.config(config).has_grant


def test_a_config_that_was_deleted_meanwhile_takes_no_grant(world: World) -> None:
    config = world.oauth()
    started = world.authorization.start(ADMIN, config.id)
    world.service.delete(ADMIN, config.id, lambda _: True)
    outcome = world.authorization.finish(
        {"state": _state(started.authorization_url), "code": "c"},
        {started.cookie_name: started.cookie_value},
    )
    assert _code(outcome) == "config_deleted"
    assert world.vault.names() == []


def test_a_new_grant_is_not_overwritten_by_a_check_of_the_old_one(world: World) -> None:
    """The check holds the lease; the callback waits for it before it stores what it got."""
    config = world.authorized()
    stored = world.configs.get(config.organization, config.id)
    assert stored is not None
    held = world.leases.take(stored)
    old_checks: list[Config] = []

    def sleep(seconds: float) -> None:
        world.sleep(seconds)
        if not old_checks:
            old_checks.append(world.verification.check(held, "worker"))

    world.leases._sleep = sleep
    started = world.authorization.start(ADMIN, config.id)
    outcome = world.authorization.finish(
        {"state": _state(started.authorization_url), "code": "c"},
        {started.cookie_name: started.cookie_value},
    )
    assert outcome.ok
    assert old_checks
    assert world.verification.check_now(ADMIN, config.id).status is Status.VERIFIED
    assert world.provider.is_alive(world.refresh_token(config))


def test_a_grant_that_the_vault_does_not_take_is_an_outcome_and_frees_the_lease(
    world: World,
) -> None:
    config = world.oauth()
    world.vault.fail("set", ServiceUnavailableError("Key Vault"), times=3)
    outcome = world.authorize(config)
    assert _code(outcome) == "grant_not_stored"
    assert world.config(config).lease is None
    assert world.authorize(config).ok


def test_only_oauth_configs_of_the_own_organization_can_be_authorized(world: World) -> None:
    basic, oauth = world.basic(), world.oauth()
    with pytest.raises(ConflictError) as conflict:
        world.authorization.start(ADMIN, basic.id)
    assert conflict.value.code == "not_oauth"
    with pytest.raises(NotFoundError):
        world.authorization.start(replace(ADMIN, organization="other"), oauth.id)


def test_a_provider_that_does_not_answer_is_told_with_its_reason(world: World) -> None:
    config = world.oauth()
    failure = Failure("identity_provider_unavailable", passing=True, reference="Trace ID t")
    world.provider.fail("begin", IdentityProviderError(failure))
    with pytest.raises(UpstreamError) as error:
        world.authorization.start(ADMIN, config.id)
    assert (error.value.reason, error.value.reference) == (failure.code, "Trace ID t")


def test_neither_state_nor_cookie_can_be_read_from_the_table(world: World) -> None:
    started = world.authorization.start(ADMIN, world.oauth().id)
    kept = repr([(flow, flow.protocol) for flow in world.flows.flows.values()])
    assert _state(started.authorization_url) not in kept
    assert started.cookie_value not in kept
    assert started.cookie_value not in repr(started)


def test_flows_are_forgotten(world: World) -> None:
    world.authorization.start(ADMIN, world.oauth().id)
    world.run_until(days=0.06)
    assert world.flows.flows == {}
    assert world.due.entries == {}
