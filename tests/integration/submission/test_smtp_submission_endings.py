"""Servers that end a dialogue when they have heard enough, and what they said before."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from infra.local.tls import TlsFiles, ensure_tls
from shared.adapters.smtp import SmtpSignIn
from shared.adapters.smtp_submission import OpenMailSession, SmtpSubmission
from shared.adapters.smtp_transaction import SendLimits
from shared.domain.config import Security
from shared.domain.failures import MailServerError, RecipientsRefusedError, SessionEndedError
from shared.domain.message import HAND_OVER_LIMIT
from shared.ports import MailServer, Password
from tests.support.counting_server import UNKNOWN, CountingServer
from tests.support.mail import MAILBOX, a_config, a_content, a_message
from tests.support.signin import ScriptedServer, SignInSettings, over_tls, server_context
from tests.support.submission import said

PASSWORD = Password(MAILBOX, "secret")
GOOD = tuple(f"good-{number}@fabrikam.example" for number in range(10))
BAD = tuple(f"bad-{number}@fabrikam.example" for number in range(25))


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return ensure_tls(tmp_path_factory.mktemp("tls"))


type Open = Callable[..., OpenMailSession]


@pytest.fixture
def connect(tls: TlsFiles) -> Iterator[Open]:
    sign_in = SmtpSignIn(SignInSettings(tls.ca))
    context: ssl.SSLContext = server_context(tls.server, tls.server_key)
    with ExitStack() as running:

        def run(server: CountingServer, limits: SendLimits | None = None) -> OpenMailSession:
            scripted = running.enter_context(ScriptedServer(over_tls(context, server.serve)))
            place = MailServer("localhost", scripted.port, Security.TLS)
            session = SmtpSubmission(sign_in, limits).open(place, PASSWORD)
            running.callback(session.leave)
            return session

        yield run


@pytest.mark.parametrize(
    ("server", "heard"),
    [
        (CountingServer(errors=20), 20),  # Postfix's smtpd_hard_error_limit
        (CountingServer(errors=11, last_word=""), 11),  # Exim's drop, after its last refusal
        (CountingServer(errors=1, last_word=""), 1),  # Haraka's DENYDISCONNECT
        (
            CountingServer(errors=1, last_word="", refusal="521 5.7.1 go away"),
            1,
        ),  # Postfix's policies
    ],
)
def test_whom_a_server_refused_before_it_ended_the_dialogue_is_known(
    connect: Open, server: CountingServer, heard: int
) -> None:
    session = connect(server)

    with pytest.raises(RecipientsRefusedError) as caught:
        session.send(a_config(), a_message(), a_content(*GOOD, *BAD))

    error = caught.value
    assert error.failure.passing
    told = said(error.refusals)
    assert set(told) == {*GOOD, *BAD}
    assert {one for one in told if not told[one][1]} == set(BAD[:heard])
    assert {told[one][0] for one in BAD[:heard]} == {"recipient_refused"}
    assert {told[one][0] for one in (*GOOD, *BAD[heard:])} == {"too_many_recipients"}
    assert not session.is_open
    assert server.taken == []


def test_a_domain_that_a_server_does_not_relay_to_keeps_no_other_from_it(connect: Open) -> None:
    refusal = f"554 5.7.1 <{BAD[0]}>: Relay access denied"
    server = CountingServer(errors=1, last_word="", refusal=refusal)

    with pytest.raises(RecipientsRefusedError) as caught:
        connect(server).send(a_config(), a_message(), a_content(BAD[0], *GOOD))

    told = said(caught.value.refusals)
    assert told[BAD[0]] == ("relay_denied", False, refusal)
    assert {told[one][0] for one in GOOD} == {"too_many_recipients"}


def test_a_last_recipient_whose_refusal_ends_the_dialogue_does_not_hide_it(connect: Open) -> None:
    server = CountingServer(errors=1, last_word="")

    with pytest.raises(RecipientsRefusedError) as caught:
        connect(server).send(a_config(), a_message(), a_content(GOOD[0], BAD[0]))

    told = said(caught.value.refusals)
    assert (told[BAD[0]][1], told[BAD[0]][2]) == (False, UNKNOWN)
    assert told[GOOD[0]][1]


def test_whom_a_server_put_off_before_it_ended_the_dialogue_is_known(connect: Open) -> None:
    server = CountingServer(errors=20, refusal="450 4.1.1 unverified address")

    with pytest.raises(RecipientsRefusedError) as caught:
        connect(server).send(a_config(), a_message(), a_content(*BAD, *GOOD))

    told = said(caught.value.refusals)
    assert all(passing for _, passing, _ in told.values())
    assert {one for one in told if told[one][0] == "smtp_try_later"} == set(BAD[:20])
    assert {told[one][0] for one in (*BAD[20:], *GOOD)} == {"too_many_recipients"}


@pytest.mark.parametrize("last_word", ["421 4.7.0 too many errors", ""])
def test_what_a_server_has_against_the_sender_is_not_asked_for_each_recipient(
    connect: Open, last_word: str
) -> None:
    refusal = "521 5.7.1 <localhost[127.0.0.1]>: Client host rejected: no access here"
    server = CountingServer(errors=1, last_word=last_word, refusal=refusal)

    with pytest.raises(MailServerError) as caught:
        connect(server).send(a_config(), a_message(), a_content(*BAD))

    assert not isinstance(caught.value, RecipientsRefusedError)
    assert (caught.value.failure.code, caught.value.failure.passing) == ("client_refused", False)


@pytest.mark.parametrize(
    "local",
    ["sendasdenied", "5.7.708", "5.1.8", "throttle", "submissionquotaexceeded", "5.5.3"],
)
@pytest.mark.parametrize(
    "refusal",
    [
        "550 5.1.1 <{address}>: Recipient address rejected: User unknown",
        "550 5.1.1 No such user {local} here",
        "550-5.1.1 Unknown:\r\n550 5.1.1 {upper}",
    ],
)
def test_words_in_an_address_are_not_the_servers(connect: Open, local: str, refusal: str) -> None:
    address = f"bad.{local}@customer.example"
    parts = {"address": address, "local": f"bad.{local}", "upper": address.upper()}
    server = CountingServer(refusal=refusal.format(**parts))

    with pytest.raises(RecipientsRefusedError) as caught:
        connect(server).send(a_config(), a_message(), a_content(address))

    assert (caught.value.failure.code, caught.value.failure.passing) == (
        "recipients_refused",
        False,
    )
    # What the server said is told as it said it.
    assert f"bad.{local}" in str(caught.value.failure.detail).lower()


def test_a_server_that_ends_the_dialogue_before_it_said_anything_is_tried_again(
    connect: Open,
) -> None:
    server = CountingServer(errors=0)

    with pytest.raises(RecipientsRefusedError) as caught:
        connect(server).send(a_config(), a_message(), a_content(*BAD))

    assert (caught.value.failure.code, caught.value.failure.passing) == ("smtp_try_later", True)
    # The first one comes last the next time: it may have been said of that one alone.
    assert [one.recipient for one in caught.value.refusals] == [*BAD[1:], BAD[0]]
    assert {one.failure.code for one in caught.value.refusals} == {"smtp_try_later"}


def test_whom_a_server_meets_with_the_end_of_the_dialogue_keeps_nobody_else_from_it(
    connect: Open,
) -> None:
    server = CountingServer(refusal="421 4.7.0 not now, not him")

    with pytest.raises(RecipientsRefusedError) as caught:
        connect(server).send(a_config(), a_message(), a_content(*GOOD[:3], BAD[0], *GOOD[3:]))

    told = said(caught.value.refusals)
    assert told.pop(BAD[0]) == ("smtp_try_later", True, "421 4.7.0 not now, not him")
    assert tuple(told) == GOOD
    assert {told[one][:2] for one in GOOD} == {("too_many_recipients", True)}


@pytest.mark.parametrize("overshoot", [1, 2])
def test_no_more_are_named_than_a_server_has_room_for(connect: Open, overshoot: int) -> None:
    server = CountingServer(recipients=4, overshoot=overshoot)

    accepted = connect(server).send(a_config(), a_message(), a_content(*GOOD))

    assert server.taken == [list(GOOD[:4])]
    told = said(accepted.refusals)
    assert tuple(told) == GOOD[4:]
    assert {told[one][:2] for one in told} == {("too_many_recipients", True)}


def test_a_mailbox_that_is_full_does_not_look_as_if_there_were_too_many(connect: Open) -> None:
    server = CountingServer(refusal="452 Insufficient system storage")

    accepted = connect(server).send(a_config(), a_message(), a_content(BAD[0], *GOOD))

    assert server.taken == [list(GOOD)]
    assert [one.recipient for one in accepted.refusals] == [BAD[0]]


def test_whom_a_server_took_before_there_were_too_many_get_it_first(connect: Open) -> None:
    server = CountingServer(recipients=4, too_many="421 4.5.3 Too many recipients")

    with pytest.raises(RecipientsRefusedError) as caught:
        connect(server).send(a_config(), a_message(), a_content(*GOOD))

    told = said(caught.value.refusals)
    assert {told[one][:2] for one in GOOD[:4]} == {("too_many_recipients", True)}
    assert {told[one][:2] for one in GOOD[4:]} == {("smtp_try_later", True)}


def test_whom_a_server_took_before_it_was_silent_get_it_first(connect: Open) -> None:
    server = CountingServer(delay=1.0)
    session = connect(server, SendLimits(base=2.5))

    with pytest.raises(RecipientsRefusedError) as caught:
        session.send(a_config(), a_message(), a_content(*GOOD))

    told = said(caught.value.refusals)
    follow = [one for one in told if told[one][0] == "too_many_recipients"]
    assert 1 <= len(follow) <= 2
    assert (*follow, *GOOD[len(follow) + 1 :], GOOD[len(follow)]) == tuple(told)
    assert {told[one][:2] for one in GOOD[len(follow) :]} == {("connection_timed_out", True)}


def test_half_of_them_get_it_first_where_there_were_too_many_for_a_message(connect: Open) -> None:
    session = connect(CountingServer(most_at_data=9))

    with pytest.raises(RecipientsRefusedError) as caught:
        session.send(a_config(), a_message(), a_content(*GOOD))

    told = said(caught.value.refusals)
    assert {told[one][:2] for one in GOOD[:5]} == {("too_many_recipients", True)}
    assert {told[one][:2] for one in GOOD[5:]} == {("smtp_try_later", True)}
    assert session.is_open


def test_a_server_that_answers_twice_is_not_taken_at_its_word(connect: Open) -> None:
    session = connect(CountingServer(replies=2))

    with pytest.raises(MailServerError) as caught:
        session.send(a_config(), a_message(), a_content(GOOD[0]))

    failure = caught.value.failure
    assert (failure.code, failure.passing) == ("connection_lost", True)
    assert failure.detail is not None
    assert failure.detail.endswith("DATA was answered with 250")
    assert not session.is_open


def test_a_connection_that_was_used_in_vain_was_used(connect: Open) -> None:
    session = connect(CountingServer(messages=1))
    with pytest.raises(RecipientsRefusedError):
        session.send(a_config(), a_message(), a_content(BAD[0]))

    with pytest.raises(SessionEndedError):
        session.send(a_config(), a_message(), a_content(GOOD[0]))


def test_a_server_that_wants_no_message_for_too_many_gets_one_for_fewer(connect: Open) -> None:
    server = CountingServer(recipients=4, too_many_at_data=True)
    session = connect(server)

    accepted = session.send(a_config(), a_message(), a_content(*GOOD))

    assert server.taken == [list(GOOD[:4])]
    told = said(accepted.refusals)
    assert set(told) == set(GOOD[4:])
    assert {told[one][:2] for one in told} == {("too_many_recipients", True)}
    assert session.is_open


def test_a_server_that_takes_no_more_messages_has_not_tried_this_one(connect: Open) -> None:
    session = connect(CountingServer(messages=1))
    session.send(a_config(), a_message(), a_content())
    assert session.takes_another()

    with pytest.raises(SessionEndedError):
        session.send(a_config(), a_message(), a_content())
    assert not session.is_open


def test_a_server_that_takes_no_message_at_all_has_been_tried(connect: Open) -> None:
    session = connect(CountingServer(messages=0))

    with pytest.raises(MailServerError) as caught:
        session.send(a_config(), a_message(), a_content())

    assert not isinstance(caught.value, SessionEndedError)


def test_whom_there_is_no_time_to_name_gets_it_in_another_transaction(connect: Open) -> None:
    server = CountingServer(delay=0.1)
    session = connect(server, SendLimits(naming=0.25))

    accepted = session.send(a_config(), a_message(), a_content(*GOOD))

    [taken] = server.taken
    assert 1 <= len(taken) < len(GOOD)
    told = said(accepted.refusals)
    assert (*taken, *told) == GOOD
    assert {told[one][:2] for one in told} == {("too_many_recipients", True)}


def test_all_steps_together_end_before_a_worker_counts_as_dead() -> None:
    limits = SendLimits()
    longest = limits.most + limits.end + limits.reset + limits.quit
    assert longest < HAND_OVER_LIMIT.total_seconds()
