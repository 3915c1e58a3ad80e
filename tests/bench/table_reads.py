"""How many table requests the API's reads cost."""

import json
import uuid
from collections.abc import Iterator
from itertools import batched

from shared.adapters.config_entity import entity_of
from shared.container import Container
from tests.bench.figures import Figure
from tests.bench.worker import Worker, worker
from tests.support.running_stack import RunningStack
from tests.support.storage import a_config

_PART = "table reads"
_SIZES = {250: 1, 2500: 3}
"""Configs of an organization, and the pages of 1,000 rows that they need."""


def measure(stack: RunningStack) -> list[Figure]:
    """Count on the wire, with the functions themselves."""
    with worker(stack.settings) as app:
        return [*_reads(app), *_pages(app)]


def _reads(app: Worker) -> Iterator[Figure]:
    """Reads of one config: the second, so that nothing is built or created any more."""
    stored = app.container.configs.insert(a_config(id=str(uuid.uuid4())))
    config = stored.value
    for _ in range(2):
        app.requests.take()
        app.get("get_config", f"/api/configs/{config.id}", config.organization, id=config.id)
    yield Figure(_PART, "GET /api/configs/{id}", app.requests.take().total(), "requests", at_most=1)


def _pages(app: Worker) -> Iterator[Figure]:
    for size, needed in _SIZES.items():
        organization = f"bench-{size}"
        _fill(app.container, organization, size)
        app.requests.take()
        answer = app.get("list_configs", "/api/configs?pageSize=100", organization)
        taken = app.requests.take().total()
        assert json.loads(answer.get_body())["total"] == size
        name = f"GET /api/configs of {size:,} configs"
        yield Figure(_PART, name, taken, "requests", at_most=needed)


def _fill(container: Container, organization: str, count: int) -> None:
    """Past the adapter's single inserts: 100 rows in a transaction."""
    table = container.configs._table  # type: ignore[attr-defined]  # the real store has one
    for some in batched(range(count), 100, strict=False):
        configs = [a_config(organization=organization) for _ in some]
        table.transact([("create", entity_of(config), {}) for config in configs])
