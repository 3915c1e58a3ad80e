"""The app settings, read and validated once. Whoever needs one gets the `Settings` passed in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from shared import setting_values as values
from shared.domain.errors import OutgoingMailError
from shared.domain.pace import Limits
from shared.setting_values import Host

STORAGE = "AzureWebJobsStorage"


@dataclass(frozen=True, slots=True)
class SettingProblem:
    """One setting that is missing or malformed: its name, what is wrong and what to do."""

    name: str
    message: str


class SettingsError(OutgoingMailError):
    """App settings are missing or malformed: all of them at once, and no value of a secret."""

    code = "setting_invalid"

    def __init__(self, problems: list[SettingProblem]) -> None:
        listed = "; ".join(f"{problem.name} {problem.message}" for problem in problems)
        super().__init__(f"The app settings need attention: {listed}.")
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class StorageSettings:
    """Where tables, queues and blobs are: a connection string, or three URLs and an identity."""

    connection_string: str | None = field(default=None, repr=False)
    table_url: str | None = None
    queue_url: str | None = None
    blob_url: str | None = None
    client_id: str | None = None
    """Of the user-assigned identity; None for the system-assigned one."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What runs where. The README lists what each setting is for."""

    storage: StorageSettings
    key_vault_url: str
    redirect_uri: str
    allowed_origins: tuple[str, ...] = ()
    maintenance_schedule: str = "0 */5 * * * *"
    check_interval: timedelta = timedelta(hours=24)
    organization_claim: str = "tid"
    extra_authority_hosts: tuple[Host, ...] = ()
    extra_mail_hosts: tuple[Host, ...] = ()
    extra_ca_file: Path | None = None
    auth_enabled: bool = False
    """Whether App Service Authentication stands in front, and the principal can be believed."""
    identity_client_id: str | None = None
    """Of the user-assigned identity that reads the vault; None for the system-assigned one."""
    platform_organization: str | None = None
    """Whose default config sends for organizations that have none; None if nobody's does."""
    pace_limits: Limits = field(default_factory=Limits)
    """How fast each mailbox may be used."""
    message_retention: timedelta = timedelta()
    """How long the content of a failed message is kept."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read all settings. Raises `SettingsError` with everything that is wrong."""
        reader = _Reader(environment)
        settings = cls(
            storage=_read_storage(reader),
            key_vault_url=reader.required("KEY_VAULT_URL", values.https_url),
            redirect_uri=reader.required("REDIRECT_URI", values.redirect_url),
            allowed_origins=reader.optional("ALLOWED_ORIGINS", values.origins, ()),
            maintenance_schedule=reader.optional(
                "MAINTENANCE_SCHEDULE", values.schedule, "0 */5 * * * *"
            ),
            check_interval=reader.optional(
                "CHECK_INTERVAL_HOURS", values.hours, timedelta(hours=24)
            ),
            organization_claim=reader.optional("ORGANIZATION_CLAIM", values.claim, "tid"),
            extra_authority_hosts=reader.optional("EXTRA_AUTHORITY_HOSTS", values.hosts, ()),
            extra_mail_hosts=reader.optional("EXTRA_MAIL_HOSTS", values.hosts, ()),
            extra_ca_file=reader.optional("EXTRA_CA_FILE", values.certificates, None),
            auth_enabled=reader.optional("WEBSITE_AUTH_ENABLED", values.flag, False),
            identity_client_id=reader.text("AZURE_CLIENT_ID"),
            platform_organization=reader.optional(
                "PLATFORM_ORGANIZATION", values.organization, None
            ),
            pace_limits=_read_pace_limits(reader),
            message_retention=reader.optional(
                "MESSAGE_RETENTION_HOURS", values.retention_hours, timedelta()
            ),
        )
        if reader.problems:
            raise SettingsError(reader.problems)
        return settings


class _Reader:
    """Reads settings one by one and collects what is wrong. A blank value is none."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.problems: list[SettingProblem] = []

    def text(self, name: str) -> str | None:
        return self._environment.get(name, "").strip() or None

    def required(self, name: str, parse: Callable[[str], str]) -> str:
        if self.text(name) is None:
            self.problem(name, "is missing")
        return self.optional(name, parse, "")

    def optional[T, D](self, name: str, parse: Callable[[str], T], default: D) -> T | D:
        text = self.text(name)
        if text is None:
            return default
        try:
            return parse(text)
        except ValueError as error:
            self.problem(name, str(error))
            return default

    def problem(self, name: str, message: str) -> None:
        self.problems.append(SettingProblem(name, message))


def _read_pace_limits(reader: _Reader) -> Limits:
    usual = Limits()
    return Limits(
        connections=reader.optional(
            "MAILBOX_CONNECTIONS", values.number_up_to(100), usual.connections
        ),
        messages_per_minute=reader.optional(
            "MAILBOX_MESSAGES_PER_MINUTE", values.number_up_to(1000), usual.messages_per_minute
        ),
        recipients_per_day=reader.optional(
            "MAILBOX_RECIPIENTS_PER_DAY", values.number_up_to(1_000_000), usual.recipients_per_day
        ),
    )


def _read_storage(reader: _Reader) -> StorageSettings:
    """Like the host itself: the connection string, or else `__accountName` or `__*ServiceUri`."""
    if reader.text(STORAGE):
        return StorageSettings(reader.optional(STORAGE, values.connection_string, None))
    account = reader.optional(f"{STORAGE}__accountName", values.storage_account, None)
    urls = {
        service: reader.optional(f"{STORAGE}__{service}ServiceUri", values.service_url, None)
        or (account and f"https://{account}.{service}.core.windows.net")
        for service in ("table", "queue", "blob")
    }
    if not reader.problems and not all(urls.values()):
        reader.problem(STORAGE, f"is missing (or {STORAGE}__accountName, to use an identity)")
    credential = reader.text(f"{STORAGE}__credential")
    if credential and credential.lower() != "managedidentity":
        reader.problem(f"{STORAGE}__credential", "must be managedidentity")
    return StorageSettings(
        table_url=urls["table"],
        queue_url=urls["queue"],
        blob_url=urls["blob"],
        client_id=reader.text(f"{STORAGE}__clientId") or reader.text("AZURE_CLIENT_ID"),
    )
