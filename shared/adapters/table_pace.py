"""How fast mailboxes are used, in Table Storage: one row for each, the whole pace as JSON."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.adapters.entity_values import joined, split
from shared.adapters.tables import Table
from shared.domain.config import Stored
from shared.domain.errors import AlreadyExistsError, WriteConflictError
from shared.domain.pace import Pace, Rest, Slot

_ROW = "pace"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class TablePaceStore:
    """Fulfils `PaceStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, mailbox: str) -> Stored[Pace] | None:
        """One read."""
        row = self._table.get(mailbox, _ROW)
        return Stored(pace_of(row.entity), row.etag) if row else None

    def put(self, mailbox: str, stored: Stored[Pace] | None, pace: Pace) -> None:
        """One write."""
        entity = {"PartitionKey": mailbox, "RowKey": _ROW, **properties_of(pace)}
        if stored is not None:
            self._table.update(entity, stored.etag)
            return
        try:
            self._table.insert(entity)
        except AlreadyExistsError:
            raise WriteConflictError from None


def properties_of(pace: Pace) -> dict[str, str]:
    """A pace as the property `pace`. Times are microseconds since 1970: there are many of them."""
    slots = [
        [slot.owner, slot.serves, _number(slot.until), slot.messages, slot.recipients]
        for slot in pace.slots
    ]
    document = {
        "slots": slots,
        "sent": [_number(at) for at in pace.sent],
        "day": pace.day.isoformat(),
        "recipients": pace.recipients,
        "rests": pace.rest and _number(pace.rest.until),
        "restReason": pace.rest and pace.rest.reason,
        "wakes": [[serves, _number(at)] for serves, at in pace.wakes],
    }
    return split("pace", json.dumps(document, separators=(",", ":")))


def pace_of(entity: Mapping[str, Any]) -> Pace:
    """The pace that an entity holds."""
    document = json.loads(joined(entity, "pace") or "{}")
    return Pace(
        slots=tuple(
            Slot(owner, serves, _time(until), messages, recipients)
            for owner, serves, until, messages, recipients in document["slots"]
        ),
        sent=tuple(_time(number) for number in document["sent"]),
        day=date.fromisoformat(document["day"]),
        recipients=document["recipients"],
        rest=_rest(document.get("rests"), document.get("restReason")),
        wakes=tuple((serves, _time(number)) for serves, number in document["wakes"]),
    )


def _rest(until: int | None, reason: str | None) -> Rest | None:
    if not until:
        return None
    return Rest(_time(until), "smtp_throttled" if reason is None else reason)


def _number(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _time(number: int) -> datetime:
    return _EPOCH + number * _MICROSECOND
