"""Organizations that send, and what arrives."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.running_stack import RunningStack
from tests.support.sending import Organization, Receiver

PACED = "paced@contoso.example"
PACED_MESSAGES = 36
DEFERRING = "deferring@contoso.example"
PUT_OFF = "put-off@greylisting.example"
UNKNOWN = "unknown@greylisting.example"


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


@pytest.fixture(scope="session", autouse=True)
def put_off(stack: RunningStack) -> tuple[Organization, Any, Any]:
    """An organization with a message for three recipients, of whom one is put off and one refused:
    what it submitted, and what is said after the first attempt.

    The pause before the next one goes by while the other tests of this folder run.
    """
    organization, receiver = Organization(stack), Receiver(stack)
    organization.add_verified(DEFERRING)
    for recipient, reply in ((PUT_OFF, "451 4.7.1 Greylisted"), (UNKNOWN, "550 5.1.1 Nobody")):
        receiver.fail(DEFERRING, "rcpt", recipient=recipient, reply=reply)
    submitted = organization.submit(cc=[PUT_OFF, UNKNOWN])
    return organization, submitted, organization.when(submitted, {"retrying", "sent", "failed"})
