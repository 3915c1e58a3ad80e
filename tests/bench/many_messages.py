"""Messages per second of twenty mailboxes through the queue, beside a bare smtplib loop."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import requests

from shared.container import Container
from shared.domain.config import Config
from shared.domain.message import MessageStatus
from tests.bench import bare_exchange
from tests.bench.figures import Figure
from tests.bench.mailboxes import Mailboxes, user_names
from tests.bench.watched_stack import DELIVERED, WatchedStack
from tests.bench.worker import worker
from tests.support.entra import TENANT
from tests.support.running_stack import RunningStack

_PART = "20 mailboxes"
_MAILBOXES = 20
_EACH = 20
_SUBMITTERS = 8
_PATIENCE = 180.0
"""Seconds for all of them, before it is given up."""
_UNHURRIED = {"MAILBOX_MESSAGES_PER_MINUTE": "1000"}
"""Exchange Online's pace would be all that is measured: 20 mailboxes send 10 a second there."""
_AT_LEAST = 0.03
"""A message is accepted, stored, claimed, and its outcome written down, before and after SMTP."""


def measure(stack: WatchedStack) -> list[Figure]:
    """Each mailbox sends one message ahead, so that access tokens are there as they usually are.
    One half of the bare loop goes before the messages, the other one after them."""
    stack.restart("host", settings=_UNHURRIED)
    users = user_names("sender", _MAILBOXES)
    total = _MAILBOXES * _EACH
    with worker(stack.settings) as app:
        mailboxes = Mailboxes(stack, app.container)
        grants = mailboxes.grants([f"bare-{user}" for user in users])
        configs = mailboxes.authorized(users)
        _send(stack, app.container, configs)
        seconds = _loop(stack, grants[: _MAILBOXES // 2])
        arrived = _arrived(stack)
        submitted, delivered = _send(stack, app.container, configs * _EACH)
        assert _arrived(stack) == arrived + total, "lost, or sent twice"
        seconds += _loop(stack, grants[_MAILBOXES // 2 :])
    queued, alone = total / delivered, total / seconds
    return [
        Figure(_PART, "messages submitted over HTTP", total / submitted, "a second"),
        Figure(_PART, "messages submitted and delivered", queued, "a second"),
        Figure(_PART, "messages of a bare smtplib loop", alone, "a second"),
        Figure(_PART, "delivered : bare loop", queued / alone, at_least=_AT_LEAST),
    ]


def _send(
    stack: WatchedStack, container: Container, configs: Sequence[Config]
) -> tuple[float, float]:
    """One message through each of the configs: seconds from the first request until all are
    accepted by the API, and until all are accepted by the mail server."""
    before = stack.done(DELIVERED)
    began = time.perf_counter()
    with requests.Session() as api:
        api.headers["Authorization"] = f"Bearer {stack.token()}"

        def submit(config: Config) -> str:
            answer = api.post(f"{stack.host_url}/api/messages", json=_message(config), timeout=60)
            assert answer.status_code == 202, answer.text
            return str(answer.json()["id"])

        with ThreadPoolExecutor(_SUBMITTERS) as threads:
            ids = list(threads.map(submit, configs))
    submitted = time.perf_counter() - began
    stack.wait_until_done(DELIVERED, before + len(ids), _PATIENCE)
    delivered = time.perf_counter() - began
    _assert_sent(container, ids)
    return submitted, delivered


def _message(config: Config) -> dict[str, object]:
    return {
        "configId": config.id,
        "to": ["someone@customer.example"],
        "subject": "Back-ups of last night",
        "text": bare_exchange.TEXT,
        "html": bare_exchange.HTML,
    }


def _loop(stack: RunningStack, grants: Sequence[tuple[str, str]]) -> float:
    return bare_exchange.run(stack, grants, threads=len(grants), messages=_EACH)


def _arrived(stack: RunningStack) -> int:
    """How many messages the mail server keeps."""
    return sum(1 for _ in (stack.data / "mailbox" / "messages").glob("*.eml"))


def _assert_sent(container: Container, ids: Sequence[str]) -> None:
    for message_id in ids:
        stored = container.messages.get(TENANT, message_id)
        assert stored is not None
        assert stored.value.status is MessageStatus.SENT, stored.value.reason
