"""Sessions with the local stack's mail server, which answers as Exchange Online does."""

from collections.abc import Iterator

import pytest

from shared.adapters.smtp import SmtpSignIn
from shared.adapters.smtp_submission import OpenMailSession
from tests.support.running_stack import RunningStack
from tests.support.signin import SignInSettings, Switches
from tests.support.submission import opened


@pytest.fixture
def switches(mailbox: RunningStack) -> Iterator[Switches]:
    local = Switches(mailbox.mailbox_url, mailbox.ca_file)
    for what in ("sessions", "messages", "failures"):
        local.call("DELETE", what)
    yield local
    local.call("DELETE", "failures")


@pytest.fixture(scope="module")
def sign_in(mailbox: RunningStack) -> SmtpSignIn:
    return SmtpSignIn(SignInSettings(mailbox.ca_file))


@pytest.fixture
def session(
    sign_in: SmtpSignIn,
    mailbox: RunningStack,
    switches: Switches,  # noqa: ARG001
) -> Iterator[OpenMailSession]:
    with_starttls = opened(sign_in, mailbox)
    yield with_starttls
    with_starttls.leave()
