"""What one check of a mailbox asks of each service, and how many clients a process builds."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from shared.adapters.tables import SERVICE as TABLES
from shared.adapters.vault import SERVICE as VAULT
from shared.domain.config import Config, Status
from tests.bench.clients import counted_clients
from tests.bench.figures import Figure
from tests.bench.mailboxes import ADMIN, Mailboxes, due_entry, user_names
from tests.bench.worker import Worker, worker
from tests.support.entra import TENANT, Entra
from tests.support.running_stack import RunningStack
from tests.support.signin import Switches

_PART = "one check"
_REQUESTS = 300
_THREADS = 16
_CHECKED = 20


def measure(stack: RunningStack) -> list[Figure]:
    """The second mailbox that a process checks: by then nothing is built any more."""
    with worker(stack.settings) as app:
        configs = _due(stack, app, "one", 2)
        _check(app, configs[0])
        figures = list(_counted(stack, app, configs[1]))
        _assert_checked(app, configs)
    return [*figures, _clients(stack)]


def _counted(stack: RunningStack, app: Worker, config: Config) -> Iterator[Figure]:
    """Table requests: read the config, take its lease, write the outcome and give the lease back,
    move its entry in the index, add the event. Key Vault: both secrets, and the refresh token that
    a provider which rotates them gave; Microsoft does not, and costs one less."""
    entra = Entra(stack.identity_url, stack.ca_file)
    mailbox = Switches(stack.mailbox_url, stack.ca_file)
    try:
        app.requests.take()
        entra.local("DELETE", "requests")
        mailbox.call("DELETE", "sessions")
        _check(app, config)
        azure: Counter[str] = app.requests.take()
        asked, dialogues = entra.local("GET", "requests"), mailbox.call("GET", "sessions")
    finally:
        entra.close()
    assert [dialogue["authenticated"] for dialogue in dialogues] == [True]
    yield Figure(_PART, "Table Storage", azure.pop(TABLES, 0), "requests", at_most=5)
    yield Figure(_PART, "Key Vault", azure.pop(VAULT, 0), "requests", at_most=3)
    yield Figure(_PART, "other services of Azure", azure.total(), "requests", at_most=0)
    yield Figure(_PART, "identity provider", len(asked), "requests", at_most=1)
    yield Figure(_PART, "mail server", len(dialogues), "connections", at_most=1)


def _due(stack: RunningStack, app: Worker, label: str, count: int) -> list[Config]:
    mailboxes = Mailboxes(stack, app.container)
    configs = mailboxes.authorized(user_names(label, count))
    mailboxes.make_due(configs)
    return configs


def _check(app: Worker, config: Config) -> None:
    """As the queue has it done."""
    entry = due_entry(config)
    message = {
        "kind": entry.kind, "organization": entry.organization, "id": entry.id,
        "at": entry.at.isoformat(),
    }  # fmt: skip
    app.take_message("maintain_mailbox", json.dumps(message))


def _assert_checked(app: Worker, configs: Sequence[Config]) -> None:
    for config in configs:
        checked = app.container.configs_service.get(TENANT, config.id)
        assert checked.status is Status.VERIFIED, checked.reason
        assert checked.check_started_at != config.check_started_at, "was not checked"


def _clients(stack: RunningStack) -> Figure:
    """A new process, so to say: a container of its own, which many threads use at once."""
    with worker(stack.settings) as app:
        configs = _due(stack, app, "client", _CHECKED)
    with counted_clients() as built, worker(stack.settings) as app:
        with ThreadPoolExecutor(_THREADS) as threads:
            used = [threads.submit(_use, app, configs, number) for number in range(_REQUESTS)]
            used += [threads.submit(_check, app, config) for config in configs]
        for use in used:
            use.result()
        _assert_checked(app, configs)
    name = f"clients of a kind after {len(used)} calls by {_THREADS} threads"
    assert len(built) > 5, built
    return Figure(_PART, name, max(built.values()), at_most=1)


def _use(app: Worker, configs: Sequence[Config], number: int) -> None:
    config = configs[number % len(configs)]
    app.get("get_config", f"/api/configs/{config.id}", ADMIN.organization, id=config.id)
    path = f"/api/configs/{config.id}/events"
    app.get("list_config_events", path, ADMIN.organization, id=config.id)
