"""NCRONTAB expressions of the local function host's timers."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.host.ncrontab import Ncrontab, NcrontabError

NOON = datetime(2026, 3, 14, 12, 0, 0, tzinfo=UTC)  # a Saturday


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 */5 * * * *", "2026-03-14T12:05:00"),
        ("* * * * * *", "2026-03-14T12:00:01"),
        ("0 0 * * * *", "2026-03-14T13:00:00"),
        ("0 0 12 * * *", "2026-03-15T12:00:00"),
        ("30 15 9-17 * * *", "2026-03-14T12:15:30"),
        ("0 30 9 * * 1-5", "2026-03-16T09:30:00"),
        ("0 30 9 * * Mon-Fri", "2026-03-16T09:30:00"),
        ("0 30 9 * * monday", "2026-03-16T09:30:00"),
        ("0 0 0 * * 0", "2026-03-15T00:00:00"),
        ("0 0 0 1 Jan *", "2027-01-01T00:00:00"),
        ("0 0 0 31 * *", "2026-03-31T00:00:00"),
        ("0 0 0 29 2 *", "2028-02-29T00:00:00"),
        ("0,20,40 * * * * *", "2026-03-14T12:00:20"),
        ("10/20 * * * * *", "2026-03-14T12:00:10"),
        ("*/7 * * * * *", "2026-03-14T12:00:07"),
        ("5 12 * * *", "2026-03-15T12:05:00"),
    ],
)
def test_the_next_time_is_found(expression: str, expected: str) -> None:
    after = NOON if expression != "5 12 * * *" else NOON + timedelta(minutes=5)
    found = Ncrontab.parse(expression).next_after(after)
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_day_has_to_fit_both_day_fields() -> None:
    friday_the_13th = Ncrontab.parse("0 0 0 13 * Fri")
    assert friday_the_13th.next_after(NOON) == datetime(2026, 11, 13, tzinfo=UTC)


def test_a_day_that_never_comes_has_no_next_time() -> None:
    assert Ncrontab.parse("0 0 0 30 Feb *").next_after(NOON) is None


def test_times_are_utc_whatever_zone_is_asked_in() -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert Ncrontab.parse("0 0 13 * * *").next_after(elsewhere) == NOON + timedelta(hours=1)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "* * * *",
        "* * * * * * *",
        "60 * * * * *",
        "* 60 * * * *",
        "* * 24 * * *",
        "* * * 0 * *",
        "* * * * 13 *",
        "* * * * * 7",
        "5-1 * * * * *",
        "*/0 * * * * *",
        "*-5 * * * * *",
        "a * * * * *",
        "1,,2 * * * * *",
        "-1 * * * * *",
        "* * * * Foo *",
    ],
)
def test_what_is_no_expression_is_told_with_the_expression(expression: str) -> None:
    with pytest.raises(NcrontabError, match="is not an NCRONTAB expression"):
        Ncrontab.parse(expression)


@given(
    st.builds(
        "{} {} {} * * {}".format,
        st.sampled_from(["0", "*/25", "7,50", "10-12"]),
        st.sampled_from(["*", "0", "*/13", "5-50/9"]),
        st.sampled_from(["*", "23", "*/6", "8-17"]),
        st.sampled_from(["*", "0", "1-5"]),
    ),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_no_time_between_is_left_out(expression: str, moment: datetime) -> None:
    schedule = Ncrontab.parse(expression)
    found = schedule.next_after(moment)
    assert found is not None
    assert found > moment
    # Asked from anywhere in between, the answer is the same.
    middle = moment + (found - moment) / 2
    if middle < found:
        assert schedule.next_after(middle) == found
    assert schedule.next_after(found - timedelta(seconds=1)) == found
