"""The services over fakes: a world without network in which only the clock moves."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from shared.domain.changes import ConfigFields
from shared.domain.config import AuthType, Config, SecretKind
from shared.domain.failures import (
    Failure,
    IdentityProviderError,
)
from shared.domain.message import Content, Message
from shared.domain.principal import Principal, Role
from shared.ports import Application, Tokens
from shared.services import Services
from shared.services.authorization import AuthorizationOutcome
from shared.services.submission import Submission
from shared.settings import Settings, StorageSettings
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
from tests.fakes_delivery import (
    FakeContentStore,
    FakeDeliveryQueue,
    FakeMessageStore,
    FakePaceStore,
)
from tests.support.mail_fakes import FakeMailServer, FakeSubmission

ORG = "11111111-1111-1111-1111-111111111111"
PLATFORM = "99999999-9999-9999-9999-999999999999"
ADMIN = Principal(ORG, "admin@contoso.example", frozenset({Role.MANAGE}))
MAILBOX = "noreply@contoso.example"
AUTHORITY_HOST = "login.local.example"


class RotatingIdentityProvider(Fake):
    """Gives a new refresh token at each use; the use of an old one revokes its grant.

    Each authorization is a grant of its own, as at real providers.
    """

    def __init__(self) -> None:
        super().__init__()
        self.signs_in = MAILBOX
        self.secret_failure: Failure | None = None
        self.secrets_seen: list[str] = []
        self._count = itertools.count(1)
        self._newest: dict[int, str] = {}
        self._grant_of: dict[str, int] = {}

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
            assert state.startswith("state-")
            assert protocol["nonce"] == "n"
            if "error" in answer:
                raise IdentityProviderError(Failure("consent_declined"))
            tokens = self._tokens(application, next(self._count))
            return replace(tokens, user_names=(self.signs_in,))

    def refresh(self, application: Application, refresh_token: str) -> Tokens:
        with self.lock:
            self.called("refresh")
            if self.secret_failure is not None:
                raise IdentityProviderError(self.secret_failure)
            grant = self._grant_of[refresh_token]
            if self._newest.get(grant) != refresh_token:
                self._newest.pop(grant, None)
                raise IdentityProviderError(Failure("grant_revoked", ends_grant=True))
            return self._tokens(application, grant)

    def rotate(self, refresh_token: str) -> str:
        """The token that replaces this one, as if another worker had used it."""
        with self.lock:
            return self._rotated(self._grant_of[refresh_token])

    def revoke_all(self) -> None:
        """The user's sessions are revoked."""
        self._newest.clear()

    def is_alive(self, refresh_token: str) -> bool:
        """Whether the provider would take this token."""
        return self._newest.get(self._grant_of[refresh_token]) == refresh_token

    def _tokens(self, application: Application, grant: int) -> Tokens:
        self.secrets_seen.append(application.client_secret)
        return Tokens("access", 3600, self._rotated(grant))

    def _rotated(self, grant: int) -> str:
        token = f"refresh-{next(self._count)}"
        self._grant_of[token] = grant
        self._newest[grant] = token
        return token


class World:
    """All services over fakes; `jitter` is 0.5. Fulfils `shared.services.Ports`."""

    def __init__(self, interval: timedelta = timedelta(hours=24)) -> None:
        self.settings = Settings(
            StorageSettings("unused"),
            "https://vault.example",
            "https://app.example/api/oauth/callback",
            check_interval=interval,
            extra_authority_hosts=((AUTHORITY_HOST, None),),
            platform_organization=PLATFORM,
        )
        self.clock = FakeClock()
        self.configs = FakeConfigStore()
        self.due = FakeDueIndex()
        self.flows = FakeFlowStore()
        self.events = FakeEventLog()
        self.vault = FakeSecretVault()
        self.queue = FakeMaintenanceQueue()
        self.telemetry = FakeTelemetry()
        self.identity_provider = RotatingIdentityProvider()
        self.mail = FakeMailServer()
        self.messages = FakeMessageStore()
        self.contents = FakeContentStore()
        self.delivery_queue = FakeDeliveryQueue(self.clock)
        self.pace = FakePaceStore()
        self.submission = FakeSubmission(self.clock)
        self.services = Services(self, self.sleep, lambda: 0.5)
        self.service = self.services.configs
        self.verification = self.services.verification
        self.authorization = self.services.authorization
        self.maintenance = self.services.maintenance
        self.leases = self.services.leases
        self.provider = self.identity_provider

    def another_process(self) -> Services:
        """The services of another worker process: the same storage, a memory of its own."""
        return Services(self, self.sleep, lambda: 0.5)

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
        return self.service.create(ADMIN, cast("ConfigFields", {**given, **fields}))

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
        return self.service.create(ADMIN, cast("ConfigFields", {**given, **fields}))

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

    def submit(
        self,
        key: str | None = None,
        principal: Principal = ADMIN,
        text: str = "hello",
        to: Sequence[str] = ("to@customer.example",),
        **more: Any,
    ) -> Message:
        """Submit a message, to one recipient unless more are given."""
        content = Content(to=tuple(to), subject="Hi", text=text)
        submission = Submission(content, f"hash of {text}", idempotency_key=key, **more)
        return self.services.submission.submit(principal, submission)

    def message(self, message: Message) -> Message:
        """The message as it is stored now."""
        stored = self.messages.get(message.organization, message.id)
        assert stored is not None
        return stored.value

    def deliver(self, until: timedelta = timedelta()) -> None:
        """Handle all hints that come up within a time, and let the timer run meanwhile."""
        end = self.clock.now() + until
        while True:
            for hint in self.delivery_queue.take_due():
                self.services.delivery.handle(hint)
            upcoming = self.delivery_queue.next_at()
            if upcoming is None or upcoming > end:
                break
            self.clock.set(max(upcoming, self.clock.now()))
        self.clock.set(max(end, self.clock.now()))

    def event_types(self, config: Config) -> list[str]:
        """The types of the config's events, oldest first."""
        return [str(event.type) for event in self.events.of(config.organization, config.id)]
