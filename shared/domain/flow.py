"""An authorization that has been started and not yet come back."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

FLOW_LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Flow:
    """What must be remembered between Authorize and the callback.

    The state is kept as its SHA-256 alone, and so is the cookie that binds the flow to a browser:
    who reads the table cannot finish somebody's authorization.
    """

    state_hash: str
    cookie_hash: str
    organization: str
    config_id: str
    generation: int
    started_by: str
    expires_at: datetime
    protocol: dict[str, Any] = field(repr=False)
    """What MSAL wants back (nonce, PKCE verifier, scopes, redirect URI), without the state."""
    used: bool = False
