"""The local stack, and what its function host says about the work that it does."""

import os
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from shared.domain.telemetry import MESSAGES, OUTCOME, OUTCOME_SUCCEEDED
from tests.support.environment import clean
from tests.support.running_stack import RunningStack

CHECKED = "maintain_mailbox"
"""A message of the maintenance queue was worked off."""
DELIVERED = "delivered"
"""A mail server took a message, and that is written down."""

_EXECUTED = re.compile(r"Executed 'Functions\.(\w+)' \((Succeeded|Failed)")
_ATTEMPT = re.compile(rf'"metric": "{re.escape(MESSAGES)}".*"{OUTCOME}": "(\w+)"')
_NEVER = "0 0 0 1 1 *"
"""The timer runs when it is told to, not in the middle of a measurement."""


class WatchedStack(RunningStack):
    """Counts what was done. To ask for it would take time from what is measured."""

    def __init__(self, data: Path) -> None:
        self._changed = threading.Condition()
        self._done: Counter[str] = Counter()
        self._failures: list[str] = []
        environ = {**clean(os.environ), "MAINTENANCE_SCHEDULE": _NEVER}
        super().__init__(data, environ)

    def done(self, what: str) -> int:
        """How often `CHECKED`, `DELIVERED`, or a function by its name."""
        with self._changed:
            return self._done[what]

    def wait_until_done(self, what: str, number: int, seconds: float) -> None:
        """Wait until it was done so often. Raises TimeoutError, and RuntimeError as soon as
        a function or an attempt to deliver fails."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while self._done[what] < number:
                if self._failures:
                    raise RuntimeError("\n".join([*self._failures, self.recent_logs()]))
                if not self._changed.wait(deadline - time.monotonic()):
                    raise TimeoutError(
                        f"{self._done[what]} of {number} times {what} in {seconds:g} s"
                    )

    def pid(self, component: str) -> int:
        """The process of a component."""
        pid = self._stack.process(component).pid
        assert pid is not None
        return pid

    def _write_log(self, name: str, line: str) -> None:
        super()._write_log(name, line)
        if name != "host":
            return
        if found := _EXECUTED.search(line):
            self._note(found[1], line, ok=found[2] == "Succeeded")
        elif found := _ATTEMPT.search(line):
            self._note(DELIVERED, line, ok=found[1] == OUTCOME_SUCCEEDED)

    def _note(self, what: str, line: str, *, ok: bool) -> None:
        with self._changed:
            self._done[what] += ok
            if not ok:
                self._failures.append(line)
            self._changed.notify_all()


@contextmanager
def watched_stack() -> Iterator[WatchedStack]:
    """A whole stack on free ports, with data that goes with it."""
    with TemporaryDirectory(prefix="outgoing-mail-bench-") as data:
        stack = WatchedStack(Path(data))
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()
