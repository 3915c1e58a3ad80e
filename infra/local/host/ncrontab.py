"""NCRONTAB expressions, as Azure Functions' timers take them.

Six fields: second, minute, hour, day of month, month, day of week (0 to 6, Sunday is 0); with
five fields the seconds are 0. Unlike in cron, a day has to fit both of the day fields.
See https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_PART = re.compile(r"(?P<from>\*|\w+)(?:-(?P<to>\w+))?(?:/(?P<step>\d+))?")
# A 29 February that falls on a given weekday comes round within 28 years, or 40 over 2100.
_HORIZON = timedelta(days=41 * 366)


class NcrontabError(ValueError):
    """The text is not an NCRONTAB expression."""


@dataclass(frozen=True)
class _Field:
    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()


_FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, tuple(_MONTHS)),
    _Field("day of week", 0, 6, tuple(_WEEKDAYS)),
)


@dataclass(frozen=True)
class Ncrontab:
    """A parsed expression; its times are UTC."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    @classmethod
    def parse(cls, text: str) -> "Ncrontab":
        """Reads five or six fields. Raises NcrontabError."""
        parts = text.split()
        if len(parts) == 5:
            parts = ["0", *parts]
        if len(parts) != 6:
            message = f"'{text}' is not an NCRONTAB expression: it has {len(parts)} fields, not 6"
            raise NcrontabError(message)
        values = [
            _parse_field(part, field, text) for part, field in zip(parts, _FIELDS, strict=True)
        ]
        seconds, minutes, hours, days, months, weekdays = values
        return cls(
            seconds=tuple(sorted(seconds)),
            minutes=tuple(sorted(minutes)),
            hours=tuple(sorted(hours)),
            days=frozenset(days),
            months=frozenset(months),
            weekdays=frozenset(weekdays),
        )

    def next_after(self, moment: datetime) -> datetime | None:
        """The first time strictly after `moment`; None where there is none, as for 30 February."""
        moment = moment.astimezone(UTC)
        day, last = moment.date(), moment.date() + _HORIZON
        first = self._time_after(moment.time())
        if first is not None and self._fits(day):
            return datetime.combine(day, first, UTC)
        earliest = time(self.hours[0], self.minutes[0], self.seconds[0])
        while day < last:
            day += timedelta(days=1)
            if self._fits(day):
                return datetime.combine(day, earliest, UTC)
        return None

    def _fits(self, day: date) -> bool:
        return (
            day.month in self.months
            and day.day in self.days
            and day.isoweekday() % 7 in self.weekdays
        )

    def _time_after(self, moment: time) -> time | None:
        for hour in (h for h in self.hours if h >= moment.hour):
            minutes = self.minutes
            if hour == moment.hour:
                minutes = tuple(m for m in minutes if m >= moment.minute)
            for minute in minutes:
                seconds = self.seconds
                if (hour, minute) == (moment.hour, moment.minute):
                    seconds = tuple(s for s in seconds if s > moment.second)
                if seconds:
                    return time(hour, minute, seconds[0])
        return None


def _parse_field(text: str, field: _Field, expression: str) -> set[int]:
    values: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise _invalid(part, field, expression)
        values.update(_parse_part(match, field, expression))
    return values


def _parse_part(match: re.Match[str], field: _Field, expression: str) -> range:
    step = int(match["step"] or 1)
    if match["from"] == "*":
        first, last = field.least, field.most
    else:
        first = _number(match["from"], field, expression)
        open_ended = match["step"] is not None and match["to"] is None
        last = field.most if open_ended else first
    if match["to"] is not None:
        last = _number(match["to"], field, expression)
    if step < 1 or first > last or (match["from"] == "*" and match["to"] is not None):
        raise _invalid(match[0], field, expression)
    return range(first, last + 1, step)


def _number(text: str, field: _Field, expression: str) -> int:
    if text.isdecimal():
        number = int(text)
        if field.least <= number <= field.most:
            return number
    elif len(text) >= 3:
        for index, name in enumerate(field.names):
            if name == text.lower()[:3]:
                return field.least + index
    raise _invalid(text, field, expression)


def _invalid(part: str, field: _Field, expression: str) -> NcrontabError:
    return NcrontabError(
        f"'{expression}' is not an NCRONTAB expression: '{part}' does not fit the {field.name}"
        f" ({field.least} to {field.most})"
    )
