"""One worker at a time uses a mailbox's grant."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from shared.domain import transitions
from shared.domain.config import Config, Stored
from shared.domain.errors import ConflictError, NotFoundError, WriteConflictError
from shared.ports import Clock, ConfigStore

DURATION = timedelta(minutes=3)
"""Longer than one check can take: a token request, the vault's retries, and an SMTP dialogue."""
LAST_USE = timedelta(seconds=75)
"""What must be left of a lease for a token request to be begun, and its answer to be stored."""
WAIT = timedelta(seconds=60)
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 1.0


def is_free(config: Config, now: datetime) -> bool:
    """Whether nobody holds the mailbox's grant."""
    return config.lease is None or config.lease.until <= now


class Leases:
    """Takes and waits for leases. `sleep` takes seconds."""

    def __init__(self, configs: ConfigStore, clock: Clock, sleep: Callable[[float], None]) -> None:
        self._configs = configs
        self._clock = clock
        self._sleep = sleep

    def take(self, stored: Stored[Config]) -> Stored[Config]:
        """Hold the grant. Raises `WriteConflictError` if the config changed meanwhile."""
        owner = secrets.token_hex(8)
        held = transitions.leased(stored.value, owner, self._clock.now(), DURATION)
        return self._configs.replace(stored, held)

    def give_back(self, held: Stored[Config]) -> None:
        """Free the grant, whatever else of the config changed meanwhile."""
        stored: Stored[Config] | None = held
        while stored is not None and stored.value.lease == held.value.lease is not None:
            try:
                self._configs.replace(stored, transitions.released(stored.value))
                return
            except WriteConflictError:
                stored = self._configs.get(held.value.organization, held.value.id)

    def wait(
        self, organization: str, config_id: str, done: Callable[[Config], bool] = lambda _: False
    ) -> tuple[Stored[Config], bool]:
        """Hold the grant as soon as it is free: (the config, True). Or, when it is free and what
        was waited for has been done by another: (the config, False).

        Raises `NotFoundError`, and `ConflictError` when it is not free for a minute.
        """
        deadline = self._clock.now() + WAIT
        pause = _FIRST_PAUSE
        while True:
            stored = self._configs.get(organization, config_id)
            if stored is None:
                raise NotFoundError("There is no such config.")
            if is_free(stored.value, self._clock.now()):
                if done(stored.value):
                    return stored, False
                try:
                    return self.take(stored), True
                except WriteConflictError:
                    pause = _FIRST_PAUSE
            if self._clock.now() >= deadline:
                raise ConflictError(
                    "check_in_progress", "Another check of this mailbox takes long. Try again soon."
                )
            self._sleep(pause * (0.5 + secrets.randbelow(1000) / 1000))
            pause = min(pause * 2, _LONGEST_PAUSE)
