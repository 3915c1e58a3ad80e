"""Checks per second of a thousand mailboxes through the queue, beside the bare wire exchanges."""

import json
import math
import time
from collections.abc import Sequence

import requests

from infra.local.stack.stack import repository_root
from shared.container import Container
from shared.domain.config import Config, Status
from tests.bench import bare_exchange, memory
from tests.bench.figures import Figure
from tests.bench.mailboxes import Mailboxes, user_names
from tests.bench.watched_stack import CHECKED, WatchedStack
from tests.bench.worker import worker
from tests.support.entra import TENANT

_PART = "1,000 mailboxes"
_MAILBOXES = 1000
_FIRST = 100
_BARE = 600
_PATIENCE = 240.0
"""Seconds for the thousand, before it is given up."""
_AT_LEAST = 0.1
"""A check is more than its exchanges: eleven more requests, to tables, the vault and the queue."""
_GROWTH = 1.2
"""Of the peak after the first ones: no more is kept of a mailbox than its access token."""


def measure(stack: WatchedStack) -> list[Figure]:
    """One half of the bare exchanges goes before the checks, the other one after them."""
    threads = _messages_at_once()
    with worker(stack.settings) as app:
        mailboxes = Mailboxes(stack, app.container)
        bare = mailboxes.grants(user_names("bare", _BARE))
        configs = mailboxes.authorized(user_names("queued", _MAILBOXES))
        mailboxes.make_due(configs)
        seconds = bare_exchange.run(stack, bare[: _BARE // 2], threads=threads)
        checked, early, late = _check_all(stack)
        seconds += bare_exchange.run(stack, bare[_BARE // 2 :], threads=threads)
        _assert_checked(app.container, configs)
    queued, alone = _MAILBOXES / checked, _BARE / seconds
    return [
        Figure(_PART, "checks through the queue", queued, "a second"),
        Figure(_PART, "bare token request and SMTP sign-in", alone, "a second"),
        Figure(_PART, "checks : bare exchanges", queued / alone, at_least=_AT_LEAST),
        *_memory(early, late),
    ]


def _memory(early: float, late: float) -> list[Figure]:
    if math.isnan(late):
        return []
    return [
        Figure(_PART, f"function host, peak memory after {_FIRST} checks", early / 1024**2, "MB"),
        Figure(
            _PART, f"function host, peak memory after {_MAILBOXES:,} checks", late / 1024**2, "MB"
        ),
        Figure(_PART, "growth of that peak meanwhile", late / early, at_most=_GROWTH),
    ]


def _check_all(stack: WatchedStack) -> tuple[float, float, float]:
    """Seconds from the tick to the last check; peak memory after the first ones and at the end."""
    before = stack.done(CHECKED)
    began = time.perf_counter()
    url = f"{stack.host_url}/admin/functions/maintenance_timer"
    requests.post(url, json={}, timeout=30).raise_for_status()
    stack.wait_until_done(CHECKED, before + _FIRST, _PATIENCE)
    early = memory.peak(stack.pid("host"))
    stack.wait_until_done(CHECKED, before + _MAILBOXES, _PATIENCE)
    seconds = time.perf_counter() - began
    return seconds, early, memory.peak(stack.pid("host"))


def _messages_at_once() -> int:
    """How many messages of a queue the host works on at a time."""
    document = json.loads((repository_root() / "host.json").read_text())
    queues = document["extensions"]["queues"]
    return int(queues["batchSize"]) + int(queues["newBatchThreshold"])


def _assert_checked(container: Container, configs: Sequence[Config]) -> None:
    before = {config.id: config for config in configs}
    for config in container.configs.list(TENANT):
        if config.id not in before:
            continue
        earlier = before.pop(config.id)
        assert config.status is Status.VERIFIED, config.reason
        assert not config.warnings, config.warnings
        assert config.check_started_at != earlier.check_started_at, "was not checked"
    assert not before
