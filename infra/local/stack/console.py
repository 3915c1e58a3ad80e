"""The logs of all components in one terminal."""

import contextlib
import threading
from typing import TextIO

_COLOURS = {"storage": 36, "identity": 35, "vault": 33, "mailbox": 32, "host": 34}
_NAME_WIDTH = 8


class Console:
    """Prints whole lines, from several threads, each with the name of its component."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._colour = stream.isatty()
        self._lock = threading.Lock()

    def log(self, name: str, line: str) -> None:
        """Print one line of a component's log."""
        label = f"{name:<{_NAME_WIDTH}} |"
        if self._colour:
            label = f"\x1b[{_COLOURS.get(name, 37)}m{label}\x1b[0m"
        self.say(f"{label} {line}")

    def say(self, text: str) -> None:
        """Print what the stack itself has to say."""
        # The terminal or the pipe may have gone first; that is no reason to leave others running.
        with self._lock, contextlib.suppress(OSError):
            print(text, file=self._stream, flush=True)
