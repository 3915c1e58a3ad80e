"""One component as a child process.

The contract: the child prints one line `ready <name> <url>` on stdout once it accepts connections,
logs to stderr, ends with exit code 0 on SIGTERM, and ends by itself when the pipe on its stdin is
closed, which happens even where this process is killed outright.
"""

import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from infra.local.stack.errors import ComponentFailedError

_LAST_LINES = 40

LineSink = Callable[[str, str], None]
"""Takes a component's name and one line of its log."""


class ComponentProcess:
    """A running component; `start` it, then `wait_ready`."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        cwd: Path,
        environ: Mapping[str, str],
        sink: LineSink,
        stop_seconds: float = 10,
    ) -> None:
        self.name = name
        self._command = list(command)
        self._cwd = cwd
        self._environ = dict(environ)
        self._sink = sink
        self._stop_seconds = stop_seconds
        self._child: subprocess.Popen[str] | None = None
        self._readers: list[threading.Thread] = []
        self._ready = threading.Event()
        self._stopping = False
        self._last_lines: deque[str] = deque(maxlen=_LAST_LINES)

    def start(self) -> None:
        """Begin the child; raises ComponentFailedError if there is no such program."""
        self._ready.clear()
        self._stopping = False
        try:
            self._child = subprocess.Popen(
                self._command,
                cwd=self._cwd,
                env=self._environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                # Ctrl-C goes to this process alone, which then ends the children in their order.
                process_group=0,
            )
        except OSError as error:
            raise ComponentFailedError(f"{self.name} cannot be started: {error}") from error
        self._readers = [
            threading.Thread(target=self._read, args=(stream,), daemon=True)
            for stream in (self._child.stdout, self._child.stderr)
        ]
        for reader in self._readers:
            reader.start()

    def wait_ready(self, seconds: float) -> None:
        """Wait for the `ready` line; raises ComponentFailedError with the last lines if none."""
        deadline = time.monotonic() + seconds
        while not self._ready.wait(0.05):
            if self.exit_code is not None:
                raise ComponentFailedError(self.describe_end())
            if time.monotonic() > deadline:
                raise ComponentFailedError(
                    f"{self.name} was not ready within {seconds:.0f} seconds.{self.last_lines()}"
                )

    @property
    def pid(self) -> int | None:
        """The child's process id while it has one."""
        return self._child.pid if self._child else None

    @property
    def exit_code(self) -> int | None:
        """The child's exit code once it has ended."""
        return self._child.poll() if self._child else None

    @property
    def died(self) -> bool:
        """Whether the child has ended without being asked to."""
        return self._child is not None and not self._stopping and self.exit_code is not None

    def describe_end(self) -> str:
        """A sentence on how the child ended, and the last lines that it logged."""
        for reader in self._readers:
            reader.join(timeout=2)
        return f"{self.name} ended with exit code {self.exit_code}.{self.last_lines()}"

    def last_lines(self) -> str:
        """The end of the log, ready to follow a sentence."""
        lines = "\n".join(f"    {line}" for line in self._last_lines)
        return f" Its last lines:\n{lines}" if lines else " It said nothing."

    def request_stop(self) -> None:
        """Ask the child to end, once; returns at once."""
        if self._child and self._child.poll() is None and not self._stopping:
            self._child.terminate()
        self._stopping = True

    def stop(self) -> int | None:
        """End the child, by force if it does not go in time; gives its exit code."""
        if self._child is None:
            return None
        self.request_stop()
        try:
            self._child.wait(self._stop_seconds)
        except subprocess.TimeoutExpired:
            self._sink(self.name, f"did not end within {self._stop_seconds:.0f} s: killed")
            self._child.kill()
            self._child.wait()
        self._close_pipes(self._child)
        return self._child.returncode

    def _close_pipes(self, child: subprocess.Popen[str]) -> None:
        for reader in self._readers:
            reader.join(timeout=2)
        if any(reader.is_alive() for reader in self._readers):
            return  # a grandchild still holds the pipe: closing it here would block
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream:
                stream.close()

    def kill(self) -> None:
        """Cut the child off, as a crash would."""
        self._stopping = True
        if self._child:
            self._child.kill()
            self.stop()

    def _read(self, stream: IO[str]) -> None:
        for raw in stream:
            line = raw.rstrip("\n")
            if self._child and stream is self._child.stdout and line.startswith("ready "):
                self._ready.set()
            self._last_lines.append(line)
            self._sink(self.name, line)


def python_command(module: str, *arguments: str) -> list[str]:
    """The command that runs a module with this very interpreter, its output unbuffered."""
    return [sys.executable, "-u", "-m", module, *arguments]
