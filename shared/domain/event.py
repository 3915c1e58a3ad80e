"""What happened to a config: who, what, when, and why. Never a secret."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventType(StrEnum):
    """What an event tells."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    AUTHORIZATION_STARTED = "authorizationStarted"
    AUTHORIZED = "authorized"
    AUTHORIZATION_FAILED = "authorizationFailed"
    CHECK_SUCCEEDED = "checkSucceeded"
    CHECK_FAILED = "checkFailed"
    CHECK_DEFERRED = "checkDeferred"
    CHECK_DROPPED = "checkDropped"
    SECRET_EXPIRING = "clientSecretExpiring"
    SECRET_EXPIRED = "clientSecretExpired"
    MESSAGE_FAILED = "messageFailed"


SYSTEM = "system"
"""The actor of what happens with nobody looking: checks by the timer."""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a config's history. `fields` are names of changed fields, never values."""

    organization: str
    config_id: str
    type: EventType
    at: datetime
    actor: str
    fields: tuple[str, ...] = ()
    reason_code: str | None = None
    detail: str | None = None
    reference: str | None = None
    id: str = ""
    """Given by the store: orders the events of a config, newest first."""
