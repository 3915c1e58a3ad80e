"""The index of due work: the same contract for the table and for the fake."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared.adapters.table_due import TableDueIndex
from shared.domain.due import DueEntry, DueKind
from shared.ports import DueIndex
from tests.fakes import FakeDueIndex
from tests.support.running_stack import RunningStack
from tests.support.storage import NOW, fresh_id, open_table


@pytest.fixture(params=["fake", "table"])
def index(request: pytest.FixtureRequest) -> Iterator[DueIndex]:
    if request.param == "fake":
        yield FakeDueIndex()
        return
    azurite = request.getfixturevalue("azurite")
    with open_table(azurite.storage_connection_string) as table:
        yield TableDueIndex(table)


def entry(minutes: float = 0, kind: DueKind = DueKind.CHECK) -> DueEntry:
    return DueEntry(kind, "contoso", fresh_id(), NOW + timedelta(minutes=minutes))


def test_what_is_due_comes_the_earliest_first(index: DueIndex) -> None:
    entries = [entry(3), entry(1, DueKind.FLOW), entry(2, DueKind.CLEANUP), entry(10)]
    index.move([(None, one) for one in entries])
    assert index.due(NOW + timedelta(minutes=5), 10) == [entries[1], entries[2], entries[0]]


def test_an_id_can_be_any_text(index: DueIndex) -> None:
    id_ = f'["{"o" * 80}", "it\'s / ü", "{fresh_id()}"]'
    odd = DueEntry(DueKind.DELIVERY, "it's / ü", id_, NOW)
    index.move([(None, odd)])
    assert index.due(NOW, 10) == [odd]
    index.move([(odd.key, None)])
    assert index.due(NOW, 10) == []


def test_an_entry_is_due_at_its_very_time(index: DueIndex) -> None:
    later = entry()
    index.move([(None, later)])
    assert index.due(NOW - timedelta(microseconds=1), 10) == []
    assert index.due(NOW, 10) == [later]


def test_no_more_than_the_limit_is_returned(index: DueIndex) -> None:
    entries = [entry(minute) for minute in range(5)]
    index.move([(None, one) for one in entries])
    assert index.due(NOW + timedelta(hours=1), 3) == entries[:3]


def test_a_move_takes_the_old_entry_away(index: DueIndex) -> None:
    old, new = entry(1), entry(2)
    index.move([(None, old)])
    index.move([(old.key, new)])
    assert index.due(NOW + timedelta(hours=1), 10) == [new]
    index.move([(new.key, None)])
    assert index.due(NOW + timedelta(hours=1), 10) == []


def test_an_old_entry_that_is_gone_is_no_error(index: DueIndex) -> None:
    kept, gone, new, other = entry(1), entry(2), entry(3), entry(4)
    index.move([(None, kept), (gone.key, None)])
    index.move([(gone.key, new)])
    index.move([(gone.key, new), (entry().key, other), (kept.key, None), (entry().key, None)])
    assert index.due(NOW + timedelta(hours=1), 10) == [new, other]


def test_adding_what_is_there_already_is_no_error(index: DueIndex) -> None:
    one, other = entry(1), entry(2)
    index.move([(None, one)])
    index.move([(None, one)])
    index.move([(None, one), (None, other), (one.key, one)])
    assert index.due(NOW + timedelta(hours=1), 10) == [one, other]


def test_of_several_wishes_for_an_entry_the_last_one_counts(index: DueIndex) -> None:
    one, other = entry(1), entry(2)
    index.move([(None, one), (one.key, other), (other.key, None)])
    assert index.due(NOW + timedelta(hours=1), 10) == []


def test_more_moves_than_a_transaction_holds(index: DueIndex) -> None:
    entries = [entry(minute / 10) for minute in range(120)]
    index.move([(None, one) for one in entries])
    moved = [entry(30 + minute / 10) for minute in range(120)]
    index.move([(old.key, new) for old, new in zip(entries, moved, strict=True)])
    assert index.due(NOW + timedelta(hours=1), 1000) == moved


def test_no_moves_are_no_error(index: DueIndex) -> None:
    index.move([])
    index.move([(None, None)])
    assert index.due(NOW, 10) == []


def test_what_another_version_wrote_is_left_to_it(azurite: RunningStack) -> None:
    with open_table(azurite.storage_connection_string) as table:
        index = TableDueIndex(table)
        known = entry()
        index.move([(None, known)])
        key = f"0-before-{known.key}"
        row = {"PartitionKey": "due", "RowKey": key, "kind": "dream", "organization": "", "id": ""}
        table.put(row | {"at": NOW.isoformat()})
        assert index.due(NOW, 10) == [known]
        # However many there are: a page that is not full would be taken for the last one.
        assert index.due(NOW, 1) == [known]
        assert table.get("due", key) is not None
