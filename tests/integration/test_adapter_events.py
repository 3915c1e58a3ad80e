"""The history of configs: the same contract for the table and for the fake."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.adapters.table_events import TableEventLog
from shared.domain.event import SYSTEM, Event, EventType
from shared.ports import EventLog
from tests.fakes import FakeEventLog
from tests.support.storage import NOW, fresh_id, open_table


@pytest.fixture(params=["fake", "table"], scope="module")
def log(request: pytest.FixtureRequest) -> Iterator[EventLog]:
    """Each config of a test is new, so that one log serves them all."""
    if request.param == "fake":
        yield FakeEventLog()
        return
    azurite = request.getfixturevalue("azurite")
    with open_table(azurite.storage_connection_string) as table:
        yield TableEventLog(table)


def an_event(config_id: str, minutes: float = 0, detail: str | None = None) -> Event:
    return Event(
        organization="contoso",
        config_id=config_id,
        type=EventType.CHECK_FAILED,
        at=NOW + timedelta(minutes=minutes),
        actor=SYSTEM,
        detail=detail,
    )


def without_ids(events: list[Event]) -> list[Event]:
    return [replace(event, id="") for event in events]


def test_an_event_comes_back_as_it_was_and_with_an_id(log: EventLog) -> None:
    event = Event(
        organization="a/b",
        config_id=fresh_id(),
        type=EventType.UPDATED,
        at=NOW,
        actor="Grüße <admin@contoso.example>",
        fields=("hostName", "port"),
        reason_code="not_checked",
        detail="it's 535 5.7.3",
        reference="Trace ID 1",
    )
    log.append([event])
    events, more = log.page(event.organization, event.config_id, 10, None)
    assert without_ids(events) == [event]
    assert events[0].id
    assert not more


def test_events_come_newest_first_whatever_the_order_of_their_arrival(log: EventLog) -> None:
    config_id = fresh_id()
    arrived = [an_event(config_id, minute) for minute in (2, 5, 1, 4, 3)]
    for event in arrived:
        log.append([event])
    events, _ = log.page("contoso", config_id, 10, None)
    assert without_ids(events) == sorted(arrived, key=lambda event: event.at, reverse=True)


def test_of_events_of_one_time_the_last_comes_first(log: EventLog) -> None:
    config_id = fresh_id()
    together = [an_event(config_id, detail=str(number)) for number in range(3)]
    log.append(together)
    events, _ = log.page("contoso", config_id, 10, None)
    assert without_ids(events) == together[::-1]


def test_pages_follow_each_other_without_gap_or_overlap(log: EventLog) -> None:
    config_id = fresh_id()
    for minute in range(5):
        log.append([an_event(config_id, minute)])
    first, more = log.page("contoso", config_id, 2, None)
    assert more
    second, more = log.page("contoso", config_id, 2, first[-1].id)
    assert more
    third, more = log.page("contoso", config_id, 2, second[-1].id)
    assert not more
    minutes = [(event.at - NOW) // timedelta(minutes=1) for event in first + second + third]
    assert minutes == [4, 3, 2, 1, 0]


def test_a_full_last_page_says_that_it_is_the_last(log: EventLog) -> None:
    config_id = fresh_id()
    log.append([an_event(config_id), an_event(config_id, 1)])
    events, more = log.page("contoso", config_id, 2, None)
    assert (len(events), more) == (2, False)
    assert log.page("contoso", config_id, 2, events[-1].id) == ([], False)


def test_a_config_sees_its_own_events_alone(log: EventLog) -> None:
    config_id = fresh_id()
    log.append([an_event(config_id)])
    log.append([replace(an_event(config_id), organization="fabrikam")])
    events, _ = log.page("contoso", config_id, 10, None)
    assert [event.organization for event in events] == ["contoso"]
    assert log.page("contoso_" + config_id, "", 10, None) == ([], False)


def test_no_history_is_an_empty_page(log: EventLog) -> None:
    log.append([])
    assert log.page("contoso", fresh_id(), 10, None) == ([], False)
    assert log.page("contoso", "x" * 2000, 10, "' or 1 eq 1") == ([], False)
