"""The store of paces: the same contract for the table and for the fake."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from shared.adapters import wire
from shared.adapters.table_pace import TablePaceStore
from shared.delivery_ports import PaceStore
from shared.domain.errors import WriteConflictError
from shared.domain.pace import Limits, Pace
from tests.fakes_delivery import FakePaceStore
from tests.support.lossy_proxy import lossy_proxy
from tests.support.running_stack import RunningStack
from tests.support.storage import NOW, connection_string, fresh_id, open_table


@pytest.fixture(params=["fake", "table"], scope="module")
def store(request: pytest.FixtureRequest) -> Iterator[PaceStore]:
    """Each mailbox of a test is new, so that one store serves them all."""
    if request.param == "fake":
        yield FakePaceStore()
        return
    azurite = request.getfixturevalue("azurite")
    with open_table(azurite.storage_connection_string) as table:
        yield TablePaceStore(table)


def a_pace() -> Pace:
    taken = Pace().taken("owner", "contoso|1", [1, 200], Limits(), NOW)
    assert isinstance(taken, tuple)
    pace = taken[0].given_back("owner", [NOW, NOW + timedelta(microseconds=1)], 201, NOW)
    taken = pace.taken("other", "it's|1", [3], Limits(), NOW)
    assert isinstance(taken, tuple)
    return taken[0].with_wake("contoso|1", NOW + timedelta(minutes=1), NOW)


def test_an_unknown_mailbox_is_none(store: PaceStore) -> None:
    assert store.get(fresh_id()) is None


def test_a_pace_is_read_as_it_was_written(store: PaceStore) -> None:
    mailbox = fresh_id()
    store.put(mailbox, None, a_pace())
    stored = store.get(mailbox)
    assert stored is not None
    assert stored.value == a_pace()
    store.put(mailbox, stored, Pace())
    again = store.get(mailbox)
    assert again is not None
    assert again.value == Pace()
    assert again.etag != stored.etag


def test_only_what_was_read_is_written_over(store: PaceStore) -> None:
    mailbox = fresh_id()
    store.put(mailbox, None, Pace())
    stored = store.get(mailbox)
    with pytest.raises(WriteConflictError):
        store.put(mailbox, None, a_pace())
    store.put(mailbox, stored, a_pace())
    with pytest.raises(WriteConflictError):
        store.put(mailbox, stored, Pace())
    with pytest.raises(WriteConflictError):
        store.put(fresh_id(), stored, Pace())


def test_of_many_workers_that_write_at_once_one_succeeds(store: PaceStore) -> None:
    mailbox = fresh_id()

    def write(_: int) -> bool:
        try:
            store.put(mailbox, None, a_pace())
        except WriteConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(write, range(8))) == 1


def test_writes_whose_answers_got_lost_succeed(
    azurite: RunningStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "_LONGEST_PAUSE", 0.01)
    with (
        lossy_proxy(f"http://127.0.0.1:{azurite.ports.table}") as proxy,
        open_table(connection_string(azurite, TableEndpoint=proxy.url)) as table,
    ):
        store, mailbox = TablePaceStore(table), fresh_id()
        store.get(mailbox)  # creates the table
        proxy.lose("POST")
        store.put(mailbox, None, Pace())
        proxy.lose("PUT")
        store.put(mailbox, store.get(mailbox), a_pace())
        stored = store.get(mailbox)
    assert stored is not None
    assert stored.value == a_pace()
