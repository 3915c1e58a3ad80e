"""Sign-in sessions of App Service Authentication, kept on the server."""

import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from infra.local.host.files import write_atomically

COOKIE = "AppServiceAuthSession"
LIFETIME = 8 * 3600  # seconds, App Service's default

_HANDLE = re.compile(r"[A-Za-z0-9_-]{43}")


class SessionStore:
    """A file for each session, named by a hash of the cookie; the cookie itself is not kept."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock
        self._known: dict[Path, dict[str, Any]] = {}

    def create(self, claims: Mapping[str, Any]) -> str:
        """Remembers who signed in; gives the cookie's value."""
        self._drop_expired()
        handle = secrets.token_urlsafe(32)
        session = {"claims": dict(claims), "expires_at": self._clock() + LIFETIME}
        write_atomically(self._path(handle), json.dumps(session))
        return handle

    def read(self, handle: str) -> dict[str, Any] | None:
        """The claims of the session, or None where there is none (any more)."""
        if not _HANDLE.fullmatch(handle):
            return None
        path = self._path(handle)
        session = self._known.get(path) or self._load(path)
        if session is None or session["expires_at"] <= self._clock():
            return None
        self._known[path] = session
        claims: dict[str, Any] = session["claims"]
        return claims

    def delete(self, handle: str) -> None:
        """Ends the session, if there is one."""
        path = self._path(handle)
        self._known.pop(path, None)
        path.unlink(missing_ok=True)

    def _path(self, handle: str) -> Path:
        return self._folder / f"{hashlib.sha256(handle.encode()).hexdigest()}.json"

    @staticmethod
    def _load(path: Path) -> dict[str, Any] | None:
        try:
            session: dict[str, Any] = json.loads(path.read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return session

    def _drop_expired(self) -> None:
        for path in self._folder.glob("*.json"):
            session = self._load(path)
            if session is None or session["expires_at"] <= self._clock():
                self._known.pop(path, None)
                path.unlink(missing_ok=True)
