"""Access tokens of mailboxes, in memory and nowhere else, until shortly before they expire."""

import threading
from datetime import UTC, datetime, timedelta

from shared.domain.config import Config
from shared.ports import Clock, Tokens

SPARE = timedelta(minutes=5)
"""An access token is not used in the last minutes of its life: a message can take that long."""

_NONE = (0, "", datetime.max.replace(tzinfo=UTC))
"""Of no generation: those begin with 1."""


class AccessTokens:
    """One per process; each successful check of a mailbox fills it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[int, str, datetime]] = {}

    def keep(self, config: Config, tokens: Tokens) -> None:
        """Remember what a refresh gave."""
        until = self._clock.now() + timedelta(seconds=tokens.expires_in) - SPARE
        with self._lock:
            self._kept[config.id] = (config.generation, tokens.access_token, until)

    def of(self, config: Config) -> str | None:
        """The access token, if there is one of this generation that lives long enough."""
        with self._lock:
            generation, token, until = self._kept.get(config.id, _NONE)
            if generation != config.generation or until <= self._clock.now():
                self._kept.pop(config.id, None)
                return None
            return token

    def drop(self, config: Config) -> None:
        """Forget it: the mail server did not take it."""
        with self._lock:
            self._kept.pop(config.id, None)
