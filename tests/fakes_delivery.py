"""In-memory fakes of the ports of delivery, with the semantics of the real adapters.

The contract tests in tests/integration/test_adapter_*.py run against both.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.adapters.content_codec import encode
from shared.adapters.queue_delivery import LONGEST_DELAY
from shared.domain.config import Stored
from shared.domain.errors import AlreadyExistsError, WriteConflictError
from shared.domain.message import Content, Due, Hint, Message
from shared.domain.pace import Pace
from tests.fakes_base import Fake, FakeClock


class FakeMessageStore(Fake):
    """Messages by organization and id."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[tuple[str, str], Stored[Message]] = {}
        self._writes = 0

    def get(self, organization: str, message_id: str) -> Stored[Message] | None:
        with self.lock:
            self.called("get")
            return self.rows.get((organization, message_id))

    def insert(self, message: Message) -> Stored[Message]:
        with self.lock:
            self.called("insert")
            if (message.organization, message.id) in self.rows:
                raise AlreadyExistsError
            return self._write(message)

    def replace(self, stored: Stored[Message], message: Message) -> Stored[Message]:
        with self.lock:
            self.called("replace")
            row = self.rows.get((stored.value.organization, stored.value.id))
            if row is None or row.etag != stored.etag:
                raise WriteConflictError
            return self._write(message)

    def due(self, organization: str, config_id: str, until: datetime, limit: int) -> list[Due]:
        with self.lock:
            self.called("due")
            found = [
                (message.sorts_at, message.id, message.remaining_count, message.created_at)
                for message in (stored.value for stored in self.rows.values())
                if (message.organization, message.config_id) == (organization, config_id)
                and not message.status.is_final
                and message.sorts_at is not None
                and message.sorts_at <= until
            ]
            return [
                Due(id_, recipients, at, created_at)
                for at, id_, recipients, created_at in sorted(found)
            ][:limit]

    def all(self) -> list[Message]:
        """Every message, in the order of their insertion; not counted as a call."""
        with self.lock:
            return [stored.value for stored in self.rows.values()]

    def _write(self, message: Message) -> Stored[Message]:
        self._writes += 1
        stored = Stored(message, f'W/"{self._writes}"')
        self.rows[message.organization, message.id] = stored
        return stored


class FakeContentStore(Fake):
    """Contents by organization and content id."""

    def __init__(self) -> None:
        super().__init__()
        self.contents: dict[tuple[str, str], Content] = {}

    def put(self, organization: str, content_id: str, content: Content) -> int:
        with self.lock:
            self.called("put")
            self.contents[organization, content_id] = content
            return len(encode(content))

    def get(self, organization: str, content_id: str) -> Content | None:
        with self.lock:
            self.called("get")
            return self.contents.get((organization, content_id))

    def delete(self, organization: str, content_id: str) -> None:
        with self.lock:
            self.called("delete")
            self.contents.pop((organization, content_id), None)


@dataclass(frozen=True, slots=True)
class DelayedHint:
    """A hint in the queue, and when it becomes visible."""

    hint: Hint
    visible_at: datetime


class FakeDeliveryQueue(Fake):
    """Hints with the times from which on they can be received, by `clock`."""

    def __init__(self, clock: FakeClock | None = None) -> None:
        super().__init__()
        self.clock = clock or FakeClock()
        self.waiting: list[DelayedHint] = []

    def send(self, hint: Hint, delay: timedelta = timedelta()) -> None:
        with self.lock:
            self.called("send")
            if delay > LONGEST_DELAY:
                raise ValueError("A hint can be delayed by 7 days at most.")
            visible_at = self.clock.now() + max(delay, timedelta())
            self.waiting.append(DelayedHint(hint, visible_at))

    def take_due(self, now: datetime | None = None) -> list[Hint]:
        """Receive, and so remove, what is visible at `now` (of the clock, unless given)."""
        with self.lock:
            now = now or self.clock.now()
            due = [delayed for delayed in self.waiting if delayed.visible_at <= now]
            self.waiting = [delayed for delayed in self.waiting if delayed.visible_at > now]
            return [delayed.hint for delayed in sorted(due, key=lambda one: one.visible_at)]

    def next_at(self) -> datetime | None:
        """When the first hint becomes, or became, visible; None if there is none."""
        with self.lock:
            return min((delayed.visible_at for delayed in self.waiting), default=None)


class FakePaceStore(Fake):
    """Paces by mailbox."""

    def __init__(self) -> None:
        super().__init__()
        self.paces: dict[str, Stored[Pace]] = {}
        self._writes = 0

    def get(self, mailbox: str) -> Stored[Pace] | None:
        with self.lock:
            self.called("get")
            return self.paces.get(mailbox)

    def put(self, mailbox: str, stored: Stored[Pace] | None, pace: Pace) -> None:
        with self.lock:
            self.called("put")
            present = self.paces.get(mailbox)
            if (present and present.etag) != (stored and stored.etag):
                raise WriteConflictError
            self._writes += 1
            self.paces[mailbox] = Stored(pace, f'W/"{self._writes}"')
