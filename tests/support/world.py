"""The services over fakes: a world without network in which only the clock moves."""

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from shared.domain.authority import HostRule
from shared.domain.changes import ConfigFields
from shared.domain.config import AuthType, Config, SecretKind
from shared.domain.failures import Failure, IdentityProviderError, MailServerError
from shared.domain.principal import Principal, Role
from shared.ports import Application, BearerToken, MailServer, Password, Tokens
from shared.services.authorization import AuthorizationOutcome, AuthorizationService
from shared.services.checks import Checker
from shared.services.configs import ConfigService
from shared.services.leases import Leases
from shared.services.maintenance import MaintenanceService
from shared.services.reporting import Reporter
from shared.services.scheduling import Scheduler
from shared.services.verification import VerificationService
from tests.fakes import (
    FakeClock,
    FakeConfigStore,
    FakeDueIndex,
    FakeEventLog,
    FakeFlowStore,
    FakeMaintenanceQueue,
    FakeSecretVault,
    FakeTelemetry,
)
from tests.fakes_base import Fake

ORG = "11111111-1111-1111-1111-111111111111"
ADMIN = Principal(ORG, "admin@contoso.example", frozenset({Role.MANAGE}))
MAILBOX = "noreply@contoso.example"
AUTHORITY_HOST = "login.local.example"


class RotatingIdentityProvider(Fake):
    """Gives a new refresh token at each use; the use of an old one revokes the grant."""

    def __init__(self) -> None:
        super().__init__()
        self.signs_in = MAILBOX
        self.secret_failure: Failure | None = None
        self.newest: str | None = None
        self.secrets_seen: list[str] = []
        self._count = itertools.count(1)

    def begin(
        self, application: Application, redirect_uri: str, login_hint: str
    ) -> tuple[str, str, dict[str, Any]]:
        with self.lock:
            self.called("begin")
            state = f"state-{next(self._count)}"
            url = f"{application.authority}/authorize?state={state}&login_hint={login_hint}"
            return url, state, {"redirect_uri": redirect_uri, "nonce": "n"}

    def redeem(
        self,
        application: Application,
        state: str,
        protocol: Mapping[str, Any],
        answer: Mapping[str, str],
    ) -> Tokens:
        with self.lock:
            self.called("redeem")
            assert protocol["nonce"] == "n"
            if "error" in answer:
                raise IdentityProviderError(Failure("consent_declined"))
            return replace(self._tokens(application), user_names=(self.signs_in,))

    def refresh(self, application: Application, refresh_token: str) -> Tokens:
        with self.lock:
            self.called("refresh")
            if self.secret_failure is not None:
                raise IdentityProviderError(self.secret_failure)
            if refresh_token != self.newest:
                self.newest = None
                raise IdentityProviderError(Failure("grant_revoked", ends_grant=True))
            return self._tokens(application)

    def _tokens(self, application: Application) -> Tokens:
        self.secrets_seen.append(application.client_secret)
        self.newest = f"refresh-{next(self._count)}"
        return Tokens("access", 3600, self.newest)


class FakeMailServer(Fake):
    """Takes one password, and any bearer token, unless told to fail."""

    def __init__(self) -> None:
        super().__init__()
        self.failure: Failure | None = None

    def sign_in(self, server: MailServer, credential: Password | BearerToken) -> None:
        with self.lock:
            self.called("sign_in")
            if self.failure is not None:
                raise MailServerError(self.failure)
            if isinstance(credential, Password) and credential.password != "right":
                raise MailServerError(Failure("password_rejected", detail="535 5.7.3 no"))


class World:
    """All services wired to fakes; `jitter` 0.5."""

    def __init__(self, interval: timedelta = timedelta(hours=24)) -> None:
        self.clock = FakeClock()
        self.configs = FakeConfigStore()
        self.due = FakeDueIndex()
        self.flows = FakeFlowStore()
        self.events = FakeEventLog()
        self.vault = FakeSecretVault()
        self.queue = FakeMaintenanceQueue()
        self.telemetry = FakeTelemetry()
        self.provider = RotatingIdentityProvider()
        self.mail = FakeMailServer()
        self.extra_hosts: list[HostRule] = [(AUTHORITY_HOST, None)]
        self.leases = Leases(self.configs, self.clock, self.sleep)
        self.scheduler = Scheduler(self.due, self.queue, self.clock, interval, lambda: 0.5)
        self.reporter = Reporter(self.events, self.telemetry, self.clock)
        self.checker = self.new_checker()
        self.verification = VerificationService(
            self.configs, self.checker, self.leases, self.scheduler, self.reporter, self.clock
        )
        self.service = ConfigService(
            self.configs,
            self.due,
            self.events,
            self.vault,
            self.scheduler,
            self.reporter,
            self.clock,
            self.extra_hosts,
        )
        self.authorization = AuthorizationService(
            self.configs,
            self.flows,
            self.due,
            self.vault,
            self.provider,
            self.checker,
            self.verification,
            self.leases,
            self.scheduler,
            self.reporter,
            self.clock,
            "https://app.example/api/oauth/callback",
            self.extra_hosts,
        )
        self.maintenance = MaintenanceService(
            self.configs,
            self.due,
            self.flows,
            self.vault,
            self.queue,
            self.verification,
            self.scheduler,
            self.reporter,
            self.clock,
        )

    def new_checker(self) -> Checker:
        """A checker as another process would have it: with a memory of its own."""
        return Checker(
            self.vault,
            self.provider,
            self.mail,
            self.clock,
            self.telemetry,
            self.extra_hosts,
            self.sleep,
        )

    def sleep(self, seconds: float) -> None:
        """Sleeping moves the clock."""
        self.clock.advance(timedelta(seconds=seconds))

    def basic(self, password: str = "right", **fields: Any) -> Config:
        """Create a basic config."""
        given: ConfigFields = {
            "auth_type": AuthType.BASIC,
            "user_name": MAILBOX,
            "password": password,
        }
        return self.service.create(ADMIN, cast(ConfigFields, {**given, **fields}))

    def oauth(self, **fields: Any) -> Config:
        """Create an OAuth config."""
        base = f"https://{AUTHORITY_HOST}/{ORG}/oauth2/v2.0"
        given: ConfigFields = {
            "auth_type": AuthType.OAUTH2,
            "user_name": MAILBOX,
            "authorization_url": f"{base}/authorize",
            "token_url": f"{base}/token",
            "client_id": "client",
            "client_secret": "secret",
        }
        return self.service.create(ADMIN, cast(ConfigFields, {**given, **fields}))

    def authorized(self, **fields: Any) -> Config:
        """Create an OAuth config and authorize it."""
        config = self.oauth(**fields)
        outcome = self.authorize(config)
        assert outcome.ok, outcome
        return self.config(config)

    def authorize(self, config: Config, **answer: str) -> AuthorizationOutcome:
        """The whole authorization, as one browser does it."""
        started = self.authorization.start(ADMIN, config.id)
        state = started.authorization_url.partition("state=")[2].partition("&")[0]
        return self.authorization.finish(
            {"state": state, "code": "code", **answer},
            {started.cookie_name: started.cookie_value},
        )

    def config(self, config: Config) -> Config:
        """The config as it is stored now."""
        stored = self.configs.get(config.organization, config.id)
        assert stored is not None
        return stored.value

    def refresh_token(self, config: Config) -> str:
        """What the vault holds."""
        return self.vault.get(config.id, SecretKind.REFRESH_TOKEN)

    def work(self) -> int:
        """Handle all queued messages; how many they were."""
        messages = self.queue.take()
        for entry in messages:
            self.maintenance.handle(
                {
                    "kind": str(entry.kind),
                    "organization": entry.organization,
                    "id": entry.id,
                    "at": entry.at.isoformat(),
                }
            )
        return len(messages)

    def run_until(self, days: float, tick: timedelta = timedelta(minutes=5)) -> None:
        """Let the timer run for some days."""
        end = self.clock.now() + timedelta(days=days)
        while self.clock.now() < end:
            self.clock.advance(tick)
            self.maintenance.tick()
            self.work()

    def event_types(self, config: Config) -> list[str]:
        """The types of the config's events, oldest first."""
        return [str(event.type) for event in self.events.of(config.organization, config.id)]
