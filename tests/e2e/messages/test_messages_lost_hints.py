"""Messages of which the queue says nothing any more."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import requests

from shared.delivery_ports import PaceStore
from shared.domain.due import DueEntry, DueKind
from shared.services.pacing import wakes_key
from tests.support.running_stack import RunningStack
from tests.support.sending import Organization, Receiver, stores, wait_for


def test_the_timer_finds_messages_whose_hints_are_gone(
    stack: RunningStack, organization: Organization, receiver: Receiver
) -> None:
    sender = "forgotten@contoso.example"
    organization.add_verified(sender)
    receiver.fail(sender, "mail", reply="451 4.3.0 Try later")
    submitted = organization.submit()
    organization.when(submitted, {"retrying"})

    container, past = stores(stack), datetime.now(UTC) - timedelta(seconds=1)
    # The worker that put it off says goodbye first, and then has a hint come.
    key = wakes_key(organization.id, submitted["configId"])
    wait_for(lambda: container.pace.get(key), lambda pace: bool(pace and pace.value.wakes))
    # As some minutes later: the next attempt is due, and so is a look at the config's messages. Its
    # own hint comes in 48 seconds at the earliest.
    stored = container.messages.get(organization.id, submitted["id"])
    assert stored is not None
    container.messages.replace(stored, replace(stored.value, due_at=past))
    [entry] = [
        one
        for one in container.due.due(datetime.now(UTC) + timedelta(minutes=15), 1000)
        if one.kind is DueKind.DELIVERY and organization.id in json.loads(one.id)
    ]
    container.due.move([(entry.key, DueEntry(entry.kind, entry.organization, entry.id, past))])
    _forget_wakes(container.pace, key)

    url = f"{stack.host_url}/admin/functions/maintenance_timer"
    requests.post(url, json={}, timeout=30).raise_for_status()
    assert organization.when(submitted, seconds=20)["status"] == "sent"
    assert len(receiver.arrived(sender)) == 1


def _forget_wakes(paces: PaceStore, key: str) -> None:
    """As when the time has come for which the lost hint was sent."""
    pace = paces.get(key)
    assert pace is not None
    paces.put(key, pace, replace(pace.value, wakes=()))
