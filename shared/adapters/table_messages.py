"""Messages in Table Storage: partition = the organization that submitted it, row = id.

Each message that is not final has a second row in the same partition, the index, whose key sorts
by config and time. Both change in one transaction.
"""

from datetime import datetime
from typing import Any

from azure.core import MatchConditions
from azure.data.tables import UpdateMode

from shared.adapters.keys import encode_key, is_storable
from shared.adapters.message_entity import (
    due_of,
    entity_of,
    index_entity_of,
    index_start,
    message_of,
    sortable,
)
from shared.adapters.tables import Operation, Table, TransactionRefusedError
from shared.domain.config import Stored
from shared.domain.errors import AlreadyExistsError, WriteConflictError
from shared.domain.message import Due, Message

_DUE = "PartitionKey eq @partition and RowKey gt @start and RowKey lt @end"
_AFTER = "\x7f"
"""Sorts after the "~" that follows the time in a key."""


class TableMessageStore:
    """Fulfils `MessageStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, organization: str, message_id: str) -> Stored[Message] | None:
        """One read."""
        partition, row_key = encode_key(organization), encode_key(message_id)
        if not (is_storable(partition) and is_storable(row_key)):
            return None
        row = self._table.get(partition, row_key)
        return Stored(message_of(row.entity), row.etag) if row else None

    def insert(self, message: Message) -> Stored[Message]:
        """One transaction."""
        operations: list[Operation] = [("create", entity_of(message), {})]
        index = index_entity_of(message)
        if index is not None:
            operations.append(_indexed(index))
        try:
            return Stored(message, self._table.transact(operations, mark=0)[0])
        except TransactionRefusedError:
            raise AlreadyExistsError from None

    def replace(self, stored: Stored[Message], message: Message) -> Stored[Message]:
        """One transaction."""
        before, after = index_entity_of(stored.value), index_entity_of(message)
        guard = {"etag": stored.etag, "match_condition": MatchConditions.IfNotModified}
        options = {"mode": UpdateMode.REPLACE, **guard}
        operations: list[Operation] = [("update", entity_of(message), options)]
        if after is not None and after != before:
            operations.append(_indexed(after))
        if before is not None and (after is None or after["RowKey"] != before["RowKey"]):
            operations.append(("delete", before, {}))
        try:
            return Stored(message, self._table.transact(operations, mark=0)[0])
        except TransactionRefusedError:
            raise WriteConflictError from None

    def due(self, organization: str, config_id: str, until: datetime, limit: int) -> list[Due]:
        """One read for every 1,000 messages."""
        start = index_start(config_id)
        parameters = {
            "partition": encode_key(organization),
            "start": start,
            "end": f"{start}{sortable(until)}{_AFTER}",
        }
        return [due_of(entity) for entity in self._table.query(_DUE, parameters, limit)]


def _indexed(index: dict[str, Any]) -> Operation:
    return "upsert", index, {"mode": UpdateMode.REPLACE}
