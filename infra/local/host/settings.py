"""App settings of the local host: a file in the form of local.settings.json."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_REFERENCE = re.compile(r"%([^%]*)%")

# What `UseDevelopmentStorage=true` stands for: the emulator's documented account and key.
_DEVELOPMENT_STORAGE = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmE"
    "tlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;"
    "QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
    "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;"
)


class SettingsError(Exception):
    """The settings file cannot be used, or a setting that a function names is missing."""


@dataclass(frozen=True)
class AppSettings:
    """Names and values, and the part of the file that speaks to the host itself."""

    values: Mapping[str, str] = field(default_factory=dict)
    cors_origins: tuple[str, ...] = ()
    cors_credentials: bool = False

    def resolve(self, text: str, used_by: str) -> str:
        """Replaces each `%NAME%` by the setting's value.

        Raises SettingsError that names the setting and `used_by` where it is not there.
        """

        def value_of(match: re.Match[str]) -> str:
            name = match[1]
            if name not in self.values:
                message = f"The app setting '{name}' that {used_by} names is not set."
                raise SettingsError(message)
            return self.values[name]

        return _REFERENCE.sub(value_of, text)

    def storage_connection(self, name: str, used_by: str) -> str:
        """The storage connection string behind a binding's `connection`. Raises SettingsError."""
        connection = name or "AzureWebJobsStorage"
        for key in (connection, f"AzureWebJobs{connection}"):
            if value := self.values.get(key):
                return _DEVELOPMENT_STORAGE if "UseDevelopmentStorage=true" in value else value
        message = (
            f"The app setting '{connection}' that {used_by} names is not set;"
            " the local host needs a storage connection string there."
        )
        raise SettingsError(message)


def load_settings(path: Path, environment: Mapping[str, str]) -> AppSettings:
    """Reads the file; its `Values` go before the environment. Raises SettingsError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"The settings file {path} cannot be read: {error.strerror}"
        raise SettingsError(message) from error
    except ValueError as error:
        message = f"The settings file {path} is not JSON: {error}"
        raise SettingsError(message) from error
    if not isinstance(document, dict):
        message = f"The settings file {path} must hold a JSON object"
        raise SettingsError(message)
    values = document.get("Values", {})
    host = document.get("Host", {})
    wrong = sorted(name for name, value in values.items() if not isinstance(value, str))
    if wrong:
        message = f"In {path}, these Values are not text: {', '.join(wrong)}"
        raise SettingsError(message)
    origins = (origin.strip() for origin in str(host.get("CORS", "")).split(","))
    return AppSettings(
        values={**environment, **values},
        cors_origins=tuple(origin for origin in origins if origin),
        cors_credentials=bool(host.get("CORSCredentials", False)),
    )
