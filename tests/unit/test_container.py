"""The container builds what is asked for, once, and loads the SDKs no sooner."""

import subprocess
import sys
import threading
from pathlib import Path
from time import sleep

import pytest

from shared.adapters.smtp_submission import SmtpSubmission
from shared.container import Container, get_container
from shared.once import once
from shared.settings import Settings, SettingsError, StorageSettings

SETTINGS = Settings(
    storage=StorageSettings("UseDevelopmentStorage=true"),
    key_vault_url="https://localhost:8444",
    redirect_uri="http://localhost:7071/api/oauth/callback",
)
PORTS = [
    "configs",
    "due",
    "flows",
    "events",
    "mail",
    "messages",
    "submission",
    "pace",
    "contents",
    "vault",
    "queue",
    "delivery_queue",
    "clock",
    "telemetry",
]


@pytest.mark.parametrize("name", PORTS)
def test_an_adapter_is_built_once(name: str) -> None:
    container = Container(SETTINGS)
    assert getattr(container, name) is getattr(container, name)


def test_tables_and_queues_share_one_pool_of_connections_each() -> None:
    container = Container(SETTINGS)
    assert container._table_wire is container._table_wire
    assert container._queue_wire is container._queue_wire


def test_checks_and_messages_share_one_tls_context() -> None:
    container = Container(SETTINGS)
    submission = container.submission
    assert isinstance(submission, SmtpSubmission)
    assert submission._sign_in is container.mail


def test_an_identity_takes_the_place_of_a_connection_string() -> None:
    storage = StorageSettings(
        table_url="https://mail.table.core.windows.net",
        queue_url="https://mail.queue.core.windows.net",
        blob_url="https://mail.blob.core.windows.net",
        client_id="id-1",
    )
    container = Container(Settings(storage, SETTINGS.key_vault_url, SETTINGS.redirect_uri))
    assert container.configs is not None
    assert container.queue is not None
    assert container.contents is not None
    assert container._storage_identity is container._storage_identity


def test_importing_the_container_loads_no_sdk(repository: Path) -> None:
    code = (
        "import sys, shared.container, shared.settings\n"
        "heavy = ('azure.', 'msal', 'requests', 'urllib3', 'cryptography', 'ssl')\n"
        "print([name for name in sys.modules if name.startswith(heavy)])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_missing_settings_are_an_error_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KEY_VAULT_URL", raising=False)
    for _ in range(2):
        with pytest.raises(SettingsError, match="KEY_VAULT_URL is missing"):
            get_container()


class Workshop:
    """Builds slowly, and counts."""

    def __init__(self) -> None:
        self.built: list[str] = []

    @once
    def part(self) -> object:
        """A part."""
        sleep(0.01)
        self.built.append("part")
        return object()

    @once
    def whole(self) -> list[object]:
        self.built.append("whole")
        return [self.part]

    @once
    def flaw(self) -> object:
        self.built.append("flaw")
        if len(self.built) == 1:
            raise RuntimeError("first try")
        return object()


def test_threads_that_come_at_once_get_the_same_object() -> None:
    workshop = Workshop()
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.extend((workshop.whole[0], workshop.part)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert len(set(map(id, found))) == 1
    assert sorted(workshop.built) == ["part", "whole"]


def test_objects_do_not_share_what_they_built() -> None:
    assert Workshop().part is not Workshop().part


def test_a_failure_is_tried_again() -> None:
    workshop = Workshop()
    with pytest.raises(RuntimeError):
        _ = workshop.flaw
    assert workshop.flaw is workshop.flaw
