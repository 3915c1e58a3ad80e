"""Work that falls due at a time: the index that makes a tick cost what is due."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DueKind(StrEnum):
    """What is to be done."""

    CHECK = "check"
    """Check the mailbox of config `id`."""
    CLEANUP = "cleanup"
    """Delete the secrets and events of config `id`, if that config does not exist (any more)."""
    FLOW = "flow"
    """Forget the authorization flow with state hash `id`."""
    CONTENT = "content"
    """Delete the content `id` of a message: that failed, and has been kept for long enough."""
    DELIVERY = "delivery"
    """See whether the messages that `id` says are still on their way."""


@dataclass(frozen=True, slots=True)
class DueEntry:
    """One row of the index. `key` is made from time, kind and id, and sorts by time."""

    kind: DueKind
    organization: str
    id: str
    at: datetime

    @property
    def key(self) -> str:
        """Sorts as `at` does; unique for a kind and id at one time."""
        return f"{self.at:%Y%m%dT%H%M%S.%f}Z_{self.kind}_{self.id}"
