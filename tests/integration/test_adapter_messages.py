"""The store of messages: the same contract for the table and for the fake."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.adapters import wire
from shared.adapters.table_messages import TableMessageStore
from shared.adapters.tables import Table
from shared.delivery_ports import MessageStore
from shared.domain.config import Occurrence, Stored
from shared.domain.errors import AlreadyExistsError, WriteConflictError
from shared.domain.message import Due, Message, MessageStatus, Undelivered
from tests.fakes_delivery import FakeMessageStore
from tests.support.lossy_proxy import LossyProxy, lossy_proxy
from tests.support.messages import a_message, final
from tests.support.running_stack import RunningStack
from tests.support.storage import NOW, connection_string, fresh_id, open_table

SECOND = timedelta(seconds=1)


@pytest.fixture(params=["fake", "table"], scope="module")
def store(request: pytest.FixtureRequest) -> Iterator[MessageStore]:
    """Each organization of a test is new, so that one store serves them all."""
    if request.param == "fake":
        yield FakeMessageStore()
        return
    azurite = request.getfixturevalue("azurite")
    with open_table(azurite.storage_connection_string) as table:
        yield TableMessageStore(table)


def refused(recipient: str, words: str = "550 5.1.1 nobody") -> Undelivered:
    """What a row says of one recipient."""
    return Undelivered(recipient, Occurrence("recipient_refused", NOW, words))


def due_now(store: MessageStore, message: Message, limit: int = 100) -> list[str]:
    """The ids of what is due at the message's config."""
    return [due.id for due in store.due(message.organization, message.config_id, NOW, limit)]


def test_a_message_is_read_as_it_was_written(store: MessageStore) -> None:
    message = a_message(
        organization="it's/contoso" + fresh_id(),
        status=MessageStatus.RETRYING,
        reason=Occurrence("throttled", NOW, "432 4.3.2 slow down", None),
        refused=(refused("a@b.example"), refused("ü@b.example")),
        deferred=(refused("c@b.example"),),
        waiting=True,
    )
    stored = store.insert(message)
    assert stored.value == message
    assert store.get(message.organization, message.id) == stored
    many = tuple(refused(f"{n}@{'x' * 240}.example", "550 " + "x" * 146) for n in range(500))
    changed = replace(message, refused=many, deferred=())
    assert store.replace(stored, changed).value == changed
    found = store.get(message.organization, message.id)
    assert found is not None
    assert found.value == changed


def test_an_unknown_message_is_none(store: MessageStore) -> None:
    message = a_message()
    store.insert(message)
    assert store.get(fresh_id(), message.id) is None
    assert store.get(message.organization, fresh_id()) is None
    assert store.get(message.organization, "a/b' or 1 eq 1" + "x" * 2000) is None


def test_no_row_of_the_index_passes_for_a_message(store: MessageStore) -> None:
    message = a_message(id="1", config_id="2")
    store.insert(message)
    key = "~2~20260302T090000.123456Z~1"
    assert store.get(message.organization, key) is None


def test_an_id_is_inserted_once(store: MessageStore) -> None:
    stored = store.insert(a_message())
    with pytest.raises(AlreadyExistsError):
        store.insert(replace(stored.value, config_id="another"))
    assert store.get(stored.value.organization, stored.value.id) == stored
    assert store.due(stored.value.organization, "another", NOW, 10) == []


def test_only_the_newest_version_is_written_over(store: MessageStore) -> None:
    first = store.insert(a_message())
    second = store.replace(first, replace(first.value, attempts=1, due_at=NOW - SECOND))
    with pytest.raises(WriteConflictError):
        store.replace(first, final(first.value))
    assert store.get(first.value.organization, first.value.id) == second
    assert due_now(store, first.value) == [first.value.id]
    unknown = a_message()
    with pytest.raises(WriteConflictError):
        store.replace(Stored(unknown, second.etag), unknown)


def test_what_is_due_comes_in_the_order_of_its_times(store: MessageStore) -> None:
    message = a_message()
    ages = {"c": 1, "a": 30, "b": 2, "later": -1}
    for name, age in ages.items():
        store.insert(replace(message, id=name, recipients=age + 5, due_at=NOW - age * SECOND))
    store.insert(replace(message, id="just now", due_at=NOW))
    assert due_now(store, message) == ["a", "b", "c", "just now"]
    assert due_now(store, message, 2) == ["a", "b"]
    assert store.due(message.organization, message.config_id, NOW, 1) == [
        Due("a", 35, NOW - 30 * SECOND, message.created_at)
    ]
    later = store.due(message.organization, message.config_id, NOW + SECOND, 10)
    assert later[-1] == Due("later", 4, NOW + SECOND, message.created_at)


def test_a_message_is_found_once_at_its_latest_time(store: MessageStore) -> None:
    stored = store.insert(a_message())
    stored = store.replace(stored, replace(stored.value, due_at=NOW + SECOND))
    assert due_now(store, stored.value) == []
    stored = store.replace(stored, replace(stored.value, due_at=NOW - SECOND))
    stored = store.replace(stored, replace(stored.value, attempts=7))
    assert due_now(store, stored.value) == [stored.value.id]


def test_what_is_due_tells_how_many_recipients_remain(store: MessageStore) -> None:
    stored = store.insert(a_message(recipients=9))
    deferred = tuple(refused(f"{number}@b.example") for number in range(2))
    stored = store.replace(stored, replace(stored.value, deferred=deferred))
    assert store.due(stored.value.organization, stored.value.config_id, NOW, 10) == [
        Due(stored.value.id, 2, NOW, stored.value.created_at)
    ]


def test_a_waiting_message_is_due_since_it_came(store: MessageStore) -> None:
    stored = store.insert(a_message(due_at=NOW + SECOND, created_at=NOW - SECOND))
    assert due_now(store, stored.value) == []
    stored = store.replace(stored, replace(stored.value, waiting=True))
    assert store.due(stored.value.organization, stored.value.config_id, NOW, 10) == [
        Due(stored.value.id, 1, NOW - SECOND, NOW - SECOND)
    ]


@pytest.mark.parametrize("status", [MessageStatus.SENT, MessageStatus.FAILED])
def test_a_final_message_is_kept_and_never_due(store: MessageStore, status: MessageStatus) -> None:
    stored = store.insert(a_message())
    stored = store.replace(stored, replace(final(stored.value), status=status))
    assert due_now(store, stored.value) == []
    assert store.get(stored.value.organization, stored.value.id) == stored
    late = a_message(status=status, due_at=None)
    store.insert(late)
    assert store.due(late.organization, late.config_id, NOW + SECOND, 10) == []


def test_messages_of_other_configs_and_organizations_are_not_due_here(store: MessageStore) -> None:
    mine = a_message(config_id="a")
    store.insert(mine)
    store.insert(replace(mine, id=fresh_id(), config_id="a~b"))
    store.insert(replace(mine, id=fresh_id(), config_id="a_20260302"))
    store.insert(replace(mine, id=fresh_id(), config_id="A"))
    store.insert(replace(mine, id=fresh_id(), organization=fresh_id()))
    assert due_now(store, mine) == [mine.id]


def test_a_message_can_move_to_another_config(store: MessageStore) -> None:
    stored = store.insert(a_message())
    moved = store.replace(stored, replace(stored.value, config_id=fresh_id()))
    assert due_now(store, stored.value) == []
    assert due_now(store, moved.value) == [moved.value.id]


def test_of_many_workers_that_claim_a_message_one_gets_it(store: MessageStore) -> None:
    stored = store.insert(a_message())

    def claim(worker: int) -> bool:
        claimed = replace(stored.value, attempts=worker, due_at=NOW + worker * SECOND)
        try:
            store.replace(stored, claimed)
        except WriteConflictError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(claim, range(8))) == 1
    until = NOW + timedelta(minutes=1)
    assert len(store.due(stored.value.organization, stored.value.config_id, until, 10)) == 1


@pytest.fixture
def lossy(
    azurite: RunningStack, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[LossyProxy, Table]]:
    monkeypatch.setattr(wire, "_LONGEST_PAUSE", 0.01)
    with (
        lossy_proxy(f"http://127.0.0.1:{azurite.ports.table}") as proxy,
        open_table(connection_string(azurite, TableEndpoint=proxy.url)) as table,
    ):
        table.get("warm", "up")  # creates the table
        yield proxy, table


def test_writes_whose_answers_got_lost_succeed(lossy: tuple[LossyProxy, Table]) -> None:
    proxy, table = lossy
    store = TableMessageStore(table)
    proxy.lose("POST")
    stored = store.insert(a_message())
    assert store.get(stored.value.organization, stored.value.id) == stored
    proxy.lose("POST")
    moved = store.replace(stored, replace(stored.value, due_at=NOW - SECOND))
    proxy.lose("POST", times=2)
    sent = store.replace(moved, final(moved.value))
    assert store.get(sent.value.organization, sent.value.id) == sent
    assert due_now(store, sent.value) == []


def test_a_conflict_stays_one_though_its_answer_got_lost(lossy: tuple[LossyProxy, Table]) -> None:
    proxy, table = lossy
    store = TableMessageStore(table)
    stored = store.insert(a_message())
    proxy.lose("POST")
    with pytest.raises(AlreadyExistsError):
        store.insert(stored.value)
    newer = store.replace(stored, replace(stored.value, attempts=1))
    proxy.lose("POST")
    with pytest.raises(WriteConflictError):
        store.replace(stored, final(stored.value))
    assert store.get(stored.value.organization, stored.value.id) == newer
    assert due_now(store, stored.value) == [stored.value.id]
