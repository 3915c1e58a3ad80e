"""The local function host as a process of its own, with a function app made for the test."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import requests

_ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 20.0  # seconds

# Nothing polls or pauses longer than a test should wait.
QUICK_HOST_JSON: Mapping[str, Any] = {
    "version": "2.0",
    "extensions": {
        "http": {"routePrefix": ""},
        "queues": {
            "maxPollingInterval": "00:00:00.2",
            "visibilityTimeout": "00:00:00",
            "maxDequeueCount": 3,
            "messageEncoding": "none",
        },
    },
}


def eventually[T](look: Callable[[], T], what: str, patience: float = _PATIENCE) -> T:
    """Looks again and again until there is something to see, and gives it."""
    end = time.monotonic() + patience
    while not (seen := look()):
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {patience:g} s")
        time.sleep(0.05)
    return seen


class LocalHost:
    """One host process in a folder, which holds its app, its settings and its data."""

    def __init__(
        self,
        folder: Path,
        app: str,
        *,
        values: Mapping[str, str] | None = None,
        host_json: Mapping[str, Any] = QUICK_HOST_JSON,
        cors: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder = folder
        self.app_dir = folder / "app"
        self.data = folder / "data"
        self.app_dir.mkdir(parents=True, exist_ok=True)
        (self.app_dir / "function_app.py").write_text(app)
        (self.app_dir / "host.json").write_text(json.dumps(host_json))
        self.write_settings(values or {}, cors)
        self.session = requests.Session()
        self.session.trust_env = False
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def write_settings(
        self, values: Mapping[str, str], cors: Mapping[str, Any] | None = None
    ) -> None:
        """Takes effect at the next start."""
        document = {"Values": dict(values), "Host": dict(cors or {})}
        (self.folder / "settings.json").write_text(json.dumps(document))

    def launch(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts the process without waiting for it."""
        with (self.folder / "log").open("a") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "infra.local.host", "--port", "0"),
                    *("--app-dir", str(self.app_dir), "--data", str(self.data)),
                    *("--settings", str(self.folder / "settings.json"), *arguments),
                ],
                cwd=_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            )
        return self._process

    def start(self, *arguments: str) -> "LocalHost":
        """Starts the process and waits until it serves."""
        process = self.launch(*arguments)
        assert process.stdout is not None
        line = process.stdout.readline()
        match = re.fullmatch(r"ready host (\S+)\n", line)
        assert match, f"{line!r}\n{self.log()}"
        self.url = match[1]
        return self

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """Calls the host; redirects are not followed unless asked for."""
        options.setdefault("allow_redirects", False)
        return self.session.request(method, self.url + path, timeout=_PATIENCE, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        """Calls the host."""
        return self.request("GET", path, **options)

    def log(self) -> str:
        """What the process wrote to stderr so far, over all its starts."""
        return (self.folder / "log").read_text()

    def records(self) -> list[dict[str, Any]]:
        """What the functions of the sample apps put down, oldest first."""
        path = self.app_dir / "records"
        if not path.exists():
            return []
        return [json.loads(line) for line in path.read_text().splitlines()]

    def wait_for_records(self, number: int, /, **wanted: Any) -> Sequence[dict[str, Any]]:
        """Waits until so many records hold all of the wanted values."""

        def found() -> list[dict[str, Any]]:
            fitting = [r for r in self.records() if wanted.items() <= r.items()]
            return fitting if len(fitting) >= number else []

        try:
            return eventually(found, f"{number} records with {wanted}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.records()}\n{self.log()[-3000:]}") from error

    def wait_for_log(self, text: str) -> None:
        """Waits until the log holds the text."""
        eventually(lambda: text in self.log(), f"{text!r} in the log")

    def signal(self, number: signal.Signals) -> None:
        """Sends the process a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def hang_up(self) -> None:
        """Closes the process's stdin, as the death of its parent would."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()

    def wait(self) -> int:
        """Waits for the process to end; gives its exit code."""
        assert self._process is not None
        with self._process as process:
            code = process.wait(_PATIENCE)
        self._process = None
        return code

    def stop(self) -> int:
        """Ends the process as the stack does; gives its exit code."""
        self.session.close()
        if self._process is None:
            return 0
        self.signal(signal.SIGTERM)
        return self.wait()


# How the sample apps put down what they see, for tests that cannot see the app itself.
RECORDING = """
import json, logging, os, threading, time
from pathlib import Path
import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
_lock = threading.Lock()

def record(**facts):
    line = json.dumps(facts, default=str) + "\\n"
    with _lock, open(Path(__file__).parent / "records", "a") as file:
        file.write(line)
"""
