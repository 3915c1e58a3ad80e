"""A worker that is killed while it hands messages over: nothing is lost."""

import json
import os
import signal
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.container import Container
from shared.domain.message import Hint
from tests.support.running_stack import RunningStack
from tests.support.sending import Organization, Receiver, message_ids, stores, wait_for

STEPS = ("mail", "rcpt", "data", "eod")
LONG = 120_000  # milliseconds: longer than the test


def test_a_worker_killed_at_any_step_loses_nothing_and_only_an_unread_reply_doubles_a_message(
    stack: RunningStack, organization: Organization, receiver: Receiver
) -> None:
    users = {step: f"killed-at-{step}@contoso.example" for step in (*STEPS, "reply")}
    configs = dict(zip(users, organization.add_verified(*users.values()), strict=True))
    submitted: dict[str, Any] = {}

    def submit(step: str, at: str, delay: int) -> None:
        receiver.fail(users[step], at, delay_ms=delay)
        submitted[step] = organization.submit(configId=configs[step]["id"])

    for step in STEPS:
        submit(step, step, LONG)
    wait_for(receiver.ordered, lambda orders: not orders)
    # The worker stops before the server takes this message, and never reads that it did.
    submit("reply", "eod", 1500)
    wait_for(receiver.ordered, lambda orders: not orders)
    worker = json.loads(stack.layout.state_file.read_text())["pids"]["host"]
    os.kill(worker, signal.SIGSTOP)
    wait_for(lambda: receiver.arrived(users["reply"]), bool)
    stack.kill("host")
    assert [entry["user"] for entry in receiver.arrived("killed-at-")] == [users["reply"]]

    stack.restart("host")
    assert {organization.message(one)["status"] for one in submitted.values()} == {"sending"}
    container = stores(stack)
    for message in submitted.values():
        _let_leases_end(container, organization.id, message["id"])
    for step, message in submitted.items():
        sent = organization.when(message)
        assert (step, sent["status"], sent["attempts"]) == (step, "sent", 2)

    counted = message_ids(receiver.arrived("killed-at-"))
    expected = {message["messageId"]: 1 for message in submitted.values()}
    assert counted == expected | {submitted["reply"]["messageId"]: 2}


def _let_leases_end(container: Container, organization: str, message_id: str) -> None:
    """As after a minute: the dead worker's hold on a connection of the mailbox has run out, and the
    queue gives back the hint that it had received."""
    stored = container.messages.get(organization, message_id)
    assert stored is not None
    message, past = stored.value, datetime.now(UTC) - timedelta(seconds=1)
    config = container.configs.get(organization, message.config_id)
    assert config is not None
    mailbox = config.value.mailbox_key
    pace = container.pace.get(mailbox)
    assert pace is not None
    ended = tuple(replace(slot, until=past) for slot in pace.value.slots)
    assert ended
    container.pace.put(mailbox, pace, replace(pace.value, slots=ended))
    container.delivery_queue.send(
        Hint(organization, message.config_organization, message.config_id, message_id)
    )
