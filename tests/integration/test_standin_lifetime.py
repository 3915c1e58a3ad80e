"""A stand-in says when it is ready, ends cleanly when told to, and does not outlive its parent."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.local.tls import TlsFiles, ensure_tls

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 20  # seconds, for a machine that is busy

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return ensure_tls(tmp_path_factory.mktemp("tls"))


def command(name: str, data: Path, tls: TlsFiles) -> list[str]:
    certificate = ["--cert", str(tls.server), "--key", str(tls.server_key), "--data", str(data)]
    if name == "identity":
        script = str(ROOT / "infra/local/identity/server.mjs")
        return ["node", script, "--port", "0", *certificate]
    python = [sys.executable, "-m", f"infra.local.{name}", *certificate]
    if name == "vault":
        return [*python, "--port", "0"]
    ports = ["--smtp-port", "0", "--smtps-port", "0", "--http-port", "0"]
    return [*python, *ports, "--identity", "https://localhost:1", "--ca", str(tls.ca)]


@pytest.fixture
def start(tls: TlsFiles, tmp_path: Path) -> Iterator[Start]:
    running: list[subprocess.Popen[str]] = []

    def run(name: str, *options: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*command(name, tmp_path, tls), *options],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()


def ready_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.parametrize("name", ["identity", "vault", "mailbox"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_announces_itself_and_ends_cleanly(
    start: Start, name: str, number: signal.Signals
) -> None:
    process = start(name)

    assert ready_line(process).startswith(f"ready {name} http")
    process.send_signal(number)
    assert process.wait(PATIENCE) == 0
    assert process.stdout is not None
    assert process.stdout.read() == ""


@pytest.mark.parametrize("name", ["identity", "vault", "mailbox"])
def test_it_ends_when_its_parent_is_gone(start: Start, name: str) -> None:
    process = start(name)
    ready_line(process)

    assert process.stdin is not None
    process.stdin.close()

    assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("name", ["identity", "vault", "mailbox"])
def test_in_the_foreground_it_does_not_mind_its_standard_input(start: Start, name: str) -> None:
    process = start(name, "--foreground")
    assert process.stdin is not None
    process.stdin.close()

    ready_line(process)

    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)


def test_a_second_signal_while_the_first_is_seen_to_does_not_hold_it_up() -> None:
    """The stack tells each component to end, and tells it again when it waits for it."""
    script = """
import os, signal, sys, threading
from infra.local.serving.lifetime import ending

def again(frame, event, _):
    if frame.f_code is threading.Event.set.__code__:
        if event == "line":
            os.kill(os.getpid(), signal.SIGTERM)
        return again

stop = ending(foreground=True)
sys.settrace(again)
os.kill(os.getpid(), signal.SIGTERM)
sys.settrace(None)
sys.exit(0 if stop.is_set() else 1)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, timeout=PATIENCE, check=False)
    assert done.returncode == 0
