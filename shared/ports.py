"""What the services call: the contracts that adapters fulfil, and fakes in tests."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from shared.domain.config import Config, SecretKind, Security, Stored
from shared.domain.due import DueEntry
from shared.domain.event import Event
from shared.domain.flow import Flow


class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> datetime:
        """The present, aware and in UTC."""
        ...


class ConfigStore(Protocol):
    """The configs. Every call raises `ServiceUnavailableError` when the storage does not answer."""

    def get(self, organization: str, config_id: str) -> Stored[Config] | None:
        """One config: one read. None where the organization has no such config."""
        ...

    def list(self, organization: str) -> Iterator[Config]:
        """All configs of an organization, in as few table pages as their number needs."""
        ...

    def insert(self, config: Config) -> Stored[Config]:
        """Add a config. Raises `AlreadyExistsError`."""
        ...

    def replace(self, stored: Stored[Config], config: Config) -> Stored[Config]:
        """Write the whole config over `stored`. Raises `WriteConflictError` if that is not the
        stored version any more, or was deleted."""
        ...

    def delete(self, stored: Stored[Config]) -> None:
        """Delete it, and the organization's default with it if it was that, in one transaction.
        Raises `WriteConflictError`."""
        ...

    def claim_default(self, stored: Stored[Config], config: Config) -> Stored[Config] | None:
        """Like `replace`, and makes it the default in the same transaction; None, and nothing
        written, if the organization has a default already. Raises `WriteConflictError`."""
        ...

    def move_default(self, stored: Stored[Config], config: Config) -> Stored[Config]:
        """Like `replace`, and makes it the default in the same transaction that takes this from the
        one that was. Raises `WriteConflictError`."""
        ...

    def drop_default(self, stored: Stored[Config], config: Config) -> Stored[Config]:
        """Like `replace`, and leaves the organization without a default. Raises
        `WriteConflictError`."""
        ...

    def default_id(self, organization: str) -> str | None:
        """The id of the organization's default config."""
        ...


class DueIndex(Protocol):
    """What falls due, ordered by time."""

    def due(self, until: datetime, limit: int) -> list[DueEntry]:
        """At most `limit` entries that fall due at `until` or before, the earliest first."""
        ...

    def move(self, moves: Sequence[tuple[str | None, DueEntry | None]]) -> None:
        """For each pair, remove the entry with the old key (if it is there) and add the new one.

        One pair is one transaction; up to 50 pairs share one. A removed entry that is not there any
        more is no error, nor is an added one that is there already.
        """
        ...


class FlowStore(Protocol):
    """Authorizations under way."""

    def insert(self, flow: Flow) -> None:
        """Remember a flow."""
        ...

    def take(self, state_hash: str) -> Flow | None:
        """Mark it used and return it as it was before (`used` tells whether somebody took it
        earlier); of two callers at once exactly one gets it unused. None if it is unknown."""
        ...

    def delete(self, state_hash: str) -> None:
        """Forget it; no error if it is not there."""
        ...


class EventLog(Protocol):
    """The history of configs."""

    def append(self, events: Sequence[Event]) -> None:
        """Add events of one config, in one transaction."""
        ...

    def page(
        self, organization: str, config_id: str, size: int, after: str | None
    ) -> tuple[list[Event], bool]:
        """Up to `size` events, newest first, those older than the event with id `after`; and
        whether there are more."""
        ...


class SecretVault(Protocol):
    """The secrets of configs. Calls raise `ServiceUnavailableError` when the vault does not answer.

    A name is never used again after `delete`: soft delete keeps it.
    """

    def get(self, config_id: str, kind: SecretKind) -> str:
        """The newest version's value. Raises `SecretMissingError`."""
        ...

    def set(
        self,
        organization: str,
        config_id: str,
        kind: SecretKind,
        value: str,
        expires_on: date | None = None,
    ) -> None:
        """Store a new version, tagged with organization and config."""
        ...

    def set_expiry(self, config_id: str, kind: SecretKind, expires_on: date | None) -> None:
        """Change the newest version's expiry. Raises `SecretMissingError`."""
        ...

    def disable(self, config_id: str, kind: SecretKind) -> None:
        """Make the newest version unreadable; no error if there is none."""
        ...

    def delete(self, config_id: str, kind: SecretKind) -> None:
        """Delete all versions; no error if there are none."""
        ...


class MaintenanceQueue(Protocol):
    """The queue `mailbox-maintenance`."""

    def send(self, entries: Iterable[DueEntry]) -> None:
        """One message per entry: JSON {kind, organization, id, at}; its key follows from these."""
        ...


@dataclass(frozen=True, slots=True)
class Application:
    """The registration in Entra ID that a config signs in through."""

    authority: str
    """`https://{sign-in host}/{tenant}`"""
    client_id: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the token endpoint gave."""

    access_token: str = field(repr=False)
    expires_in: int = 0
    """Seconds."""
    refresh_token: str | None = field(default=None, repr=False)
    """None where the provider sent none back: the old one stays."""
    user_names: tuple[str, ...] = ()
    """Names of the account that signed in, from the ID token: preferred_username, upn."""


class IdentityProvider(Protocol):
    """OAuth 2.0 at Microsoft Entra ID. Calls raise `IdentityProviderError`."""

    def begin(
        self, application: Application, redirect_uri: str, login_hint: str
    ) -> tuple[str, str, dict[str, Any]]:
        """(authorization URL, state, what `redeem` needs; JSON-able and without the state)."""
        ...

    def redeem(
        self,
        application: Application,
        state: str,
        protocol: Mapping[str, Any],
        answer: Mapping[str, str],
    ) -> Tokens:
        """Exchange the code in the callback's `answer` for tokens."""
        ...

    def refresh(self, application: Application, refresh_token: str) -> Tokens:
        """Use a refresh token. Asks the provider, whatever earlier calls were answered."""
        ...


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where to sign in."""

    host_name: str
    port: int
    security: Security


@dataclass(frozen=True, slots=True)
class Password:
    """Sign in with AUTH PLAIN or LOGIN."""

    user_name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class BearerToken:
    """Sign in with AUTH XOAUTH2."""

    user_name: str
    access_token: str = field(repr=False)


class MailSignIn(Protocol):
    """SMTP submission. Calls raise `MailServerError`."""

    def sign_in(self, server: MailServer, credential: Password | BearerToken) -> None:
        """Connect, encrypt, sign in, and quit: one real sign-in."""
        ...


class Telemetry(Protocol):
    """What operators see. Names of metrics and events are in `shared.domain.telemetry`."""

    def count(self, name: str, attributes: Mapping[str, str]) -> None:
        """Add one to a counter."""
        ...

    def record(self, name: str, value: float, attributes: Mapping[str, str]) -> None:
        """Record a value of a histogram."""
        ...

    def event(self, name: str, attributes: Mapping[str, str | int | float]) -> None:
        """A structured log event; never a secret, an address only as organization and config id."""
        ...
