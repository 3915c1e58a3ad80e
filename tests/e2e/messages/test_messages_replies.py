"""What the mail server says, and what becomes of the message and of the config."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.local.stack.banner import PASSWORD
from shared.domain.delivery import ABOUT_THE_MAILBOX
from tests.support.running_stack import RunningStack
from tests.support.sending import Organization, Receiver, header

REPLIES = Path(__file__).parents[2] / "unit" / "data" / "smtp_replies.txt"
PASSING = {"smtp_throttled", "sending_quota_exceeded", "smtp_try_later"}
OF_SIGNING_IN = {
    "sign_in_rejected",
    "smtp_auth_disabled_tenant",
    "smtp_auth_disabled_mailbox",
    "smtp_policy_blocked",
    "account_locked",
    "basic_auth_retired",
}
CUT = [(at, drop) for at in ("auth", "mail", "rcpt", "data", "eod") for drop in ("before", "after")]
TRIED = {"retrying", "failed", "sent"}


def _first_replies() -> dict[str, str]:
    """One reply of the mail server for each reason."""
    found: dict[str, str] = {}
    for line in REPLIES.read_text(encoding="utf-8").splitlines():
        reason, _, reply = line.partition(": ")
        found.setdefault(reason, reply)
    return found


FIRST_REPLIES = _first_replies()


def _of_reply(reason: str) -> str:
    return f"{reason.replace('_', '-')}@contoso.example"


def _of_cut(at: str, drop: str) -> str:
    return f"cut-{at}-{drop}@contoso.example"


@dataclass
class Tried:
    """Messages that were submitted at once, each through a mailbox that fails in its own way."""

    organization: Organization
    receiver: Receiver
    configs: dict[str, Any]
    messages: dict[str, Any]

    def outcome(self, user: str) -> tuple[Any, Any]:
        """What became of the message and of the config."""
        message = self.organization.when(self.messages[user], TRIED)
        return message, self.organization.call("GET", f"configs/{self.configs[user]['id']}", 200)


@pytest.fixture(scope="module")
def tried(stack: RunningStack) -> Iterator[Tried]:
    organization, receiver = Organization(stack), Receiver(stack)
    failures: dict[str, dict[str, Any]] = {
        _of_reply(reason): {
            "at": "auth" if reason in OF_SIGNING_IN else "eod",
            "reply": reply,
            "times": -1,
        }
        for reason, reply in FIRST_REPLIES.items()
    } | {_of_cut(at, drop): {"at": at, "drop": drop} for at, drop in CUT}
    configs = dict(zip(failures, organization.add_verified(*failures), strict=True))
    for user, failure in failures.items():
        receiver.fail(user, **failure)
    messages = {user: organization.submit(configId=configs[user]["id"]) for user in failures}
    yield Tried(organization, receiver, configs, messages)
    receiver.forget_failures()


@pytest.mark.parametrize("reason", list(FIRST_REPLIES))
def test_a_reply_leads_to_its_reason_and_status(tried: Tried, reason: str) -> None:
    message, config = tried.outcome(_of_reply(reason))
    signing_in = reason in OF_SIGNING_IN
    wanted = "retrying" if signing_in or reason in PASSING else "failed"
    # Whose password it is that is not accepted, the server does not say.
    expected = "password_rejected" if reason == "sign_in_rejected" else reason
    assert (message["status"], message["reason"]["code"]) == (wanted, expected)
    assert message["reason"]["remedy"]
    assert ("nextAttemptAt" in message) == (wanted == "retrying")
    raised = signing_in or reason in ABOUT_THE_MAILBOX
    assert config["status"] == ("notVerified" if raised else "verified")
    assert config.get("reason", {}).get("code") == (expected if raised else None)
    assert tried.receiver.arrived(_of_reply(reason)) == []


@pytest.mark.parametrize(("at", "drop"), CUT)
def test_a_message_whose_connection_is_cut_is_tried_again(tried: Tried, at: str, drop: str) -> None:
    message, config = tried.outcome(_of_cut(at, drop))
    assert (message["status"], message["attempts"]) == ("retrying", 1)
    assert config["status"] == "verified"
    # The server took it, and nobody heard: it arrives again, under the same Message-ID.
    taken = drop == "after" and at in {"data", "eod"}
    assert len(tried.receiver.arrived(_of_cut(at, drop))) == int(taken)


def test_a_password_that_stops_working_lets_messages_wait_for_the_new_one(
    organization: Organization, receiver: Receiver
) -> None:
    user = "changed@contoso.example"
    [config] = organization.add_verified(user)
    receiver.fail(user, "auth", reply="535 5.7.3 Authentication unsuccessful", times=-1)
    first = organization.submit()
    assert organization.when(first, TRIED)["reason"]["code"] == "password_rejected"
    assert organization.when_status(config, "notVerified")["reason"]["code"] == "password_rejected"
    second = organization.submit()
    waiting = organization.when(second, TRIED)
    assert (waiting["status"], waiting["reason"]["code"]) == ("retrying", "password_rejected")

    receiver.forget_failures()
    organization.call("PATCH", f"configs/{config['id']}", 200, json={"password": PASSWORD})
    for submitted in (first, second):
        assert organization.when(submitted)["status"] == "sent"
    arrived = {header(entry, "Message-ID") for entry in receiver.arrived(user)}
    assert arrived == {first["messageId"], second["messageId"]}
