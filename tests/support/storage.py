"""Real storage adapters over Azurite, and configs to put into them."""

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any

from shared.adapters.tables import Table
from shared.adapters.wire import Observer, Wire
from shared.domain.config import AuthType, Config, Security
from shared.settings import StorageSettings
from tests.support.running_stack import RunningStack

NOW = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)


def fresh_id() -> str:
    """Unlike every other, and fit for a table's name after a letter."""
    return secrets.token_hex(8)


def connection_string(azurite: RunningStack, **endpoints: str) -> str:
    """Azurite's, with some endpoints (`TableEndpoint`, ...) somewhere else."""
    parts = dict(
        part.split("=", 1) for part in azurite.storage_connection_string.strip(";").split(";")
    )
    account = f"/{parts['AccountName']}"
    parts |= {name: url + account for name, url in endpoints.items()}
    return ";".join(f"{name}={value}" for name, value in parts.items())


@contextmanager
def open_table(
    connection: str, name: str | None = None, observer: Observer | None = None
) -> Iterator[Table]:
    """A table (of a name of its own unless given), whose connections end with the block."""
    with closing(Wire("Table Storage", observer=observer)) as wire:
        yield Table(StorageSettings(connection), name or f"t{fresh_id()}", wire)


def a_config(**fields: Any) -> Config:
    """A basic config of an organization of its own, with other fields where given."""
    values: dict[str, Any] = {
        "id": fresh_id(),
        "organization": fresh_id(),
        "auth_type": AuthType.BASIC,
        "host_name": "smtp.office365.com",
        "port": 587,
        "security": Security.STARTTLS,
        "user_name": "noreply@contoso.example",
        "created_at": NOW,
        "created_by": "admin@contoso.example",
        "updated_at": NOW,
        "updated_by": "admin@contoso.example",
    }
    return Config(**(values | fields))
