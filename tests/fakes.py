"""In-memory fakes of the storage ports, with the semantics of the real adapters.

The contract tests in tests/integration/test_adapter_*.py run against both. Every fake counts its
calls by method name (`calls`) and can be told to fail (`fail`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from shared.domain.config import Config, Stored
from shared.domain.due import DueEntry
from shared.domain.errors import AlreadyExistsError, WriteConflictError
from shared.domain.event import Event
from shared.domain.flow import Flow
from tests.fakes_base import Fake, FakeClock
from tests.fakes_services import (
    FakeMaintenanceQueue,
    FakeSecret,
    FakeSecretVault,
    FakeTelemetry,
)

__all__ = [
    "Fake",
    "FakeClock",
    "FakeConfigStore",
    "FakeDueIndex",
    "FakeEventLog",
    "FakeFlowStore",
    "FakeMaintenanceQueue",
    "FakeSecret",
    "FakeSecretVault",
    "FakeTelemetry",
]


class FakeConfigStore(Fake):
    """Configs by organization and id."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[tuple[str, str], Stored[Config]] = {}
        self._defaults: dict[str, str] = {}
        self._writes = 0

    def get(self, organization: str, config_id: str) -> Stored[Config] | None:
        with self.lock:
            self.called("get")
            return self._rows.get((organization, config_id))

    def list(self, organization: str) -> Iterator[Config]:
        with self.lock:
            self.called("list")
            keys = sorted(key for key in self._rows if key[0] == organization)
            return iter([self._rows[key].value for key in keys])

    def insert(self, config: Config) -> Stored[Config]:
        with self.lock:
            self.called("insert")
            if (config.organization, config.id) in self._rows:
                raise AlreadyExistsError
            return self._write(replace(config, is_default=False))

    def replace(self, stored: Stored[Config], config: Config) -> Stored[Config]:
        with self.lock:
            self.called("replace")
            self._guard(stored)
            return self._write(replace(config, is_default=stored.value.is_default))

    def delete(self, stored: Stored[Config]) -> None:
        with self.lock:
            self.called("delete")
            self._guard(stored)
            if stored.value.is_default:
                del self._defaults[stored.value.organization]
            del self._rows[stored.value.organization, stored.value.id]

    def claim_default(self, stored: Stored[Config], config: Config) -> Stored[Config] | None:
        with self.lock:
            self.called("claim_default")
            self._guard(stored)
            if config.organization in self._defaults:
                return None
            self._defaults[config.organization] = config.id
            return self._write(replace(config, is_default=True))

    def move_default(self, stored: Stored[Config], config: Config) -> Stored[Config]:
        with self.lock:
            self.called("move_default")
            self._guard(stored)
            previous = self._defaults.get(config.organization)
            if previous and previous != config.id:
                row = self._rows[config.organization, previous]
                self._write(replace(row.value, is_default=False))
            self._defaults[config.organization] = config.id
            return self._write(replace(config, is_default=True))

    def drop_default(self, stored: Stored[Config], config: Config) -> Stored[Config]:
        with self.lock:
            self.called("drop_default")
            self._guard(stored)
            if stored.value.is_default:
                del self._defaults[config.organization]
            return self._write(replace(config, is_default=False))

    def default_id(self, organization: str) -> str | None:
        with self.lock:
            self.called("default_id")
            return self._defaults.get(organization)

    def _guard(self, stored: Stored[Config]) -> None:
        row = self._rows.get((stored.value.organization, stored.value.id))
        if row is None or row.etag != stored.etag:
            raise WriteConflictError

    def _write(self, config: Config) -> Stored[Config]:
        self._writes += 1
        stored = Stored(config, f'W/"{self._writes}"')
        self._rows[config.organization, config.id] = stored
        return stored


class FakeDueIndex(Fake):
    """Due entries by key."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[str, DueEntry] = {}

    def due(self, until: datetime, limit: int) -> list[DueEntry]:
        with self.lock:
            self.called("due")
            ripe = [entry for entry in self.entries.values() if entry.at <= until]
            return sorted(ripe, key=lambda entry: entry.key)[:limit]

    def move(self, moves: Sequence[tuple[str | None, DueEntry | None]]) -> None:
        with self.lock:
            self.called("move")
            for old, new in moves:
                if old is not None:
                    self.entries.pop(old, None)
                if new is not None:
                    self.entries[new.key] = new


class FakeFlowStore(Fake):
    """Flows by the hash of their state."""

    def __init__(self) -> None:
        super().__init__()
        self.flows: dict[str, Flow] = {}

    def insert(self, flow: Flow) -> None:
        with self.lock:
            self.called("insert")
            if flow.state_hash in self.flows:
                raise AlreadyExistsError
            self.flows[flow.state_hash] = flow

    def take(self, state_hash: str) -> Flow | None:
        with self.lock:
            self.called("take")
            flow = self.flows.get(state_hash)
            if flow is not None:
                self.flows[state_hash] = replace(flow, used=True)
            return flow

    def delete(self, state_hash: str) -> None:
        with self.lock:
            self.called("delete")
            self.flows.pop(state_hash, None)


class FakeEventLog(Fake):
    """Events in the order in which they came; ids sort newest first."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        self._appended = 0

    def append(self, events: Sequence[Event]) -> None:
        with self.lock:
            self.called("append")
            for event in events:
                # Like the table: newest first by time, and of one time the last added first.
                at = 10**17 - int(event.at.timestamp() * 1_000_000)
                self._appended += 1
                count = 10**9 - self._appended
                self.events.append(replace(event, id=f"{at:017d}-{count:010d}"))

    def page(
        self, organization: str, config_id: str, size: int, after: str | None
    ) -> tuple[list[Event], bool]:
        with self.lock:
            self.called("page")
            found = sorted(self.of(organization, config_id), key=lambda event: event.id)
            rest = [event for event in found if after is None or event.id > after]
            return rest[:size], len(rest) > size

    def of(self, organization: str, config_id: str) -> list[Event]:
        """The events of one config, oldest first; not counted as a call."""
        owner = (organization, config_id)
        return [e for e in self.events if (e.organization, e.config_id) == owner]
