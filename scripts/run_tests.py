"""Runs every test of the project; the last line of its output counts them all.

Each part writes a JUnit file, which is what is counted: pytest's, and that of the page's Vitest.
"""

import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET  # the files are our own
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "test-results"
WEB = ROOT / "web"
INSIDE = ("tests/unit", "tests/functions", "tests/infra", "tests/integration")
OUTSIDE = ("tests/e2e",)
"""What needs the whole stack, and a browser."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many tests ended how."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
        )


@dataclass(frozen=True, slots=True)
class Part:
    """A run of tests that writes a JUnit file."""

    name: str
    command: Sequence[str]
    cwd: Path
    environ: Mapping[str, str]
    report: Path

    @property
    def log(self) -> Path:
        """What it said, where it is not the first of several."""
        return RESULTS / f"{self.name}.log"


def main(arguments: Sequence[str]) -> int:
    """Run all parts, with `arguments` for pytest; 0 only where all passed and there were some."""
    RESULTS.mkdir(exist_ok=True)
    total = _python_tests(arguments)
    if (WEB / "package.json").exists():
        total += _web_tests()
    if total.skipped:
        print(f"{total.skipped} skipped: not counted below")
    print(f"{total.passed} passed, {total.failed} failed", flush=True)
    return 0 if total.passed and not total.failed else 1


def _python_tests(arguments: Sequence[str]) -> Count:
    """All of pytest's: in two parts side by side, which keeps two cores busy, unless `arguments`
    say which tests are wanted."""
    if arguments:
        return _run_parts([_pytest("python", arguments)])
    return _run_parts([_pytest("inside", INSIDE), _pytest("outside", OUTSIDE)])


def _pytest(name: str, arguments: Sequence[str]) -> Part:
    report = RESULTS / f"{name}.xml"
    command = [sys.executable, "-m", "pytest", f"--junitxml={report}", *arguments]
    return Part(name, command, ROOT, os.environ, report)


def _web_tests() -> Count:
    report = RESULTS / "web.xml"
    reporters = ["--reporter=default", "--reporter=junit", f"--outputFile.junit={report}"]
    command = ["npm", "test", "--silent", "--", *reporters]
    return _run_parts([Part("web", command, WEB, os.environ | {"CI": "1"}, report)])


def _run_parts(parts: Sequence[Part]) -> Count:
    """Run parts at the same time. What the first says is seen at once, the others' afterwards."""
    for part in parts:
        part.report.unlink(missing_ok=True)
    exit_codes = _run_to_their_end(parts)
    total = Count()
    for part, exit_code in zip(parts, exit_codes, strict=True):
        if part is not parts[0]:
            print(part.log.read_text(errors="replace"), flush=True)
        total += _count_of(part, exit_code)
    return total


def _count_of(part: Part, exit_code: int) -> Count:
    count = count_results(part.report) if part.report.exists() else Count()
    if exit_code and not count.failed:
        command = " ".join(part.command)
        print(f"{command}: exit code {exit_code} without a failed test: counted as one")
        return count + Count(failed=1)
    return count


def _run_to_their_end(parts: Sequence[Part]) -> list[int]:
    """Run parts that no signal leaves behind.

    The terminal gives Ctrl-C to the parts as well, which then end their stacks in good order;
    SIGTERM comes here alone and is passed on.
    """
    with ExitStack() as open_files:
        running = [
            subprocess.Popen(
                part.command,
                cwd=part.cwd,
                env=part.environ,
                stdout=None if part is parts[0] else open_files.enter_context(part.log.open("w")),
                stderr=None if part is parts[0] else subprocess.STDOUT,
            )
            for part in parts
        ]

        def pass_on(number: int, _frame: object) -> None:
            for one in running:
                one.send_signal(number)

        signal.signal(signal.SIGINT, lambda *_: None)
        signal.signal(signal.SIGTERM, pass_on)
        return [one.wait() for one in running]


def count_results(report: Path) -> Count:
    """Count the test cases of a JUnit file; an error in a fixture is a failure.

    A test that fails and then fails again in its teardown is written as two cases and is one here.
    """
    failed, skipped, all_cases = set(), set(), set()
    for number, case in enumerate(ET.parse(report).getroot().iter("testcase")):  # noqa: S314
        name = (case.get("file"), case.get("classname"), case.get("name") or str(number))
        all_cases.add(name)
        if case.find("failure") is not None or case.find("error") is not None:
            failed.add(name)
        elif case.find("skipped") is not None:
            skipped.add(name)
    skipped -= failed
    return Count(len(all_cases - failed - skipped), len(failed), len(skipped))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
