"""The store of authorizations under way: the same contract for the table and for the fake."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.adapters.table_flows import TableFlowStore
from shared.domain.errors import AlreadyExistsError
from shared.domain.flow import Flow
from shared.ports import FlowStore
from tests.fakes import FakeFlowStore
from tests.support.storage import NOW, fresh_id, open_table


@pytest.fixture(params=["fake", "table"], scope="module")
def store(request: pytest.FixtureRequest) -> Iterator[FlowStore]:
    """Each state of a test is new, so that one store serves them all."""
    if request.param == "fake":
        yield FakeFlowStore()
        return
    azurite = request.getfixturevalue("azurite")
    with open_table(azurite.storage_connection_string) as table:
        yield TableFlowStore(table)


def a_flow() -> Flow:
    return Flow(
        state_hash=fresh_id(),
        cookie_hash=fresh_id(),
        organization="it's/contoso",
        config_id=fresh_id(),
        generation=3,
        started_by="admin@contoso.example",
        expires_at=NOW + timedelta(minutes=10),
        protocol={
            "nonce": "n'1",
            "scope": ["a", "b"],
            "claims_challenge": None,
            "verifier": "v" * 90,
        },
    )


def test_a_flow_is_taken_as_it_was_stored(store: FlowStore) -> None:
    flow = a_flow()
    store.insert(flow)
    assert store.take(flow.state_hash) == flow


def test_a_flow_that_was_taken_comes_back_as_used(store: FlowStore) -> None:
    flow = a_flow()
    store.insert(flow)
    store.take(flow.state_hash)
    assert store.take(flow.state_hash) == replace(flow, used=True)
    assert store.take(flow.state_hash) == replace(flow, used=True)


def test_an_unknown_flow_is_none(store: FlowStore) -> None:
    assert store.take(fresh_id()) is None
    assert store.take("a/b' or 1 eq 1" + "x" * 2000) is None


def test_a_state_is_inserted_once(store: FlowStore) -> None:
    flow = a_flow()
    store.insert(flow)
    with pytest.raises(AlreadyExistsError):
        store.insert(replace(flow, config_id="another"))
    assert store.take(flow.state_hash) == flow


def test_a_deleted_flow_is_unknown(store: FlowStore) -> None:
    flow = a_flow()
    store.insert(flow)
    store.delete(flow.state_hash)
    store.delete(flow.state_hash)
    assert store.take(flow.state_hash) is None


def test_of_many_takers_at_once_exactly_one_gets_it_unused(store: FlowStore) -> None:
    flow = a_flow()
    store.insert(flow)
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(store.take, [flow.state_hash] * 8))
    assert None not in taken
    assert sorted(one.used for one in taken if one) == [False] + [True] * 7
