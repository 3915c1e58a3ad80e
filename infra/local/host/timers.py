"""Timer triggers: when they are due, and what is remembered of it across restarts."""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from infra.local.host import protos
from infra.local.host.executor import Executor, FunctionError
from infra.local.host.files import write_atomically
from infra.local.host.functions import Function
from infra.local.host.ncrontab import Ncrontab, NcrontabError
from infra.local.host.settings import AppSettings, SettingsError
from infra.local.host.tasks import happens_within
from infra.local.host.timespan import TimeSpanError, is_timespan, parse_timespan

_NEVER = "0001-01-01T00:00:00+00:00"  # .NET's DateTime.MinValue: it has not run yet
_LONGEST_SLEEP = 60.0  # seconds, so that a changed system clock is noticed
_log = logging.getLogger("Host.Timers")

Clock = Callable[[], datetime]


class Schedule(Protocol):
    """Says when a timer is due next."""

    def next_after(self, moment: datetime) -> datetime | None:
        """The first due time after the moment, or None where there is none."""


@dataclass(frozen=True)
class Interval:
    """A schedule given as a time span, from one run to the next."""

    span: timedelta

    def next_after(self, moment: datetime) -> datetime:
        """The moment and the span."""
        return moment + self.span


@dataclass(frozen=True)
class ScheduleStatus:
    """When a timer last ran and when it is due, as ISO 8601 in UTC."""

    Last: str
    Next: str
    LastUpdated: str


def parse_schedule(function: Function, settings: AppSettings) -> Schedule:
    """The trigger's schedule. Raises SettingsError, which names it as the trigger does."""
    given = str(function.trigger.get("schedule", ""))
    text = settings.resolve(given, f"the schedule of '{function.name}'")
    try:
        return Interval(parse_timespan(text)) if is_timespan(text) else Ncrontab.parse(text)
    except (NcrontabError, TimeSpanError) as error:
        message = f"The schedule {given} of '{function.name}' cannot be used: {error}"
        raise SettingsError(message) from error


class StatusStore:
    """Remembers timers' statuses, a file for each function."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> ScheduleStatus | None:
        """What was written last, or None; a file that is not readable counts as none."""
        try:
            return ScheduleStatus(**json.loads((self._folder / f"{name}.json").read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            _log.warning("The status of timer '%s' is not readable: %s", name, error)
            return None

    def write(self, name: str, status: ScheduleStatus) -> None:
        """Replaces what was there."""
        write_atomically(self._folder / f"{name}.json", json.dumps(asdict(status)))


class TimerListener:
    """Runs one function by its schedule, never twice at a time."""

    def __init__(
        self,
        function: Function,
        schedule: Schedule,
        executor: Executor,
        store: StatusStore,
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        self._function = function
        self._schedule = schedule
        self._executor = executor
        self._clock = clock
        self._stopping = asyncio.Event()
        trigger = function.trigger
        self._on_startup = bool(trigger.get("runOnStartup", False))
        monitored = trigger.get("useMonitor")
        self._store = store if monitored is not False and _is_slow(schedule, clock()) else None

    async def listen(self) -> None:
        """Runs until `stop`."""
        next_run = await self._catch_up()
        while next_run is not None:
            await self._sleep_until(next_run)
            if self._stopping.is_set():
                return
            await self._run(is_past_due=False)
            # Times that went by while the function ran are not made up for.
            next_run = self._schedule.next_after(max(self._clock(), next_run))

    def stop(self) -> None:
        """Asks for no more runs; one under way goes on to its end."""
        self._stopping.set()

    async def _catch_up(self) -> datetime | None:
        now = self._clock()
        status = self._store.read(self._function.name) if self._store else None
        if self._store and not self._still_valid(status):
            status = self._status(_NEVER, now)
            self._store.write(self._function.name, status)
        past_due = status is not None and status.Next != _NEVER and _parse(status.Next) < now
        if past_due or self._on_startup:
            await self._run(is_past_due=past_due)
        return self._schedule.next_after(self._clock())

    def _still_valid(self, status: ScheduleStatus | None) -> bool:
        """Whether the recorded next run is the schedule's own: it may have been changed."""
        if status is None:
            return False
        expected = self._schedule.next_after(_parse(status.LastUpdated))
        return (expected.isoformat() if expected else _NEVER) == status.Next

    def _status(self, last: str, updated: datetime) -> ScheduleStatus:
        upcoming = self._schedule.next_after(updated)
        return ScheduleStatus(
            Last=last,
            Next=upcoming.isoformat() if upcoming else _NEVER,
            LastUpdated=updated.isoformat(),
        )

    async def _sleep_until(self, moment: datetime) -> None:
        while not self._stopping.is_set():
            left = (moment - self._clock()).total_seconds()
            if left <= 0 or await happens_within(self._stopping, min(left, _LONGEST_SLEEP)):
                return

    async def _run(self, *, is_past_due: bool) -> None:
        before = self._store.read(self._function.name) if self._store else None
        began = self._clock()
        try:
            await self._executor.run(
                self._function,
                timer_data(before, is_past_due=is_past_due),
                reason="Timer fired at " + began.isoformat(),
            )
        except FunctionError:
            _log.debug("The failure of '%s' is logged with its invocation", self._function.name)
        if self._store:
            self._store.write(self._function.name, self._status(began.isoformat(), self._clock()))


def timer_data(status: ScheduleStatus | None, *, is_past_due: bool) -> protos.TypedData:
    """The TimerInfo that a function gets."""
    info: dict[str, Any] = {
        "Schedule": {"AdjustForDST": True},
        "ScheduleStatus": asdict(status) if status else None,
        "IsPastDue": is_past_due,
    }
    return protos.TypedData(json=json.dumps(info))


def _is_slow(schedule: Schedule, now: datetime) -> bool:
    """Whether the schedule is worth monitoring: the real host does not below a minute."""
    first = schedule.next_after(now)
    second = schedule.next_after(first) if first else None
    return first is None or second is None or second - first >= timedelta(minutes=1)


def _parse(text: str) -> datetime:
    return datetime.fromisoformat(text)
