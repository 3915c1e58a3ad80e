"""The set-up finds a Python that is new enough, wherever a machine keeps it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_OLD = "#!/bin/sh\nexit 1\n"  # fails the question whether it is new enough
_NEW = f'#!/bin/sh\nexec {sys.executable} "$@"\n'


class Machine:
    """A home, a PATH with nothing on it but what a test puts there, and the set-up's finder."""

    def __init__(self, folder: Path, repository: Path) -> None:
        self.home = folder / "home"
        self.bin = folder / "bin"
        self.scripts = folder / "tree" / "scripts"
        for path in (self.home, self.bin, self.scripts):
            path.mkdir(parents=True)
        for tool in ("dirname", "ls"):
            (self.bin / tool).symlink_to(shutil.which(tool) or pytest.fail(f"no {tool} here"))
        shutil.copy(repository / "scripts" / "setup.sh", self.scripts)
        (self.scripts / "setup.py").write_text("import os\nprint(os.environ['FOUND'])\n")

    def put(self, path: Path, content: str) -> None:
        """Install a program that says which file it was started from."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content.replace("exec", f"export FOUND={path}\nexec"))
        path.chmod(0o755)

    def set_up(self, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run the finder; the program it found is what it prints."""
        return subprocess.run(
            ["/bin/sh", str(self.scripts / "setup.sh"), "check"],
            env={"PATH": str(self.bin), "HOME": str(self.home)} | environ,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path, repository: Path) -> Machine:
    return Machine(tmp_path, repository)


@pytest.mark.parametrize("name", ["python3.13", "python3", "python", "python3.14"])
def test_a_new_enough_python_on_the_path_is_taken(machine: Machine, name: str) -> None:
    machine.put(machine.bin / name, _NEW)

    assert machine.set_up().stdout.strip() == str(machine.bin / name)


def test_an_old_python3_gives_way_to_what_pyenv_keeps(machine: Machine) -> None:
    kept = machine.home / ".pyenv" / "versions" / "3.13.0" / "bin" / "python"
    machine.put(machine.bin / "python3", _OLD)
    machine.put(kept, _NEW)

    assert machine.set_up().stdout.strip() == str(kept)


def test_uv_alone_is_enough(machine: Machine, tmp_path: Path) -> None:
    managed = tmp_path / "managed" / "python3.13"
    machine.put(managed, _NEW)
    machine.put(machine.bin / "uv", f'#!/bin/sh\n[ "$2" = find ] && echo {managed}\n')

    assert machine.set_up().stdout.strip() == str(managed)


def test_a_python_that_is_named_comes_first(machine: Machine, tmp_path: Path) -> None:
    machine.put(machine.bin / "python3.13", _NEW)
    machine.put(tmp_path / "mine", _NEW)

    found = machine.set_up(PYTHON=str(tmp_path / "mine"))

    assert found.stdout.strip() == str(tmp_path / "mine")


def test_a_machine_without_a_new_enough_python_is_told_what_is_missing(machine: Machine) -> None:
    machine.put(machine.bin / "python3", _OLD)

    failed = machine.set_up()

    assert failed.returncode == 1
    assert "Python 3.13 or later is needed" in failed.stderr
    assert os.linesep not in failed.stdout
