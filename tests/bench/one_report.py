"""The memory that a report with an attachment of 10 MB takes: in the function host as a whole, in
a worker that accepts it, and in another one that delivers it.

Each worker is a process of its own (`report_worker`). What counts is a process's peak (VmHWM) over
what it held just before: everything is in it, also what Python's own `tracemalloc` does not see
(OpenSSL, sockets, what the allocator wastes), and the request's body as the host hands it over.
"""

import base64
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from infra.local.stack.stack import repository_root
from shared.domain.config import Config
from tests.bench import memory
from tests.bench.figures import Figure
from tests.bench.mailboxes import Mailboxes, user_names
from tests.bench.watched_stack import DELIVERED, WatchedStack
from tests.bench.worker import worker

_PART = "10 MB report"
_SIZE = 10 * 1024 * 1024
"""Bytes of the attachment."""
_SMALL = 1000
_TIMES_ITS_SIZE = 4
_PATIENCE = 60.0
"""Seconds."""


def measure(stack: WatchedStack) -> list[Figure]:
    """The function host is away while the workers are measured: it would deliver the report."""
    with worker(stack.settings) as app, TemporaryDirectory() as folder:
        configs = Mailboxes(stack, app.container).authorized(user_names("report", 4))
        bodies = [
            _body(config, size, Path(folder, config.id))
            for config, size in zip(configs, (_SMALL, _SIZE) * 2, strict=True)
        ]
        whole = _over_http(stack, bodies[:2])
        stack.kill("host")
        accepted = _in_a_worker(stack, "submit", bodies[2:])
        delivered = _in_a_worker(stack, "deliver", accepted["hints"])
    found = {
        "function host, accepting and delivering": whole,
        "worker that accepts": accepted["peak"],
        "worker that delivers": delivered["peak"],
    }
    return [
        figure
        for name, peak in found.items()
        if not math.isnan(peak)
        for figure in _figures(name, peak)
    ]


def _over_http(stack: WatchedStack, bodies: list[str]) -> float:
    """What the second of two messages adds to the peak of the function host, whose HTTP front is
    in the same process."""
    headers = {"Authorization": f"Bearer {stack.token()}", "Content-Type": "application/json"}
    pid = stack.pid("host")
    for body in bodies:
        delivered = stack.done(DELIVERED)
        memory.reset_peak(pid)
        before = memory.peak(pid)
        with Path(body).open("rb") as file:
            url = f"{stack.host_url}/api/messages"
            requests.post(url, data=file, headers=headers, timeout=60).raise_for_status()
        stack.wait_until_done(DELIVERED, delivered + 1, _PATIENCE)
    return memory.peak(pid) - before


def _figures(name: str, peak: float) -> Iterator[Figure]:
    yield Figure(_PART, f"{name}, peak memory", peak / 1024**2, "MB")
    yield Figure(_PART, f"{name}, peak : size", peak / _SIZE, at_most=_TIMES_ITS_SIZE)


def _body(config: Config, size: int, path: Path) -> str:
    """The file with the request's body: a PDF that compresses as badly as real ones do."""
    attachment = {
        "name": "report.pdf",
        "contentType": "application/pdf",
        "content": base64.b64encode(os.urandom(size)).decode(),
    }
    message = {
        "configId": config.id,
        "to": ["someone@customer.example"],
        "subject": "Report of March",
        "text": "See the attachment.",
        "attachments": [attachment],
    }
    path.write_text(json.dumps(message))
    return str(path)


def _in_a_worker(stack: WatchedStack, task: str, work: list[str]) -> dict[str, Any]:
    order = {"settings": stack.settings, "task": task, "work": work}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.report_worker"],
        cwd=repository_root(),
        check=True,
        input=json.dumps(order),
        stdout=subprocess.PIPE,
        text=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
