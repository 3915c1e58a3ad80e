"""Messages and paces survive the way into a table and back, whatever they hold."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from azure.data.tables._deserialize import _convert_to_entity
from azure.data.tables._serialize import _add_entity_properties
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.message_entity import due_of, entity_of, index_entity_of, message_of, sortable
from shared.adapters.table_pace import pace_of, properties_of
from shared.domain import delivery
from shared.domain.config import Occurrence
from shared.domain.failures import Failure, Refusal
from shared.domain.message import Accepted, Due, Message, MessageStatus, Undelivered
from shared.domain.pace import Pace, Rest, Slot
from tests.support.mail import NOW, a_message

FAILURE = Failure("smtp_try_later", passing=True)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
times = st.datetimes(datetime(1, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
numbers = st.integers(0, 2**31 - 1)
occurrences = st.builds(
    Occurrence, code=texts, at=times, detail=st.none() | texts, reference=st.none() | texts
)
undelivered = st.builds(
    Undelivered,
    recipient=texts,
    reason=st.builds(Occurrence, code=texts, at=times, detail=st.none() | texts),
)
recipients = st.lists(undelivered, max_size=3).map(tuple) | st.lists(
    undelivered, min_size=1, max_size=2
).map(lambda several: tuple(several * 500))
messages = st.builds(
    Message,
    id=texts,
    organization=texts,
    config_organization=texts,
    config_id=texts,
    status=st.sampled_from(MessageStatus),
    content_hash=texts,
    recipients=numbers,
    size=numbers,
    message_id=texts,
    created_at=times,
    created_by=texts,
    reply_to=st.none() | texts,
    attempts=numbers,
    pauses=numbers,
    due_at=st.none() | times,
    waiting=st.booleans(),
    mailbox=st.none() | texts,
    doubts=numbers,
    data_begun_at=st.none() | times,
    sent_at=st.none() | times,
    server_reply=st.none() | texts,
    reason=st.none() | occurrences,
    refused=recipients,
    deferred=recipients,
)
paces = st.builds(
    Pace,
    slots=st.lists(
        st.builds(
            Slot, owner=texts, serves=texts, until=times, messages=numbers, recipients=numbers
        ),
        max_size=3,
    ).map(tuple),
    sent=st.lists(times, max_size=5).map(tuple) | times.map(lambda at: (at,) * 3000),
    day=st.dates() | st.just(date.min),
    recipients=numbers,
    rest=st.none() | st.builds(Rest, until=times, reason=texts),
    wakes=st.lists(st.tuples(texts, times), max_size=3).map(tuple),
)


@settings(max_examples=150, deadline=None)
@given(messages)
def test_a_message_comes_back_from_its_entity_as_it_was(message: Message) -> None:
    sent = _add_entity_properties(entity_of(message))
    assert message_of(entity_of(message)) == message
    assert message_of(_convert_to_entity(sent)) == message  # type: ignore[no-untyped-call]


def test_the_strategy_above_knows_every_field_of_a_message() -> None:
    built = messages.wrapped_strategy.kwargs  # type: ignore[attr-defined]
    assert set(built) == set(Message.__dataclass_fields__)


def test_what_is_said_of_500_recipients_fits_into_a_row() -> None:
    """1 MiB in UTF-16, and 64 KiB a property: also with addresses and words as long as they get."""
    words = replace(FAILURE, detail="ü" * 500)
    refusals = tuple(Refusal(f"{'ü' * 64}{n:03d}@{'x' * 178}.example", words) for n in range(500))
    message = a_message(recipients=500)
    for after in (
        delivery.handed_over(message, Accepted("250 OK", refusals), NOW, 0.5),
        delivery.failed(message, FAILURE, NOW),
    ):
        sizes = [
            len(value.encode("utf-16-le"))
            for value in entity_of(after).values()
            if isinstance(value, str)
        ]
        assert max(sizes) <= 65_536
        assert sum(sizes) < 800_000
        assert message_of(entity_of(after)) == after


def test_rows_that_knew_no_more_than_addresses_are_read() -> None:
    message = a_message()
    entity = entity_of(message) | {"refused": '["a@b.example"]'}
    reason = Occurrence("recipient_refused", message.created_at)
    assert message_of(entity).refused == (Undelivered("a@b.example", reason),)


@settings(max_examples=100, deadline=None)
@given(messages)
def test_the_index_tells_what_is_due_and_nothing_final(message: Message) -> None:
    entity = index_entity_of(message)
    if message.status.is_final or message.sorts_at is None:
        assert entity is None
    else:
        assert entity is not None
        assert due_of(entity) == Due(
            message.id, message.remaining_count, message.sorts_at, message.created_at
        )


@given(times, times)
def test_times_sort_as_text(first: datetime, second: datetime) -> None:
    assert (first < second) == (sortable(first) < sortable(second))


@settings(max_examples=150, deadline=None)
@given(paces)
def test_a_pace_comes_back_as_it_was(pace: Pace) -> None:
    assert pace_of(properties_of(pace)) == pace


@given(paces)
def test_no_property_is_longer_than_a_table_takes(pace: Pace) -> None:
    for wakes in ((), (("serves" * 10, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(1)),) * 2000):
        properties = properties_of(replace(pace, wakes=wakes))
        assert all(len(text.encode("utf-16-le")) <= 65536 for text in properties.values())
