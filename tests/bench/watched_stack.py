"""The local stack, and what its function host says about each function that it runs."""

import os
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.environment import clean
from tests.support.running_stack import RunningStack

_EXECUTED = re.compile(r"Executed 'Functions\.(\w+)' \((Succeeded|Failed)")
_NEVER = "0 0 0 1 1 *"
"""The timer runs when it is told to, not in the middle of a measurement."""


class WatchedStack(RunningStack):
    """Counts runs of functions. Polling the stack would take time from what is measured."""

    def __init__(self, data: Path) -> None:
        self._changed = threading.Condition()
        self._runs: Counter[tuple[str, str]] = Counter()
        environ = {**clean(os.environ), "MAINTENANCE_SCHEDULE": _NEVER}
        super().__init__(data, environ)

    def runs(self, function: str) -> int:
        """How often a function has ended well."""
        with self._changed:
            return self._runs[function, "Succeeded"]

    def wait_for_runs(self, function: str, number: int, seconds: float) -> None:
        """Wait until a function has ended well so often. Raises TimeoutError, and RuntimeError as
        soon as one has failed."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while self._runs[function, "Succeeded"] < number:
                if self._runs[function, "Failed"]:
                    raise RuntimeError(f"{function} failed:\n{self.recent_logs()}")
                if not self._changed.wait(deadline - time.monotonic()):
                    done = self._runs[function, "Succeeded"]
                    raise TimeoutError(f"{done} of {number} runs of {function} in {seconds:g} s")

    def pid(self, component: str) -> int:
        """The process of a component."""
        pid = self._stack.process(component).pid
        assert pid is not None
        return pid

    def _write_log(self, name: str, line: str) -> None:
        super()._write_log(name, line)
        if name == "host" and (found := _EXECUTED.search(line)):
            with self._changed:
                self._runs[found[1], found[2]] += 1
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
