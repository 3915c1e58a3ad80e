"""Builds the adapters, each once per process and when it is first needed.

The SDKs are imported where they are used: `import function_app` must not pay for them.
"""
# ruff: noqa: PLC0415

import os
import threading
from functools import cache
from typing import TYPE_CHECKING

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
from shared.settings import Settings

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from shared.adapters.queues import Queue
    from shared.adapters.smtp import SmtpSignIn
    from shared.adapters.tables import Table
    from shared.adapters.wire import Observer, Wire
    from shared.services import Services
    from shared.services.authorization import AuthorizationService
    from shared.services.configs import ConfigService
    from shared.services.delivery import DeliveryService
    from shared.services.maintenance import MaintenanceService
    from shared.services.progress import ProgressService
    from shared.services.submission import SubmissionService
    from shared.services.trial_messages import TrialMessages
    from shared.services.verification import VerificationService


class Container:
    """The process's adapters, and the services over them (`Services`).

    `observer` is told of each request to Azure's services.
    """

    def __init__(self, settings: Settings, observer: "Observer | None" = None) -> None:
        self.settings = settings
        self._observer = observer

    @once
    def _services(self) -> "Services":
        from shared.services import Services

        return Services(self)

    @property
    def configs_service(self) -> "ConfigService":
        return self._services.configs

    @property
    def authorization_service(self) -> "AuthorizationService":
        return self._services.authorization

    @property
    def verification_service(self) -> "VerificationService":
        return self._services.verification

    @property
    def maintenance_service(self) -> "MaintenanceService":
        return self._services.maintenance

    @property
    def progress_service(self) -> "ProgressService":
        return self._services.progress

    @property
    def submission_service(self) -> "SubmissionService":
        return self._services.submission

    @property
    def delivery_service(self) -> "DeliveryService":
        return self._services.delivery

    @property
    def test_message_service(self) -> "TrialMessages":
        return self._services.trial_messages

    @once
    def configs(self) -> ConfigStore:
        from shared.adapters.table_configs import TableConfigStore

        return TableConfigStore(self._table("configs"))

    @once
    def due(self) -> DueIndex:
        from shared.adapters.table_due import TableDueIndex

        return TableDueIndex(self._table("due"))

    @once
    def flows(self) -> FlowStore:
        from shared.adapters.table_flows import TableFlowStore

        return TableFlowStore(self._table("flows"))

    @once
    def events(self) -> EventLog:
        from shared.adapters.table_events import TableEventLog

        return TableEventLog(self._table("events"))

    @once
    def vault(self) -> SecretVault:
        from shared.adapters.vault import SERVICE, KeyVault

        credential = self._identity(self.settings.identity_client_id)
        return KeyVault(self.settings.key_vault_url, credential, self._wire(SERVICE))

    @once
    def queue(self) -> MaintenanceQueue:
        from shared.adapters.queue_maintenance import QUEUE, StorageMaintenanceQueue

        return StorageMaintenanceQueue(self._queue(QUEUE))

    @once
    def messages(self) -> MessageStore:
        from shared.adapters.table_messages import TableMessageStore

        return TableMessageStore(self._table("messages"))

    @once
    def contents(self) -> ContentStore:
        from shared.adapters.blob_contents import SERVICE, BlobContentStore

        storage = self.settings.storage
        return BlobContentStore(storage, self._wire(SERVICE), self._storage_identity)

    @once
    def delivery_queue(self) -> DeliveryQueue:
        from shared.adapters.queue_delivery import QUEUE, StorageDeliveryQueue

        return StorageDeliveryQueue(self._queue(QUEUE))

    @once
    def pace(self) -> PaceStore:
        from shared.adapters.table_pace import TablePaceStore

        return TablePaceStore(self._table("pace"))

    @once
    def identity_provider(self) -> IdentityProvider:
        from shared.adapters.entra import EntraIdentityProvider

        return EntraIdentityProvider(self.settings)

    @property
    def mail(self) -> MailSignIn:
        return self._smtp

    @once
    def submission(self) -> MailSubmission:
        from shared.adapters.smtp_submission import SmtpSubmission

        return SmtpSubmission(self._smtp)

    @once
    def clock(self) -> Clock:
        from shared.adapters.clock import SystemClock

        return SystemClock()

    @once
    def telemetry(self) -> Telemetry:
        from shared.adapters.telemetry import LoggingTelemetry

        return LoggingTelemetry()

    @once
    def _smtp(self) -> "SmtpSignIn":
        from shared.adapters.smtp import SmtpSignIn

        return SmtpSignIn(self.settings)

    def _table(self, name: str) -> "Table":
        from shared.adapters.tables import Table

        return Table(self.settings.storage, name, self._table_wire, self._storage_identity)

    @once
    def _table_wire(self) -> "Wire":
        from shared.adapters.tables import SERVICE

        return self._wire(SERVICE)

    def _queue(self, name: str) -> "Queue":
        from shared.adapters.queues import Queue

        return Queue(self.settings.storage, name, self._queue_wire, self._storage_identity)

    @once
    def _queue_wire(self) -> "Wire":
        from shared.adapters.queues import SERVICE

        return self._wire(SERVICE)

    @once
    def _storage_identity(self) -> "TokenCredential | None":
        storage = self.settings.storage
        return None if storage.connection_string else self._identity(storage.client_id)

    @once
    def _ca_bundle(self) -> str | None:
        from shared.adapters.trust import ca_bundle

        return ca_bundle(self.settings.extra_ca_file)

    def _wire(self, service: str) -> "Wire":
        from shared.adapters.wire import Wire

        return Wire(service, self._ca_bundle, self._observer)

    def _identity(self, client_id: str | None) -> "TokenCredential":
        from azure.identity import ManagedIdentityCredential

        from shared.adapters.wire import RETRIES

        wire = self._wire("managed identity")
        return ManagedIdentityCredential(client_id=client_id, transport=wire, **RETRIES)


_guard = threading.Lock()


def get_container() -> Container:
    """The container of this process. Raises `SettingsError`, again at each call."""
    with _guard:
        return _of_process()


@cache
def _of_process() -> Container:
    return Container(Settings.from_environment(os.environ))
