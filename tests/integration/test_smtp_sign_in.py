"""Signing in to the local stack's mail server, which answers as Exchange Online does."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.entra import EntraIdentityProvider
from shared.adapters.smtp import Limits, SmtpSignIn
from shared.domain.config import Security
from shared.domain.failures import Failure, MailServerError
from shared.domain.reasons import CATALOGUE
from shared.ports import BearerToken, MailServer, Password
from tests.support.running_stack import RunningStack
from tests.support.signin import (
    MAILBOX,
    REDIRECT_URI,
    SignInSettings,
    Switches,
    application,
    user_answers,
)

PASSWORD = Password(MAILBOX, "local-password")
REPLIES = Path(__file__).parents[1] / "unit" / "data" / "smtp_replies.txt"
STEPS = ["connect", "ehlo", "starttls", "auth"]


@pytest.fixture(scope="module")
def token(mailbox: RunningStack) -> str:
    """An access token of the mailbox, as long as Microsoft's."""
    provider = EntraIdentityProvider(SignInSettings(mailbox.ca_file))
    app = application(mailbox.identity_url)
    url, state, protocol = provider.begin(app, REDIRECT_URI, MAILBOX)
    answer = user_answers(url, mailbox.ca_file)
    tokens = provider.redeem(app, state, protocol, answer)
    provider.close()
    return tokens.access_token


@pytest.fixture
def switches(mailbox: RunningStack) -> Iterator[Switches]:
    local = Switches(mailbox.mailbox_url, mailbox.ca_file)
    local.call("DELETE", "sessions")
    yield local
    local.call("DELETE", "failures")


@pytest.fixture(scope="module")
def mail(mailbox: RunningStack) -> SmtpSignIn:
    return SmtpSignIn(SignInSettings(mailbox.ca_file))


def server(stack: RunningStack, security: Security = Security.STARTTLS) -> MailServer:
    port = stack.ports.smtp if security is Security.STARTTLS else stack.ports.smtps
    return MailServer("localhost", port, security)


def failure_of(
    mail: SmtpSignIn, place: MailServer, credential: Password | BearerToken = PASSWORD
) -> Failure:
    with pytest.raises(MailServerError) as caught:
        mail.sign_in(place, credential)
    failure = caught.value.failure
    secret = credential.password if isinstance(credential, Password) else credential.access_token
    assert failure.code in CATALOGUE
    assert not failure.ends_grant
    assert secret not in repr(failure)
    assert caught.value.__cause__ is None
    return failure


def last_session(switches: Switches) -> dict[str, Any]:
    sessions: list[dict[str, Any]] = switches.call("GET", "sessions")
    return sessions[-1]


@pytest.mark.parametrize("security", list(Security))
def test_a_token_signs_in(
    mail: SmtpSignIn, mailbox: RunningStack, switches: Switches, token: str, security: Security
) -> None:
    mail.sign_in(server(mailbox, security), BearerToken(MAILBOX, token))

    session = last_session(switches)
    assert (session["user"], session["mechanism"], session["authenticated"]) == (
        MAILBOX, "XOAUTH2", True,
    )  # fmt: skip
    assert session["tls"]
    assert session["commands"][-1]["command"] == "QUIT"
    assert len(token) > 1500


@pytest.mark.parametrize("security", list(Security))
def test_a_password_signs_in(
    mail: SmtpSignIn, mailbox: RunningStack, switches: Switches, security: Security
) -> None:
    mail.sign_in(server(mailbox, security), PASSWORD)

    session = last_session(switches)
    assert (session["mechanism"], session["authenticated"]) == ("PLAIN", True)


def test_nothing_is_told_before_tls(
    mail: SmtpSignIn, mailbox: RunningStack, switches: Switches
) -> None:
    mail.sign_in(server(mailbox), PASSWORD)

    names = [entry["command"] for entry in last_session(switches)["commands"]]
    assert [name for name in names if name != "connect"] == [
        "EHLO", "STARTTLS", "EHLO", "AUTH", "QUIT",
    ]  # fmt: skip


def test_a_wrong_password_is_told(mail: SmtpSignIn, mailbox: RunningStack) -> None:
    failure = failure_of(mail, server(mailbox), Password(MAILBOX, "not-the-password"))

    assert (failure.code, failure.passing) == ("password_rejected", False)
    assert failure.detail == "535 5.7.3 Authentication unsuccessful"


def test_another_users_token_is_told_with_the_challenges_status(
    mail: SmtpSignIn, mailbox: RunningStack, token: str
) -> None:
    failure = failure_of(mail, server(mailbox), BearerToken("other@contoso.example", token))

    assert (failure.code, failure.passing) == ("sign_in_rejected", False)
    assert failure.detail == "535 5.7.3 Authentication unsuccessful (XOAUTH2 status 401)"


@pytest.mark.parametrize("length", [1, 200, 400, 2500, 9000])
def test_a_wrong_token_of_any_length_is_told(
    mail: SmtpSignIn, mailbox: RunningStack, length: int
) -> None:
    failure = failure_of(mail, server(mailbox), BearerToken(MAILBOX, "x" * length))

    assert failure.code == "sign_in_rejected"


@pytest.mark.parametrize("user", ["ünï@contoso.example", "a" * 300 + "@contoso.example"])
def test_names_and_passwords_of_any_letters_and_length_reach_the_server(
    mail: SmtpSignIn, mailbox: RunningStack, switches: Switches, user: str
) -> None:
    failure = failure_of(mail, server(mailbox), Password(user, "pässwörd" * 60))

    assert failure.code == "password_rejected"
    assert last_session(switches)["user"] == user


@pytest.mark.parametrize(
    ("credential", "code"),
    [
        (Password("a@b.example\r\nQUIT", "x"), "password_rejected"),
        (Password("a\0b", "x"), "password_rejected"),
        (Password(MAILBOX, "x\0y"), "password_rejected"),
        (Password(MAILBOX, "x\r\ny"), "password_rejected"),
        (BearerToken("a\1auth=Bearer y", "x"), "sign_in_rejected"),
        (BearerToken(MAILBOX, "x\1\1"), "sign_in_rejected"),
    ],
)
def test_control_characters_never_reach_the_server(
    mail: SmtpSignIn,
    mailbox: RunningStack,
    switches: Switches,
    credential: Password | BearerToken,
    code: str,
) -> None:
    with pytest.raises(MailServerError) as caught:
        mail.sign_in(server(mailbox), credential)

    assert caught.value.failure.code == code
    assert switches.call("GET", "sessions") == []


@pytest.mark.parametrize("security", list(Security))
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_connection_that_is_cut_passes(
    mail: SmtpSignIn,
    mailbox: RunningStack,
    switches: Switches,
    security: Security,
    step: str,
    drop: str,
) -> None:
    if security is Security.TLS and step == "starttls":
        step = "ehlo"
    switches.call("POST", "failures", {"at": step, "drop": drop})

    failure = failure_of(mail, server(mailbox, security))

    assert (failure.code, failure.passing) == ("connection_lost", True)


def test_a_connection_that_is_cut_at_quit_does_not_matter(
    mail: SmtpSignIn, mailbox: RunningStack, switches: Switches
) -> None:
    switches.call("POST", "failures", {"at": "quit", "drop": "before"})

    mail.sign_in(server(mailbox), PASSWORD)


@pytest.mark.parametrize("step", STEPS)
def test_a_reply_that_does_not_come_passes(
    mailbox: RunningStack, switches: Switches, step: str
) -> None:
    mail = SmtpSignIn(
        SignInSettings(mailbox.ca_file), Limits(connect=1.0, step=0.3, total=1.0, quit=0.1)
    )
    switches.call("POST", "failures", {"at": step, "delay_ms": 1500})

    failure = failure_of(mail, server(mailbox))

    assert (failure.code, failure.passing) == ("connection_timed_out", True)


@pytest.mark.parametrize("step", STEPS)
def test_a_421_at_any_step_passes(
    mail: SmtpSignIn, mailbox: RunningStack, switches: Switches, step: str
) -> None:
    switches.call("POST", "failures", {"at": step, "reply": "421 4.3.2 Service not available"})

    failure = failure_of(mail, server(mailbox))

    assert (failure.code, failure.passing) == ("smtp_try_later", True)


def replies() -> list[tuple[str, str]]:
    """(reply, reason) of what real servers say."""
    lines = REPLIES.read_text(encoding="utf-8").splitlines()
    parts = [re.fullmatch(r"(\w+): (.+)", line) for line in lines]
    return [(part[2], part[1]) for part in parts if part]


@pytest.mark.parametrize(("reply", "reason"), replies())
def test_every_known_reply_to_auth_has_its_reason(
    mail: SmtpSignIn, mailbox: RunningStack, switches: Switches, token: str, reply: str, reason: str
) -> None:
    switches.call("POST", "failures", {"at": "auth", "reply": reply})

    failure = failure_of(mail, server(mailbox), BearerToken(MAILBOX, token))

    assert failure.code == reason
    assert failure.detail is not None
    assert failure.detail.startswith(reply[:20])


def test_a_refused_starttls_is_no_reason_to_go_on_without(
    mail: SmtpSignIn, mailbox: RunningStack, switches: Switches
) -> None:
    switches.call("POST", "failures", {"at": "starttls", "reply": "454 TLS not available"})

    failure = failure_of(mail, server(mailbox))

    assert (failure.code, failure.passing) == ("smtp_try_later", True)
    assert last_session(switches)["user"] is None


def test_tls_from_the_first_byte_where_starttls_is_spoken_is_told(
    mail: SmtpSignIn, mailbox: RunningStack
) -> None:
    place = MailServer("localhost", mailbox.ports.smtp, Security.TLS)

    failure = failure_of(mail, place)

    assert (failure.code, failure.passing) == ("tls_failed", False)
    assert failure.detail is not None
    assert failure.detail.endswith("use starttls")


def test_starttls_where_tls_is_spoken_from_the_first_byte_is_told(
    mailbox: RunningStack,
) -> None:
    mail = SmtpSignIn(SignInSettings(mailbox.ca_file), Limits(step=0.5, total=4.0))
    place = MailServer("localhost", mailbox.ports.smtps, Security.STARTTLS)

    failure = failure_of(mail, place)

    assert (failure.code, failure.passing) == ("tls_failed", False)
    assert failure.detail is not None
    assert failure.detail.endswith("use tls")


@pytest.mark.parametrize("security", list(Security))
def test_a_certificate_of_an_unknown_authority_is_told(
    mailbox: RunningStack, security: Security
) -> None:
    mail = SmtpSignIn(SignInSettings(None))

    failure = failure_of(mail, server(mailbox, security))

    assert (failure.code, failure.passing) == ("tls_certificate_invalid", False)


def test_a_private_host_that_is_not_in_the_setting_is_turned_down(mailbox: RunningStack) -> None:
    mail = SmtpSignIn(SignInSettings(mailbox.ca_file, extra_mail_hosts=()))

    assert failure_of(mail, server(mailbox)).code == "address_not_allowed"


def test_the_session_goes_on_to_send_a_message(
    mail: SmtpSignIn, mailbox: RunningStack, switches: Switches, token: str
) -> None:
    switches.call("DELETE", "messages")
    session = mail.connect_and_authenticate(server(mailbox), BearerToken(MAILBOX, token))

    text = f"From: {MAILBOX}\r\nTo: you@fabrikam.example\r\nSubject: Hello\r\n\r\nHello.\r\n"
    session.sendmail(MAILBOX, ["you@fabrikam.example"], text)
    session.leave(1.0)

    assert len(switches.call("GET", "messages?to=you@fabrikam.example")) == 1
