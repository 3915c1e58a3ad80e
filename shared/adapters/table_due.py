"""What falls due, in one partition whose rows sort by time: a tick reads what is due, no more."""

from collections.abc import Sequence
from datetime import UTC, datetime

from shared.adapters.keys import encode_key
from shared.adapters.tables import (
    LARGEST_TRANSACTION,
    Entity,
    Operation,
    Table,
    TransactionRefusedError,
)
from shared.domain.due import DueEntry, DueKind

_PARTITION = "due"
_KNOWN = " or ".join(f"kind eq '{kind}'" for kind in DueKind)
# What a newer version wrote, before it was rolled back, is left to that one.
_RIPE = f"PartitionKey eq @partition and RowKey lt @end and ({_KNOWN})"
_PAIRS = LARGEST_TRANSACTION // 2


class TableDueIndex:
    """Fulfils `DueIndex`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def due(self, until: datetime, limit: int) -> list[DueEntry]:
        """One read for every 1,000 entries."""
        # "~" sorts after the "_" that follows the time in a key.
        end = f"{until.astimezone(UTC):%Y%m%dT%H%M%S.%f}Z~"
        found = self._table.query(_RIPE, {"partition": _PARTITION, "end": end}, limit)
        return [_entry_of(entity) for entity in found]

    def move(self, moves: Sequence[tuple[str | None, DueEntry | None]]) -> None:
        """One transaction for 50 pairs; one more for each old entry that is not there any more."""
        for start in range(0, len(moves), _PAIRS):
            self._move(moves[start : start + _PAIRS])

    def _move(self, moves: Sequence[tuple[str | None, DueEntry | None]]) -> None:
        # A row may come up once in a transaction; of several wishes for it the last one counts.
        rows: dict[str, DueEntry | None] = {}
        for old, new in moves:
            if old is not None:
                rows[encode_key(old)] = None
            if new is not None:
                rows[encode_key(new.key)] = new
        if len(rows) == 1:
            self._apply_one(*rows.popitem())
        while rows:
            operations = [_operation(key, entry) for key, entry in rows.items()]
            try:
                self._table.transact(operations)
            except TransactionRefusedError as refused:
                key = list(rows)[refused.index]
                if rows[key] is not None:
                    raise  # upserts without a condition are never refused
                del rows[key]
            else:
                return

    def _apply_one(self, key: str, entry: DueEntry | None) -> None:
        if entry is None:
            self._table.remove(_PARTITION, key)
        else:
            self._table.put(_entity_of(key, entry))


def _operation(key: str, entry: DueEntry | None) -> Operation:
    if entry is None:
        return "delete", {"PartitionKey": _PARTITION, "RowKey": key}, {}
    return "upsert", _entity_of(key, entry), {"mode": "replace"}


def _entity_of(key: str, entry: DueEntry) -> Entity:
    return {
        "PartitionKey": _PARTITION,
        "RowKey": key,
        "kind": str(entry.kind),
        "organization": entry.organization,
        "id": entry.id,
        "at": entry.at.isoformat(),
    }


def _entry_of(entity: Entity) -> DueEntry:
    at = datetime.fromisoformat(entity["at"])
    return DueEntry(DueKind(entity["kind"]), entity["organization"], entity["id"], at)
