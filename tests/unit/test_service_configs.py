"""Creating, changing and deleting configs; and what maintenance finishes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.changes import ConfigFields
from shared.domain.config import AuthType, Config, SecretKind, Status, Stored
from shared.domain.due import DueEntry, DueKind
from shared.domain.errors import (
    InvalidInputError,
    NotFoundError,
    ServiceUnavailableError,
    StaleError,
)
from shared.services.config_lists import ConfigQuery
from tests.support.world import ADMIN, AUTHORITY_HOST, MAILBOX, ORG, World

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
UNAVAILABLE = ServiceUnavailableError("Key Vault")
ANY = ConfigQuery()


@pytest.fixture
def world() -> World:
    return World()


def _update(world: World, config: Config, **fields: Any) -> Config:
    given: ConfigFields = fields  # type: ignore[assignment]
    return world.service.update(ADMIN, config.id, given, lambda _: True)


def _reason(config: Config) -> str | None:
    return config.reason.code if config.reason else None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("host_name", "mail.contoso.example"),
        ("port", 25),
        ("security", "tls"),
        ("user_name", "other@contoso.example"),
        ("from_address", "shared@contoso.example"),
        ("password", "right"),
    ],
)
def test_a_change_of_where_or_how_to_sign_in_ends_verified_until_the_check_at_once(
    world: World, field: str, value: object
) -> None:
    config = world.basic()
    world.work()
    generation = world.config(config).generation
    config = _update(world, config, **{field: value})
    assert (config.status, _reason(config)) == (Status.NOT_VERIFIED, "not_checked")
    assert config.generation == generation + 1
    assert world.work() == 1
    assert world.config(config).status is Status.VERIFIED


@pytest.mark.parametrize(
    "fields",
    [
        {"reply_to": "r@contoso.example"},
        {"signature": "<p>x</p>"},
        {"from_name": "Contoso"},
        {"is_default": False},
        {"host_name": "smtp.office365.com"},
    ],
)
def test_other_changes_leave_the_status_alone(world: World, fields: dict[str, Any]) -> None:
    config = world.basic()
    world.work()
    config = _update(world, config, **fields)
    assert config.status is Status.VERIFIED
    assert world.work() == 0


def _with_tenant(tenant: str) -> dict[str, str]:
    base = f"https://{AUTHORITY_HOST}/{tenant}/oauth2/v2.0"
    return {"authorization_url": f"{base}/authorize", "token_url": f"{base}/token"}


@pytest.mark.parametrize(
    "fields",
    [
        {"client_id": "another"},
        {"user_name": "other@contoso.example"},
        _with_tenant("22222222-2222-2222-2222-222222222222"),
    ],
)
def test_another_client_user_or_directory_ends_the_grant(
    world: World, fields: dict[str, Any]
) -> None:
    config = _update(world, world.authorized(), **fields)
    assert not config.has_grant
    assert (config.status, _reason(config)) == (Status.NOT_VERIFIED, "authorization_needed")


def test_a_new_host_keeps_the_grant(world: World) -> None:
    config = _update(world, world.authorized(), host_name="mail.contoso.example")
    assert config.has_grant
    assert _reason(config) == "not_checked"


def test_a_new_client_secret_leaves_status_and_grant_and_is_checked_at_once(world: World) -> None:
    config = _update(world, world.authorized(), client_secret="new")
    assert config.status is Status.VERIFIED
    assert config.has_grant
    assert world.work() == 1
    assert world.provider.secrets_seen[-1] == "new"


def test_basic_becomes_oauth_when_what_it_needs_comes_along(world: World) -> None:
    config = world.basic()
    world.work()
    with pytest.raises(InvalidInputError) as error:
        _update(world, config, auth_type=AuthType.OAUTH2)
    pointers = {e.pointer for e in error.value.errors}
    assert pointers == {"/authorizationUrl", "/tokenUrl", "/clientId", "/clientSecret"}
    config = _update(
        world,
        config,
        auth_type=AuthType.OAUTH2,
        client_id="client",
        client_secret="secret",
        **_with_tenant(ORG),
    )
    assert _reason(config) == "authorization_needed"
    assert not config.password_set
    assert not world.vault.secrets[f"{config.id}-password"].enabled
    assert world.authorize(config).ok


def test_all_that_does_not_fit_is_told_at_once(world: World) -> None:
    with pytest.raises(InvalidInputError) as error:
        world.oauth(user_name="no-address", password="x", client_secret=None)
    assert {e.pointer for e in error.value.errors} >= {"/userName", "/password"}


def test_a_basic_user_name_that_is_no_address_needs_a_from_address(world: World) -> None:
    with pytest.raises(InvalidInputError) as error:
        world.basic(user_name="apikey")
    assert [e.pointer for e in error.value.errors] == ["/fromAddress"]
    assert world.basic(user_name="apikey", from_address=MAILBOX).sender == MAILBOX


def test_a_creation_that_fails_leaves_nothing_behind(world: World) -> None:
    world.configs.fail("insert", ServiceUnavailableError("Table Storage"))
    with pytest.raises(ServiceUnavailableError):
        world.basic()
    assert len(world.vault.names()) == 1
    world.run_until(days=0.02)
    assert world.vault.names() == []
    assert world.due.entries == {}


def test_a_stale_writer_changes_nothing_not_even_the_secret(world: World) -> None:
    config = world.basic()
    with pytest.raises(StaleError):
        world.service.update(ADMIN, config.id, {"password": "stolen"}, lambda _: False)
    assert world.vault.get(config.id, SecretKind.PASSWORD) == "right"


def test_of_two_writers_at_once_the_later_one_is_told_before_its_secret_is_stored(
    world: World,
) -> None:
    config = world.basic()
    seen = world.config(config)
    replace_ = world.configs.replace

    def raced(stored: Stored[Config], config: Config) -> Stored[Config]:
        world.configs.replace = replace_  # type: ignore[method-assign]
        _update(world, config, from_name="First")
        return replace_(stored, config)

    world.configs.replace = raced  # type: ignore[method-assign]
    with pytest.raises(StaleError):
        world.service.update(
            ADMIN, config.id, {"password": "late"}, lambda c: c.from_name == seen.from_name
        )
    assert world.vault.get(config.id, SecretKind.PASSWORD) == "right"


def test_a_secret_that_the_vault_does_not_take_leaves_the_config_as_it_was(world: World) -> None:
    config = world.authorized(client_secret_expires_on=world.clock.now().date() + 90 * DAY)
    world.vault.fail("set", UNAVAILABLE)
    with pytest.raises(ServiceUnavailableError):
        _update(world, config, client_secret="new", client_secret_expires_on=None)
    after = world.config(config)
    assert after.client_secret_expires_on == config.client_secret_expires_on
    assert after.status is Status.VERIFIED
    assert world.vault.get(config.id, SecretKind.CLIENT_SECRET) == "secret"


@pytest.mark.parametrize("meanwhile", ["checked", "changed"])
def test_what_the_vault_does_not_take_is_put_back_unless_somebody_changed_more(
    world: World, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    config = world.basic()
    world.work()

    def failing(*_: object) -> None:
        world.clock.advance(MINUTE)
        if meanwhile == "checked":
            world.verification.check_now(ADMIN, config.id)
        else:
            _update(world, config, reply_to="me@contoso.example")
        raise UNAVAILABLE

    monkeypatch.setattr(world.vault, "set", failing)
    with pytest.raises(ServiceUnavailableError):
        _update(world, config, password="new", from_name="New")
    after = world.config(config)
    if meanwhile == "checked":
        assert (after.from_name, after.status) == (None, Status.VERIFIED)
    else:
        assert (after.from_name, after.reply_to) == ("New", "me@contoso.example")


def test_deleting_deletes_the_secrets_and_the_entry_in_the_index(world: World) -> None:
    config = world.basic()
    world.work()
    world.service.delete(ADMIN, config.id, lambda _: True)
    assert world.vault.names() == []
    assert world.due.entries == {}
    with pytest.raises(NotFoundError):
        world.service.get(ORG, config.id)


@pytest.mark.parametrize("broken", ["delete", "move"])
def test_a_deletion_that_breaks_off_is_finished_by_maintenance(world: World, broken: str) -> None:
    config = world.authorized()
    if broken == "delete":
        world.vault.fail("delete", UNAVAILABLE)
    else:
        world.due._failures["move"] = []
        original = world.due.move
        count = iter([None, UNAVAILABLE])

        def failing(moves: Any) -> None:
            error = next(count, None)
            if error:
                raise error
            original(moves)

        world.due.move = failing  # type: ignore[method-assign]
    world.service.delete(ADMIN, config.id, lambda _: True)
    assert world.configs.get(ORG, config.id) is None
    assert world.due.entries
    world.run_until(days=2)
    assert world.vault.names() == []
    assert world.due.entries == {}


def test_a_deletion_that_never_began_to_count_leaves_the_config_whole(world: World) -> None:
    config = world.authorized()
    world.configs.fail("delete", ServiceUnavailableError("Table Storage"))
    with pytest.raises(ServiceUnavailableError):
        world.service.delete(ADMIN, config.id, lambda _: True)
    world.run_until(days=2)
    assert world.config(config).status is Status.VERIFIED


def test_bulk_delete_goes_on_after_what_it_cannot_delete(world: World) -> None:
    first, second = world.basic(), world.basic()
    missing = "00000000-0000-4000-8000-000000000000"
    result = world.service.bulk_delete(ADMIN, [first.id, missing, second.id, first.id])
    assert result.deleted == [first.id, second.id]
    assert result.not_found == [missing]
    assert result.failed == []


def test_another_organization_finds_nothing(world: World) -> None:
    config = world.basic()
    other = replace(ADMIN, organization="other")
    for call in (
        lambda: world.service.get("other", config.id),
        lambda: world.service.events("other", config.id, 20, None),
        lambda: world.service.update(other, config.id, {"port": 25}, lambda _: True),
        lambda: world.service.delete(other, config.id, lambda _: True),
    ):
        with pytest.raises(NotFoundError):
            call()
    assert world.service.page("other", ANY, 20, None).total == 0


def test_pages_hold_each_config_once_and_tell_the_total(world: World) -> None:
    ids = {world.basic(user_name=f"user{n:03}@contoso.example").id for n in range(45)}
    seen: list[str] = []
    after = None
    while True:
        page = world.service.page(ORG, ANY, 20, after)
        assert page.total == 45
        seen += [config.id for config in page.value]
        after = page.next
        if after is None:
            break
    assert len(seen) == 45
    assert set(seen) == ids


@pytest.mark.parametrize("search", ["NOREPLY", "office365", "shared@"])
def test_search_looks_in_user_host_and_from_address_whatever_the_case(
    world: World, search: str
) -> None:
    world.basic(from_address="Shared@contoso.example")
    world.basic(user_name="x@y.example", host_name="other.example")
    assert world.service.page(ORG, ConfigQuery(search=search), 20, None).total == 1


def test_filters_go_together(world: World) -> None:
    world.basic(password="wrong")
    world.authorized()
    world.work()
    oauth_verified = ConfigQuery(auth_type=AuthType.OAUTH2, status=Status.VERIFIED)
    basic_verified = ConfigQuery(auth_type=AuthType.BASIC, status=Status.VERIFIED)
    assert world.service.page(ORG, oauth_verified, 20, None).total == 1
    assert world.service.page(ORG, basic_verified, 20, None).total == 0


def test_one_default_at_most(world: World) -> None:
    first, second = world.basic(), world.basic(is_default=True)
    assert second.is_default
    world.work()
    assert not world.config(first).is_default
    _update(world, first, is_default=True)
    assert [world.config(c).is_default for c in (first, second)] == [True, False]
    _update(world, first, is_default=False)
    assert world.configs.default_id(ORG) is None


def test_the_queue_failing_does_not_fail_a_change_and_the_tick_makes_up_for_it(
    world: World,
) -> None:
    world.queue.fail("send", ServiceUnavailableError("Queue Storage"))
    config = world.basic()
    assert world.work() == 0
    world.run_until(days=0.02)
    assert world.config(config).status is Status.VERIFIED


def test_a_tick_costs_what_is_due_and_not_what_exists(world: World) -> None:
    for n in range(200):
        world.basic(user_name=f"user{n}@contoso.example")
    world.work()
    world.clock.advance(5 * MINUTE)
    for fake in (world.configs, world.due, world.queue):
        fake.calls.clear()
    assert world.maintenance.tick().queued == 0
    assert dict(world.due.calls) == {"due": 1}
    assert not world.configs.calls
    assert not world.queue.calls


def test_a_message_that_comes_twice_checks_once(world: World) -> None:
    world.basic()
    [entry] = world.queue.take()
    world.queue.send([entry, entry])
    world.work()
    assert world.mail.calls["sign_in"] == 1


def test_a_lost_message_is_made_up_for(world: World) -> None:
    config = world.authorized()
    world.clock.advance(DAY)
    assert world.maintenance.tick().queued == 1
    world.queue.take()
    world.run_until(days=0.02)
    checked_at = world.config(config).checked_at
    assert checked_at is not None
    assert world.clock.now() - checked_at < 30 * MINUTE


def test_an_index_that_is_behind_is_put_right(world: World) -> None:
    config = world.basic()
    world.work()
    right = dict(world.due.entries)
    early = DueEntry(DueKind.CHECK, ORG, config.id, world.clock.now())
    world.due.move([(key, None) for key in right] + [(None, early)])
    world.maintenance.tick()
    world.work()
    assert world.due.entries == right


@pytest.mark.parametrize(
    "message", [{}, {"kind": "check"}, {"kind": "x", "organization": "o", "id": "i", "at": "now"}]
)
def test_a_message_that_is_not_ours_is_refused(world: World, message: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        world.maintenance.handle(message)
