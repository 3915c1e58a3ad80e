"""The secrets and their versions, in SQLite: they outlive a restart."""

import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local.vault.errors import deleted_not_found, name_taken, not_found

RETENTION = 90 * 24 * 3600  # seconds that a deleted secret can be recovered

SCHEMA = """
CREATE TABLE IF NOT EXISTS secrets (
    name TEXT PRIMARY KEY COLLATE NOCASE,
    deleted_on INTEGER
);
CREATE TABLE IF NOT EXISTS versions (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL COLLATE NOCASE,
    version TEXT NOT NULL,
    value TEXT NOT NULL,
    content_type TEXT,
    enabled INTEGER NOT NULL,
    not_before INTEGER,
    expires INTEGER,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    tags TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS versions_by_name ON versions (name, sequence);
"""

LATEST = "SELECT * FROM versions WHERE name = ? ORDER BY sequence DESC LIMIT 1"


@dataclass(frozen=True)
class Content:
    """What a caller may set: of a new version all, of an existing one what is not None."""

    value: str | None = None
    content_type: str | None = None
    enabled: bool | None = None
    not_before: int | None = None
    expires: int | None = None
    tags: dict[str, str] | None = None


@dataclass(frozen=True)
class Version:
    """One version of a secret. Times are seconds since 1970."""

    name: str
    version: str
    value: str
    content_type: str | None
    enabled: bool
    not_before: int | None
    expires: int | None
    created: int
    updated: int
    tags: dict[str, str]
    deleted_on: int | None = None


class SecretStore:
    """All secrets of the vault. Raises VaultError as the service would."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / "vault.sqlite"
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        path.chmod(0o600)
        self._database.row_factory = sqlite3.Row
        # Survives the end of the process, not of the machine: enough here, and much faster.
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(SCHEMA)
        self._lock = threading.Lock()

    def close(self) -> None:
        """Write everything into the one file."""
        with self._lock:
            self._database.close()

    def set(self, name: str, content: Content) -> Version:
        """Add a version. Raises 409 where the name belongs to a deleted secret."""
        now = int(time.time())
        with self._transaction() as database:
            if self._deleted_on(name) is not None:
                raise name_taken(name)
            database.execute("INSERT OR IGNORE INTO secrets (name) VALUES (?)", (name,))
            database.execute(
                "INSERT INTO versions (name, version, value, content_type, enabled, not_before,"
                " expires, created, updated, tags) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    name,
                    uuid.uuid4().hex,
                    content.value,
                    content.content_type,
                    content.enabled is not False,
                    content.not_before,
                    content.expires,
                    now,
                    now,
                    json.dumps(content.tags or {}),
                ),
            )
            return self._version(name, "")

    def get(self, name: str, version: str) -> Version:
        """A version, the latest one where none is named. Raises 404."""
        with self._lock:
            self._require_live(name)
            return self._version(name, version)

    def update(self, name: str, version: str, content: Content) -> Version:
        """Change what is given of a version's properties. Raises 404."""
        with self._transaction() as database:
            self._require_live(name)
            found = self._version(name, version)
            changes = {
                "content_type": content.content_type,
                "enabled": content.enabled,
                "not_before": content.not_before,
                "expires": content.expires,
                "tags": None if content.tags is None else json.dumps(content.tags),
            }
            for column, value in changes.items():
                if value is not None:
                    statement = f"UPDATE versions SET {column} = ? WHERE version = ?"  # noqa: S608
                    database.execute(statement, (value, found.version))
            statement = "UPDATE versions SET updated = ? WHERE version = ?"
            database.execute(statement, (int(time.time()), found.version))
            return self._version(name, found.version)

    def delete(self, name: str) -> Version:
        """Delete softly: the name stays taken. Raises 404."""
        with self._transaction() as database:
            self._require_live(name)
            statement = "UPDATE secrets SET deleted_on = ? WHERE name = ?"
            database.execute(statement, (int(time.time()), name))
            return self._version(name, "")

    def get_deleted(self, name: str) -> Version:
        """A deleted secret's latest version. Raises 404."""
        with self._lock:
            self._require_deleted(name)
            return self._version(name, "")

    def recover(self, name: str) -> Version:
        """Bring a deleted secret back, all versions of it. Raises 404."""
        with self._transaction() as database:
            self._require_deleted(name)
            database.execute("UPDATE secrets SET deleted_on = NULL WHERE name = ?", (name,))
            return self._version(name, "")

    def purge(self, name: str) -> None:
        """End a deleted secret for good; its name is free again. Raises 404."""
        with self._transaction() as database:
            self._require_deleted(name)
            database.execute("DELETE FROM versions WHERE name = ?", (name,))
            database.execute("DELETE FROM secrets WHERE name = ?", (name,))

    def page(self, *, deleted: bool, after: str, size: int) -> list[Version]:
        """The latest versions of the next secrets by name."""
        condition = "IS NOT NULL" if deleted else "IS NULL"
        statement = (
            f"SELECT name FROM secrets WHERE deleted_on {condition} AND name > ?"  # noqa: S608
            " ORDER BY name LIMIT ?"
        )
        with self._lock:
            names = self._database.execute(statement, (after, size)).fetchall()
            return [self._version(row["name"], "") for row in names]

    def page_of_versions(self, name: str, after: int, size: int) -> list[tuple[int, Version]]:
        """The next versions of a secret with their sequence numbers, the oldest first."""
        statement = (
            "SELECT * FROM versions WHERE name = ? AND sequence > ? ORDER BY sequence LIMIT ?"
        )
        with self._lock:
            if self._deleted_on(name) is not None:
                return []
            rows = self._database.execute(statement, (name, after, size)).fetchall()
            return [(row["sequence"], self._from_row(row, None)) for row in rows]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def _deleted_on(self, name: str) -> int | None:
        statement = "SELECT deleted_on FROM secrets WHERE name = ?"
        row = self._database.execute(statement, (name,)).fetchone()
        return None if row is None or row["deleted_on"] is None else int(row["deleted_on"])

    def _require_live(self, name: str) -> None:
        if self._deleted_on(name) is not None:
            raise not_found(name)

    def _require_deleted(self, name: str) -> None:
        if self._deleted_on(name) is None:
            raise deleted_not_found(name)

    def _version(self, name: str, version: str) -> Version:
        if version:
            statement = "SELECT * FROM versions WHERE name = ? AND version = ?"
            row = self._database.execute(statement, (name, version)).fetchone()
        else:
            row = self._database.execute(LATEST, (name,)).fetchone()
        if row is None:
            raise not_found(f"{name}/{version}" if version else name)
        return self._from_row(row, self._deleted_on(name))

    @staticmethod
    def _from_row(row: sqlite3.Row, deleted_on: int | None) -> Version:
        return Version(
            name=row["name"],
            version=row["version"],
            value=row["value"],
            content_type=row["content_type"],
            enabled=bool(row["enabled"]),
            not_before=row["not_before"],
            expires=row["expires"],
            created=row["created"],
            updated=row["updated"],
            tags=json.loads(row["tags"]),
            deleted_on=deleted_on,
        )
