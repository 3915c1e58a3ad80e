"""Fixtures of every kind of test: the whole local stack, and its components one by one."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.support.environment import clean
from tests.support.running_stack import RunningStack

_STACKS = pytest.StashKey[list[RunningStack]]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the run independent of the machine's own certificates, proxies and settings."""
    config.stash[_STACKS] = []
    kept = clean(os.environ)
    for name in set(os.environ) - set(kept):
        del os.environ[name]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a failure what the components logged last."""
    report = yield
    if report.failed:
        for stack in item.config.stash[_STACKS]:
            report.sections.append(("logs of the local stack", stack.recent_logs()))
    return report


@pytest.fixture(scope="session")
def stack(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[RunningStack]:
    """The whole local stack on free ports. A test that changes it puts it back."""
    running = RunningStack(tmp_path_factory.mktemp("stack"), os.environ)
    yield from _kept_for_the_run(running, pytestconfig, start=True)


@pytest.fixture(scope="session")
def services(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[RunningStack]:
    """Components without a function host; each fixture below starts those it is named after."""
    running = RunningStack(tmp_path_factory.mktemp("services"), os.environ)
    yield from _kept_for_the_run(running, pytestconfig, start=False)


@pytest.fixture(scope="session")
def azurite(services: RunningStack) -> RunningStack:
    """Tables, queues and blobs, at `storage_connection_string`."""
    services.start("storage")
    return services


@pytest.fixture(scope="session")
def identity(services: RunningStack) -> RunningStack:
    """The identity provider, at `identity_url`."""
    services.start("identity")
    return services


@pytest.fixture(scope="session")
def vault(services: RunningStack) -> RunningStack:
    """Key Vault and managed identity, at `vault_url`."""
    services.start("vault")
    return services


@pytest.fixture(scope="session")
def mailbox(services: RunningStack) -> RunningStack:
    """The mail server, and the identity provider that it asks about access tokens."""
    services.start("identity", "mailbox")
    return services


@pytest.fixture(scope="session")
def repository() -> Path:
    """The work tree."""
    return Path(__file__).resolve().parent.parent


def _kept_for_the_run(
    running: RunningStack, config: pytest.Config, *, start: bool
) -> Iterator[RunningStack]:
    config.stash[_STACKS].append(running)
    try:
        if start:
            running.start()
        yield running
    finally:
        running.stop()
