"""One stack at a time on a data folder; the lock goes with its process, however that ends."""

import fcntl
import os
from pathlib import Path

from infra.local.stack.errors import AlreadyRunningError


class DataLock:
    """An exclusive lock on a data folder."""

    def __init__(self, data: Path) -> None:
        self._path = data / "stack.lock"
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor is not None

    def acquire(self) -> None:
        """Take the lock; raises AlreadyRunningError where another process holds it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise AlreadyRunningError(
                f"A stack already runs on {self._path.parent}: end it first, or choose another"
                " folder with LOCAL_DATA=... (and other ports with STACK_PORT_OFFSET=...)."
            ) from None
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; does nothing where it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
