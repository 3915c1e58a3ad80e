"""How checks become a status."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.config import Config, SecretKind, Status
from shared.domain.errors import ConflictError, NotFoundError, ServiceUnavailableError
from shared.domain.failures import Failure, IdentityProviderError
from tests.support.world import ADMIN, World

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PASSING = Failure("identity_provider_unavailable", passing=True, detail="503")


@pytest.fixture
def world() -> World:
    return World()


def _reason(config: Config) -> str | None:
    return config.reason.code if config.reason else None


def test_a_new_basic_config_is_checked_at_once_and_verified(world: World) -> None:
    config = world.basic()
    assert (config.status, _reason(config)) == (Status.NOT_VERIFIED, "not_checked")
    assert world.work() == 1
    config = world.config(config)
    assert config.status is Status.VERIFIED
    assert config.reason is None
    assert config.verified_at == config.checked_at == world.clock.now()
    assert world.event_types(config) == ["created", "checkSucceeded"]


def test_a_wrong_password_is_not_verified_with_the_servers_words(world: World) -> None:
    config = world.basic(password="wrong")
    world.work()
    config = world.config(config)
    assert (config.status, _reason(config)) == (Status.NOT_VERIFIED, "password_rejected")
    assert config.reason is not None
    assert config.reason.detail == "535 5.7.3 no"
    assert config.next_check_at is not None


def test_the_first_config_verified_becomes_the_default_and_the_second_does_not(
    world: World,
) -> None:
    first, second = world.basic(), world.basic()
    world.work()
    assert [world.config(c).is_default for c in (first, second)] == [True, False]


def test_a_check_keeps_the_refresh_token_that_came_back(world: World) -> None:
    config = world.authorized()
    before = world.refresh_token(config)
    world.verification.check_now(ADMIN, config.id)
    assert world.refresh_token(config) != before
    assert world.provider.is_alive(world.refresh_token(config))


def test_an_authorized_mailbox_stays_verified_for_a_year_with_nobody_looking(world: World) -> None:
    config = world.authorized()
    world.run_until(days=365, tick=HOUR)
    config = world.config(config)
    assert config.status is Status.VERIFIED
    assert config.checked_at is not None
    assert world.clock.now() - config.checked_at <= DAY
    assert 365 <= world.provider.calls["refresh"] <= 365 / 0.9 + 3


def test_a_passing_failure_leaves_the_status_and_is_shown_as_a_warning(world: World) -> None:
    config = world.authorized()
    world.mail.failure = PASSING
    config = world.verification.check_now(ADMIN, config.id)
    assert config.status is Status.VERIFIED
    assert [w.code for w in config.warnings] == ["identity_provider_unavailable"]
    assert config.next_check_at is not None
    assert config.next_check_at - world.clock.now() <= 6 * MINUTE
    world.mail.failure = None
    config = world.verification.check_now(ADMIN, config.id)
    assert config.warnings == ()
    assert config.failing_since is None


def test_24_hours_of_passing_failures_end_the_status_and_a_success_brings_it_back(
    world: World,
) -> None:
    config = world.authorized()
    world.mail.failure = PASSING
    failing_since = world.verification.check_now(ADMIN, config.id).failing_since
    world.run_until(days=0.99)
    assert world.config(config).status is Status.VERIFIED
    world.run_until(days=0.05)
    lasting = world.config(config)
    assert (lasting.status, _reason(lasting)) == (
        Status.NOT_VERIFIED,
        "identity_provider_unavailable",
    )
    assert lasting.failing_since == failing_since
    tries = world.mail.calls["sign_in"]
    assert tries < 20
    world.mail.failure = None
    world.run_until(days=0.5)
    assert world.config(config).status is Status.VERIFIED


def test_a_permanent_failure_is_not_verified_at_once(world: World) -> None:
    config = world.authorized()
    world.mail.failure = Failure("smtp_auth_disabled_tenant")
    config = world.verification.check_now(ADMIN, config.id)
    assert (config.status, _reason(config)) == (Status.NOT_VERIFIED, "smtp_auth_disabled_tenant")
    assert config.has_grant


def test_what_an_administrator_mends_elsewhere_is_noticed_by_the_next_check(world: World) -> None:
    config = world.authorized()
    world.mail.failure = Failure("smtp_auth_disabled_tenant")
    world.verification.check_now(ADMIN, config.id)
    world.mail.failure = None
    world.run_until(days=1)
    assert world.config(config).status is Status.VERIFIED


def test_a_dead_grant_is_not_tried_again_until_there_is_a_new_one(world: World) -> None:
    config = world.authorized()
    world.provider.revoke_all()
    config = world.verification.check_now(ADMIN, config.id)
    assert (config.status, _reason(config)) == (Status.NOT_VERIFIED, "grant_revoked")
    assert not config.has_grant
    assert config.next_check_at is None
    asked = world.provider.calls["refresh"]
    world.run_until(days=3, tick=HOUR)
    world.verification.check_now(ADMIN, config.id)
    assert world.provider.calls["refresh"] == asked
    assert world.authorize(config).ok
    assert world.config(config).status is Status.VERIFIED


def test_a_grant_that_another_worker_replaced_is_not_declared_dead(world: World) -> None:
    config = world.authorized()
    get = world.vault.get
    reads: list[str] = []

    def overtaken(config_id: str, kind: SecretKind) -> str:
        value = get(config_id, kind)
        if kind is SecretKind.REFRESH_TOKEN and not reads:
            reads.append(value)
            newer = world.provider.rotate(value)
            world.vault.set(config.organization, config_id, kind, newer)
        return value

    world.vault.get = overtaken  # type: ignore[method-assign]
    # The provider has no mercy with an old token in general; here it says so and no more.
    failure = Failure("grant_revoked", ends_grant=True)
    world.provider.fail("refresh", IdentityProviderError(failure))
    config = world.verification.check_now(ADMIN, config.id)
    assert config.status is Status.VERIFIED
    assert world.provider.is_alive(world.refresh_token(config))


def test_a_token_that_the_vault_does_not_take_is_not_lost(world: World) -> None:
    config = world.authorized()
    world.vault.fail("set", ServiceUnavailableError("Key Vault"), times=3)
    config = world.verification.check_now(ADMIN, config.id)
    assert config.status is Status.VERIFIED
    assert [w.code for w in config.warnings] == ["grant_not_stored"]
    config = world.verification.check_now(ADMIN, config.id)
    assert config.status is Status.VERIFIED
    assert config.warnings == ()
    assert world.provider.is_alive(world.refresh_token(config))


def test_a_check_that_finds_nothing_out_gives_the_lease_back(world: World) -> None:
    config = world.authorized()
    world.vault.fail("get", ServiceUnavailableError("Key Vault"))
    with pytest.raises(ServiceUnavailableError):
        world.verification.check_now(ADMIN, config.id)
    assert world.config(config).lease is None


def test_a_second_worker_waits_and_shares_the_result_of_a_check_that_began_later(
    world: World,
) -> None:
    config = world.authorized()
    stored = world.configs.get(config.organization, config.id)
    assert stored is not None
    held = world.leases.take(stored)
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        world.sleep(seconds)
        slept.append(seconds)
        if len(slept) == 3:
            world.verification.check(held, "other")

    world.leases._sleep = sleep
    refreshes = world.provider.calls["refresh"]
    world.verification.check_now(ADMIN, config.id)
    assert world.provider.calls["refresh"] - refreshes == 1
    assert len(slept) == 3


def test_a_lease_that_nobody_gives_back_ends_by_itself(world: World) -> None:
    config = world.authorized()
    stored = world.configs.get(config.organization, config.id)
    assert stored is not None
    world.leases.take(stored)
    with pytest.raises(ConflictError, match="takes long"):
        world.verification.check_now(ADMIN, config.id)
    world.clock.advance(3 * MINUTE)
    assert world.verification.check_now(ADMIN, config.id).status is Status.VERIFIED


def test_a_worker_that_was_held_up_does_not_use_the_grant(world: World) -> None:
    config = world.authorized()
    stored = world.configs.get(config.organization, config.id)
    assert stored is not None
    held = world.leases.take(stored)
    world.clock.advance(2 * MINUTE)
    asked = world.provider.calls["refresh"]
    config = world.verification.check(held, "late")
    assert world.provider.calls["refresh"] == asked
    assert [w.code for w in config.warnings] == ["check_held_up"]


def test_the_result_of_an_older_generation_is_dropped(world: World) -> None:
    config = world.basic(password="wrong")
    stored = world.configs.get(config.organization, config.id)
    assert stored is not None
    world.service.update(ADMIN, config.id, {"password": "right"}, lambda _: True)
    config = world.verification.check(stored, "late")
    assert _reason(config) == "not_checked"
    assert world.event_types(config)[-1] == "checkDropped"
    world.work()
    assert world.config(config).status is Status.VERIFIED


def test_a_change_that_has_nothing_to_do_with_the_check_keeps_its_result(world: World) -> None:
    config = world.basic()
    stored = world.configs.get(config.organization, config.id)
    assert stored is not None
    world.service.update(ADMIN, config.id, {"signature": "<p>Hi</p>"}, lambda _: True)
    config = world.verification.check(stored, "late")
    assert config.status is Status.VERIFIED
    assert config.signature == "<p>Hi</p>"


def test_another_organizations_config_cannot_be_checked(world: World) -> None:
    config = world.basic()
    with pytest.raises(NotFoundError):
        world.verification.check_now(replace(ADMIN, organization="other"), config.id)


def test_a_config_that_is_deleted_while_it_is_checked_stays_deleted(world: World) -> None:
    config = world.basic()
    stored = world.configs.get(config.organization, config.id)
    assert stored is not None
    world.service.delete(ADMIN, config.id, lambda _: True)
    with pytest.raises(NotFoundError):
        world.verification.check(stored, "late")
    assert world.configs.get(config.organization, config.id) is None
    assert world.vault.names() == []


def test_one_check_makes_no_call_that_could_be_left_out(world: World) -> None:
    config = world.authorized()
    world.clock.set(config.next_check_at or world.clock.now())
    world.maintenance.tick()
    counted = (world.configs, world.due, world.events, world.vault, world.provider, world.mail)
    for fake in counted:
        fake.calls.clear()
    assert world.work() == 1
    assert dict(world.configs.calls) == {"get": 1, "replace": 2}
    assert dict(world.due.calls) == {"move": 1}
    assert dict(world.events.calls) == {"append": 1}
    assert dict(world.vault.calls) == {"get": 2, "set": 1}
    assert dict(world.provider.calls) == {"refresh": 1}
    assert dict(world.mail.calls) == {"sign_in": 1}
