"""When a mailbox is checked next. Times are UTC; `jitter` is a number from 0 to below 1."""

from datetime import UTC, date, datetime, time, timedelta

FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=4)
PASSING_LIMIT = timedelta(hours=24)
"""A mailbox that failed for this long, if only in passing ways, is not verified any more."""

EXPIRY_THRESHOLDS = (30, 14, 7, 3, 1, 0)
"""Days before the client secret's expiry at which it is announced, and the mailbox checked."""
EXPIRY_SPREAD = timedelta(hours=2)
DAY_AFTER = -1

CLAIM = timedelta(minutes=15)
"""How long queued work may take before the index offers it again."""


def regular(now: datetime, interval: timedelta, jitter: float) -> datetime:
    """The next check of a healthy mailbox: spread over the last tenth of the interval."""
    return now + interval * (0.9 + 0.1 * jitter)


def after_passing_failure(
    now: datetime,
    *,
    failures: int,
    failing_since: datetime,
    interval: timedelta,
    jitter: float,
    retry_after: timedelta | None,
) -> datetime:
    """The next try after `failures` passing failures in a row: 5 minutes, doubling up to 4 hours.

    Never before the provider's Retry-After (as long as that is under a day), never later than the
    regular pace, and one try falls right at the limit after which the failure counts as lasting.
    """
    doubled: timedelta = FIRST_PAUSE * 2 ** min(failures - 1, 10)
    pause = min(doubled, LONGEST_PAUSE) * (0.9 + 0.2 * jitter)
    pause = min(pause, interval)
    limit = failing_since + PASSING_LIMIT - now
    if limit > timedelta():
        pause = min(pause, limit)
    if retry_after is not None:
        pause = max(pause, min(retry_after, PASSING_LIMIT))
    return now + pause


def days_left(expires_on: date, now: datetime) -> int:
    """Whole days until the date; 0 on the day itself, negative after it."""
    return (expires_on - now.astimezone(UTC).date()).days


def threshold_reached(expires_on: date, now: datetime) -> int | None:
    """The smallest threshold that `now` has reached; None while expiry is further off."""
    left = days_left(expires_on, now)
    return min((t for t in EXPIRY_THRESHOLDS if t >= left), default=None)


def next_expiry_check(expires_on: date, now: datetime, jitter: float) -> datetime | None:
    """The next check because of expiry: at each threshold, and on the day after."""
    midnight = datetime.combine(expires_on, time(), UTC)
    spread = EXPIRY_SPREAD * jitter
    moments = (midnight - timedelta(days=t) + spread for t in (*EXPIRY_THRESHOLDS, DAY_AFTER))
    return min((moment for moment in moments if moment > now), default=None)


def earliest(*moments: datetime | None) -> datetime | None:
    """The earliest of those that are."""
    return min((moment for moment in moments if moment is not None), default=None)
