"""How a config's state changes: pure functions from a config and what happened to the next one.

None of them sets `next_check_at` except through `planned`, which every caller applies last.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.domain import schedule
from shared.domain.changes import (
    CONNECTION_FIELDS,
    GRANT_FIELDS,
    OAUTH_FIELDS,
    SECRET_FIELDS,
    ConfigFields,
)
from shared.domain.config import AuthType, Config, Lease, Occurrence, Status
from shared.domain.failures import Failure

NOT_CHECKED = "not_checked"
AUTHORIZATION_NEEDED = "authorization_needed"
SECRET_EXPIRING = "client_secret_expiring"
SECRET_EXPIRED = "client_secret_expired"
SECRET_INVALID = "client_secret_invalid"
_EXPIRY_CODES = frozenset({SECRET_EXPIRING, SECRET_EXPIRED})
_RECHECKED_FIELDS = CONNECTION_FIELDS | OAUTH_FIELDS.keys() - {"client_secret"} | {"password"}


def is_checkable(config: Config) -> bool:
    """Whether there is something to sign in with."""
    return config.auth_type is AuthType.BASIC or config.has_grant


def changed_fields(config: Config, fields: ConfigFields) -> frozenset[str]:
    """Names of the fields that would change. A secret that is given counts as changed."""
    return frozenset(
        name
        for name, value in fields.items()
        if name in SECRET_FIELDS or getattr(config, name) != value
    )


def edited(config: Config, fields: ConfigFields, now: datetime, actor: str) -> Config:
    """The config with `fields` set: what that ends, and whether it must be checked again.

    A new client secret keeps the grant (refresh tokens belong to client and user) and the status,
    and is checked at once. The expiry date belongs to the secret: it goes when a new secret comes
    without one.
    """
    changed = changed_fields(config, fields)
    if not changed:
        return config
    values = {name: fields[name] for name in changed - SECRET_FIELDS}  # type: ignore[literal-required]
    after = replace(config, **values, updated_at=now, updated_by=actor)
    if "client_secret" in changed:
        after = replace(
            after,
            client_secret_set=True,
            client_secret_expires_on=fields.get("client_secret_expires_on"),
        )
    if "password" in changed:
        after = replace(after, password_set=True)
    if "auth_type" in changed:
        after = _of_auth_type(after)
    if changed & GRANT_FIELDS:
        after = replace(after, grant_stored_at=None)
    if changed & _RECHECKED_FIELDS:
        after = _unverified(after)
    if changed & (_RECHECKED_FIELDS | {"client_secret"}):
        checkable = is_checkable(after)
        after = replace(
            after,
            generation=config.generation + 1,
            next_check_at=now if checkable else None,
        )
    if after.client_secret_expires_on != config.client_secret_expires_on:
        after = replace(after, secret_warned_days=None, warnings=_without_expiry(after))
    return after


def _of_auth_type(config: Config) -> Config:
    """Forget what belongs to the other way of signing in."""
    if config.auth_type is AuthType.OAUTH2:
        return replace(config, password_set=False)
    return replace(
        config,
        authorization_url=None,
        token_url=None,
        client_id=None,
        client_secret_set=False,
        client_secret_expires_on=None,
    )


def unchecked(config: Config, now: datetime) -> Config:
    """A new config: not verified, and due at once if there is something to sign in with."""
    checkable = is_checkable(config)
    return replace(_unverified(config), generation=1, next_check_at=now if checkable else None)


def _unverified(config: Config) -> Config:
    code = NOT_CHECKED if is_checkable(config) else AUTHORIZATION_NEEDED
    return replace(
        config,
        status=Status.NOT_VERIFIED,
        reason=Occurrence(code, config.updated_at),
        warnings=_expiry_only(config),
        failing_since=None,
        failures=0,
    )


def leased(config: Config, owner: str, now: datetime, duration: timedelta) -> Config:
    """The config with its grant held by one worker."""
    return replace(config, lease=Lease(owner, now + duration, now))


def released(config: Config) -> Config:
    """The config with its grant free."""
    return replace(config, lease=None)


def authorized(config: Config, now: datetime) -> Config:
    """The mailbox's owner accepted, and the refresh token is in the vault."""
    return replace(
        config,
        generation=config.generation + 1,
        grant_stored_at=now,
        token_refreshed_at=now,
        reason=None if config.status is Status.VERIFIED else Occurrence(NOT_CHECKED, now),
        failing_since=None,
        failures=0,
        next_check_at=now,
    )


def authorization_failed(config: Config, failure: Failure, now: datetime) -> Config:
    """An authorization came to nothing. A mailbox with a working grant keeps it.

    Passing trouble leaves the mailbox to be authorized: unlike a check, nobody tries that again.
    """
    if config.has_grant:
        return config
    code = AUTHORIZATION_NEEDED if failure.passing else failure.code
    return replace(
        config,
        status=Status.NOT_VERIFIED,
        reason=Occurrence(code, now, failure.detail, failure.reference),
    )


def refreshed(config: Config, now: datetime, *, stored: bool) -> Config:
    """The identity provider gave tokens; `stored` if the refresh token went into the vault."""
    stored_at = now if stored else config.grant_stored_at
    return replace(config, token_refreshed_at=now, grant_stored_at=stored_at)


def succeeded(config: Config, started: datetime, now: datetime) -> Config:
    """A check succeeded."""
    return replace(
        config,
        status=Status.VERIFIED,
        reason=None,
        warnings=_expiry_only(config),
        verified_at=now,
        checked_at=now,
        check_started_at=started,
        failing_since=None,
        failures=0,
    )


def failed(config: Config, failure: Failure, started: datetime, now: datetime) -> Config:
    """A check failed. A passing failure leaves a verified status alone for 24 hours."""
    occurrence = Occurrence(
        reason_code(config, failure, now), now, failure.detail, failure.reference
    )
    checked = replace(config, checked_at=now, check_started_at=started)
    if failure.passing:
        since = config.failing_since or now
        checked = replace(checked, failing_since=since, failures=config.failures + 1)
        lasting = now - since >= schedule.PASSING_LIMIT
        if config.status is Status.VERIFIED and not lasting:
            return replace(checked, warnings=(*_expiry_only(config), occurrence))
    else:
        checked = replace(checked, failing_since=None, failures=0)
    if failure.ends_grant:
        checked = replace(checked, grant_stored_at=None)
    return replace(
        checked, status=Status.NOT_VERIFIED, reason=occurrence, warnings=_expiry_only(config)
    )


def reason_code(config: Config, failure: Failure, now: datetime) -> str:
    """The code to show for a failure of this config.

    Some providers say no more than invalid_client: then the date that was entered says why.
    """
    expires_on = config.client_secret_expires_on
    if (
        failure.code == SECRET_INVALID
        and expires_on is not None
        and schedule.days_left(expires_on, now) <= 0
    ):
        return SECRET_EXPIRED
    return failure.code


def with_expiry_announced(config: Config, now: datetime) -> tuple[Config, Occurrence | None]:
    """Raise the warning of the threshold that `now` has reached, if it has not been raised yet.

    Thresholds that were missed meanwhile are not raised one after the other: the latest says all.
    """
    expires_on = config.client_secret_expires_on
    if expires_on is None:
        return config, None
    reached = schedule.threshold_reached(expires_on, now)
    warned = config.secret_warned_days
    if reached is None or (warned is not None and warned <= reached):
        return config, None
    left = schedule.days_left(expires_on, now)
    occurrence = Occurrence(
        SECRET_EXPIRING if left > 0 else SECRET_EXPIRED, now, _expiry_detail(expires_on, left)
    )
    return (
        replace(
            config,
            secret_warned_days=reached,
            warnings=(occurrence, *_without_expiry(config)),
        ),
        occurrence,
    )


def _expiry_detail(expires_on: object, left: int) -> str:
    if left > 1:
        return f"The client secret expires on {expires_on}, in {left} days."
    if left == 1:
        return f"The client secret expires on {expires_on}, in 1 day."
    return f"By the date that was entered, the client secret expired on {expires_on}."


def _expiry_only(config: Config) -> tuple[Occurrence, ...]:
    return tuple(w for w in config.warnings if w.code in _EXPIRY_CODES)


def _without_expiry(config: Config) -> tuple[Occurrence, ...]:
    return tuple(w for w in config.warnings if w.code not in _EXPIRY_CODES)


def planned(
    config: Config,
    now: datetime,
    interval: timedelta,
    jitter: float,
    retry_after: timedelta | None = None,
) -> Config:
    """The config with its next check set, after a check."""
    expires_on = config.client_secret_expires_on
    expiry = schedule.next_expiry_check(expires_on, now, jitter) if expires_on else None
    if not is_checkable(config):
        return replace(config, next_check_at=expiry)
    if config.failing_since is not None:
        pace = schedule.after_passing_failure(
            now,
            failures=config.failures,
            failing_since=config.failing_since,
            interval=interval,
            jitter=jitter,
            retry_after=retry_after,
        )
    else:
        pace = schedule.regular(now, interval, jitter)
    return replace(config, next_check_at=schedule.earliest(pace, expiry))


def with_next_check_by_expiry(config: Config, now: datetime, jitter: float) -> Config:
    """The config checked no later than the next threshold of its client secret's expiry."""
    expires_on = config.client_secret_expires_on
    expiry = schedule.next_expiry_check(expires_on, now, jitter) if expires_on else None
    return replace(config, next_check_at=schedule.earliest(config.next_check_at, expiry))
