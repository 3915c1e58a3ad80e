"""Starting, watching and ending the components of the local stack."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from azure.data.tables import TableServiceClient

from infra.local.stack.errors import AlreadyRunningError, ComponentFailedError
from infra.local.stack.process import ComponentProcess
from tests.support.running_stack import RunningStack

_READY = "print('ready example http://localhost', flush=True)"
_WAIT_FOR_STDIN = "import sys; sys.stdin.read()"

Start = Callable[[str], ComponentProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a component that is made of a few lines of Python."""
    started: list[ComponentProcess] = []

    def start_component(code: str) -> ComponentProcess:
        component = ComponentProcess(
            "example",
            [sys.executable, "-c", code],
            cwd=tmp_path,
            environ=os.environ,
            sink=lambda _name, _line: None,
            stop_seconds=2,
        )
        component.start()
        started.append(component)
        return component

    yield start_component
    for component in started:
        component.kill()


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[RunningStack]:
    """Azurite alone, on data of its own."""
    running = RunningStack(tmp_path / "data", os.environ)
    running.start("storage")
    yield running
    running.stop()


def test_a_component_is_ready_when_it_says_so(start: Start) -> None:
    component = start(f"{_READY}; {_WAIT_FOR_STDIN}")

    component.wait_ready(10)

    assert component.exit_code is None


def test_a_component_that_ends_at_once_is_reported_with_its_last_lines(start: Start) -> None:
    component = start("raise SystemExit('no licence')")

    with pytest.raises(ComponentFailedError, match=r"exit code 1.*\n.*no licence"):
        component.wait_ready(10)


def test_a_component_that_never_gets_ready_is_reported(start: Start) -> None:
    component = start(f"print('thinking', flush=True); {_WAIT_FOR_STDIN}")

    with pytest.raises(ComponentFailedError, match="not ready within 0 seconds"):
        component.wait_ready(0.2)


def test_a_component_that_dies_later_is_noticed(start: Start) -> None:
    component = start(_READY)
    component.wait_ready(10)

    _wait_until(lambda: component.died)

    assert "exit code 0" in component.describe_end()


def test_a_component_that_was_asked_to_end_has_not_died(start: Start) -> None:
    component = start(f"{_READY}; {_WAIT_FOR_STDIN}")
    component.wait_ready(10)

    component.stop()

    assert not component.died


def test_a_component_that_ignores_the_request_is_ended_by_force(start: Start) -> None:
    ignore = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    component = start(f"{ignore}; {_READY}; {_WAIT_FOR_STDIN}")
    component.wait_ready(10)

    assert component.stop() == -signal.SIGKILL


def test_what_is_stored_outlives_a_restart(storage: RunningStack) -> None:
    _tables(storage).create_table("kept")

    storage.restart("storage")

    assert [table.name for table in _tables(storage).list_tables()] == ["kept"]


@pytest.mark.parametrize("signals", [[signal.SIGTERM] * 5, [signal.SIGINT, signal.SIGTERM]])
def test_what_is_stored_outlives_several_requests_to_end(
    storage: RunningStack, signals: list[signal.Signals]
) -> None:
    name = f"kept{len(signals)}"
    _tables(storage).create_table(name)
    azurite = storage._stack.process("storage")
    assert azurite.pid is not None

    for number in signals:
        os.kill(azurite.pid, number)
    _wait_until(lambda: azurite.exit_code is not None)
    storage.restart("storage")

    assert name in [table.name for table in _tables(storage).list_tables()]


def test_two_stacks_cannot_share_their_data(storage: RunningStack) -> None:
    second = RunningStack(storage.data, os.environ)

    with pytest.raises(AlreadyRunningError, match="already runs on"):
        second.start("storage")


def test_azurite_ends_when_its_parent_is_killed(tmp_path: Path, repository: Path) -> None:
    code = (
        "import os, pathlib, time\n"
        "from tests.support.running_stack import RunningStack\n"
        f"stack = RunningStack(pathlib.Path({str(tmp_path)!r}), os.environ)\n"
        "stack.start('storage')\n"
        "print(stack._stack.process('storage').pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=repository, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        azurite = int(parent.stdout.readline())

        parent.kill()

    _wait_until(lambda: not _is_alive(azurite))


def _tables(storage: RunningStack) -> TableServiceClient:
    return TableServiceClient.from_connection_string(storage.storage_connection_string)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # An orphan that nobody waited for is a zombie, not alive.
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def _wait_until(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
