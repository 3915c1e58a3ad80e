"""Runs every test of the project; the last line of its output counts them all.

Each part writes a JUnit file, which is what is counted: pytest's, and that of the page's Vitest.
"""

import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET  # the files are our own
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "test-results"
WEB = ROOT / "web"


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
    report = RESULTS / "python.xml"
    command = [sys.executable, "-m", "pytest", f"--junitxml={report}", *arguments]
    return _run_part(command, cwd=ROOT, environ=os.environ, report=report)


def _web_tests() -> Count:
    report = RESULTS / "web.xml"
    reporters = ["--reporter=default", "--reporter=junit", f"--outputFile.junit={report}"]
    command = ["npm", "test", "--silent", "--", *reporters]
    return _run_part(command, cwd=WEB, environ=os.environ | {"CI": "1"}, report=report)


def _run_part(
    command: Sequence[str], *, cwd: Path, environ: Mapping[str, str], report: Path
) -> Count:
    report.unlink(missing_ok=True)
    exit_code = _run_to_its_end(command, cwd, environ)
    count = count_results(report) if report.exists() else Count()
    if exit_code and not count.failed:
        print(f"{' '.join(command)}: exit code {exit_code} without a failed test: counted as one")
        return count + Count(failed=1)
    return count


def _run_to_its_end(command: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> int:
    """Run a part that no signal leaves behind.

    The terminal gives Ctrl-C to the part as well, which then ends its stack in good order; SIGTERM
    comes here alone and is passed on.
    """
    with subprocess.Popen(command, cwd=cwd, env=environ) as part:
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda number, _: part.send_signal(number))
        return part.wait()


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
