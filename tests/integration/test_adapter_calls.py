"""How many requests each call costs, counted on the wire; and one client for all threads."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest

from shared.container import Container
from shared.domain.config import SecretKind
from shared.domain.due import DueEntry, DueKind
from shared.domain.event import SYSTEM, Event, EventType
from shared.domain.flow import Flow
from shared.domain.message import Content, Hint
from shared.domain.pace import Pace
from tests.support.messages import a_message, final
from tests.support.running_stack import RunningStack
from tests.support.storage import NOW, a_config, fresh_id
from tests.support.vault import container_over


class Requests:
    """Counts requests by service and method."""

    def __init__(self) -> None:
        self._counter: Counter[tuple[str, str]] = Counter()

    def __call__(self, service: str, method: str, url: str) -> None:
        assert url
        self._counter[service, method] += 1

    def take(self) -> dict[tuple[str, str], int]:
        """What went out since the last take."""
        taken = dict(self._counter)
        self._counter.clear()
        return taken


@pytest.fixture(scope="module")
def requests() -> Requests:
    return Requests()


@pytest.fixture
def warm(used: Container, requests: Requests) -> Container:
    """A container that has used every service once, counted from now on."""
    requests.take()
    return used


@pytest.fixture(scope="module")
def used(azurite: RunningStack, vault: RunningStack, requests: Requests) -> Iterator[Container]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IDENTITY_ENDPOINT", f"{vault.vault_url}/msi/token")
        patch.setenv("IDENTITY_HEADER", "local-identity-header")
        container = container_over(azurite, requests)
        container.configs.default_id("contoso")
        container.due.due(NOW, 1)
        container.flows.take(fresh_id())
        container.events.page("contoso", "1", 1, None)
        container.queue.send([DueEntry(DueKind.CHECK, "contoso", fresh_id(), NOW)])
        container.delivery_queue.send(Hint("contoso", "contoso", "1"))
        container.messages.get("contoso", "1")
        container.pace.get("mailbox")
        container.contents.put("contoso", "1", Content(()))
        container.vault.disable(fresh_id(), SecretKind.PASSWORD)
        yield container


TABLES, QUEUES, BLOBS = "Table Storage", "Queue Storage", "Blob Storage"
VAULT = "Key Vault"


def test_a_config_is_read_in_one_request(warm: Container, requests: Requests) -> None:
    stored = warm.configs.insert(a_config())
    requests.take()
    assert warm.configs.get(stored.value.organization, stored.value.id) == stored
    assert requests.take() == {(TABLES, "GET"): 1}


def test_a_list_reads_no_more_pages_than_its_rows_need(warm: Container, requests: Requests) -> None:
    organization = fresh_id()
    with ThreadPoolExecutor(8) as threads:
        list(
            threads.map(
                warm.configs.insert, [a_config(organization=organization) for _ in range(50)]
            )
        )
    requests.take()
    assert len(list(warm.configs.list(organization))) == 50
    assert requests.take() == {(TABLES, "GET"): 1}


def test_writes_of_a_config_cost_one_request_each(warm: Container, requests: Requests) -> None:
    stored = warm.configs.insert(a_config())
    stored = warm.configs.replace(stored, replace(stored.value, port=25))
    assert requests.take() == {(TABLES, "POST"): 1, (TABLES, "PUT"): 1}
    claimed = warm.configs.claim_default(stored, stored.value)
    assert claimed is not None
    dropped = warm.configs.drop_default(claimed, claimed.value)
    warm.configs.delete(dropped)
    assert requests.take() == {(TABLES, "POST"): 3}


def test_moves_of_due_work_cost_one_request_for_fifty(warm: Container, requests: Requests) -> None:
    old = [DueEntry(DueKind.CHECK, "contoso", fresh_id(), NOW) for _ in range(50)]
    warm.due.move([(None, entry) for entry in old])
    assert requests.take() == {(TABLES, "POST"): 1}
    new = [replace(entry, at=NOW + timedelta(days=1)) for entry in old]
    warm.due.move([(before.key, after) for before, after in zip(old, new, strict=True)])
    assert requests.take() == {(TABLES, "POST"): 1}
    warm.due.due(NOW + timedelta(days=2), 100)
    assert requests.take() == {(TABLES, "GET"): 1}


def test_a_page_of_events_and_their_writing_cost_one_request(
    warm: Container, requests: Requests
) -> None:
    config_id = fresh_id()
    event = Event("contoso", config_id, EventType.CREATED, NOW, SYSTEM)
    warm.events.append([event])
    warm.events.append([event] * 3)
    assert requests.take() == {(TABLES, "PUT"): 1, (TABLES, "POST"): 1}
    assert warm.events.page("contoso", config_id, 2, None)[1]
    assert requests.take() == {(TABLES, "GET"): 1}


def test_a_flow_costs_one_request_to_store_and_two_to_take(
    warm: Container, requests: Requests
) -> None:
    flow = Flow(fresh_id(), "cookie", "contoso", "1", 1, "admin", NOW, {})
    warm.flows.insert(flow)
    assert requests.take() == {(TABLES, "POST"): 1}
    warm.flows.take(flow.state_hash)
    assert requests.take() == {(TABLES, "GET"): 1, (TABLES, "PATCH"): 1}


def test_a_secret_costs_one_request_and_no_token(warm: Container, requests: Requests) -> None:
    config_id = fresh_id()
    warm.vault.set("contoso", config_id, SecretKind.PASSWORD, "value")
    warm.vault.get(config_id, SecretKind.PASSWORD)
    warm.vault.set_expiry(config_id, SecretKind.PASSWORD, date(2027, 1, 1))
    warm.vault.delete(config_id, SecretKind.PASSWORD)
    assert requests.take() == {
        (VAULT, "PUT"): 1,
        (VAULT, "GET"): 1,
        (VAULT, "PATCH"): 1,
        (VAULT, "DELETE"): 1,
    }


def test_a_message_on_its_way_costs_one_request_a_step(warm: Container, requests: Requests) -> None:
    stored = warm.messages.insert(a_message())
    stored = warm.messages.replace(stored, replace(stored.value, due_at=NOW + timedelta(1)))
    warm.messages.replace(stored, final(stored.value))
    assert requests.take() == {(TABLES, "POST"): 3}
    warm.messages.get(stored.value.organization, stored.value.id)
    warm.messages.due(stored.value.organization, stored.value.config_id, NOW, 50)
    assert requests.take() == {(TABLES, "GET"): 2}


def test_a_content_costs_one_request_a_call(warm: Container, requests: Requests) -> None:
    message_id = fresh_id()
    warm.contents.put("contoso", message_id, Content(("a@b.example",), text="Hello"))
    warm.contents.get("contoso", message_id)
    warm.contents.delete("contoso", message_id)
    assert requests.take() == {(BLOBS, "PUT"): 1, (BLOBS, "GET"): 1, (BLOBS, "DELETE"): 1}


def test_a_pace_is_read_and_written_in_one_request_each(
    warm: Container, requests: Requests
) -> None:
    mailbox = fresh_id()
    warm.pace.put(mailbox, warm.pace.get(mailbox), Pace())
    assert requests.take() == {(TABLES, "GET"): 1, (TABLES, "POST"): 1}
    warm.pace.put(mailbox, warm.pace.get(mailbox), Pace())
    assert requests.take() == {(TABLES, "GET"): 1, (TABLES, "PUT"): 1}


def test_a_queued_message_costs_one_request(warm: Container, requests: Requests) -> None:
    warm.queue.send([DueEntry(DueKind.CHECK, "contoso", fresh_id(), NOW) for _ in range(3)])
    assert requests.take() == {(QUEUES, "POST"): 3}
    warm.delivery_queue.send(Hint("contoso", "contoso", "1"), timedelta(minutes=1))
    assert requests.take() == {(QUEUES, "POST"): 1}


def test_thirty_two_threads_share_one_client(
    warm: Container, caplog: pytest.LogCaptureFixture
) -> None:
    stored = warm.configs.insert(a_config())

    def use(_: int) -> bool:
        return warm.configs.get(stored.value.organization, stored.value.id) == stored

    with ThreadPoolExecutor(32) as threads:
        assert all(threads.map(use, range(320)))
    # What urllib3 says when a connection is opened that the pool cannot keep.
    assert "Connection pool is full" not in caplog.text
