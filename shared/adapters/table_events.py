"""The history of configs: a partition for each config, whose rows sort from newest to oldest."""

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.adapters.keys import encode_key, is_storable
from shared.adapters.tables import LARGEST_TRANSACTION, Entity, Table
from shared.domain.event import Event, EventType

_PARTITION = "PartitionKey eq @partition"
_OLDER = "PartitionKey eq @partition and RowKey gt @after"
_LAST = datetime.max.replace(tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class TableEventLog:
    """Fulfils `EventLog`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def append(self, events: Sequence[Event]) -> None:
        """One write. The last of events of the same time counts as the newest."""
        rows = [_entity_of(event, position) for position, event in enumerate(events)]
        if len(rows) == 1:
            self._table.put(rows[0])
        elif rows:
            # Upserts of new keys, so that a repetition after a lost answer changes nothing.
            self._table.transact([("upsert", row, {"mode": "replace"}) for row in rows])

    def page(
        self, organization: str, config_id: str, size: int, after: str | None
    ) -> tuple[list[Event], bool]:
        """One read."""
        partition = _partition(organization, config_id)
        if not is_storable(partition):
            return [], False
        parameters = {"partition": partition}
        if after is not None:
            parameters["after"] = after
        condition = _PARTITION if after is None else _OLDER
        found = list(self._table.query(condition, parameters, size + 1))
        events = [_event_of(entity, organization, config_id) for entity in found[:size]]
        return events, len(found) > size


def _partition(organization: str, config_id: str) -> str:
    return f"{encode_key(organization)}~{encode_key(config_id)}"


def _entity_of(event: Event, position: int) -> dict[str, Any]:
    age = (_LAST - event.at) // _MICROSECOND
    entity = {
        "PartitionKey": _partition(event.organization, event.config_id),
        "RowKey": f"{age:018d}-{LARGEST_TRANSACTION - position:03d}-{secrets.token_hex(4)}",
        "type": str(event.type),
        "at": event.at.isoformat(),
        "actor": event.actor,
        "fields": json.dumps(event.fields),
        "reasonCode": event.reason_code,
        "detail": event.detail,
        "reference": event.reference,
    }
    return {name: value for name, value in entity.items() if value is not None}


def _event_of(entity: Entity, organization: str, config_id: str) -> Event:
    return Event(
        organization=organization,
        config_id=config_id,
        type=EventType(entity["type"]),
        at=datetime.fromisoformat(entity["at"]),
        actor=entity["actor"],
        fields=tuple(json.loads(entity["fields"])),
        reason_code=entity.get("reasonCode"),
        detail=entity.get("detail"),
        reference=entity.get("reference"),
        id=entity["RowKey"],
    )
