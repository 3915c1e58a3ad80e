"""Two clients submit the same messages at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.message import Due
from tests.support.running_stack import RunningStack
from tests.support.sending import Organization, Receiver, message_ids, stores, wait_for

MAILBOXES = 20
EACH = 25
"""No more than a mailbox may send in a minute."""
THREADS = 4
"""Of each client."""


def test_500_messages_that_two_clients_submit_at_once_with_the_same_keys_arrive_once(
    stack: RunningStack, organization: Organization, receiver: Receiver
) -> None:
    users = [f"many-{number}@contoso.example" for number in range(MAILBOXES)]
    with ThreadPoolExecutor(THREADS) as pool:
        configs = list(pool.map(lambda user: organization.add_verified(user)[0], users))
    messages = [
        (f"key-{number}-{mailbox}", config["id"])
        for number in range(EACH)
        for mailbox, config in enumerate(configs)
    ]
    clients = [Organization(stack, organization.id) for _ in range(2)]

    def submit(client: Organization, key: str, config_id: str) -> Any:
        return client.submit(key, to=[f"{key}@customer.example"], configId=config_id)

    with ThreadPoolExecutor(THREADS) as first, ThreadPoolExecutor(THREADS) as second:
        answers = [
            pool.map(lambda message, by=client: submit(by, *message), messages)
            for client, pool in zip(clients, (first, second), strict=True)
        ]
        ids = [[accepted["id"] for accepted in answered] for answered in answers]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == MAILBOXES * EACH

    _wait_until_all_is_done(stack, organization, configs)
    arrived = receiver.arrived("many-")
    assert len(arrived) == len(messages)
    assert len(message_ids(arrived)) == len(messages)
    assert {to for entry in arrived for to in entry["rcpt_tos"]} == {
        f"{key}@customer.example" for key, _ in messages
    }


def _wait_until_all_is_done(
    stack: RunningStack, organization: Organization, configs: list[Any]
) -> None:
    messages, until = stores(stack).messages, datetime.now(UTC) + timedelta(days=2)

    def waiting() -> list[Due]:
        return [
            due for one in configs for due in messages.due(organization.id, one["id"], until, 1)
        ]

    wait_for(waiting, lambda found: not found, seconds=90)
