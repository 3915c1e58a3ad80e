"""`.ci/run`: both commands, one verdict, and the count as its last line."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_MAKE = """#!/bin/sh
echo "make $1"
case "$1" in
  check) exit {check} ;;
  test) echo "{closing}"; echo "make: *** the last word"; exit {test} ;;
esac
"""


@pytest.mark.parametrize(
    ("check", "test", "closing", "verdict", "last_line"),
    [
        (0, 0, "12 passed, 0 failed", 0, "12 passed, 0 failed"),
        (0, 2, "11 passed, 1 failed", 1, "11 passed, 1 failed"),
        (2, 0, "12 passed, 0 failed", 1, "12 passed, 0 failed"),
        (0, 2, "it broke before any test", 1, "0 passed, 1 failed"),
        (0, 0, "it said nothing of tests", 1, "0 passed, 1 failed"),
    ],
)
def test_the_verdict_is_that_of_both_commands(
    tmp_path: Path,
    repository: Path,
    check: int,
    test: int,
    closing: str,
    verdict: int,
    last_line: str,
) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(repository / ".ci" / "run", tmp_path / ".ci")
    make = tmp_path / "make"
    make.write_text(_MAKE.format(check=check, test=test, closing=closing))
    make.chmod(0o755)

    done = subprocess.run(
        [str(tmp_path / ".ci" / "run")],
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == verdict
    assert done.stdout.splitlines()[-1] == last_line
    assert done.stdout.startswith("make check\nmake test\n")
