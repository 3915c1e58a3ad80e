"""Messages as table entities, and back: `message_of(entity_of(m)) == m` for every message."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from shared.adapters.entity_values import Fields, joined, packed, split, unpacked, without_none
from shared.adapters.keys import decode_key, encode_key
from shared.domain.config import Occurrence
from shared.domain.message import Due, Message, MessageStatus, Undelivered

_FIELDS = Fields(
    plain={
        "configOrganization": "config_organization",
        "configId": "config_id",
        "contentHash": "content_hash",
        "recipients": "recipients",
        "size": "size",
        "messageId": "message_id",
        "createdBy": "created_by",
        "replyTo": "reply_to",
        "attempts": "attempts",
        "pauses": "pauses",
        "waiting": "waiting",
        "mailbox": "mailbox",
        "doubts": "doubts",
        "serverReply": "server_reply",
    },
    times={
        "createdAt": "created_at",
        "dueAt": "due_at",
        "dataBegunAt": "data_begun_at",
        "sentAt": "sent_at",
    },
)


def entity_of(message: Message) -> dict[str, Any]:
    """The whole message as an entity."""
    others = {
        "PartitionKey": encode_key(message.organization),
        "RowKey": encode_key(message.id),
        "status": str(message.status),
        "reason": packed([message.reason]),
    }
    recipients = {
        **split("refused", _listed(message.refused)),
        **split("deferred", _listed(message.deferred)),
    }
    return _FIELDS.written(message) | without_none(others) | recipients


def message_of(entity: Mapping[str, Any]) -> Message:
    """The message that an entity holds."""
    return Message(
        organization=decode_key(entity["PartitionKey"]),
        id=decode_key(entity["RowKey"]),
        status=MessageStatus(entity["status"]),
        reason=next(iter(unpacked(entity.get("reason"))), None),
        refused=_undelivered(joined(entity, "refused"), entity["createdAt"]),
        deferred=_undelivered(joined(entity, "deferred"), entity["createdAt"]),
        **_FIELDS.read(entity),
    )


def index_entity_of(message: Message) -> dict[str, Any] | None:
    """The row by which a message is found when it is due; None for one that is final."""
    if message.status.is_final or message.sorts_at is None:
        return None
    at, message_id = sortable(message.sorts_at), encode_key(message.id)
    return {
        "PartitionKey": encode_key(message.organization),
        "RowKey": f"{index_start(message.config_id)}{at}~{message_id}",
        "recipients": message.remaining_count,
        "createdAt": message.created_at.isoformat(),
    }


def _listed(undelivered: Sequence[Undelivered]) -> str | None:
    """As JSON, with little around each: there can be hundreds of recipients."""
    listed = [
        [one.recipient, one.reason.code, one.reason.at.isoformat(), one.reason.detail]
        for one in undelivered
    ]
    return json.dumps(listed, ensure_ascii=False, separators=(",", ":")) if listed else None


def _undelivered(text: str | None, created_at: str) -> tuple[Undelivered, ...]:
    """What `_listed` was given; version 1 kept no more than the addresses."""
    found = []
    for item in json.loads(text or "[]"):
        only_address = isinstance(item, str)
        whole = (item, "recipient_refused", created_at, None) if only_address else item
        recipient, code, at, detail = cast("tuple[str, str, str, str | None]", whole)
        found.append(Undelivered(recipient, Occurrence(code, datetime.fromisoformat(at), detail)))
    return tuple(found)


def due_of(entity: Mapping[str, Any]) -> Due:
    """The message that a row of the index stands for."""
    _, _, at, message_id = entity["RowKey"].split("~")
    created_at = entity.get("createdAt", at)  # rows of version 1 have none
    return Due(
        decode_key(message_id),
        entity["recipients"],
        datetime.fromisoformat(at),
        datetime.fromisoformat(created_at),
    )


def index_start(config_id: str) -> str:
    """What the keys of a config's index rows begin with. No encoded id holds a "~": neither does a
    message's row look like one of these, nor can one config's rows lie among another's."""
    return f"~{encode_key(config_id)}~"


def sortable(at: datetime) -> str:
    """A time as text that sorts as times do."""
    at = at.astimezone(UTC)
    return f"{at.year:04d}{at:%m%dT%H%M%S.%f}Z"
