"""`make bench`: measures the app's budgets, prints them, and fails where one is broken.

Times and rates are only ever compared with others of the same run: what they are depends on the
machine, their ratio hardly does.
"""

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator

from scripts.run_tests import RESULTS
from tests.bench import (
    figures,
    many_checks,
    many_messages,
    one_check,
    one_report,
    start_up,
    table_reads,
)
from tests.bench.figures import Figure
from tests.bench.watched_stack import WatchedStack, watched_stack
from tests.support.environment import clean

_ON_THE_STACK: tuple[tuple[str, Callable[[WatchedStack], list[Figure]]], ...] = (
    ("checks of 1,000 mailboxes through the queue", many_checks.measure),
    ("table requests of reads", table_reads.measure),
    ("what one check asks of each service", one_check.measure),
    ("messages of 20 mailboxes through the queue", many_messages.measure),
    ("the memory that a large report takes", one_report.measure),
)


def main() -> int:
    """Measure everything; 1 if a budget is broken."""
    for name in set(os.environ) - set(clean(os.environ)):
        del os.environ[name]
    began = time.monotonic()
    found = list(_measured())
    seconds = round(time.monotonic() - began)
    report = RESULTS / "bench.json"
    figures.write(
        found, report, python=platform.python_version(), cores=os.cpu_count(), seconds=seconds
    )
    print(figures.table(found))
    broken = [figure.name for figure in found if not figure.is_held]
    print(f"\n{seconds} seconds, {os.cpu_count()} cores; {report.relative_to(RESULTS.parent)}")
    print(f"Broken: {'; '.join(broken)}" if broken else "All budgets are kept.")
    return 1 if broken else 0


def _measured() -> Iterator[Figure]:
    _say("start-up")
    yield from start_up.measure()
    with watched_stack() as stack:
        for title, measure in _ON_THE_STACK:
            _say(title)
            yield from measure(stack)


def _say(title: str) -> None:
    print(f"Measuring: {title} ...", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
