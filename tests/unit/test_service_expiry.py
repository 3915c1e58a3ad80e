"""The client secret's expiry: announced weeks ahead, checked, and what happens afterwards."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain import telemetry
from shared.domain.config import Config, SecretKind, Status
from shared.domain.failures import Failure
from tests.support.world import ADMIN, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EXPIRED = Failure("client_secret_invalid", detail="AADSTS7000215: Invalid client secret.")


@pytest.fixture
def world() -> World:
    return World(interval=timedelta(days=60))


def _announced(world: World, config: Config) -> list[tuple[int, str]]:
    expires_on = config.client_secret_expires_on
    assert expires_on is not None
    return [
        ((expires_on - event.at.date()).days, str(event.type))
        for event in world.events.of(config.organization, config.id)
        if str(event.type).startswith("clientSecret")
    ]


def test_expiry_is_announced_on_each_day_once_and_the_mailbox_checked(world: World) -> None:
    expires_on = world.clock.now().date() + timedelta(days=45)
    config = world.authorized(client_secret_expires_on=expires_on)
    checked_days = []
    for _ in range(50 * 24):
        world.run_until(days=1 / 24, tick=HOUR)
        at = world.config(config).checked_at
        assert at is not None
        left = (expires_on - at.date()).days
        if left not in checked_days:
            checked_days.append(left)
    assert _announced(world, config) == [
        (30, "clientSecretExpiring"),
        (14, "clientSecretExpiring"),
        (7, "clientSecretExpiring"),
        (3, "clientSecretExpiring"),
        (1, "clientSecretExpiring"),
        (0, "clientSecretExpired"),
    ]
    assert checked_days == [45, 30, 14, 7, 3, 1, 0, -1]
    days = [
        attributes[telemetry.DAYS_LEFT]
        for name, attributes in world.telemetry.events
        if name == telemetry.CLIENT_SECRET_EXPIRING
    ]
    assert days == [30, 14, 7, 3, 1, 0]


def test_a_secret_that_still_works_after_its_date_keeps_the_mailbox_verified_with_a_warning(
    world: World,
) -> None:
    config = world.authorized(client_secret_expires_on=world.clock.now().date() + DAY)
    world.run_until(days=3, tick=HOUR)
    config = world.config(config)
    assert config.status is Status.VERIFIED
    assert [w.code for w in config.warnings] == ["client_secret_expired"]


def test_a_secret_that_stops_working_on_its_day_says_that_it_expired(world: World) -> None:
    config = world.authorized(client_secret_expires_on=world.clock.now().date() + 2 * DAY)
    world.run_until(days=1, tick=HOUR)
    assert [w.code for w in world.config(config).warnings] == ["client_secret_expiring"]
    world.provider.secret_failure = EXPIRED
    world.run_until(days=2, tick=HOUR)
    config = world.config(config)
    assert config.status is Status.NOT_VERIFIED
    assert config.reason is not None
    assert config.reason.code == "client_secret_expired"
    assert config.has_grant


def test_before_its_date_a_wrong_secret_is_just_wrong(world: World) -> None:
    config = world.authorized(client_secret_expires_on=world.clock.now().date() + 20 * DAY)
    world.provider.secret_failure = EXPIRED
    config = world.verification.check_now(ADMIN, config.id)
    assert config.reason is not None
    assert config.reason.code == "client_secret_invalid"


def test_a_new_secret_takes_over_without_a_new_consent(world: World) -> None:
    today = world.clock.now().date()
    config = world.authorized(client_secret_expires_on=today)
    world.provider.secret_failure = EXPIRED
    world.verification.check_now(ADMIN, config.id)
    world.provider.secret_failure = None
    redeemed = world.provider.calls["redeem"]
    world.service.update(
        ADMIN,
        config.id,
        {"client_secret": "new", "client_secret_expires_on": today + 700 * DAY},
        lambda _: True,
    )
    assert world.work() == 1
    config = world.config(config)
    assert config.status is Status.VERIFIED
    assert config.warnings == ()
    assert world.provider.secrets_seen[-1] == "new"
    assert world.provider.calls["redeem"] == redeemed


def test_a_secret_that_expires_in_12_days_is_announced_when_it_is_entered(world: World) -> None:
    config = world.oauth(client_secret_expires_on=world.clock.now().date() + 12 * DAY)
    assert [w.code for w in config.warnings] == ["client_secret_expiring"]
    assert config.warnings[0].detail is not None
    assert "in 12 days" in config.warnings[0].detail
    assert world.event_types(config) == ["created", "clientSecretExpiring"]


def test_a_missed_threshold_is_not_announced_after_a_later_one(world: World) -> None:
    expires_on = world.clock.now().date() + timedelta(days=45)
    config = world.authorized(client_secret_expires_on=expires_on)
    world.clock.set(datetime(expires_on.year, expires_on.month, expires_on.day, tzinfo=UTC) - DAY)
    world.run_until(days=0.5)
    assert _announced(world, config) == [(1, "clientSecretExpiring")]


def test_a_corrected_date_is_kept_on_the_vaults_secret_and_begins_anew(world: World) -> None:
    today = world.clock.now().date()
    config = world.oauth(client_secret_expires_on=today + 5 * DAY)
    later = today + 200 * DAY
    config = world.service.update(
        ADMIN, config.id, {"client_secret_expires_on": later}, lambda _: True
    )
    assert config.warnings == ()
    secret = world.vault.secrets[f"{config.id}-{SecretKind.CLIENT_SECRET}"]
    assert secret.expires_on == later
    assert len(secret.versions) == 1


def test_the_date_belongs_to_the_secret_and_goes_with_it(world: World) -> None:
    config = world.oauth(client_secret_expires_on=world.clock.now().date() + 5 * DAY)
    config = world.service.update(ADMIN, config.id, {"client_secret": "new"}, lambda _: True)
    assert config.client_secret_expires_on is None
    assert config.warnings == ()


def test_expiry_is_announced_for_a_mailbox_that_nobody_has_authorized(world: World) -> None:
    config = world.oauth(client_secret_expires_on=world.clock.now().date() + 40 * DAY)
    world.run_until(days=41, tick=6 * HOUR)
    assert [days for days, _ in _announced(world, config)] == [30, 14, 7, 3, 1, 0]
    assert world.provider.calls["refresh"] == 0
