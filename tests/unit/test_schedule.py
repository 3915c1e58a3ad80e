"""When a mailbox is checked next."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.domain import schedule

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize("jitter", [0.0, 0.5, 0.999])
def test_a_healthy_mailbox_is_checked_within_the_interval_and_not_much_before(
    jitter: float,
) -> None:
    at = schedule.regular(NOW, DAY, jitter)
    assert NOW + 0.9 * DAY <= at <= NOW + DAY


def test_checks_are_spread() -> None:
    assert schedule.regular(NOW, DAY, 0.1) != schedule.regular(NOW, DAY, 0.9)


def _pause(failures: int, retry_after: timedelta | None = None, interval: timedelta = DAY) -> float:
    at = schedule.after_passing_failure(
        NOW,
        failures=failures,
        failing_since=NOW,
        interval=interval,
        jitter=0.5,
        retry_after=retry_after,
    )
    return (at - NOW) / timedelta(minutes=1)


def test_pauses_grow_from_5_minutes_to_4_hours() -> None:
    assert [_pause(n) for n in range(1, 9)] == pytest.approx([5, 10, 20, 40, 80, 160, 240, 240])


def test_many_failures_do_not_overflow_the_pause() -> None:
    assert _pause(100_000) == pytest.approx(240)


def test_the_providers_retry_after_is_waited_for_but_no_longer_than_a_day() -> None:
    assert _pause(1, timedelta(hours=1)) == 60
    assert _pause(1, timedelta(days=365)) == 24 * 60
    assert _pause(1, timedelta(seconds=1)) == pytest.approx(5)


def test_a_pause_is_never_longer_than_the_regular_pace() -> None:
    assert _pause(5, interval=timedelta(minutes=3)) == 3


def test_one_try_falls_right_at_the_limit() -> None:
    at = schedule.after_passing_failure(
        NOW,
        failures=9,
        failing_since=NOW - timedelta(hours=23),
        interval=DAY,
        jitter=0.0,
        retry_after=None,
    )
    assert at == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("left", "threshold"),
    [
        (31, None),
        (30, 30),
        (29, 30),
        (15, 30),
        (14, 14),
        (8, 14),
        (7, 7),
        (4, 7),
        (3, 3),
        (2, 3),
        (1, 1),
        (0, 0),
        (-1, 0),
        (-400, 0),
    ],
)
def test_a_threshold_is_reached_on_its_day_and_holds_until_the_next(
    left: int, threshold: int | None
) -> None:
    assert schedule.threshold_reached(NOW.date() + timedelta(days=left), NOW) == threshold


def test_a_check_falls_on_each_threshold_and_on_the_day_after_however_slow_the_pace() -> None:
    expires_on = date(2026, 5, 1)
    now, days = NOW, []
    while (at := schedule.next_expiry_check(expires_on, now, 0.7)) is not None:
        days.append(schedule.days_left(expires_on, at))
        now = at
    assert days == [30, 14, 7, 3, 1, 0, -1]


def test_a_check_falls_in_the_last_24_hours_before_expiry() -> None:
    expires_on = date(2026, 3, 3)
    at = schedule.next_expiry_check(expires_on, NOW - DAY, 0.99)
    assert at is not None
    midnight = datetime(2026, 3, 3, tzinfo=UTC)
    assert timedelta() < midnight - at <= DAY
