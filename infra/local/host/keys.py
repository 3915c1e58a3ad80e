"""The host's master key, for functions whose authLevel is not anonymous."""

import hmac
import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from infra.local.host.files import write_atomically


class MasterKey:
    """Made at the first start, and the same from then on."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            write_atomically(path, json.dumps({"masterKey": secrets.token_urlsafe(40)}))
        self._value = str(json.loads(path.read_text("utf-8"))["masterKey"])

    def admits(self, headers: Mapping[str, str], query: Mapping[str, str]) -> bool:
        """Whether `x-functions-key` or `?code=` is the key."""
        given = headers.get("x-functions-key") or query.get("code", "")
        return hmac.compare_digest(given.encode(), self._value.encode())
