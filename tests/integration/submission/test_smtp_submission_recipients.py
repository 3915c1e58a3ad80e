"""What a mail server says of each recipient."""

import pytest

from shared.adapters.smtp_submission import OpenMailSession
from shared.domain.config import Occurrence
from shared.domain.delivery import ABOUT_THE_MAILBOX
from shared.domain.failures import RecipientsRefusedError
from shared.domain.message import Undelivered
from tests.support.mail import NOW, a_config, a_content, a_message
from tests.support.running_stack import RunningStack
from tests.support.signin import Switches
from tests.support.submission import arrived, envelopes, failure_of, refuse, said


def test_recipients_whom_the_server_refuses_are_named(
    session: OpenMailSession, switches: Switches
) -> None:
    refuse(switches, "no@fabrikam.example", "550 5.1.1 No such user")
    refuse(switches, "full@fabrikam.example", "452 4.2.2 Mailbox full")
    names = ("no@fabrikam.example", "yes@fabrikam.example", "full@fabrikam.example")

    accepted = session.send(a_config(), a_message(), a_content(*names))

    assert said(accepted.refusals) == {
        "no@fabrikam.example": ("recipient_refused", False, "550 5.1.1 No such user"),
        "full@fabrikam.example": ("smtp_try_later", True, "452 4.2.2 Mailbox full"),
    }
    assert [found["rcpt_tos"] for found in envelopes(switches)] == [["yes@fabrikam.example"]]


def test_a_message_that_nobody_can_get_fails_with_the_servers_words(
    session: OpenMailSession, switches: Switches
) -> None:
    refuse(switches, "a@fabrikam.example", "550 5.1.1 No such user")
    refuse(switches, "b@fabrikam.example", "552 5.2.2 Mailbox full")

    failure = failure_of(session, to=("a@fabrikam.example", "b@fabrikam.example"))

    assert (failure.code, failure.passing) == ("recipients_refused", False)
    assert failure.detail == "550 5.1.1 No such user; 552 5.2.2 Mailbox full"
    assert session.is_open


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("554 5.7.1 <a@fabrikam.example>: Relay access denied", "relay_denied"),
        ("550 relay not permitted", "relay_denied"),
        ("550 5.7.1 Relaying denied", "relay_denied"),
        ("550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", "relay_denied"),
        (
            "550 5.7.1 <a@fabrikam.example>: Recipient address rejected: Sender rejected: a list",
            "recipients_refused",
        ),
    ],
)
def test_what_a_server_has_against_one_recipient_is_nothing_about_the_mailbox(
    session: OpenMailSession, switches: Switches, reply: str, code: str
) -> None:
    refuse(switches, "a@fabrikam.example", reply)

    failure = failure_of(session, to=("a@fabrikam.example",))

    assert (failure.code, failure.passing, failure.detail) == (code, False, reply)
    assert failure.code not in ABOUT_THE_MAILBOX
    assert session.is_open


def test_how_much_a_recipient_takes_does_not_slow_down_the_mailbox(
    session: OpenMailSession, switches: Switches
) -> None:
    limit = "450 4.7.1 <a@fabrikam.example>: Recipient address rejected: rate limit, slow down"
    refuse(switches, "a@fabrikam.example", limit)

    failure = failure_of(session, to=("a@fabrikam.example",))

    assert (failure.code, failure.passing, failure.detail) == ("smtp_try_later", True, limit)


def test_a_message_that_somebody_may_get_later_passes(
    session: OpenMailSession, switches: Switches
) -> None:
    refuse(switches, "a@fabrikam.example", "550 5.1.1 No such user")
    refuse(switches, "b@fabrikam.example", "451 4.7.1 Greylisted")

    with pytest.raises(RecipientsRefusedError) as caught:
        session.send(a_config(), a_message(), a_content("a@fabrikam.example", "b@fabrikam.example"))

    failure = caught.value.failure
    assert (failure.code, failure.passing) == ("smtp_try_later", True)
    assert said(caught.value.refusals) == {
        "a@fabrikam.example": ("recipient_refused", False, "550 5.1.1 No such user"),
        "b@fabrikam.example": ("smtp_try_later", True, "451 4.7.1 Greylisted"),
    }
    assert session.is_open


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("452 4.5.3 Too many recipients", "too_many_recipients"),
        ("452 Too many recipients received", "too_many_recipients"),
        ("452 try them in another transaction", "too_many_recipients"),
        ("552 5.5.3 Too many recipients", "too_many_recipients"),
        ("550 Too many rcpt", "too_many_recipients"),
        ("554 5.7.1 Maximum recipients per message reached", "too_many_recipients"),
        ("452 4.2.2 Mailbox full", "smtp_try_later"),
        ("452 4.3.1 Insufficient system storage", "smtp_try_later"),
    ],
)
def test_who_is_one_too_many_or_put_off_can_have_it_later(
    session: OpenMailSession, switches: Switches, reply: str, code: str
) -> None:
    refuse(switches, "b@fabrikam.example", reply)

    accepted = session.send(
        a_config(), a_message(), a_content("a@fabrikam.example", "b@fabrikam.example")
    )

    assert said(accepted.refusals) == {"b@fabrikam.example": (code, True, reply)}
    assert session.is_open
    assert [found["rcpt_tos"] for found in envelopes(switches)] == [["a@fabrikam.example"]]


def test_who_has_it_already_is_not_named_again_but_still_shown(
    session: OpenMailSession, mailbox: RunningStack, switches: Switches
) -> None:
    names = ("a@fabrikam.example", "b@fabrikam.example")
    deferred = (Undelivered(names[1], Occurrence("smtp_try_later", NOW)),)

    session.send(a_config(), a_message(recipients=2, deferred=deferred), a_content(*names))

    assert [found["rcpt_tos"] for found in envelopes(switches)] == [[names[1]]]
    [found] = arrived(mailbox, switches)
    assert str(found["To"]) == ", ".join(names)


def test_letters_before_the_at_go_with_smtputf8(
    session: OpenMailSession, mailbox: RunningStack, switches: Switches
) -> None:
    session.send(a_config(), a_message(), a_content("jürgen@bücher.example"))
    session.send(a_config(), a_message(), a_content("plain@bücher.example"))

    utf8, plain = arrived(mailbox, switches)
    assert str(utf8["To"]) == "jürgen@bücher.example"
    assert str(plain["To"]) == "plain@xn--bcher-kva.example"
    mails = [
        entry["argument"]
        for entry in switches.call("GET", "sessions")[-1]["commands"]
        if entry["command"] == "MAIL"
    ]
    assert mails[0].endswith(" BODY=8BITMIME SMTPUTF8")
    assert "SMTPUTF8" not in mails[1]
    assert [found["rcpt_tos"] for found in envelopes(switches)] == [
        ["jürgen@bücher.example"], ["plain@xn--bcher-kva.example"],
    ]  # fmt: skip
