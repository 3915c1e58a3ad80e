"""An outgoing mail configuration and everything that is known about it."""

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class AuthType(StrEnum):
    """How the mailbox is signed in to."""

    BASIC = "basic"
    OAUTH2 = "oauth2.0"


class Security(StrEnum):
    """How the connection to the mail server is encrypted (RFC 3207, RFC 8314)."""

    STARTTLS = "starttls"
    TLS = "tls"


class Status(StrEnum):
    """What the last conclusive check said."""

    VERIFIED = "verified"
    NOT_VERIFIED = "notVerified"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A reason that applies to a config: its code, since when, and the provider's own words.

    Title, remedy and owner are not kept: they come from the catalogue when the config is shown,
    so that a better remedy reaches old occurrences too.
    """

    code: str
    at: datetime
    detail: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """One worker's exclusive right to use the mailbox's grant; it ends by itself at `until`."""

    owner: str
    until: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class Config:
    """One outgoing mail configuration. All times are aware and in UTC.

    The secrets themselves lie in the vault; here is only whether they are set. `generation` rises
    with each new authorization or credential: what a check of an older one found out is dropped.
    """

    id: str
    organization: str
    auth_type: AuthType
    host_name: str
    port: int
    security: Security
    user_name: str
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    from_address: str | None = None
    from_name: str | None = None
    reply_to: str | None = None
    signature: str | None = None
    password_set: bool = False
    authorization_url: str | None = None
    token_url: str | None = None
    client_id: str | None = None
    client_secret_set: bool = False
    client_secret_expires_on: date | None = None
    is_default: bool = False
    status: Status = Status.NOT_VERIFIED
    reason: Occurrence | None = None
    warnings: tuple[Occurrence, ...] = ()
    verified_at: datetime | None = None
    checked_at: datetime | None = None
    check_started_at: datetime | None = None
    next_check_at: datetime | None = None
    token_refreshed_at: datetime | None = None
    generation: int = 1
    grant_stored_at: datetime | None = None
    """When the refresh token in the vault was stored; None without a usable grant."""
    failing_since: datetime | None = None
    """The first passing failure after the last conclusive check."""
    failures: int = 0
    """Passing failures in a row."""
    secret_warned_days: int | None = None
    """The smallest threshold (days before expiry) whose warning has been raised."""
    lease: Lease | None = None

    @property
    def sender(self) -> str:
        """The address mail is sent from."""
        return self.from_address or self.user_name

    @property
    def mailbox_key(self) -> str:
        """The same for all configs that sign in to the same mailbox, and safe as a key."""
        mailbox = f"{self.host_name.lower()}\n{self.user_name.casefold()}"
        return hashlib.sha256(mailbox.encode()).hexdigest()

    @property
    def has_grant(self) -> bool:
        """Whether a refresh token is stored that is not known to be dead."""
        return self.grant_stored_at is not None


@dataclass(frozen=True, slots=True)
class Stored[T]:
    """A value as it was read, with the version that guards its next write."""

    value: T
    etag: str


@dataclass(frozen=True, slots=True)
class Secrets:
    """Secrets on their way to the vault. Never printed: `repr` leaves the values out."""

    password: str | None = field(default=None, repr=False)
    client_secret: str | None = field(default=None, repr=False)


class SecretKind(StrEnum):
    """The secrets of a config; a vault secret is named `{config id}-{kind}`."""

    CLIENT_SECRET = "client-secret"
    PASSWORD = "password"
    REFRESH_TOKEN = "refresh-token"
