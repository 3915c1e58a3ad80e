"""What all fakes share: a settable clock, counted calls, failures on request."""

import threading
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta


class FakeClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self.current = now

    def now(self) -> datetime:
        """Where the clock was left."""
        return self.current

    def advance(self, by: timedelta) -> datetime:
        """Move on, and return the new time."""
        self.current += by
        return self.current

    def set(self, now: datetime) -> None:
        """Move to a time, forth or back."""
        self.current = now


class Fake:
    """Counts calls and fails on request. `lock` makes each call atomic, as the services' are."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.lock = threading.RLock()
        self._failures: defaultdict[str, list[Exception]] = defaultdict(list)

    def fail(self, method: str, error: Exception, times: int = 1) -> None:
        """The next `times` calls of `method` raise `error` and change nothing."""
        self._failures[method].extend([error] * times)

    def called(self, method: str) -> None:
        """Count a call, and fail if that is what was asked for."""
        self.calls[method] += 1
        if self._failures[method]:
            raise self._failures[method].pop(0)
