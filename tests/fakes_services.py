"""In-memory fakes of the vault, the queue and the telemetry."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from shared.domain.config import SecretKind
from shared.domain.due import DueEntry
from shared.domain.errors import ConflictError, SecretMissingError
from tests.fakes_base import Fake


@dataclass
class FakeSecret:
    """A secret with its versions, the newest last."""

    versions: list[str] = field(default_factory=list)
    organization: str = ""
    config_id: str = ""
    expires_on: date | None = None
    enabled: bool = True
    deleted: bool = False


class FakeSecretVault(Fake):
    """Secrets by name; deleted ones keep their name."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: dict[str, FakeSecret] = {}

    def get(self, config_id: str, kind: SecretKind) -> str:
        with self.lock:
            self.called("get")
            secret = self._present(config_id, kind)
            if not secret.enabled:
                raise SecretMissingError
            return secret.versions[-1]

    def set(
        self,
        organization: str,
        config_id: str,
        kind: SecretKind,
        value: str,
        expires_on: date | None = None,
    ) -> None:
        with self.lock:
            self.called("set")
            secret = self.secrets.setdefault(f"{config_id}-{kind}", FakeSecret())
            if secret.deleted:
                raise ConflictError("secret_name_taken", "The name was used before.")
            secret.versions.append(value)
            secret.organization, secret.config_id = organization, config_id
            secret.expires_on, secret.enabled = expires_on, True

    def set_expiry(self, config_id: str, kind: SecretKind, expires_on: date | None) -> None:
        with self.lock:
            self.called("set_expiry")
            self._present(config_id, kind).expires_on = expires_on

    def disable(self, config_id: str, kind: SecretKind) -> None:
        with self.lock:
            self.called("disable")
            secret = self.secrets.get(f"{config_id}-{kind}")
            if secret is not None:
                secret.enabled = False

    def delete(self, config_id: str, kind: SecretKind) -> None:
        with self.lock:
            self.called("delete")
            secret = self.secrets.get(f"{config_id}-{kind}")
            if secret is not None:
                secret.deleted = True

    def names(self) -> list[str]:
        """The names of secrets that are not deleted, sorted; not counted as a call."""
        return sorted(name for name, secret in self.secrets.items() if not secret.deleted)

    def _present(self, config_id: str, kind: SecretKind) -> FakeSecret:
        secret = self.secrets.get(f"{config_id}-{kind}")
        if secret is None or secret.deleted:
            raise SecretMissingError
        return secret


class FakeMaintenanceQueue(Fake):
    """Collects what was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[DueEntry] = []

    def send(self, entries: Iterable[DueEntry]) -> None:
        with self.lock:
            self.called("send")
            self.sent.extend(entries)

    def take(self) -> list[DueEntry]:
        """What was sent since the last take."""
        with self.lock:
            taken, self.sent = self.sent, []
            return taken


@dataclass
class FakeTelemetry:
    """Collects counters, values and events."""

    counts: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    values: list[tuple[str, float, dict[str, str]]] = field(default_factory=list)
    events: list[tuple[str, dict[str, str | int | float]]] = field(default_factory=list)

    def count(self, name: str, attributes: Mapping[str, str]) -> None:
        self.counts.append((name, dict(attributes)))

    def record(self, name: str, value: float, attributes: Mapping[str, str]) -> None:
        self.values.append((name, value, dict(attributes)))

    def event(self, name: str, attributes: Mapping[str, str | int | float]) -> None:
        self.events.append((name, dict(attributes)))
