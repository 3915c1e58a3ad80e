"""The pace that Exchange Online allows a mailbox; off unless switched on.

https://learn.microsoft.com/exchange/mail-flow-best-practices/how-to-set-up-a-multifunction-device-or-application-to-send-email-using-microsoft-365-or-office-365
"""

import threading
import time
from collections import Counter, defaultdict, deque

MINUTE = 60.0  # seconds
TOO_MANY_CONNECTIONS = "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded"
TOO_FAST = "432 4.3.2 STOREDRV.ClientSubmit; message rate limit exceeded"


class Pace:
    """Counts connections and messages of each mailbox."""

    def __init__(self) -> None:
        self._connections: int | None = None
        self._per_minute: int | None = None
        self._open: Counter[str] = Counter()
        self._sent: defaultdict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def limit(self, connections: int | None, per_minute: int | None) -> None:
        """Set the limits; None is no limit."""
        with self._lock:
            self._connections = connections
            self._per_minute = per_minute
            self._sent.clear()

    def limits(self) -> dict[str, int | None]:
        """The limits in force."""
        return {"connections": self._connections, "per_minute": self._per_minute}

    def enter(self, user: str) -> bool:
        """Count a signed-in connection; False, and not counted, where it is one too many."""
        with self._lock:
            if self._connections is not None and self._open[user] >= self._connections:
                return False
            self._open[user] += 1
            return True

    def leave(self, user: str) -> None:
        """A signed-in connection has ended."""
        with self._lock:
            self._open[user] -= 1
            if self._open[user] <= 0:
                del self._open[user]

    def send(self, user: str) -> bool:
        """Count a message; False, and not counted, where it comes too soon."""
        now = time.monotonic()
        with self._lock:
            if self._per_minute is None:
                return True
            sent = self._sent[user]
            while sent and sent[0] <= now - MINUTE:
                sent.popleft()
            if len(sent) >= self._per_minute:
                return False
            sent.append(now)
            return True
