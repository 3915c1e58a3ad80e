"""Configs in Table Storage: partition = organization, row = id.

A row of our own, `~default`, names the organization's default config. It changes in one
transaction with the configs' `isDefault`, so that there is never more than one default, and a
config that says it is the default (at its ETag) is the one that this row names.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from azure.core import MatchConditions
from azure.data.tables import UpdateMode

from shared.adapters.config_entity import config_of, entity_of
from shared.adapters.keys import decode_key, encode_key, is_storable
from shared.adapters.tables import Operation, Row, Table, TransactionRefusedError
from shared.domain.config import Config, Stored
from shared.domain.errors import WriteConflictError

_DEFAULT_ROW = "~default"
# Encoded ids hold no "~", which sorts after all that they hold.
_CONFIGS_OF = "PartitionKey eq @organization and RowKey lt @end"
_MOVES = 5


class TableConfigStore:
    """Fulfils `ConfigStore`. Whether a config is the default is what the method called says; the
    `is_default` of configs that are passed in does not matter."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, organization: str, config_id: str) -> Stored[Config] | None:
        """One read."""
        row = self._row(organization, encode_key(config_id))
        return Stored(config_of(row.entity), row.etag) if row else None

    def list(self, organization: str) -> Iterator[Config]:
        """One read for every 1,000 configs."""
        partition = encode_key(organization)
        return map(
            config_of, self._table.query(_CONFIGS_OF, {"organization": partition, "end": "~"})
        )

    def insert(self, config: Config) -> Stored[Config]:
        """Never as the default."""
        config = replace(config, is_default=False)
        return Stored(config, self._table.insert(entity_of(config)))

    def replace(self, stored: Stored[Config], config: Config) -> Stored[Config]:
        """One write."""
        config = replace(config, is_default=stored.value.is_default)
        return Stored(config, self._table.update(entity_of(config), stored.etag))

    def delete(self, stored: Stored[Config]) -> None:
        """One transaction."""
        config = stored.value
        operations: list[Operation] = [("delete", entity_of(config), _if_unmodified(stored.etag))]
        if config.is_default:
            operations.append(("delete", _default_row(config), {}))
        try:
            self._table.transact(operations)
        except TransactionRefusedError as refused:
            if refused.doubtful and refused.status == 404:
                return  # the try whose answer got lost has deleted it
            raise WriteConflictError from None

    def claim_default(self, stored: Stored[Config], config: Config) -> Stored[Config] | None:
        """One transaction; None, and nothing written, where there is a default already."""
        config = replace(config, is_default=True)
        operations = [_replaced(stored.etag, config), ("create", _default_row(config), {})]
        try:
            return Stored(config, self._table.transact(operations, mark=0)[0])
        except TransactionRefusedError as refused:
            if refused.index == 1:
                return None
            raise WriteConflictError from None

    def move_default(self, stored: Stored[Config], config: Config) -> Stored[Config]:
        """Two reads and one transaction; again where the config that loses it has just changed."""
        if stored.value.is_default:
            return self.replace(stored, config)
        config = replace(config, is_default=True)
        for _ in range(_MOVES):
            operations = [_replaced(stored.etag, config), *self._takes_default_for(config)]
            try:
                return Stored(config, self._table.transact(operations, mark=0)[0])
            except TransactionRefusedError as refused:
                if refused.index == 0:
                    break
        raise WriteConflictError

    def drop_default(self, stored: Stored[Config], config: Config) -> Stored[Config]:
        """One transaction."""
        config = replace(config, is_default=False)
        operations = [_replaced(stored.etag, config)]
        if stored.value.is_default:
            operations.append(("delete", _default_row(config), {}))
        try:
            return Stored(config, self._table.transact(operations, mark=0)[0])
        except TransactionRefusedError:
            raise WriteConflictError from None

    def default_id(self, organization: str) -> str | None:
        """One read."""
        row = self._row(organization, _DEFAULT_ROW)
        return decode_key(row.entity["configId"]) if row else None

    def _row(self, organization: str, row_key: str) -> Row | None:
        partition = encode_key(organization)
        if not (is_storable(partition) and is_storable(row_key)):
            return None
        return self._table.get(partition, row_key)

    def _takes_default_for(self, config: Config) -> Iterator[Operation]:
        """What makes `config` the default in the `~default` row, and the present one none."""
        default = self._row(config.organization, _DEFAULT_ROW)
        if default is None:
            yield "create", _default_row(config), {}
            return
        yield "update", _default_row(config), _replacing(default.etag)
        previous = self._row(config.organization, default.entity["configId"])
        if previous:
            keys = {key: previous.entity[key] for key in ("PartitionKey", "RowKey")}
            merging = {"mode": UpdateMode.MERGE, **_if_unmodified(previous.etag)}
            yield "update", {**keys, "isDefault": False}, merging


def _default_row(config: Config) -> dict[str, Any]:
    partition = encode_key(config.organization)
    return {
        "PartitionKey": partition,
        "RowKey": _DEFAULT_ROW,
        "configId": encode_key(config.id),
    }


def _replaced(etag: str, config: Config) -> Operation:
    return "update", entity_of(config), _replacing(etag)


def _replacing(etag: str) -> dict[str, Any]:
    return {"mode": UpdateMode.REPLACE, **_if_unmodified(etag)}


def _if_unmodified(etag: str) -> dict[str, Any]:
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}
