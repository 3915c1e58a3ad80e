"""The function app: its platform, its settings held against the code, and who is let in."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from shared.settings import Settings, SettingsError
from tests.infra import bicep
from tests.infra.functions import bindings

ROOT = bicep.INFRA.parent
APP = bicep.parsed(bicep.INFRA / "modules" / "app.bicep")

# Settings that the platform reads, not our code: who reads each, and what for.
OF_THE_PLATFORM = {
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "host and worker: where telemetry goes",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "host and worker: as which identity",
    "AzureWebJobsFeatureFlags": "host: no monthly diagnostic tables",
    "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID": "App Service Authentication: the secret's stand-in",
    "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY": "worker: sets OpenTelemetry up",
    "PYTHON_THREADPOOL_THREAD_COUNT": "worker: how many calls at once",
    "WEBSITE_AUTH_AAD_ALLOWED_TENANTS": "App Service Authentication: whose people",
}
# What our code reads and the platform sets by itself.
SET_BY_THE_PLATFORM = {"WEBSITE_AUTH_ENABLED"}
# Each stands in for others that are set: a connection string has a key, a name knows one cloud.
INSTEAD = {"AzureWebJobsStorage", "AzureWebJobsStorage__accountName"}
# Microsoft says to leave these out on Flex Consumption.
NOT_ON_FLEX = re.compile(
    r"FUNCTIONS_WORKER_RUNTIME|FUNCTIONS_EXTENSION_VERSION|WEBSITE_RUN_FROM_PACKAGE"
    r"|SCM_DO_BUILD_DURING_DEPLOYMENT|ENABLE_ORYX_BUILD|WEBSITE_CONTENT"
)


class _Recorder(Mapping[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _python_files() -> list[Path]:
    folders = [ROOT / "shared", ROOT / "functions"]
    return [ROOT / "function_app.py", *(path for it in folders for path in it.rglob("*.py"))]


def _read_by_the_settings() -> set[str]:
    asked: set[str] = set()
    for values in ({}, {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}):
        environment = _Recorder(values)
        with pytest.raises(SettingsError):
            Settings.from_environment(environment)
        asked |= environment.asked
    return asked


def _read_directly() -> set[str]:
    """Names in os.environ["X"], os.environ.get("X"), os.getenv("X") and in "%X%" of a trigger."""
    found = {name for value in bicep.strings(bindings()) for name in re.findall(r"%(\w+)%", value)}
    for path in _python_files():
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"environ(?:\.get\(|\[)\s*[\"'](\w+)", text))
        found |= set(re.findall(r"getenv\(\s*[\"'](\w+)", text))
    return found


def _settings() -> dict[str, Any]:
    values: dict[str, Any] = bicep.body(APP["resources"]["settings"])["properties"]
    return values


def test_every_setting_that_the_code_reads_is_set() -> None:
    read = _read_by_the_settings() | _read_directly()

    assert {"KEY_VAULT_URL", "MAINTENANCE_SCHEDULE", "AzureWebJobsStorage__tableServiceUri"} <= read
    assert read - set(_settings()) - SET_BY_THE_PLATFORM - INSTEAD == set()


def test_every_setting_that_is_set_is_read_by_the_code_or_the_platform() -> None:
    read = _read_by_the_settings() | _read_directly()

    assert set(_settings()) - read == set(OF_THE_PLATFORM)


def test_what_bicep_sets_is_what_the_code_takes() -> None:
    examples = {
        "AzureWebJobsStorage__blobServiceUri": "https://stmail.blob.core.windows.net/",
        "AzureWebJobsStorage__queueServiceUri": "https://stmail.queue.core.windows.net/",
        "AzureWebJobsStorage__tableServiceUri": "https://stmail.table.core.windows.net/",
        "AzureWebJobsStorage__credential": _settings()["AzureWebJobsStorage__credential"],
        "AzureWebJobsStorage__clientId": "00000000-0000-0000-0000-00000000c1d0",
        "AZURE_CLIENT_ID": "00000000-0000-0000-0000-00000000c1d0",
        "KEY_VAULT_URL": "https://kv-mail-x.vault.azure.net/",
        "REDIRECT_URI": "https://outgoing-mail.azurewebsites.net/api/oauth/callback",
        "WEBSITE_AUTH_ENABLED": "True",
        "ALLOWED_ORIGINS": "https://app.contoso.example,https://b.example",
        "EXTRA_AUTHORITY_HOSTS": "",
        "EXTRA_MAIL_HOSTS": "",
        "EXTRA_CA_FILE": "",
    }
    parameters = bicep.parsed(bicep.INFRA / "main.bicep")["parameters"]
    for name, parameter in (
        ("MAINTENANCE_SCHEDULE", "maintenanceSchedule"),
        ("CHECK_INTERVAL_HOURS", "checkIntervalHours"),
        ("ORGANIZATION_CLAIM", "organizationClaim"),
        ("PLATFORM_ORGANIZATION", "platformOrganization"),
        ("MAILBOX_CONNECTIONS", "mailboxConnections"),
        ("MAILBOX_MESSAGES_PER_MINUTE", "mailboxMessagesPerMinute"),
        ("MAILBOX_RECIPIENTS_PER_DAY", "mailboxRecipientsPerDay"),
        ("MESSAGE_RETENTION_HOURS", "messageRetentionHours"),
    ):
        examples[name] = str(parameters[parameter]["default"])
    assert set(_settings()) - set(OF_THE_PLATFORM) | SET_BY_THE_PLATFORM == set(examples)

    settings = Settings.from_environment(examples)

    usual = Settings(settings.storage, settings.key_vault_url, settings.redirect_uri)
    assert settings.auth_enabled
    assert settings.pace_limits == usual.pace_limits
    assert settings.message_retention == usual.message_retention
    assert settings.check_interval == usual.check_interval
    assert settings.maintenance_schedule == usual.maintenance_schedule
    assert settings.storage.connection_string is None
    assert len(settings.allowed_origins) == 2


def test_the_redirect_uri_is_the_route_of_the_callback() -> None:
    routes = {binding.get("route") for binding in bindings()}

    path = _settings()["REDIRECT_URI"].rpartition("}/")[2]

    assert path in routes


def test_nothing_is_set_that_flex_consumption_turns_down() -> None:
    assert [name for name in _settings() if NOT_ON_FLEX.match(name)] == []


def test_it_runs_python_313_on_flex_consumption_from_a_container_of_its_account() -> None:
    plan, app = (bicep.body(APP["resources"][name]) for name in ("plan", "app"))
    config = app["properties"]["functionAppConfig"]

    assert plan["sku"] == {"tier": "FlexConsumption", "name": "FC1"}
    assert config["runtime"] == {"name": "python", "version": "3.13"}
    storage = config["deployment"]["storage"]
    assert storage["value"].endswith("primaryEndpoints.blob}app-package")
    assert storage["authentication"]["type"] == "UserAssignedIdentity"
    assert app["identity"]["type"] == "UserAssigned"
    assert app["properties"]["httpsOnly"] is True


def test_people_are_signed_in_without_a_secret() -> None:
    properties = bicep.body(APP["resources"]["authentication"])["properties"]
    registration = properties["identityProviders"]["azureActiveDirectory"]["registration"]

    assert properties["platform"]["enabled"] is True
    assert registration["clientSecretSettingName"] == "OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID"
    assert set(bicep.strings(_settings()["OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID"])) >= {
        "identity",
        "clientId",
    }


def test_anonymous_requests_reach_the_app_which_turns_them_down_itself() -> None:
    validation = bicep.body(APP["resources"]["authentication"])["properties"]["globalValidation"]

    assert validation == {
        "requireAuthentication": False,
        "unauthenticatedClientAction": "AllowAnonymous",
    }


def test_telemetry_is_opentelemetry_on_both_sides() -> None:
    host = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))

    assert host["telemetryMode"] == "OpenTelemetry"
    assert _settings()["PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY"] == "true"
    assert "Authorization=AAD" in _settings()["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"]
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert re.search(r"^azure-monitor-opentelemetry==", requirements, re.M)


def test_browsers_of_the_frontends_are_let_in_by_the_platform_and_by_the_app() -> None:
    app = bicep.body(APP["resources"]["app"])

    assert app["properties"]["siteConfig"]["cors"]["allowedOrigins"] == "allowedOrigins"
    assert "allowedOrigins" in set(bicep.strings(_settings()["ALLOWED_ORIGINS"]))


def test_what_is_written_to_the_app_is_written_one_after_the_other() -> None:
    children = {
        name: bicep.body(it) for name, it in APP["resources"].items() if "parent" in bicep.body(it)
    }
    after = {name: it.get("dependsOn") for name, it in children.items()}

    assert list(after.values()) == [None, *([name] for name in list(after)[:-1])]
