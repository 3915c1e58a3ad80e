"""Holds each mailbox's use within its limits, across all workers."""

import hashlib
import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.delivery_ports import DeliveryQueue, PaceStore
from shared.domain.config import Config
from shared.domain.errors import ServiceUnavailableError, WriteConflictError
from shared.domain.message import Hint
from shared.domain.pace import SLOT_LEASE, Limits, Pace, Refused, Rest
from shared.ports import Clock

_log = logging.getLogger(__name__)

_RENEWAL = SLOT_LEASE.total_seconds() / 4
"""Seconds between renewals: two can fail, and the connection is still held."""
_SPREAD = 1.0
"""Seconds over which hints for the same moment are spread."""


@dataclass(frozen=True, slots=True)
class Grant:
    """The right to send those of the messages that were asked for whose numbers are `messages`."""

    mailbox: str
    owner: str
    messages: tuple[int, ...]
    lost: threading.Event = field(default_factory=threading.Event)
    """Set if the connection belongs to another worker now: this one was held up for too long."""


class Pacing:
    """Hands out connections and the right to send. Guarded writes, tried again on conflict."""

    def __init__(
        self,
        store: PaceStore,
        queue: DeliveryQueue,
        clock: Clock,
        limits: Limits,
        jitter: Callable[[], float],
    ) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock
        self._limits = limits
        self._jitter = jitter

    def take(self, config: Config, serving: str, wanted: Sequence[int]) -> Grant | Refused:
        """A connection of the config's mailbox, to send messages with so many recipients each.

        `serving` says whose messages: a second connection for the same is refused.
        """
        owner = secrets.token_hex(8)
        refused: Refused | None = None
        granted: tuple[int, ...] = ()

        def taken(pace: Pace) -> Pace | None:
            nonlocal refused, granted
            answer = pace.taken(owner, serving, wanted, self._limits, self._clock.now())
            if isinstance(answer, Refused):
                refused = answer
                return None
            refused = None
            after, granted = answer
            return after

        self._change(config.mailbox_key, taken)
        return refused or Grant(config.mailbox_key, owner, granted)

    @contextmanager
    def held(self, grant: Grant) -> Iterator[None]:
        """Keep the connection while the block runs, however long the mail server takes."""
        done = threading.Event()

        def renew() -> None:
            while not done.wait(_RENEWAL) and not grant.lost.is_set():
                self._renew(grant)

        beat = threading.Thread(target=renew, name="pace", daemon=True)
        beat.start()
        try:
            yield
        finally:
            done.set()
            beat.join()

    def _renew(self, grant: Grant) -> None:
        def renewed(pace: Pace) -> Pace | None:
            after = pace.renewed(grant.owner, self._clock.now())
            if after is None:
                grant.lost.set()
            return after

        try:
            self._change(grant.mailbox, renewed)
        except ServiceUnavailableError:
            _log.warning("The connection of mailbox %s is not renewed yet.", grant.mailbox)

    def give_back(
        self,
        grant: Grant,
        sent: Sequence[datetime],
        recipients: int,
        rest: Rest | None = None,
    ) -> None:
        """The connection is closed, and this is what was sent over it. `rest`: how long the mail
        server wants to be left alone."""

        def given_back(pace: Pace) -> Pace:
            return pace.given_back(grant.owner, sent, recipients, self._clock.now(), rest)

        self._change(grant.mailbox, given_back)

    def wake(self, config: Config, hint: Hint, at: datetime) -> None:
        """Have a hint for these messages come at that time, unless one comes before it anyway.

        The hint goes before it is written down: one that is sent twice finds nothing to do. What is
        written stands in a row of the config's own, not in the mailbox's: whoever knows a mailbox's
        name can make a config for it, and may not slow down those who can sign in to it.
        """
        key = serves(hint)
        about = Hint(hint.organization, hint.config_organization, hint.config_id)

        def woken(pace: Pace) -> Pace | None:
            now = self._clock.now()
            coming = pace.at(now).woken_at(key)
            if coming is not None and coming <= at + timedelta(seconds=_SPREAD):
                return None
            delay = max(at - now, timedelta()) + timedelta(seconds=_SPREAD * self._jitter())
            self._queue.send(about, delay)
            return pace.with_wake(key, now + delay, now)

        self._change(wakes_key(config.organization, config.id), woken)

    def _change(self, mailbox: str, change: Callable[[Pace], Pace | None]) -> None:
        while True:
            stored = self._store.get(mailbox)
            after = change(stored.value if stored else Pace())
            if after is None:
                return
            try:
                self._store.put(mailbox, stored, after)
            except WriteConflictError:
                continue
            return


def wakes_key(organization: str, config_id: str) -> str:
    """Where it is written who is sent a hint about a config's messages, and when."""
    return hashlib.sha256(f"{organization}\n{config_id}".encode()).hexdigest()


def serves(hint: Hint) -> str:
    """Whose messages a connection sends: those of one organization at one config."""
    return f"{hint.organization}|{hint.config_id}"


def served_through(config_id: str, key: str) -> str | None:
    """The organization that `serves` made `key` of, if it is about that config."""
    organization, _, found = key.rpartition("|")
    return organization if found == config_id else None
