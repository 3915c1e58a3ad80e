"""One check of a mailbox: a refresh of its grant (OAuth) and one real SMTP sign-in."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from shared.domain import telemetry as names
from shared.domain.authority import Authority, HostRule, parse_authority
from shared.domain.config import AuthType, Config, SecretKind
from shared.domain.errors import ConflictError, SecretMissingError, ServiceUnavailableError
from shared.domain.failures import Failure, IdentityProviderError, SignInError
from shared.ports import (
    Application,
    BearerToken,
    Clock,
    IdentityProvider,
    MailServer,
    MailSignIn,
    Password,
    SecretVault,
    Telemetry,
    Tokens,
)
from shared.services.leases import LAST_USE

_log = logging.getLogger(__name__)

GRANT_KEPT_FOR = timedelta(days=7)
"""A refresh token younger than this is not replaced where the provider leaves it valid: Key Vault
keeps every version for good."""
_STORE_PAUSES = (1.0, 3.0)
"""Seconds between the tries to store a refresh token; the vault's client retries within each."""


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """What a check found: a failure or none, and what became of the grant."""

    failure: Failure | None = None
    refreshed: bool = False
    grant_stored: bool = False
    tokens: Tokens | None = field(default=None, repr=False)
    """What a refresh gave, if the mail server took it."""


def authority_of(config: Config, extra_hosts: Sequence[HostRule]) -> Authority:
    """Where the config signs in. Raises `IdentityProviderError` if its URLs are not allowed now:
    a host may have been taken off `EXTRA_AUTHORITY_HOSTS` since they were stored."""
    parsed = parse_authority(config.authorization_url or "", config.token_url or "", extra_hosts)
    if isinstance(parsed, Authority):
        return parsed
    detail = "; ".join(error.message for error in parsed)
    raise IdentityProviderError(Failure("address_not_allowed", detail=detail))


def application_of(config: Config, authority: Authority, client_secret: str) -> Application:
    """The registration that the config signs in through."""
    return Application(
        authority=authority.authority,
        client_id=config.client_id or "",
        client_secret=client_secret,
        scopes=authority.scopes,
    )


class Checker:
    """Runs checks. One per process: it remembers refresh tokens that could not be stored."""

    def __init__(
        self,
        vault: SecretVault,
        identity_provider: IdentityProvider,
        mail: MailSignIn,
        clock: Clock,
        telemetry: Telemetry,
        extra_hosts: Sequence[HostRule],
        sleep: Callable[[float], None],
    ) -> None:
        self._vault = vault
        self._identity_provider = identity_provider
        self._mail = mail
        self._clock = clock
        self._telemetry = telemetry
        self._extra_hosts = extra_hosts
        self._sleep = sleep
        self._unstored: dict[str, tuple[str, str]] = {}
        """Config id -> (the token that lies in the vault, the one that replaced it)."""

    def run(self, config: Config) -> CheckOutcome:
        """Check the mailbox. For OAuth the caller holds the config's lease.

        Raises `ServiceUnavailableError` when the vault does not answer: nothing was found out.
        """
        if config.auth_type is AuthType.BASIC:
            return CheckOutcome(self._sign_in_with_password(config))
        try:
            tokens, stored = self.refresh(config)
        except SignInError as error:
            return CheckOutcome(error.failure)
        credential = BearerToken(config.user_name, tokens.access_token)
        failure = self._sign_in(config, credential)
        taken = tokens if failure is None else None
        return CheckOutcome(failure, refreshed=True, grant_stored=stored, tokens=taken)

    def _sign_in_with_password(self, config: Config) -> Failure | None:
        try:
            password = self._vault.get(config.id, SecretKind.PASSWORD)
        except SecretMissingError:
            return Failure("secret_missing", detail="The vault has no password of this config.")
        return self._sign_in(config, Password(config.user_name, password))

    def _sign_in(self, config: Config, credential: Password | BearerToken) -> Failure | None:
        server = MailServer(config.host_name, config.port, config.security)
        try:
            self._mail.sign_in(server, credential)
        except SignInError as error:
            return error.failure
        return None

    def refresh(self, config: Config) -> tuple[Tokens, bool]:
        """Use the grant: (tokens, whether a new refresh token was stored).

        Raises `IdentityProviderError`; `ServiceUnavailableError`. A refresh token is declared dead
        only if it is still the one in the vault: another worker may have replaced it.
        """
        authority = authority_of(config, self._extra_hosts)
        in_vault = self._secret(config, SecretKind.REFRESH_TOKEN)
        secret = self._secret(config, SecretKind.CLIENT_SECRET)
        application = application_of(config, authority, secret)
        token = self._newest(config, in_vault)
        self._check_lease(config)
        try:
            tokens = self._ask(application, token)
        except IdentityProviderError as error:
            if not error.failure.ends_grant:
                raise
            replaced = self._secret(config, SecretKind.REFRESH_TOKEN)
            if replaced == in_vault:
                raise
            in_vault = token = replaced
            tokens = self._ask(application, token)
        return tokens, self._keep(config, authority, tokens, token, in_vault)

    def _ask(self, application: Application, token: str) -> Tokens:
        began = self._clock.now()
        outcome = names.OUTCOME_FAILED
        try:
            tokens = self._identity_provider.refresh(application, token)
            outcome = names.OUTCOME_SUCCEEDED
            return tokens
        finally:
            seconds = (self._clock.now() - began).total_seconds()
            self._telemetry.record(names.TOKEN_REFRESH_DURATION, seconds, {names.OUTCOME: outcome})

    def _secret(self, config: Config, kind: SecretKind) -> str:
        try:
            return self._vault.get(config.id, kind)
        except SecretMissingError:
            raise IdentityProviderError(
                Failure(
                    "secret_missing",
                    ends_grant=kind is SecretKind.REFRESH_TOKEN,
                    detail=f"The vault has no {kind.replace('-', ' ')} of this config.",
                )
            ) from None

    def _newest(self, config: Config, in_vault: str) -> str:
        """The token in the vault, or the one that replaced it and could not be stored then."""
        replaced, newer = self._unstored.get(config.id, ("", ""))
        return newer if replaced == in_vault else in_vault

    def _check_lease(self, config: Config) -> None:
        """A worker that was held up must not use a grant that another may hold by now."""
        if config.lease is None or config.lease.until - self._clock.now() < LAST_USE:
            raise IdentityProviderError(Failure("check_held_up", passing=True))

    def _keep(
        self, config: Config, authority: Authority, tokens: Tokens, used: str, in_vault: str
    ) -> bool:
        new = tokens.refresh_token or used
        if new == in_vault:
            return False
        stored_at = config.grant_stored_at
        if (
            not authority.rotates_refresh_tokens
            and stored_at is not None
            and self._clock.now() - stored_at < GRANT_KEPT_FOR
        ):
            return False
        self.store_grant(config, new, in_vault)
        return True

    def store_grant(self, config: Config, refresh_token: str, replaces: str = "") -> None:
        """Put a refresh token into the vault, trying hard: the provider may accept no older one.

        Raises `IdentityProviderError` (`grant_not_stored`, passing) if the vault does not take it;
        the token is then kept in memory, and used by this process's next check of the mailbox.
        """
        for pause in (*_STORE_PAUSES, None):
            try:
                self._vault.set(
                    config.organization, config.id, SecretKind.REFRESH_TOKEN, refresh_token
                )
            except ServiceUnavailableError as error:
                _log.error("A refresh token of config %s is not stored yet: %s", config.id, error)
                if pause is not None:
                    self._sleep(pause)
            except ConflictError:
                # The config was deleted meanwhile, and its secrets' names are gone for good.
                break
            else:
                self._unstored.pop(config.id, None)
                return
        if replaces:
            self._unstored[config.id] = (replaces, refresh_token)
        raise IdentityProviderError(Failure("grant_not_stored", passing=True))
