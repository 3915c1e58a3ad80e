"""Messages handed over to the local stack's mail server, which answers as Exchange Online does."""

import base64
import re
from pathlib import Path

import pytest

from shared.adapters.smtp import SmtpSignIn
from shared.adapters.smtp_submission import OpenMailSession
from shared.adapters.smtp_transaction import SendLimits
from shared.domain.config import Security
from shared.domain.failures import MailServerError
from shared.domain.message import Attachment
from shared.domain.reasons import classify_smtp
from tests.support.mail import a_config, a_content, a_message
from tests.support.running_stack import RunningStack
from tests.support.signin import Switches
from tests.support.submission import arrived, commands, envelopes, failure_of, opened

REPLIES = Path(__file__).parents[2] / "unit" / "data" / "smtp_replies.txt"
STEPS = ["mail", "rcpt", "data", "eod"]
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 400
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
BY_STEP = {
    ("rcpt", "smtp_refused"): "recipients_refused",
    ("rcpt", "mailbox_full"): "recipients_refused",
    ("mail", "smtp_refused"): "sender_refused",
}
"""What a refusal of the only recipient says of the recipient, and one of the sender of that."""


@pytest.mark.parametrize("security", list(Security))
def test_each_field_arrives(
    sign_in: SmtpSignIn, mailbox: RunningStack, switches: Switches, security: Security
) -> None:
    config = a_config(
        from_name="Contoso – Berichte",  # noqa: RUF001
        from_address="shared@contoso.example",
        reply_to="support@contoso.example",
        signature="<p>Grüße, <b>Contoso</b></p>",
    )
    content = a_content(
        "a@fabrikam.example",
        cc=("b@fabrikam.example",),
        bcc=("c@fabrikam.example",),
        subject="Jahresübersicht 😀 " * 8,
        text="Guten Tag\n.\n.. and dots\n",
        html='<p>Guten Tag <img src="cid:chart"></p>',
        attachments=(
            Attachment("Übersicht – März.pdf", "application/pdf", PDF),  # noqa: RUF001
            Attachment("chart.png", "image/png", PNG, "chart"),
        ),
        headers=(("X-Report", "7"),),
    )
    session = opened(sign_in, mailbox, security)

    accepted = session.send(config, a_message(), content)
    session.leave()

    assert re.fullmatch(r"250 2\.0\.0 OK <.+> \[Hostname=localhost\]", accepted.reply)
    assert accepted.refusals == ()
    [envelope] = envelopes(switches)
    assert envelope["mail_from"] == "shared@contoso.example"
    assert envelope["rcpt_tos"] == [f"{name}@fabrikam.example" for name in "abc"]
    [found] = arrived(mailbox, switches)
    assert found["From"].addresses[0].addr_spec == "shared@contoso.example"
    assert found["From"].addresses[0].display_name == config.from_name
    assert (str(found["To"]), str(found["Cc"])) == ("a@fabrikam.example", "b@fabrikam.example")
    assert found["Bcc"] is None
    assert str(found["Subject"]) == content.subject.strip()
    assert str(found["Reply-To"]) == "support@contoso.example"
    assert found["Message-ID"] == "<m-1@contoso.example>"
    assert found["X-Report"] == "7"
    plain, rich = found.get_body(("plain",)), found.get_body(("html",))
    assert plain is not None
    assert rich is not None
    assert plain.get_content().split() == (
        ["Guten", "Tag", ".", "..", "and", "dots", "--", "Grüße,", "Contoso"]
    )
    assert "<b>Contoso</b>" in rich.get_content()
    files = {part.get_filename(): part.get_payload(decode=True) for part in found.walk()}
    assert files["Übersicht – März.pdf"] == PDF  # noqa: RUF001
    assert files["chart.png"] == PNG
    assert switches.call("GET", "sessions")[-1]["tls"]


def test_several_messages_leave_over_one_connection(
    session: OpenMailSession, switches: Switches
) -> None:
    for number in range(5):
        session.send(a_config(), a_message(), a_content(subject=f"No. {number}"))
    session.leave()

    assert [found["subject"] for found in envelopes(switches)] == [f"No. {n}" for n in range(5)]
    assert len(switches.call("GET", "sessions")) == 1
    assert commands(switches) == ["MAIL", "RCPT", "DATA"] * 5 + ["QUIT"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("drop", ["before", "after"])
@pytest.mark.parametrize("security", list(Security))
def test_a_connection_that_is_cut_passes(
    sign_in: SmtpSignIn,
    mailbox: RunningStack,
    switches: Switches,
    step: str,
    drop: str,
    security: Security,
) -> None:
    session = opened(sign_in, mailbox, security)
    switches.call("POST", "failures", {"at": step, "drop": drop})

    failure = failure_of(session)

    # Cut in place of a reply to DATA, the server has the message too: it comes with its end.
    at_the_end = step == "eod" or (step == "data" and drop == "after")
    code = "outcome_unknown" if at_the_end else "connection_lost"
    assert (failure.code, failure.passing) == (code, True)
    assert not session.is_open
    # Cut in place of the last reply, the server has the message, and only it knows.
    taken = drop == "after" and step in {"data", "eod"}
    assert len(envelopes(switches)) == taken
    session.leave()


def test_a_session_that_has_ended_says_so_at_once(
    session: OpenMailSession, switches: Switches
) -> None:
    switches.call("POST", "failures", {"at": "mail", "drop": "before"})
    failure_of(session)

    failure = failure_of(session)

    assert (failure.code, failure.passing) == ("connection_lost", True)
    assert envelopes(switches) == []


@pytest.mark.parametrize("step", STEPS)
def test_a_reply_that_does_not_come_passes(
    sign_in: SmtpSignIn, mailbox: RunningStack, switches: Switches, step: str
) -> None:
    limits = SendLimits(step=0.2, end=0.2, reset=0.2, quit=0.1)
    session = opened(sign_in, mailbox, limits=limits)
    switches.call("POST", "failures", {"at": step, "delay_ms": 1000})

    failure = failure_of(session)

    code = "outcome_unknown" if step == "eod" else "connection_timed_out"
    assert (failure.code, failure.passing) == (code, True)
    assert failure.detail is not None
    assert "no answer in time" in failure.detail
    assert not session.is_open


@pytest.mark.parametrize("step", STEPS)
def test_a_421_passes_and_ends_the_session(
    session: OpenMailSession, switches: Switches, step: str
) -> None:
    switches.call("POST", "failures", {"at": step, "reply": "421 4.3.2 Service not available"})

    failure = failure_of(session)

    assert (failure.code, failure.passing) == ("smtp_try_later", True)
    assert not session.is_open
    assert "RSET" not in commands(switches)


def replies() -> list[tuple[str, str]]:
    """(reply, reason) of what real servers say."""
    lines = REPLIES.read_text(encoding="utf-8").splitlines()
    parts = [re.fullmatch(r"(\w+): (.+)", line) for line in lines]
    return [(part[2], part[1]) for part in parts if part]


@pytest.mark.parametrize(("reply", "reason"), [r for r in replies() if r[0][:3] != "421"])
def test_every_known_reply_has_its_reason_at_each_step(
    session: OpenMailSession, switches: Switches, reply: str, reason: str
) -> None:
    # The config signs in with a password, for which a few replies mean another thing.
    expected = classify_smtp(int(reply[:3]), reply[4:], oauth=False)
    assert expected.code in {reason, "password_rejected"}
    for step in STEPS:
        switches.call("POST", "failures", {"at": step, "reply": reply})

        failure = failure_of(session)

        at_step = BY_STEP.get((step, reason), expected.code)
        assert failure.code == at_step, step
        assert failure.passing == expected.passing
        assert failure.detail is not None
        assert failure.detail.startswith(reply[:20])
        assert session.is_open, step
    session.send(a_config(), a_message(), a_content())
    session.leave()

    assert len(envelopes(switches)) == 1
    assert commands(switches) == [
        "MAIL", "RSET",
        "MAIL", "RCPT", "RSET",
        "MAIL", "RCPT", "DATA", "RSET",
        "MAIL", "RCPT", "DATA", "RSET",
        "MAIL", "RCPT", "DATA", "QUIT",
    ]  # fmt: skip


def test_a_mailbox_that_may_not_send_as_another_is_told_at_the_end(
    session: OpenMailSession, switches: Switches
) -> None:
    config = a_config(from_address="boss@contoso.example")
    with pytest.raises(MailServerError) as caught:
        session.send(config, a_message(), a_content())

    failure = caught.value.failure
    assert (failure.code, failure.passing) == ("send_as_denied", False)
    assert session.is_open
    assert envelopes(switches) == []


def test_a_message_that_is_too_large_is_not_even_begun(
    session: OpenMailSession, switches: Switches
) -> None:
    huge = Attachment("huge.bin", "application/octet-stream", bytes(27 * 1024 * 1024))

    failure = failure_of(session, attachments=(huge,))

    assert (failure.code, failure.passing) == ("message_too_large", False)
    assert failure.detail is not None
    assert re.search(r"takes 36700160 octets; the message has 38\d{6}", failure.detail)
    assert session.is_open
    assert commands(switches) == []


@pytest.mark.parametrize("step", ["data", "eod"])
def test_a_filter_that_repeats_a_subject_says_nothing_about_the_mailbox(
    session: OpenMailSession, switches: Switches, step: str
) -> None:
    reply = "550 5.7.1 Rejected: 'Access denied, 5.7.708 for throttled clients' looks like spam"
    switches.call("POST", "failures", {"at": step, "reply": reply})

    failure = failure_of(session, subject="access denied, 5.7.708 for throttled clients")

    assert (failure.code, failure.passing, failure.detail) == ("smtp_refused", False, reply)


@pytest.mark.parametrize("step", STEPS)
def test_a_server_that_finds_it_too_large_is_understood(
    session: OpenMailSession, switches: Switches, step: str
) -> None:
    reply = "552 5.3.4 Message size exceeds fixed maximum message size"
    switches.call("POST", "failures", {"at": step, "reply": reply})

    failure = failure_of(session)

    expected = "recipients_refused" if step == "rcpt" else "message_too_large"
    assert (failure.code, failure.passing) == (expected, False)


def test_a_large_file_arrives_byte_for_byte(
    session: OpenMailSession, mailbox: RunningStack, switches: Switches
) -> None:
    data = base64.b64decode("AAECAwQFBgcICQ==") * 300_000
    file = Attachment("large.bin", "application/octet-stream", data)

    session.send(a_config(), a_message(), a_content(attachments=(file,)))

    [found] = arrived(mailbox, switches)
    assert next(found.iter_attachments()).get_payload(decode=True) == data
    [envelope] = envelopes(switches)
    mail = next(
        entry
        for entry in switches.call("GET", "sessions")[-1]["commands"]
        if entry["command"] == "MAIL"
    )
    assert f"SIZE={envelope['size']}" in mail["argument"]
