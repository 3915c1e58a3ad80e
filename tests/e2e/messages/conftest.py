"""Organizations that send, and what arrives."""

from collections.abc import Iterator

import pytest

from tests.support.running_stack import RunningStack
from tests.support.sending import Organization, Receiver

PACED = "paced@contoso.example"
PACED_MESSAGES = 36


@pytest.fixture
def organization(stack: RunningStack) -> Organization:
    """One with nothing in it."""
    return Organization(stack)


@pytest.fixture
def receiver(stack: RunningStack) -> Iterator[Receiver]:
    """The mail server, which keeps no ordered failures afterwards."""
    server = Receiver(stack)
    yield server
    server.forget_failures()


@pytest.fixture(scope="session", autouse=True)
def paced(stack: RunningStack) -> tuple[Organization, list[str]]:
    """An organization that has submitted more than a mailbox may send in a minute, and their ids.

    The minute goes by while the other tests of this folder run.
    """
    organization = Organization(stack)
    organization.add_verified(PACED)
    return organization, [organization.submit()["id"] for _ in range(PACED_MESSAGES)]
