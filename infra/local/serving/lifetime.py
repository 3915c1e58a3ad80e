"""How long a component of the local stack lives: until it is told to end, or its parent is gone."""

import argparse
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


def add_lifetime_option(parser: argparse.ArgumentParser) -> None:
    """Let a component run by hand, without a parent that holds its standard input."""
    parser.add_argument("--foreground", action="store_true", help="do not end with standard input")


def announce(name: str, url: str) -> None:
    """Say that connections are accepted: the one line that the parent waits for."""
    print(f"ready {name} {url}", flush=True)


@contextmanager
def listening(name: str) -> Iterator[None]:
    """End with a sentence, not with a traceback, where a port is taken."""
    try:
        yield
    except OSError as error:
        sys.exit(f"{name}: cannot listen: {error}")


def ending(*, foreground: bool) -> threading.Event:
    """An event that is set by SIGTERM, SIGINT, or the end of standard input.

    The pipe of the parent ends with the parent, however that came about; a terminal is not one.
    """
    event = threading.Event()
    numbers = (signal.SIGTERM, signal.SIGINT)

    def end(*_: object) -> None:
        # A second signal while the event is being set would wait for the event's own lock, forever.
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        event.set()

    for number in numbers:
        signal.signal(number, end)
    if not foreground and not sys.stdin.isatty():
        threading.Thread(target=_watch_stdin, args=(event,), daemon=True).start()
    return event


def _watch_stdin(event: threading.Event) -> None:
    # The raw stream: a buffered one is locked at the interpreter's end while this waits.
    with open(0, "rb", buffering=0, closefd=False) as stdin:
        while stdin.read(4096):
            pass
    event.set()
