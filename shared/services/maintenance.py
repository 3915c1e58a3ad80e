"""What happens with nobody looking: the tick finds what is due, the queue's messages do it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.delivery_ports import ContentStore
from shared.domain import schedule
from shared.domain.config import SecretKind
from shared.domain.due import DueEntry, DueKind
from shared.ports import Clock, ConfigStore, DueIndex, FlowStore, MaintenanceQueue, SecretVault
from shared.services.overdue import OverdueMessages
from shared.services.reporting import Reporter
from shared.services.scheduling import Scheduler
from shared.services.verification import VerificationService

PAGE = 500
"""Entries that are looked up, queued and claimed together."""
_QUEUED = frozenset({DueKind.CHECK, DueKind.CLEANUP})


@dataclass(frozen=True, slots=True)
class TickResult:
    """What one run of the timer did."""

    queued: int
    forgotten: int
    """Authorization flows, contents of messages, and the watch over messages that have left."""


class MaintenanceService:
    """Finds due work, and does it."""

    def __init__(
        self,
        configs: ConfigStore,
        due: DueIndex,
        flows: FlowStore,
        contents: ContentStore,
        vault: SecretVault,
        queue: MaintenanceQueue,
        overdue: OverdueMessages,
        verification: VerificationService,
        scheduler: Scheduler,
        reporter: Reporter,
        clock: Clock,
    ) -> None:
        self._configs = configs
        self._due = due
        self._flows = flows
        self._contents = contents
        self._vault = vault
        self._queue = queue
        self._overdue = overdue
        self._verification = verification
        self._scheduler = scheduler
        self._reporter = reporter
        self._clock = clock

    def tick(self) -> TickResult:
        """Queue one message per due mailbox. A late or missed tick loses nothing: the index is
        asked for what is due, not for what belongs to this tick.

        Messages are sent before their entries are claimed: a tick that breaks off between the two
        sends some again, and a message that finds nothing due does nothing.
        """
        now = self._clock.now()
        queued = forgotten = 0
        while entries := self._due.due(now, PAGE):
            work = [entry for entry in entries if entry.kind in _QUEUED]
            past = [entry for entry in entries if entry.kind not in _QUEUED]
            next_looks = [self._next_look(entry) for entry in past]
            claims = [_claimed(entry, now) for entry in work]
            self._queue.send(claims)
            moves: list[tuple[str | None, DueEntry | None]] = [
                (entry.key, claim) for entry, claim in zip(work, claims, strict=True)
            ]
            moves += [(entry.key, after) for entry, after in zip(past, next_looks, strict=True)]
            self._due.move(moves)
            queued += len(work)
            forgotten += next_looks.count(None)
            if len(entries) < PAGE:
                break
        self._reporter.ticked(queued)
        return TickResult(queued, forgotten)

    def _next_look(self, entry: DueEntry) -> DueEntry | None:
        """Do what takes a call or two, which is not worth a message; what is to be done next."""
        if entry.kind is DueKind.DELIVERY:
            return self._overdue.look(entry)
        if entry.kind is DueKind.FLOW:
            self._flows.delete(entry.id)
        else:
            self._contents.delete(entry.organization, entry.id)
        return None

    def handle(self, message: Mapping[str, object]) -> None:
        """Do what one message says. Safe to be called again with the same message.

        Raises `ValueError` for a message that is none of ours.
        """
        entry = _entry_of(message)
        if entry.kind is DueKind.CHECK:
            self._check(entry)
        else:
            self._clean_up(entry)

    def _check(self, entry: DueEntry) -> None:
        stored = self._configs.get(entry.organization, entry.id)
        if stored is None:
            self._delete_secrets(entry)
            self._scheduler.remove(entry)
            return
        due_at = stored.value.next_check_at
        if due_at is None or due_at > self._clock.now():
            self._scheduler.put_right(entry, stored.value)
            return
        self._verification.check_due(stored, entry)

    def _clean_up(self, entry: DueEntry) -> None:
        """Finish a deletion that broke off. If the config is still there, its deletion never got
        as far as counting, and nothing of it is touched."""
        if self._configs.get(entry.organization, entry.id) is None:
            self._delete_secrets(entry)
        self._scheduler.remove(entry)

    def _delete_secrets(self, entry: DueEntry) -> None:
        for kind in SecretKind:
            self._vault.delete(entry.id, kind)


def _claimed(entry: DueEntry, now: datetime) -> DueEntry:
    return DueEntry(entry.kind, entry.organization, entry.id, now + schedule.CLAIM)


def _entry_of(message: Mapping[str, object]) -> DueEntry:
    kind, organization, id_, at = (message.get(k) for k in ("kind", "organization", "id", "at"))
    if not (
        isinstance(kind, str)
        and isinstance(organization, str)
        and isinstance(id_, str)
        and isinstance(at, str)
    ):
        raise ValueError("A maintenance message needs kind, organization, id and at.")
    return DueEntry(DueKind(kind), organization, id_, datetime.fromisoformat(at))
