"""The platform's own sender, for organizations that have none that works."""

import uuid
from collections.abc import Iterator

import pytest

from tests.support.running_stack import RunningStack
from tests.support.sending import Organization, Receiver, header

PLATFORM = str(uuid.uuid4())
SENDER = "platform@msp.example"


@pytest.fixture(scope="module")
def platform(stack: RunningStack) -> Iterator[Organization]:
    """The organization of the platform, named by the setting."""
    usual = stack.settings["PLATFORM_ORGANIZATION"]
    stack.restart("host", settings={"PLATFORM_ORGANIZATION": PLATFORM})
    organization = Organization(stack, PLATFORM)
    organization.add_verified(SENDER)
    yield organization
    stack.restart("host", settings={"PLATFORM_ORGANIZATION": usual})


@pytest.mark.usefixtures("platform")
def test_it_sends_for_who_has_no_verified_config_with_their_reply_to(
    organization: Organization, receiver: Receiver
) -> None:
    config = organization.add(
        "helped@contoso.example", password="wrong", replyTo="support@contoso.example"
    )
    organization.when_status(config, "notVerified")
    submitted = organization.submit()
    assert submitted["platformSender"] is True
    assert "configId" not in submitted
    sent = organization.when(submitted)
    assert (sent["status"], sent["sender"]) == ("sent", SENDER)
    [entry] = [
        one for one in receiver.arrived(SENDER) if header(one, "Message-ID") == sent["messageId"]
    ]
    assert header(entry, "From") == SENDER
    assert header(entry, "Reply-To") == "support@contoso.example"


@pytest.mark.usefixtures("platform")
def test_who_does_not_want_it_is_refused(organization: Organization) -> None:
    problem = organization.submit(allowPlatformSender=False, expected=409)
    assert problem["code"] == "no_verified_config"
