"""The store of configs: the same contract for the table and for the fake."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from shared.adapters.table_configs import TableConfigStore
from shared.domain.config import Config, Stored
from shared.domain.errors import AlreadyExistsError, WriteConflictError
from shared.ports import ConfigStore
from tests.fakes import FakeConfigStore
from tests.support.storage import a_config, fresh_id, open_table


@pytest.fixture(params=["fake", "table"], scope="module")
def store(request: pytest.FixtureRequest) -> Iterator[ConfigStore]:
    """Each organization of a test is new, so that one store serves them all."""
    if request.param == "fake":
        yield FakeConfigStore()
        return
    azurite = request.getfixturevalue("azurite")
    with open_table(azurite.storage_connection_string) as table:
        yield TableConfigStore(table)


def read(store: ConfigStore, config: Config) -> Stored[Config]:
    stored = store.get(config.organization, config.id)
    assert stored is not None
    return stored


def test_what_was_inserted_is_read_with_the_same_version(store: ConfigStore) -> None:
    config = a_config(signature="<p>Grüße, 祝好 😀</p>", from_name="O'Neil & Co. \\ 1/2 #?")
    inserted = store.insert(config)
    assert read(store, config) == inserted
    assert inserted.value == config


def test_the_longest_signature_fits(store: ConfigStore) -> None:
    config = a_config(signature="😀" * 20_000)
    store.insert(config)
    assert read(store, config).value == config


def test_an_unknown_config_is_none(store: ConfigStore) -> None:
    assert store.get(fresh_id(), fresh_id()) is None


@pytest.mark.parametrize(
    "config_id",
    [
        "~default",
        "",
        "a/b",
        "a\\b",
        "a#b?c",
        "it's",
        "x" * 2000,
        "\x00\n",
        "ä\ud800",
        "' or 1 eq 1",
    ],
)
def test_ids_that_nobody_gave_are_none(store: ConfigStore, config_id: str) -> None:
    config = a_config()
    stored = store.insert(config)
    store.claim_default(stored, config)
    assert store.get(config.organization, config_id) is None


@pytest.mark.parametrize(
    "organization", ["contoso.example", "a/b\\c#d?e", "it's \x07 ünïcode", "="]
)
def test_any_text_can_be_an_organization(store: ConfigStore, organization: str) -> None:
    config = a_config(organization=organization + fresh_id())
    store.insert(config)
    assert read(store, config).value == config
    assert list(store.list(config.organization)) == [config]


def test_another_organizations_config_is_not_found(store: ConfigStore) -> None:
    config = a_config()
    store.insert(config)
    assert store.get(fresh_id(), config.id) is None
    assert list(store.list(fresh_id())) == []


def test_the_same_id_is_not_inserted_twice(store: ConfigStore) -> None:
    config = a_config()
    store.insert(config)
    with pytest.raises(AlreadyExistsError):
        store.insert(config)


def test_a_list_holds_the_organizations_configs_alone(store: ConfigStore) -> None:
    organization = fresh_id()
    configs = [a_config(organization=organization) for _ in range(3)]
    for config in configs:
        store.insert(config)
    first = read(store, configs[0])
    store.claim_default(first, first.value)
    store.insert(a_config())
    listed = list(store.list(organization))
    assert {config.id for config in listed} == {config.id for config in configs}


def test_a_replacement_clears_what_it_does_not_hold(store: ConfigStore) -> None:
    stored = store.insert(a_config(reply_to="help@contoso.example", password_set=True))
    replaced = store.replace(stored, replace(stored.value, reply_to=None, port=465))
    assert replaced.etag != stored.etag
    assert read(store, stored.value) == replaced
    assert (replaced.value.reply_to, replaced.value.port) == (None, 465)


def test_a_replacement_of_an_older_version_is_a_conflict(store: ConfigStore) -> None:
    stored = store.insert(a_config())
    newer = store.replace(stored, replace(stored.value, port=25))
    with pytest.raises(WriteConflictError):
        store.replace(stored, replace(stored.value, port=465))
    assert read(store, stored.value) == newer


def test_a_replacement_of_a_deleted_config_is_a_conflict(store: ConfigStore) -> None:
    stored = store.insert(a_config())
    store.delete(stored)
    with pytest.raises(WriteConflictError):
        store.replace(stored, stored.value)
    assert store.get(stored.value.organization, stored.value.id) is None


def test_a_deletion_of_an_older_version_is_a_conflict(store: ConfigStore) -> None:
    stored = store.insert(a_config())
    store.replace(stored, replace(stored.value, port=25))
    with pytest.raises(WriteConflictError):
        store.delete(stored)
    assert read(store, stored.value).value.port == 25


def test_a_second_deletion_is_a_conflict(store: ConfigStore) -> None:
    stored = store.insert(a_config())
    store.delete(stored)
    with pytest.raises(WriteConflictError):
        store.delete(stored)


def test_the_first_to_claim_the_default_gets_it(store: ConfigStore) -> None:
    first = store.insert(a_config())
    organization = first.value.organization
    second = store.insert(a_config(organization=organization))
    assert store.default_id(organization) is None
    claimed = store.claim_default(first, replace(first.value, port=25))
    assert claimed is not None
    assert claimed == read(store, first.value)
    assert (claimed.value.is_default, claimed.value.port) == (True, 25)
    assert store.default_id(organization) == first.value.id
    assert store.claim_default(second, replace(second.value, port=25)) is None
    assert read(store, second.value) == second


def test_a_claim_with_an_older_version_is_a_conflict_and_claims_nothing(store: ConfigStore) -> None:
    stored = store.insert(a_config())
    store.replace(stored, replace(stored.value, port=25))
    with pytest.raises(WriteConflictError):
        store.claim_default(stored, stored.value)
    assert store.default_id(stored.value.organization) is None


def test_the_default_moves_from_one_config_to_another(store: ConfigStore) -> None:
    first = store.insert(a_config(reply_to="help@contoso.example"))
    organization = first.value.organization
    second = store.insert(a_config(organization=organization))
    first = store.move_default(first, first.value)
    assert first.value.is_default
    moved = store.move_default(second, replace(second.value, port=25))
    assert moved == read(store, second.value)
    assert (moved.value.is_default, moved.value.port) == (True, 25)
    assert store.default_id(organization) == second.value.id
    left = read(store, first.value)
    assert left.value == replace(first.value, is_default=False)
    with pytest.raises(WriteConflictError):
        store.replace(first, first.value)


def test_the_default_moves_to_the_config_that_has_it(store: ConfigStore) -> None:
    stored = store.insert(a_config())
    stored = store.move_default(stored, stored.value)
    moved = store.move_default(stored, replace(stored.value, port=25))
    assert moved == read(store, stored.value)
    assert moved.value.is_default
    assert store.default_id(stored.value.organization) == stored.value.id


def test_a_move_with_an_older_version_changes_nothing(store: ConfigStore) -> None:
    first = store.insert(a_config())
    first = store.move_default(first, first.value)
    second = store.insert(a_config(organization=first.value.organization))
    store.replace(second, replace(second.value, port=25))
    with pytest.raises(WriteConflictError):
        store.move_default(second, second.value)
    assert read(store, first.value) == first
    assert store.default_id(first.value.organization) == first.value.id


def test_a_replacement_neither_takes_nor_loses_the_default(store: ConfigStore) -> None:
    first = store.insert(a_config(is_default=True))
    assert not first.value.is_default
    first = store.move_default(first, first.value)
    first = store.replace(first, replace(first.value, is_default=False))
    assert read(store, first.value).value.is_default
    second = store.insert(a_config(organization=first.value.organization))
    second = store.replace(second, replace(second.value, is_default=True))
    assert not read(store, second.value).value.is_default


def test_a_dropped_default_leaves_the_organization_without_one(store: ConfigStore) -> None:
    stored = store.insert(a_config())
    stored = store.move_default(stored, stored.value)
    dropped = store.drop_default(stored, replace(stored.value, port=25))
    assert dropped == read(store, stored.value)
    assert (dropped.value.is_default, dropped.value.port) == (False, 25)
    assert store.default_id(stored.value.organization) is None
    with pytest.raises(WriteConflictError):
        store.drop_default(stored, stored.value)


def test_dropping_a_default_that_is_another_config_leaves_it(store: ConfigStore) -> None:
    first = store.insert(a_config())
    store.move_default(first, first.value)
    second = store.insert(a_config(organization=first.value.organization))
    store.drop_default(second, second.value)
    assert store.default_id(first.value.organization) == first.value.id


def test_a_deleted_default_leaves_the_place_to_others(store: ConfigStore) -> None:
    first = store.insert(a_config())
    organization = first.value.organization
    first = store.move_default(first, first.value)
    second = store.insert(a_config(organization=organization))
    store.delete(first)
    assert store.default_id(organization) is None
    assert store.claim_default(second, second.value) is not None


def test_of_many_claims_at_once_exactly_one_wins(store: ConfigStore) -> None:
    organization = fresh_id()
    stored = [store.insert(a_config(organization=organization)) for _ in range(12)]
    with ThreadPoolExecutor(12) as threads:
        claims = list(threads.map(lambda one: store.claim_default(one, one.value), stored))
    winners = [claim for claim in claims if claim is not None]
    assert len(winners) == 1
    assert store.default_id(organization) == winners[0].value.id
    assert sum(config.is_default for config in store.list(organization)) == 1


def test_moves_at_once_leave_one_default(store: ConfigStore) -> None:
    organization = fresh_id()
    stored = [store.insert(a_config(organization=organization)) for _ in range(4)]

    def move(one: Stored[Config]) -> bool:
        try:
            store.move_default(one, one.value)
        except WriteConflictError:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert any(threads.map(move, stored))
    defaults = [config.id for config in store.list(organization) if config.is_default]
    assert defaults == [store.default_id(organization)]
