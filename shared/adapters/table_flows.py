"""Authorizations under way: one row per flow, under the hash of its state."""

import json
from datetime import datetime

from shared.adapters.keys import decode_key, encode_key, is_storable
from shared.adapters.tables import Entity, Table
from shared.domain.errors import WriteConflictError
from shared.domain.flow import Flow

_ROW = "flow"


class TableFlowStore:
    """Fulfils `FlowStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def insert(self, flow: Flow) -> None:
        """One write. Raises `AlreadyExistsError` for a state that is known."""
        self._table.insert(
            {
                "PartitionKey": encode_key(flow.state_hash),
                "RowKey": _ROW,
                "cookieHash": flow.cookie_hash,
                "organization": flow.organization,
                "configId": flow.config_id,
                "generation": flow.generation,
                "startedBy": flow.started_by,
                "expiresAt": flow.expires_at.isoformat(),
                "protocol": json.dumps(flow.protocol),
                "used": flow.used,
            }
        )

    def take(self, state_hash: str) -> Flow | None:
        """One read and one write; whose write fails was not the first."""
        key = encode_key(state_hash)
        row = self._table.get(key, _ROW) if is_storable(key) else None
        if row is None:
            return None
        if not row.entity["used"]:
            used = {"PartitionKey": key, "RowKey": _ROW, "used": True}
            try:
                self._table.update(used, row.etag, merge=True)
            except WriteConflictError:
                row = self._table.get(key, _ROW)
        return _flow_of(row.entity) if row else None

    def delete(self, state_hash: str) -> None:
        """One write."""
        self._table.remove(encode_key(state_hash), _ROW)


def _flow_of(entity: Entity) -> Flow:
    return Flow(
        state_hash=decode_key(entity["PartitionKey"]),
        cookie_hash=entity["cookieHash"],
        organization=entity["organization"],
        config_id=entity["configId"],
        generation=entity["generation"],
        started_by=entity["startedBy"],
        expires_at=datetime.fromisoformat(entity["expiresAt"]),
        protocol=json.loads(entity["protocol"]),
        used=entity["used"],
    )
