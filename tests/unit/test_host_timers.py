"""What the local function host remembers of timers, with a clock that the test moves."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from infra.local.host import protos
from infra.local.host.executor import Executor, FunctionError, retry_delay
from infra.local.host.functions import Function
from infra.local.host.ncrontab import Ncrontab
from infra.local.host.timers import Interval, Schedule, StatusStore, TimerListener
from tests.support.host_functions import function_with

HOURLY = Ncrontab.parse("0 0 * * * *")
MORNING = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)


class FakeExecutor:
    """Puts down what it is asked to run, and ends the listener after enough of it."""

    def __init__(self, *, enough: int = 1, fails: bool = False) -> None:
        self.runs: list[dict[str, Any]] = []
        self.listener: TimerListener | None = None
        self._enough = enough
        self._fails = fails

    async def run(self, function: Function, data: protos.TypedData, *, reason: str) -> None:
        assert (function.name, reason[:5]) == ("tick", "Timer")
        self.runs.append(json.loads(data.json or ""))
        if len(self.runs) >= self._enough and self.listener:
            self.listener.stop()
        if self._fails:
            raise FunctionError("not today")


def run(
    store: StatusStore,
    now: datetime,
    schedule: Schedule = HOURLY,
    *,
    executor: FakeExecutor | None = None,
    **trigger: Any,
) -> list[dict[str, Any]]:
    """Starts the listener at `now`, lets it look once, and gives what it ran."""
    executor = executor or FakeExecutor()
    listener = TimerListener(
        function_with("tick", trigger),
        schedule,
        cast("Executor", executor),
        store,
        clock=lambda: now,
    )
    executor.listener = listener

    async def listen() -> None:
        task = asyncio.create_task(listener.listen())
        await asyncio.sleep(0)
        listener.stop()
        await task

    asyncio.run(listen())
    return executor.runs


@pytest.fixture
def store(tmp_path: Path) -> StatusStore:
    return StatusStore(tmp_path / "timers")


def test_the_first_start_only_puts_the_next_time_down(store: StatusStore) -> None:
    assert run(store, MORNING) == []
    status = store.read("tick")
    assert status is not None
    assert status.Next == "2026-03-14T10:00:00+00:00"
    assert status.Last == "0001-01-01T00:00:00+00:00"


def test_a_start_before_the_next_time_runs_nothing(store: StatusStore) -> None:
    run(store, MORNING)
    assert run(store, MORNING + timedelta(minutes=29)) == []


def test_a_start_after_the_next_time_runs_once_and_says_that_it_is_late(
    store: StatusStore,
) -> None:
    run(store, MORNING)
    [late] = run(store, MORNING + timedelta(hours=5))
    assert late["IsPastDue"]
    assert late["ScheduleStatus"]["Next"] == "2026-03-14T10:00:00+00:00"
    assert run(store, MORNING + timedelta(hours=5, minutes=1)) == []


def test_a_late_run_that_fails_is_not_repeated_at_the_next_start(store: StatusStore) -> None:
    run(store, MORNING)
    failing = FakeExecutor(fails=True)
    assert len(run(store, MORNING + timedelta(hours=5), executor=failing)) == 1
    assert run(store, MORNING + timedelta(hours=5, minutes=1)) == []


def test_a_changed_schedule_is_not_late_by_the_old_one(store: StatusStore) -> None:
    run(store, MORNING)
    daily = Ncrontab.parse("0 0 0 * * *")
    assert run(store, MORNING + timedelta(hours=5), daily) == []
    status = store.read("tick")
    assert status is not None
    assert status.Next == "2026-03-15T00:00:00+00:00"


def test_run_on_startup_is_not_late(store: StatusStore) -> None:
    [started] = run(store, MORNING, runOnStartup=True)
    assert not started["IsPastDue"]


def test_without_a_monitor_nothing_is_made_up_for(store: StatusStore) -> None:
    run(store, MORNING, useMonitor=False)
    assert store.read("tick") is None
    assert run(store, MORNING + timedelta(hours=5), useMonitor=False) == []


def test_what_runs_more_often_than_each_minute_is_not_monitored(store: StatusStore) -> None:
    run(store, MORNING, Interval(timedelta(seconds=30)))
    assert store.read("tick") is None


def test_a_damaged_status_counts_as_none(store: StatusStore, tmp_path: Path) -> None:
    folder = tmp_path / "timers"
    folder.mkdir()
    for damaged in ("{", "[]", '{"Last": "x"}'):
        (folder / "tick.json").write_text(damaged)
        assert store.read("tick") is None


@pytest.mark.parametrize(
    ("policy", "attempt", "least", "most"),
    [
        (protos.RpcRetryOptions(max_retry_count=3, retry_strategy="fixed_delay",
                                delay_interval=timedelta(seconds=4)), 2, 4, 4),
        (protos.RpcRetryOptions(max_retry_count=3, retry_strategy="exponential_backoff",
                                minimum_interval=timedelta(seconds=2),
                                maximum_interval=timedelta(seconds=5)), 1, 2, 2),
        (protos.RpcRetryOptions(max_retry_count=3, retry_strategy="exponential_backoff",
                                minimum_interval=timedelta(seconds=2),
                                maximum_interval=timedelta(seconds=5)), 9, 5, 5),
    ],
)  # fmt: skip
def test_retries_wait_as_their_policy_says(
    policy: protos.RpcRetryOptions, attempt: int, least: float, most: float
) -> None:
    assert least <= retry_delay(policy, attempt) <= most
