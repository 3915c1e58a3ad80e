"""Answers of Table Storage that get lost, come late or are refusals."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from shared.adapters import wire
from shared.adapters.table_configs import TableConfigStore
from shared.adapters.table_due import TableDueIndex
from shared.adapters.table_events import TableEventLog
from shared.adapters.table_flows import TableFlowStore
from shared.adapters.tables import Table
from shared.domain.due import DueEntry, DueKind
from shared.domain.errors import (
    AlreadyExistsError,
    ServiceUnavailableError,
    WriteConflictError,
)
from shared.domain.event import SYSTEM, Event, EventType
from shared.domain.flow import Flow
from tests.support.lossy_proxy import LossyProxy, lossy_proxy
from tests.support.running_stack import RunningStack
from tests.support.storage import NOW, a_config, connection_string, fresh_id, open_table


@dataclass(frozen=True)
class Storage:
    """One table, seen through a proxy, and past it."""

    proxy: LossyProxy
    table: Table
    direct: Table


@pytest.fixture
def storage(azurite: RunningStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    monkeypatch.setattr(wire, "_LONGEST_PAUSE", 0.01)
    name = f"t{fresh_id()}"
    target = f"http://127.0.0.1:{azurite.ports.table}"
    with (
        lossy_proxy(target) as proxy,
        open_table(connection_string(azurite, TableEndpoint=proxy.url), name) as table,
        open_table(azurite.storage_connection_string, name) as direct,
    ):
        table.get("warm", "up")  # creates the table
        yield Storage(proxy, table, direct)


def test_an_insert_whose_answer_got_lost_succeeds(storage: Storage) -> None:
    config = a_config()
    storage.proxy.lose("POST")
    stored = TableConfigStore(storage.table).insert(config)
    assert TableConfigStore(storage.direct).get(config.organization, config.id) == stored


def test_an_insert_whose_answer_got_lost_still_sees_what_was_there_before(storage: Storage) -> None:
    config = a_config()
    before = TableConfigStore(storage.direct).insert(config)
    storage.proxy.lose("POST")
    with pytest.raises(AlreadyExistsError):
        TableConfigStore(storage.table).insert(replace(config, port=25))
    assert TableConfigStore(storage.direct).get(config.organization, config.id) == before


def test_a_replacement_whose_answer_got_lost_twice_succeeds(storage: Storage) -> None:
    configs = TableConfigStore(storage.table)
    stored = configs.insert(a_config())
    storage.proxy.lose("PUT", times=2)
    replaced = configs.replace(stored, replace(stored.value, port=25))
    assert configs.get(stored.value.organization, stored.value.id) == replaced
    assert replaced.value.port == 25


def test_a_replacement_that_met_a_newer_version_is_a_conflict_whatever_got_lost(
    storage: Storage,
) -> None:
    stored = TableConfigStore(storage.direct).insert(a_config())
    newer = TableConfigStore(storage.direct).replace(stored, replace(stored.value, port=465))
    storage.proxy.lose("PUT")
    with pytest.raises(WriteConflictError):
        TableConfigStore(storage.table).replace(stored, replace(stored.value, port=25))
    assert TableConfigStore(storage.direct).get(newer.value.organization, newer.value.id) == newer


def test_a_deletion_whose_answer_got_lost_succeeds(storage: Storage) -> None:
    configs = TableConfigStore(storage.table)
    stored = configs.insert(a_config())
    stored = configs.move_default(stored, stored.value)
    storage.proxy.lose("POST")
    configs.delete(stored)
    assert configs.get(stored.value.organization, stored.value.id) is None
    assert configs.default_id(stored.value.organization) is None


def test_a_claim_whose_answer_got_lost_succeeds(storage: Storage) -> None:
    configs = TableConfigStore(storage.table)
    stored = configs.insert(a_config())
    storage.proxy.lose("POST")
    claimed = configs.claim_default(stored, stored.value)
    assert claimed is not None
    assert configs.get(stored.value.organization, stored.value.id) == claimed
    # The version that came back is the one to write over.
    configs.replace(claimed, replace(claimed.value, port=25))


def test_a_claim_that_came_second_stays_one_when_its_answer_got_lost(storage: Storage) -> None:
    configs = TableConfigStore(storage.table)
    first = configs.insert(a_config())
    configs.claim_default(first, first.value)
    second = configs.insert(a_config(organization=first.value.organization))
    storage.proxy.lose("POST")
    assert configs.claim_default(second, second.value) is None


def test_moving_and_dropping_the_default_survive_lost_answers(storage: Storage) -> None:
    configs = TableConfigStore(storage.table)
    first = configs.insert(a_config())
    first = configs.move_default(first, first.value)
    second = configs.insert(a_config(organization=first.value.organization))
    storage.proxy.lose("POST")
    second = configs.move_default(second, second.value)
    storage.proxy.lose("POST")
    dropped = configs.drop_default(second, second.value)
    assert configs.get(second.value.organization, second.value.id) == dropped
    assert configs.default_id(second.value.organization) is None


def test_a_flow_is_taken_once_though_the_answer_got_lost(storage: Storage) -> None:
    flows = TableFlowStore(storage.table)
    flow = Flow(fresh_id(), "cookie", "contoso", "1", 1, "admin", NOW, {})
    storage.proxy.lose("POST")
    flows.insert(flow)
    storage.proxy.lose("PATCH")
    assert flows.take(flow.state_hash) == flow
    assert flows.take(flow.state_hash) == replace(flow, used=True)


def test_events_are_written_once_though_the_answer_got_lost(storage: Storage) -> None:
    log = TableEventLog(storage.table)
    events = [Event("contoso", "1", EventType.CREATED, NOW, SYSTEM, detail=str(n)) for n in (1, 2)]
    storage.proxy.lose("POST")
    log.append(events)
    storage.proxy.lose("PUT")
    log.append(events[:1])
    found, _ = log.page("contoso", "1", 10, None)
    assert len(found) == 3


def test_moves_of_due_work_survive_a_lost_answer(storage: Storage) -> None:
    index = TableDueIndex(storage.table)
    old = [DueEntry(DueKind.CHECK, "contoso", fresh_id(), NOW) for _ in range(5)]
    new = [replace(entry, at=NOW + timedelta(hours=1)) for entry in old]
    index.move([(None, entry) for entry in old])
    storage.proxy.lose("POST")
    index.move([(before.key, after) for before, after in zip(old, new, strict=True)])
    due = index.due(NOW + timedelta(days=1), 10)
    assert sorted(due, key=lambda entry: entry.id) == sorted(new, key=lambda entry: entry.id)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_refusal_is_not_noticed(storage: Storage, status: int) -> None:
    configs = TableConfigStore(storage.table)
    stored = configs.insert(a_config())
    storage.proxy.refuse(status, times=2)
    assert configs.get(stored.value.organization, stored.value.id) == stored
    storage.proxy.refuse(status, times=2)
    configs.insert(a_config())


def test_a_storage_that_stays_away_is_unavailable_and_says_when_to_ask_again(
    storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    config = a_config(organization="secret-organization")
    storage.proxy.refuse(503, times=99, Retry_After="7", x_ms_request_id="abc-1")
    with (
        caplog.at_level(logging.INFO),
        pytest.raises(ServiceUnavailableError, match=r"^Table Storage did not") as raised,
    ):
        TableConfigStore(storage.table).insert(config)
    assert raised.value.retry_after == 7
    assert raised.value.__suppress_context__
    assert "abc-1" in caplog.text
    assert "503" in caplog.text
    assert "secret-organization" not in caplog.text
    assert config.id not in caplog.text


def test_a_storage_that_cannot_be_reached_is_unavailable_after_a_few_tries(
    storage: Storage,
) -> None:
    storage.proxy.lose("GET", times=99)
    seen = len(storage.proxy.seen)
    with pytest.raises(ServiceUnavailableError):
        storage.table.get("a", "b")
    assert len(storage.proxy.seen) - seen == 4
