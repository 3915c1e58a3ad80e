"""Authorize: from the button to the grant, by way of the mailbox's owner and Microsoft."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.domain import transitions
from shared.domain.authority import HostRule
from shared.domain.config import AuthType, Config, SecretKind, Stored
from shared.domain.due import DueEntry, DueKind
from shared.domain.errors import (
    ConflictError,
    NotFoundError,
    SecretMissingError,
    ServiceUnavailableError,
    UpstreamError,
    WriteConflictError,
)
from shared.domain.event import EventType
from shared.domain.failures import Failure, SignInError
from shared.domain.flow import FLOW_LIFETIME, Flow
from shared.domain.principal import Principal
from shared.domain.reasons.words import tidy
from shared.ports import (
    Application,
    Clock,
    ConfigStore,
    DueIndex,
    FlowStore,
    IdentityProvider,
    SecretVault,
)
from shared.services.checks import Checker, application_of, authority_of
from shared.services.leases import Leases
from shared.services.reporting import Reporter
from shared.services.scheduling import Scheduler, entry_of
from shared.services.verification import VerificationService

FLOW_REMEMBERED = timedelta(hours=1)
"""How long a finished or expired flow is kept to tell "used" from "unknown"."""


@dataclass(frozen=True, slots=True)
class StartedAuthorization:
    """Where to send the browser, and the cookie that binds the flow to it."""

    authorization_url: str = field(repr=False)
    expires_at: datetime = field()
    cookie_name: str = field()
    cookie_value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AuthorizationOutcome:
    """What became of an authorization. `config` is None where it cannot be told whose it was.

    `ok` says that the grant was stored; what the check at once found is the config's status.
    """

    ok: bool
    config: Config | None = None
    failure: Failure | None = None
    cookie_name: str | None = None


class _RefusedError(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure


class AuthorizationService:
    """Starts authorizations, and finishes them when the browser comes back."""

    def __init__(
        self,
        configs: ConfigStore,
        flows: FlowStore,
        due: DueIndex,
        vault: SecretVault,
        identity_provider: IdentityProvider,
        checker: Checker,
        verification: VerificationService,
        leases: Leases,
        scheduler: Scheduler,
        reporter: Reporter,
        clock: Clock,
        redirect_uri: str,
        extra_hosts: Sequence[HostRule],
    ) -> None:
        self._configs = configs
        self._flows = flows
        self._due = due
        self._vault = vault
        self._identity_provider = identity_provider
        self._checker = checker
        self._verification = verification
        self._leases = leases
        self._scheduler = scheduler
        self._reporter = reporter
        self._clock = clock
        self._redirect_uri = redirect_uri
        self._extra_hosts = extra_hosts

    def start(self, principal: Principal, config_id: str) -> StartedAuthorization:
        """Begin an authorization; it has to come back within 10 minutes, and counts once.

        Raises `NotFoundError`; `ConflictError` (`not_oauth`); `UpstreamError` when the identity
        provider does not answer as it should.
        """
        stored = self._configs.get(principal.organization, config_id)
        if stored is None:
            raise NotFoundError("There is no such config.")
        config = stored.value
        if config.auth_type is not AuthType.OAUTH2:
            raise ConflictError(
                "not_oauth", "Only configs with authType oauth2.0 can be authorized."
            )
        try:
            application = self._application(config)
            url, state, protocol = self._identity_provider.begin(
                application, self._redirect_uri, config.user_name
            )
        except SignInError as error:
            raise UpstreamError(
                error.failure.code,
                config.user_name,
                config.sender,
                error.failure.detail,
                error.failure.reference,
            ) from None
        cookie = secrets.token_urlsafe(32)
        flow = Flow(
            state_hash=_hash(state),
            cookie_hash=_hash(cookie),
            organization=config.organization,
            config_id=config.id,
            generation=config.generation,
            started_by=principal.actor,
            expires_at=self._clock.now() + FLOW_LIFETIME,
            protocol=protocol,
        )
        self._remember(flow)
        self._reporter.authorization(config, EventType.AUTHORIZATION_STARTED, principal.actor)
        return StartedAuthorization(url, flow.expires_at, cookie_name(flow.state_hash), cookie)

    def _application(self, config: Config) -> Application:
        authority = authority_of(config, self._extra_hosts)
        try:
            secret = self._vault.get(config.id, SecretKind.CLIENT_SECRET)
        except SecretMissingError:
            raise SignInError(
                Failure("secret_missing", detail="The vault has no client secret of this config.")
            ) from None
        return application_of(config, authority, secret)

    def _remember(self, flow: Flow) -> None:
        forget_at = flow.expires_at + FLOW_REMEMBERED
        entry = DueEntry(DueKind.FLOW, flow.organization, flow.state_hash, forget_at)
        self._due.move([(None, entry)])
        self._flows.insert(flow)

    def finish(self, answer: Mapping[str, str], cookies: Mapping[str, str]) -> AuthorizationOutcome:
        """Take what the identity provider sent back through the browser.

        Everything that can be wrong with it is an outcome, not an exception; what is raised is
        `ServiceUnavailableError` alone.
        """
        state_hash = _hash(answer.get("state", ""))
        name = cookie_name(state_hash)
        cookie = cookies.get(name)
        if cookie is None:
            # Before the flow is touched: who has not its cookie cannot use it up.
            known = "authorization_other_browser" if answer.get("state") else None
            return AuthorizationOutcome(False, failure=Failure(known or "authorization_unknown"))
        flow = self._flows.take(state_hash)
        refused = self._refused(flow, cookie)
        if flow is None or refused is not None:
            failure = refused or Failure("authorization_unknown")
            return AuthorizationOutcome(False, failure=failure, cookie_name=name)
        outcome = self._redeem(flow, answer)
        return replace(outcome, cookie_name=name)

    def _refused(self, flow: Flow | None, cookie: str) -> Failure | None:
        if flow is None:
            return Failure("authorization_unknown")
        if not hmac.compare_digest(flow.cookie_hash, _hash(cookie)):
            return Failure("authorization_other_browser")
        if flow.used:
            return Failure("authorization_used")
        if flow.expires_at <= self._clock.now():
            return Failure("authorization_expired")
        return None

    def _redeem(self, flow: Flow, answer: Mapping[str, str]) -> AuthorizationOutcome:
        stored = self._configs.get(flow.organization, flow.config_id)
        if stored is None:
            return AuthorizationOutcome(False, failure=Failure("config_deleted"))
        try:
            refresh_token = self._refresh_token(stored.value, flow, answer)
            held, claimed = self._keep(stored.value, flow, refresh_token)
        except (_RefusedError, SignInError) as error:
            config = self._record_failure(flow, error.failure)
            return AuthorizationOutcome(False, config=config, failure=error.failure)
        except NotFoundError:
            return AuthorizationOutcome(False, failure=Failure("config_deleted"))
        except ConflictError:
            failure = Failure("check_held_up", passing=True)
            return AuthorizationOutcome(False, config=stored.value, failure=failure)
        self._reporter.authorization(held.value, EventType.AUTHORIZED, flow.started_by)
        try:
            checked = self._verification.check(held, flow.started_by, claimed)
        except (ServiceUnavailableError, NotFoundError):
            # The grant is stored, and the index has the check.
            checked = held.value
        return AuthorizationOutcome(True, config=checked)

    def _refresh_token(self, config: Config, flow: Flow, answer: Mapping[str, str]) -> str:
        """Redeem the code, and see that it is the mailbox that signed in."""
        if config.generation != flow.generation:
            raise _RefusedError(Failure("config_changed"))
        tokens = self._identity_provider.redeem(
            self._application(config), answer.get("state", ""), flow.protocol, answer
        )
        signed_in = {name.casefold() for name in tokens.user_names}
        if config.user_name.casefold() not in signed_in:
            names = ", ".join(tokens.user_names) or "an account without a name"
            raise _RefusedError(Failure("wrong_account", detail=tidy(f"Signed in as {names}.")))
        if tokens.refresh_token is None:
            raise _RefusedError(
                Failure("provider_refused", detail="The answer holds no refresh token.")
            )
        return tokens.refresh_token

    def _keep(
        self, config: Config, flow: Flow, refresh_token: str
    ) -> tuple[Stored[Config], DueEntry]:
        """Store the grant. The lease keeps a check that is under way from storing an older one
        over it, and the config is written by a guarded write, so that two authorizations at once
        end with the token of the one that the config says."""
        held, _ = self._leases.wait(config.organization, config.id)
        try:
            return self._authorize(held, flow, refresh_token)
        except Exception:
            self._leases.give_back(held)
            raise

    def _authorize(
        self, held: Stored[Config], flow: Flow, refresh_token: str
    ) -> tuple[Stored[Config], DueEntry]:
        if held.value.generation != flow.generation:
            raise _RefusedError(Failure("config_changed"))
        claimed = self._scheduler.claim(held.value, entry_of(held.value))
        self._checker.store_grant(held.value, refresh_token)
        while True:
            after = transitions.authorized(held.value, self._clock.now())
            try:
                return self._configs.replace(held, after), claimed
            except WriteConflictError:
                fresh = self._configs.get(flow.organization, flow.config_id)
            if fresh is None:
                raise NotFoundError("The config was deleted.")
            if fresh.value.generation != flow.generation or fresh.value.lease != held.value.lease:
                raise _RefusedError(Failure("config_changed"))
            held = fresh

    def _record_failure(self, flow: Flow, failure: Failure) -> Config | None:
        while True:
            stored = self._configs.get(flow.organization, flow.config_id)
            if stored is None:
                return None
            config = stored.value
            after = transitions.authorization_failed(config, failure, self._clock.now())
            if after is not config and config.generation == flow.generation:
                try:
                    config = self._configs.replace(stored, after).value
                except WriteConflictError:
                    continue
            self._reporter.authorization(
                config, EventType.AUTHORIZATION_FAILED, flow.started_by, failure
            )
            return config


def cookie_name(state_hash: str) -> str:
    """Several authorizations may be under way in one browser: one cookie each."""
    return f"outgoing-mail-{state_hash[:16]}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
