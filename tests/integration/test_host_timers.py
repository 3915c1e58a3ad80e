"""How the local function host runs timer functions by their schedules."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.local_host import RECORDING, LocalHost

APP = (
    RECORDING
    + """
@app.timer_trigger(arg_name="timer", schedule="%EVERY%")
def tick(timer: func.TimerRequest) -> None:
    record(ran="tick", past_due=timer.past_due, status=timer.schedule_status)
    if os.environ.get("TICK_FAILS"):
        raise RuntimeError("not today")

@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *", run_on_startup=True)
def at_start(timer: func.TimerRequest) -> None:
    record(ran="at_start", past_due=timer.past_due)

@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")
@app.retry(strategy="fixed_delay", max_retry_count="2", delay_interval="00:00:00")
def stubborn(timer: func.TimerRequest, context: func.Context) -> None:
    record(ran="stubborn", attempt=context.retry_context.retry_count)
    raise RuntimeError("never")
"""
)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[LocalHost]:
    running = LocalHost(tmp_path, APP, values={"EVERY": "* * * * * *"})
    yield running
    assert running.stop() == 0


def test_a_timer_runs_by_its_ncrontab_again_and_again(host: LocalHost) -> None:
    host.start()
    first, second = host.wait_for_records(2, ran="tick")[:2]
    assert not first["past_due"]
    assert not second["past_due"]


def test_a_timer_may_be_given_as_a_time_span(host: LocalHost) -> None:
    host.write_settings({"EVERY": "00:00:01"})
    host.start()
    host.wait_for_records(2, ran="tick")


def test_a_timer_that_fails_runs_again_at_its_next_time(host: LocalHost) -> None:
    host.write_settings({"EVERY": "* * * * * *", "TICK_FAILS": "1"})
    host.start()
    host.wait_for_records(2, ran="tick")


def test_run_on_startup_runs_at_each_start(host: LocalHost) -> None:
    host.start()
    host.wait_for_records(1, ran="at_start", past_due=False)
    host.stop()
    host.start()
    host.wait_for_records(2, ran="at_start", past_due=False)


def test_a_run_that_was_missed_is_made_up_for_at_the_next_start(host: LocalHost) -> None:
    hourly = "0 0 * * * *"
    host.write_settings({"EVERY": hourly})
    host.start()
    host.wait_for_records(1, ran="at_start")
    host.stop()
    status_file = host.data / "timers" / "tick.json"
    expected = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    assert json.loads(status_file.read_text())["Next"] == expected.isoformat()
    missed = datetime.now(UTC) - timedelta(hours=3)
    due = missed.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    status = {
        "Last": missed.isoformat(), "Next": due.isoformat(), "LastUpdated": missed.isoformat()
    }  # fmt: skip
    status_file.write_text(json.dumps(status))
    host.start()
    [seen] = host.wait_for_records(1, ran="tick", past_due=True)
    assert seen["status"]["Last"] == status["Last"]
    host.stop()
    host.start()
    host.wait_for_records(3, ran="at_start")
    assert len([record for record in host.records() if record["ran"] == "tick"]) == 1


def test_a_retry_policy_is_followed(host: LocalHost) -> None:
    host.start()
    assert host.request("POST", "/admin/functions/stubborn", json={}).status_code == 202
    seen = host.wait_for_records(3, ran="stubborn")
    assert [record["attempt"] for record in seen] == [0, 1, 2]
