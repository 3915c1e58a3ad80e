"""The app settings that the local function host runs with."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.local.stack.errors import StackError
from infra.local.stack.layout import IDENTITY_HEADER, Layout

_ADDED_TO = ("EXTRA_AUTHORITY_HOSTS", "EXTRA_MAIL_HOSTS")
_NAMES_OF_LOOPBACK = ("localhost", "127.0.0.1")
PAGE_DEVELOPMENT_ORIGIN = "http://localhost:5173"


def app_settings(layout: Layout, environ: Mapping[str, str]) -> dict[str, str]:
    """The stack's own settings, each replaced by the one that the environment gives, if any.

    The two lists of hosts are added to, so that `EXTRA_MAIL_HOSTS=... make run` still knows the
    local mailbox. `EXTRA_CA_FILE` is the file that `write_extra_ca` makes.
    """
    own = _own_settings(layout)
    values = {name: environ.get(name, value) for name, value in own.items()}
    for name in _ADDED_TO:
        values[name] = ",".join(filter(None, [own[name], environ.get(name, "").strip()]))
    values["EXTRA_CA_FILE"] = str(layout.extra_ca_file)
    return values


def write_extra_ca(layout: Layout, environ: Mapping[str, str]) -> None:
    """Join the stack's own authority and the caller's `EXTRA_CA_FILE` in one PEM file.

    Raises:
        StackError: the caller's file cannot be read or holds no certificate.
    """
    bundle = layout.ca_file.read_text()
    given = environ.get("EXTRA_CA_FILE", "").strip()
    if given and Path(given).resolve() != layout.extra_ca_file.resolve():
        bundle = bundle.rstrip("\n") + "\n" + _read_certificates(Path(given))
    layout.extra_ca_file.write_text(bundle)


def write_settings_file(layout: Layout, values: Mapping[str, str]) -> None:
    """Write `values` in the form of local.settings.json, which the function host reads."""
    origins = values.get("ALLOWED_ORIGINS", "")
    content: dict[str, Any] = {
        "IsEncrypted": False,
        "Values": dict(values),
        "Host": {
            "LocalHttpPort": layout.ports.host,
            "CORS": origins,
            "CORSCredentials": True,
        },
    }
    layout.settings_file.parent.mkdir(parents=True, exist_ok=True)
    layout.settings_file.write_text(json.dumps(content, indent=2) + "\n")


def _own_settings(layout: Layout) -> dict[str, str]:
    ports = layout.ports
    return {
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "AzureWebJobsStorage": layout.storage_connection_string,
        "AzureWebJobsSecretStorageType": "files",
        "PYTHON_THREADPOOL_THREAD_COUNT": "32",
        "KEY_VAULT_URL": layout.vault_url,
        "IDENTITY_ENDPOINT": f"{layout.vault_url}/msi/token",
        "IDENTITY_HEADER": IDENTITY_HEADER,
        "REDIRECT_URI": f"{layout.host_url}/api/oauth/callback",
        "ALLOWED_ORIGINS": f"{layout.host_url},{PAGE_DEVELOPMENT_ORIGIN}",
        "MAINTENANCE_SCHEDULE": "0 */5 * * * *",
        "CHECK_INTERVAL_HOURS": "24",
        "ORGANIZATION_CLAIM": "tid",
        "PLATFORM_ORGANIZATION": "",
        "MAILBOX_CONNECTIONS": "3",
        "MAILBOX_MESSAGES_PER_MINUTE": "30",
        "MAILBOX_RECIPIENTS_PER_DAY": "10000",
        "MESSAGE_RETENTION_HOURS": "0",
        "EXTRA_AUTHORITY_HOSTS": _on_loopback(ports.identity),
        "EXTRA_MAIL_HOSTS": _on_loopback(ports.smtp, ports.smtps),
    }


def _on_loopback(*ports: int) -> str:
    return ",".join(f"{host}:{port}" for host in _NAMES_OF_LOOPBACK for port in ports)


def _read_certificates(path: Path) -> str:
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise StackError(f"EXTRA_CA_FILE cannot be read: {error}") from error
    if "-----BEGIN CERTIFICATE-----" not in text:
        raise StackError(f"EXTRA_CA_FILE holds no PEM certificate: {path}")
    return text.rstrip("\n") + "\n"
