"""Messages handed over to the local stack's mail server, and what it saw of them."""

from collections.abc import Sequence
from email.message import EmailMessage
from typing import Any

import pytest
import requests

from shared.adapters.smtp import SmtpSignIn
from shared.adapters.smtp_submission import OpenMailSession, SmtpSubmission
from shared.adapters.smtp_transaction import SendLimits
from shared.domain.config import Security
from shared.domain.failures import Failure, MailServerError, Refusal
from shared.domain.reasons import CATALOGUE
from shared.ports import MailServer, Password
from tests.support.mail import MAILBOX, a_config, a_content, a_message, received
from tests.support.running_stack import RunningStack
from tests.support.signin import Switches

PASSWORD = Password(MAILBOX, "local-password")


def opened(
    sign_in: SmtpSignIn,
    stack: RunningStack,
    security: Security = Security.STARTTLS,
    limits: SendLimits | None = None,
) -> OpenMailSession:
    port = stack.ports.smtp if security is Security.STARTTLS else stack.ports.smtps
    return SmtpSubmission(sign_in, limits).open(MailServer("localhost", port, security), PASSWORD)


def failure_of(session: OpenMailSession, **content: Any) -> Failure:
    with pytest.raises(MailServerError) as caught:
        session.send(a_config(), a_message(), a_content(**content))
    assert caught.value.failure.code in CATALOGUE
    assert caught.value.__cause__ is None
    return caught.value.failure


def commands(switches: Switches) -> list[str]:
    """The commands of the last session after the sign-in."""
    names = [entry["command"] for entry in switches.call("GET", "sessions")[-1]["commands"]]
    return names[names.index("AUTH") + 1 :]


def arrived(stack: RunningStack, switches: Switches, to: str = "") -> list[EmailMessage]:
    """The messages that the mailbox holds, the oldest first."""
    return [received(raw_of(stack, found)) for found in envelopes(switches, to)]


def envelopes(switches: Switches, to: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = switches.call("GET", f"messages?to={to}")
    return found[::-1]


def raw_of(stack: RunningStack, envelope: dict[str, Any]) -> bytes:
    with requests.Session() as http:
        http.trust_env = False
        return http.get(f"{stack.mailbox_url}/messages/{envelope['id']}/raw", timeout=10).content


def said(refusals: Sequence[Refusal]) -> dict[str, tuple[str, bool, str | None]]:
    """By recipient: the reason, whether it passes, and the server's words."""
    return {
        one.recipient: (one.failure.code, one.failure.passing, one.failure.detail)
        for one in refusals
    }


def refuse(switches: Switches, recipient: str, reply: str) -> None:
    order = {"at": "rcpt", "recipient": recipient, "reply": reply, "times": -1}
    switches.call("POST", "failures", order)
