"""Sees to it that messages are looked at although the word of them got lost.

Hints make messages leave at once, and lie in a queue: it can be cleared, can fail to answer when a
hint is sent, and gives up on a hint after five failed runs. So the timer's index of due work holds
an entry for each config whose messages are on their way, until none are.
"""

import json
import threading
from datetime import UTC, datetime, timedelta

from shared.delivery_ports import DeliveryQueue, MessageStore, PaceStore
from shared.domain.due import DueEntry, DueKind
from shared.domain.message import DELIVERY_LIMIT, Hint, Message
from shared.ports import Clock, DueIndex
from shared.services.pacing import serves, wakes_key

LOOK = timedelta(minutes=5)
"""How often is looked, at least; and in whose step, so that submissions share an entry."""


class OverdueMessages:
    """The entries of the index, and what is done when they fall due."""

    def __init__(
        self,
        messages: MessageStore,
        pace: PaceStore,
        queue: DeliveryQueue,
        due: DueIndex,
        clock: Clock,
    ) -> None:
        self._messages = messages
        self._pace = pace
        self._queue = queue
        self._due = due
        self._clock = clock
        self._lock = threading.Lock()
        self._expected_at = datetime.min.replace(tzinfo=UTC)
        self._expected: set[str] = set()

    def expect(self, message: Message) -> None:
        """Have somebody look whether the message left: in 5 to 10 minutes, and then on.

        One write for each config in five minutes and process. Raises `ServiceUnavailableError`.
        """
        at = _step_after(self._clock.now() + LOOK)
        hint = Hint(message.organization, message.config_organization, message.config_id)
        entry = _entry(hint, at)
        with self._lock:
            if self._expected_at != at:
                self._expected_at, self._expected = at, set()
            expected = self._expected
            if entry.id in expected:
                return
        self._due.move([(None, entry)])
        with self._lock:
            expected.add(entry.id)

    def look(self, entry: DueEntry) -> DueEntry | None:
        """Send a hint where something is due and none is on its way; the next entry, or None where
        no message is left."""
        hint, now = _hint(entry), self._clock.now()
        upcoming = self._messages.due(hint.organization, hint.config_id, now + DELIVERY_LIMIT, 1)
        if not upcoming:
            return None
        if upcoming[0].at <= now and not self._is_coming(hint, now):
            self._queue.send(hint)
        # The same step for all, so that the entries for one config become one.
        return _entry(hint, _step_after(now + timedelta(seconds=1)))

    def _is_coming(self, hint: Hint, now: datetime) -> bool:
        """Before the next look: a later one is for messages that are due later."""
        stored = self._pace.get(wakes_key(hint.config_organization, hint.config_id))
        at = stored.value.at(now).woken_at(serves(hint)) if stored else None
        return at is not None and at <= now + LOOK


def _step_after(at: datetime) -> datetime:
    step = LOOK.total_seconds()
    return datetime.fromtimestamp(-(-at.timestamp() // step) * step, UTC)


def _entry(hint: Hint, at: datetime) -> DueEntry:
    # The key of an entry is made of its id: messages of several organizations can wait for one
    # config, the platform's.
    whose = json.dumps([hint.organization, hint.config_organization, hint.config_id])
    return DueEntry(DueKind.DELIVERY, hint.organization, whose, at)


def _hint(entry: DueEntry) -> Hint:
    return Hint(*json.loads(entry.id))
