"""The time of the machine."""

from datetime import UTC, datetime


class SystemClock:
    """Fulfils `Clock`."""

    def now(self) -> datetime:
        """The present, in UTC."""
        return datetime.now(UTC)
