"""The use cases, put together from their ports."""

import random
import time
from collections.abc import Callable
from typing import Protocol

from shared.delivery_ports import (
    ContentStore,
    DeliveryQueue,
    MailSubmission,
    MessageStore,
    PaceStore,
)
from shared.once import once
from shared.ports import (
    Clock,
    ConfigStore,
    DueIndex,
    EventLog,
    FlowStore,
    IdentityProvider,
    MailSignIn,
    MaintenanceQueue,
    SecretVault,
    Telemetry,
)
from shared.services.authorization import AuthorizationService
from shared.services.checks import Checker
from shared.services.configs import ConfigService
from shared.services.credentials import Credentials
from shared.services.delivery import DeliveryService
from shared.services.leases import Leases
from shared.services.mailbox_sessions import MailboxSessions
from shared.services.maintenance import MaintenanceService
from shared.services.overdue import OverdueMessages
from shared.services.pacing import Pacing
from shared.services.progress import ProgressService
from shared.services.reporting import Reporter
from shared.services.scheduling import Scheduler
from shared.services.sending import Sender
from shared.services.submission import SubmissionService
from shared.services.tokens import AccessTokens
from shared.services.trial_messages import TrialMessages
from shared.services.verification import VerificationService
from shared.services.waiting import WaitingMessages
from shared.settings import Settings


class Ports(Protocol):
    """What the services stand on."""

    @property
    def settings(self) -> Settings: ...
    @property
    def configs(self) -> ConfigStore: ...
    @property
    def due(self) -> DueIndex: ...
    @property
    def flows(self) -> FlowStore: ...
    @property
    def events(self) -> EventLog: ...
    @property
    def vault(self) -> SecretVault: ...
    @property
    def queue(self) -> MaintenanceQueue: ...
    @property
    def identity_provider(self) -> IdentityProvider: ...
    @property
    def mail(self) -> MailSignIn: ...
    @property
    def messages(self) -> MessageStore: ...
    @property
    def contents(self) -> ContentStore: ...
    @property
    def delivery_queue(self) -> DeliveryQueue: ...
    @property
    def pace(self) -> PaceStore: ...
    @property
    def submission(self) -> MailSubmission: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def telemetry(self) -> Telemetry: ...


class Services:
    """All services over one set of ports, each made when it is first used."""

    def __init__(
        self,
        ports: Ports,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._ports = ports
        self._sleep = sleep
        self._jitter = jitter

    @once
    def configs(self) -> ConfigService:
        ports = self._ports
        return ConfigService(
            ports.configs,
            ports.due,
            ports.events,
            ports.vault,
            self.scheduler,
            self.reporter,
            self.waiting,
            ports.clock,
            ports.settings.extra_authority_hosts,
        )

    @once
    def waiting(self) -> WaitingMessages:
        return WaitingMessages(self._ports.delivery_queue, self._ports.pace)

    @once
    def authorization(self) -> AuthorizationService:
        ports = self._ports
        return AuthorizationService(
            ports.configs,
            ports.flows,
            ports.due,
            ports.vault,
            ports.identity_provider,
            self.checker,
            self.verification,
            self.leases,
            self.scheduler,
            self.reporter,
            ports.clock,
            ports.settings.redirect_uri,
            ports.settings.extra_authority_hosts,
        )

    @once
    def verification(self) -> VerificationService:
        return VerificationService(
            self._ports.configs,
            self.checker,
            self.leases,
            self.scheduler,
            self.reporter,
            self.tokens,
            self.waiting,
            self._ports.clock,
        )

    @once
    def submission(self) -> SubmissionService:
        ports = self._ports
        return SubmissionService(
            ports.configs,
            ports.messages,
            ports.contents,
            ports.delivery_queue,
            self.overdue,
            ports.clock,
            ports.settings.platform_organization,
            ports.settings.pace_limits,
        )

    @once
    def progress(self) -> ProgressService:
        ports = self._ports
        return ProgressService(
            ports.messages, ports.configs, ports.pace, ports.clock, ports.settings.pace_limits
        )

    @once
    def delivery(self) -> DeliveryService:
        ports = self._ports
        return DeliveryService(
            ports.configs,
            ports.messages,
            ports.delivery_queue,
            self.sessions,
            self.verification,
            self.sender,
            self.pacing,
            ports.clock,
        )

    @once
    def trial_messages(self) -> TrialMessages:
        ports = self._ports
        return TrialMessages(
            ports.configs,
            self.sessions,
            self.verification,
            self.pacing,
            self.reporter,
            ports.clock,
        )

    @once
    def pacing(self) -> Pacing:
        ports = self._ports
        limits = ports.settings.pace_limits
        return Pacing(ports.pace, ports.delivery_queue, ports.clock, limits, self._jitter)

    @once
    def sender(self) -> Sender:
        ports = self._ports
        return Sender(
            ports.messages,
            ports.contents,
            self.reporter,
            ports.due,
            ports.clock,
            self._sleep,
            self._jitter,
            ports.settings.message_retention,
        )

    @once
    def credentials(self) -> Credentials:
        return Credentials(self._ports.vault, self.tokens, self.leases, self.verification)

    @once
    def sessions(self) -> MailboxSessions:
        return MailboxSessions(self._ports.submission, self.credentials)

    @once
    def overdue(self) -> OverdueMessages:
        ports = self._ports
        return OverdueMessages(
            ports.messages, ports.pace, ports.delivery_queue, ports.due, ports.clock
        )

    @once
    def tokens(self) -> AccessTokens:
        return AccessTokens(self._ports.clock)

    @once
    def maintenance(self) -> MaintenanceService:
        ports = self._ports
        return MaintenanceService(
            ports.configs,
            ports.due,
            ports.flows,
            ports.contents,
            ports.vault,
            ports.queue,
            self.overdue,
            self.verification,
            self.scheduler,
            self.reporter,
            ports.clock,
        )

    @once
    def checker(self) -> Checker:
        ports = self._ports
        return Checker(
            ports.vault,
            ports.identity_provider,
            ports.mail,
            ports.clock,
            ports.telemetry,
            ports.settings.extra_authority_hosts,
            self._sleep,
        )

    @once
    def leases(self) -> Leases:
        return Leases(self._ports.configs, self._ports.clock, self._sleep)

    @once
    def scheduler(self) -> Scheduler:
        ports = self._ports
        interval = ports.settings.check_interval
        return Scheduler(ports.due, ports.queue, ports.clock, interval, self._jitter)

    @once
    def reporter(self) -> Reporter:
        return Reporter(self._ports.events, self._ports.telemetry, self._ports.clock)
