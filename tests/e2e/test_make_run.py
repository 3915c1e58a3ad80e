"""`make run` from outside: what it prints, how it ends, and that nothing is left behind."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import requests

from infra.local.stack.errors import PortTakenError
from infra.local.stack.ports import Ports, free_ports, require_free

_START_SECONDS = 120
_END_SECONDS = 60


class Make:
    """`make` in the work tree, with ports and a data folder of its own."""

    def __init__(self, repository: Path, folder: Path) -> None:
        self.data = folder / "data"
        self.ports: Ports = free_ports()
        self._repository = repository
        self._output = folder / "output"
        self._run: subprocess.Popen[bytes] | None = None
        named = {
            f"STACK_{name.upper()}_PORT": str(port) for name, port in asdict(self.ports).items()
        }
        self._environ = os.environ | named | {"LOCAL_DATA": str(self.data)}

    def run(self) -> None:
        """Start `make run` and wait until it says that the stack runs."""
        self.begin()
        _wait_until(lambda: "Ctrl-C ends it" in self.output() or self.has_ended(), _START_SECONDS)
        assert not self.has_ended(), self.output()

    def begin(self) -> None:
        """Start `make run`."""
        with self._output.open("ab") as output:
            self._run = subprocess.Popen(
                ["make", "run"],
                cwd=self._repository,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another target to its end."""
        return subprocess.run(
            ["make", *arguments],
            cwd=self._repository,
            env=self._environ,
            capture_output=True,
            text=True,
            check=False,
        )

    def send(self, number: signal.Signals, *, to_group: bool = False) -> None:
        """Signal make alone, or all of the terminal's foreground as Ctrl-C does."""
        assert self._run is not None
        (os.killpg if to_group else os.kill)(self._run.pid, number)

    def wait(self) -> int:
        """The exit code of `make run`."""
        assert self._run is not None
        return self._run.wait(_END_SECONDS)

    def has_ended(self) -> bool:
        """Whether `make run` is over."""
        return self._run is not None and self._run.poll() is not None

    def output(self) -> str:
        """All that it printed."""
        return self._output.read_text()

    def state(self) -> dict[str, Any]:
        """What the running stack says about itself."""
        state: dict[str, Any] = json.loads((self.data / "stack.json").read_text())
        return state

    def is_gone(self) -> bool:
        """Whether nothing listens on any of its ports any more."""
        try:
            require_free(self.ports)
        except PortTakenError:
            return False
        return True

    def clean_up(self) -> None:
        """Leave nothing running, whatever the test did."""
        if not self.has_ended() and self._run is not None:
            self.send(signal.SIGTERM)
            self.wait()


@pytest.fixture
def make(repository: Path, tmp_path: Path) -> Iterator[Make]:
    make = Make(repository, tmp_path)
    yield make
    make.clean_up()


def test_it_says_where_to_look_and_ends_with_ctrl_c(make: Make) -> None:
    make.run()
    token = make.call("-s", "token")
    state = make.state()

    listed = requests.get(
        f"{state['host']}/api/configs",
        headers={"Authorization": f"Bearer {token.stdout.strip()}"},
        timeout=30,
    )
    make.send(signal.SIGINT, to_group=True)
    make.wait()

    assert listed.status_code == 200
    assert f"http://localhost:{make.ports.mailbox}" in make.output()
    assert "noreply@contoso.example" in make.output()
    assert "killed" not in make.output()
    assert "Traceback" not in make.output()
    assert make.is_gone()
    assert not (make.data / "stack.json").exists()


def test_a_component_that_dies_ends_the_stack_with_its_name(make: Make) -> None:
    make.run()

    os.kill(make.state()["pids"]["vault"], signal.SIGKILL)

    assert make.wait() != 0
    assert "error: vault ended with exit code -9." in make.output()
    assert make.is_gone()


def test_nothing_outlives_a_make_that_is_killed(make: Make) -> None:
    make.run()

    make.send(signal.SIGKILL)
    make.wait()

    _wait_until(make.is_gone, _END_SECONDS)


def test_a_taken_port_is_named_before_anything_starts(make: Make) -> None:
    with socket.create_server(("127.0.0.1", make.ports.identity)):
        make.begin()
        exit_code = make.wait()

    assert exit_code != 0
    assert f"error: Port {make.ports.identity} (the identity provider) is taken" in make.output()
    assert "ready" not in make.output()


def test_a_token_without_a_stack_is_refused_in_a_sentence(make: Make) -> None:
    asked = make.call("-s", "token")

    assert asked.returncode != 0
    assert asked.stdout == ""
    assert "The local stack does not run" in asked.stderr


def _wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
