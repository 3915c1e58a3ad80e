"""The .NET TimeSpan text form, which host.json and timer schedules are written in."""

import re
from datetime import timedelta

_FORM = re.compile(
    r"(?P<sign>-)?"
    r"(?:(?P<days>\d+)\.)?"
    r"(?P<hours>\d{1,2}):(?P<minutes>\d{1,2})"
    r"(?::(?P<seconds>\d{1,2})(?:\.(?P<fraction>\d{1,7}))?)?"
)


class TimeSpanError(ValueError):
    """The text is not a TimeSpan."""

    def __init__(self, text: str) -> None:
        super().__init__(f"'{text}' is not a time span of the form [d.]hh:mm:ss[.fffffff]")


def parse_timespan(text: str) -> timedelta:
    """Reads `[-][d.]hh:mm[:ss[.fffffff]]`. Raises TimeSpanError."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise TimeSpanError(text)
    hours, minutes = int(match["hours"]), int(match["minutes"])
    seconds = int(match["seconds"] or 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        raise TimeSpanError(text)
    span = timedelta(
        days=int(match["days"] or 0),
        hours=hours,
        minutes=minutes,
        seconds=seconds,
        microseconds=int((match["fraction"] or "").ljust(6, "0")[:6]),
    )
    return -span if match["sign"] else span


def is_timespan(text: str) -> bool:
    """Whether the text has a TimeSpan's form."""
    return _FORM.fullmatch(text.strip()) is not None
