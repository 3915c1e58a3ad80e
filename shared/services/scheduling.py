"""Keeps the index of due work in step with the configs.

Config and index lie in different tables, so no transaction spans them. What holds instead: the
index has an entry of a config at `next_check_at` or before, or within `schedule.CLAIM` from now.
An entry that comes up too early is put right when it does (`put_right`), so a process that dies
between two writes delays a check by minutes and loses none.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from shared.domain import schedule, transitions
from shared.domain.config import Config
from shared.domain.due import DueEntry, DueKind
from shared.domain.errors import ServiceUnavailableError
from shared.ports import Clock, DueIndex, MaintenanceQueue

_log = logging.getLogger(__name__)


class Scheduler:
    """Decides when a config is checked next, and sees to it that it is."""

    def __init__(
        self,
        due: DueIndex,
        queue: MaintenanceQueue,
        clock: Clock,
        interval: timedelta,
        jitter: Callable[[], float],
    ) -> None:
        self._due = due
        self._queue = queue
        self._clock = clock
        self._interval = interval
        self._jitter = jitter

    def planned(self, config: Config, retry_after: timedelta | None = None) -> Config:
        """The config with its next check set."""
        return transitions.planned(
            config, self._clock.now(), self._interval, self._jitter(), retry_after
        )

    def with_expiry_planned(self, config: Config) -> Config:
        """The config with its next check no later than the next threshold of its secret."""
        if config.client_secret_expires_on is None:
            return config
        return transitions.with_next_check_by_expiry(config, self._clock.now(), self._jitter())

    def claim(self, config: Config, old: DueEntry | None) -> DueEntry:
        """Reserve a check that is to be asked for now: the index offers it again after a while.

        To be called before the config is written, `ask` after it.
        """
        entry = DueEntry(
            DueKind.CHECK, config.organization, config.id, self._clock.now() + schedule.CLAIM
        )
        self._due.move([(old.key if old else None, entry)])
        return entry

    def ask(self, claimed: DueEntry) -> None:
        """Have it checked at once. If the queue does not answer, the index does it later."""
        try:
            self._queue.send([claimed])
        except ServiceUnavailableError:
            _log.warning("The check of config %s waits for the next tick.", claimed.id)

    def announce_cleanup(self, config: Config) -> DueEntry:
        """Note that the config is about to be deleted: what is left of it then goes too."""
        at = self._clock.now() + schedule.CLAIM
        entry = DueEntry(DueKind.CLEANUP, config.organization, config.id, at)
        self._due.move([(None, entry)])
        return entry

    def put_right(self, handled: DueEntry | None, config: Config) -> None:
        """Replace the entry that led here by the one that the config's next check needs."""
        entry = entry_of(config)
        if handled is not None or entry is not None:
            self._due.move([(handled.key if handled else None, entry)])

    def remove(self, handled: DueEntry) -> None:
        """Take a finished entry out."""
        self._due.move([(handled.key, None)])


def entry_of(config: Config) -> DueEntry | None:
    """The entry of the config's next check, as it stands in the index unless claimed."""
    if config.next_check_at is None:
        return None
    return DueEntry(DueKind.CHECK, config.organization, config.id, config.next_check_at)
