"""Configs survive the way into a table and back, whatever they hold."""

from datetime import UTC, date, datetime

from azure.data.tables._deserialize import _convert_to_entity
from azure.data.tables._serialize import _add_entity_properties
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.config_entity import config_of, entity_of
from shared.domain.config import AuthType, Config, Lease, Occurrence, Security, Status

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
times = st.datetimes(datetime(2000, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
numbers = st.integers(0, 2**31 - 1)
occurrences = st.builds(
    Occurrence, code=texts, at=times, detail=st.none() | texts, reference=st.none() | texts
)
configs = st.builds(
    Config,
    id=texts,
    organization=texts,
    auth_type=st.sampled_from(AuthType),
    host_name=texts,
    port=numbers,
    security=st.sampled_from(Security),
    user_name=texts,
    created_at=times,
    created_by=texts,
    updated_at=times,
    updated_by=texts,
    from_address=st.none() | texts,
    from_name=st.none() | texts,
    reply_to=st.none() | texts,
    signature=st.none() | texts | texts.map(lambda text: text * 2000),
    password_set=st.booleans(),
    authorization_url=st.none() | texts,
    token_url=st.none() | texts,
    client_id=st.none() | texts,
    client_secret_set=st.booleans(),
    client_secret_expires_on=st.none() | st.dates(date(2000, 1, 1)),
    is_default=st.booleans(),
    status=st.sampled_from(Status),
    reason=st.none() | occurrences,
    warnings=st.lists(occurrences, max_size=3).map(tuple),
    verified_at=st.none() | times,
    checked_at=st.none() | times,
    check_started_at=st.none() | times,
    next_check_at=st.none() | times,
    token_refreshed_at=st.none() | times,
    generation=numbers,
    grant_stored_at=st.none() | times,
    failing_since=st.none() | times,
    failures=numbers,
    secret_warned_days=st.none() | numbers,
    lease=st.none() | st.builds(Lease, owner=texts, until=times, since=times),
)


@settings(max_examples=200, deadline=None)
@given(configs)
def test_a_config_comes_back_from_its_entity_as_it_was(config: Config) -> None:
    assert config_of(entity_of(config)) == config


@settings(max_examples=50, deadline=None)
@given(configs)
def test_the_sdk_leaves_an_entity_as_it_is(config: Config) -> None:
    sent = _add_entity_properties(entity_of(config))
    assert config_of(_convert_to_entity(sent)) == config  # type: ignore[no-untyped-call]


def test_the_strategy_above_knows_every_field_of_a_config() -> None:
    built = configs.wrapped_strategy.kwargs  # type: ignore[attr-defined]
    assert set(built) == set(Config.__dataclass_fields__)
