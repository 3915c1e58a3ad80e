"""Many workers, one grant, and a provider that forgives nothing.

The local identity provider rotates refresh tokens, and revokes the grant when an old one is used.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.container import Container
from shared.domain.changes import ConfigFields
from shared.domain.config import AuthType, Config, Status
from shared.domain.principal import Principal, Role
from shared.settings import Settings
from tests.support.entra import CLIENT, SECRET, TENANT, Browser
from tests.support.running_stack import RunningStack

PROCESSES, CHECKS_EACH = 5, 10
MAILBOX = "crowded@contoso.example"
ADMIN = Principal(TENANT, "admin@contoso.example", frozenset({Role.MANAGE}))


@pytest.fixture
def components(azurite: RunningStack, vault: RunningStack, mailbox: RunningStack) -> RunningStack:
    """Everything but the function host."""
    assert azurite is vault is mailbox
    return azurite


@pytest.fixture
def environment(components: RunningStack) -> dict[str, str]:
    """What a worker process of the function app has for settings."""
    return components.settings


@pytest.fixture
def container(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Container:
    """This process's worker."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Container(Settings.from_environment(environment))


@pytest.fixture
def config(container: Container, components: RunningStack) -> Config:
    """A mailbox that was authorized."""
    base = f"{components.identity_url}/{TENANT}/oauth2/v2.0"
    fields: ConfigFields = {
        "auth_type": AuthType.OAUTH2,
        "host_name": "localhost",
        "port": components.ports.smtp,
        "user_name": MAILBOX,
        "authorization_url": f"{base}/authorize",
        "token_url": f"{base}/token",
        "client_id": CLIENT,
        "client_secret": SECRET,
    }
    config = container.configs_service.create(ADMIN, fields)
    started = container.authorization_service.start(ADMIN, config.id)
    browser = Browser(components.ca_file)
    answer = browser.sign_in(started.authorization_url, MAILBOX)
    browser.close()
    outcome = container.authorization_service.finish(
        answer, {started.cookie_name: started.cookie_value}
    )
    assert outcome.ok, outcome
    return container.configs_service.get(TENANT, config.id)


def test_50_checks_at_once_in_several_processes_leave_the_grant_alive(
    container: Container, config: Config, environment: dict[str, str], repository: Path
) -> None:
    command = [sys.executable, "-m", "tests.support.checking_process", TENANT, config.id]
    workers = [
        subprocess.Popen(
            [*command, str(CHECKS_EACH)],
            cwd=repository,
            env={"PATH": "/usr/bin:/bin", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("begin\n")
        worker.stdin.flush()
    results = [worker.communicate(timeout=120) for worker in workers]

    statuses = [line for output, _ in results for line in output.split()]
    assert statuses == ["verified"] * (PROCESSES * CHECKS_EACH), [error for _, error in results]
    after = container.verification_service.check_now(ADMIN, config.id)
    assert after.status is Status.VERIFIED
    assert after.lease is None
    assert after.token_refreshed_at is not None
    assert config.token_refreshed_at is not None
    assert after.token_refreshed_at > config.token_refreshed_at
