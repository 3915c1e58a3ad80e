"""smtplib meets the mailbox stand-in as it meets Exchange Online."""

import base64
import json
import smtplib
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from typing import Any

import pytest
import requests

from tests.support.entra import Browser, Entra
from tests.support.running_stack import RunningStack

USER = "noreply@contoso.example"
PASSWORD = "local-password"
SHARED = "shared@contoso.example"
DISABLED = "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled"

Connect = Callable[..., smtplib.SMTP]


class Switches:
    """The mailbox's `/local/` endpoints."""

    def __init__(self, url: str) -> None:
        self._url = url

    def use(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self._url}/local/{path}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def last_session(self) -> dict[str, Any]:
        sessions: list[dict[str, Any]] = self.use("GET", "sessions")
        return sessions[-1]


@pytest.fixture
def switches(mailbox: RunningStack) -> Iterator[Switches]:
    power = Switches(mailbox.mailbox_url)
    for path in ("failures", "sessions", "messages", "limits"):
        power.use("DELETE", path)
    yield power
    for path in ("failures", "limits"):
        power.use("DELETE", path)


@pytest.fixture
def connect(mailbox: RunningStack, switches: Switches) -> Iterator[Connect]:  # noqa: ARG001
    """Opens connections that are encrypted and have said EHLO."""
    opened: list[smtplib.SMTP] = []
    context = ssl.create_default_context(cafile=str(mailbox.ca_file))

    def make(*, implicit: bool = False, starttls: bool = True) -> smtplib.SMTP:
        ports = mailbox.ports
        client: smtplib.SMTP
        if implicit:
            client = smtplib.SMTP_SSL("localhost", ports.smtps, timeout=10, context=context)
        else:
            client = smtplib.SMTP("localhost", ports.smtp, timeout=10)
        opened.append(client)
        if starttls and not implicit:
            client.starttls(context=context)
        client.ehlo()
        return client

    yield make
    for client in opened:
        client.close()


@pytest.fixture(scope="module")
def access_token(mailbox: RunningStack) -> Iterator[str]:
    entra = Entra(mailbox.identity_url, mailbox.ca_file)
    browser = Browser(mailbox.ca_file)
    yield entra.grant(browser, USER)["access_token"]
    browser.close()
    entra.close()


def xoauth2(user: str, token: str) -> str:
    return base64.b64encode(f"user={user}\x01auth=Bearer {token}\x01\x01".encode()).decode()


def sign_in(client: smtplib.SMTP, user: str, token: str) -> tuple[int, bytes]:
    """XOAUTH2 as RFC 4954 wants it for long tokens: in answer to the server's challenge."""
    assert client.docmd("AUTH", "XOAUTH2")[0] == 334
    return client.docmd(xoauth2(user, token))


def message(sender: str = USER, **headers: str) -> EmailMessage:
    made = EmailMessage()
    made["From"] = sender
    made["To"] = "customer@fabrikam.example"
    made["Subject"] = "Räksmörgås"
    for name, text in headers.items():
        made[name] = text
    made.set_content("plain")
    made.add_alternative("<p>rich<script>alert(1)</script></p>", subtype="html")
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="r.pdf")
    return made


@pytest.mark.parametrize("implicit", [False, True])
def test_a_token_signs_its_owner_in(connect: Connect, access_token: str, implicit: bool) -> None:
    assert sign_in(connect(implicit=implicit), USER, access_token)[0] == 235


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("mechanism", ["auth_plain", "auth_login"])
def test_the_password_signs_in(connect: Connect, implicit: bool, mechanism: str) -> None:
    client = connect(implicit=implicit)
    client.user, client.password = USER, PASSWORD

    code, _ = client.auth(mechanism.removeprefix("auth_").upper(), getattr(client, mechanism))
    assert code == 235


def test_a_wrong_password_is_turned_down(connect: Connect) -> None:
    with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
        connect().login(USER, "wrong")
    assert caught.value.smtp_code == 535
    assert "5.7.3" in str(caught.value.smtp_error)


def test_auth_is_offered_after_starttls_alone(connect: Connect) -> None:
    client = connect(starttls=False)

    assert not client.has_extn("auth")
    assert client.has_extn("starttls")
    assert client.docmd("AUTH", f"PLAIN {xoauth2('', '')}")[0] == 538
    encrypted = connect()
    assert set(encrypted.esmtp_features["auth"].split()) == {"PLAIN", "LOGIN", "XOAUTH2"}
    assert encrypted.esmtp_features["size"] == str(35 * 1024 * 1024)
    assert encrypted.has_extn("smtputf8")
    assert encrypted.has_extn("8bitmime")


def test_a_token_in_the_command_line_is_too_long(connect: Connect, access_token: str) -> None:
    client = connect()

    assert client.docmd("AUTH", f"XOAUTH2 {xoauth2(USER, access_token)}")[0] == 500
    assert sign_in(client, USER, access_token)[0] == 235


def test_a_short_initial_response_is_read(connect: Connect) -> None:
    code, _ = connect().docmd("AUTH", f"XOAUTH2 {xoauth2(USER, 'short')}")

    assert code == 334


@pytest.mark.parametrize("user", ["other@contoso.example", USER])
def test_a_token_that_does_not_fit_is_explained_in_a_challenge_and_then_turned_down(
    connect: Connect, access_token: str, user: str
) -> None:
    client = connect()
    token = "made-up" if user == USER else access_token

    code, challenge = sign_in(client, user, token)
    assert code == 334
    assert json.loads(base64.b64decode(challenge))["status"] == "401"
    assert client.docmd("") == (535, b"5.7.3 Authentication unsuccessful")


def test_a_token_for_another_resource_is_turned_down(
    connect: Connect, mailbox: RunningStack
) -> None:
    entra = Entra(mailbox.identity_url, mailbox.ca_file)
    token = entra.local("POST", "token", {"username": USER})["access_token"]
    entra.close()

    assert sign_in(connect(), USER, token)[0] == 334


def test_a_delegate_signs_in_to_a_shared_mailbox(connect: Connect, access_token: str) -> None:
    assert sign_in(connect(), SHARED, access_token)[0] == 235


def test_an_identity_provider_that_is_down_is_a_passing_failure(
    connect: Connect, access_token: str, mailbox: RunningStack
) -> None:
    mailbox.kill("identity")
    try:
        code, text = sign_in(connect(), USER, access_token)
    finally:
        mailbox.restart("identity")

    assert (code, text[:5]) == (454, b"4.7.0")
    assert sign_in(connect(), USER, access_token)[0] == 235


def test_mail_is_taken_from_those_who_signed_in_alone(connect: Connect) -> None:
    code, text = connect().docmd("MAIL", f"FROM:<{USER}>")

    assert (code, text[:6]) == (530, b"5.7.57")


def test_a_message_arrives_and_can_be_read(connect: Connect, switches: Switches) -> None:
    client = connect()
    client.login(USER, PASSWORD)
    client.send_message(message())

    (arrived,) = switches.use("GET", f"messages?to=Customer@fabrikam.example&from={USER}")
    assert arrived["user"] == USER
    assert arrived["subject"] == "Räksmörgås"
    assert arrived["text"].strip() == "plain"
    assert "rich" in arrived["html"]
    assert arrived["attachments"] == [
        {"name": "r.pdf", "content_type": "application/pdf", "size": 4}
    ]
    assert switches.use("GET", "messages?to=nobody@fabrikam.example") == []


def test_messages_survive_a_crash(
    connect: Connect, switches: Switches, mailbox: RunningStack
) -> None:
    client = connect()
    client.login(USER, PASSWORD)
    client.send_message(message())

    mailbox.kill("mailbox")
    mailbox.restart("mailbox")

    assert len(switches.use("GET", "messages")) == 1


@pytest.mark.parametrize("where", ["envelope", "header"])
def test_sending_as_somebody_else_is_denied_at_the_end_of_data(
    connect: Connect, switches: Switches, where: str
) -> None:
    client = connect()
    client.login(USER, PASSWORD)
    sender = "other@contoso.example" if where == "envelope" else USER

    with pytest.raises(smtplib.SMTPDataError) as caught:
        client.send_message(message("other@contoso.example"), from_addr=sender)
    assert caught.value.smtp_code == 554
    assert "SendAsDenied" in str(caught.value.smtp_error)
    assert switches.use("GET", "messages") == []


def test_send_as_is_granted_by_mailbox_and_user(connect: Connect, switches: Switches) -> None:
    team = "team@contoso.example"
    switches.use("POST", "permissions", {"mailbox": team, "send_as": [USER]})
    allowed, denied = connect(), connect()
    allowed.login(USER, PASSWORD)
    denied.login("other@contoso.example", PASSWORD)

    allowed.send_message(message(team))
    allowed.send_message(message(SHARED))
    with pytest.raises(smtplib.SMTPDataError, match=r"5\.2\.252"):
        denied.send_message(message(team))


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ({"at": "connect", "drop": "before"}, smtplib.SMTPServerDisconnected),
        ({"at": "connect", "reply": "421 4.3.2 Service not active"}, smtplib.SMTPConnectError),
        ({"at": "starttls", "reply": "454 4.7.0 No TLS"}, smtplib.SMTPResponseException),
        ({"at": "auth", "reply": DISABLED, "times": -1}, smtplib.SMTPAuthenticationError),
        ({"at": "auth", "drop": "after"}, smtplib.SMTPServerDisconnected),
        ({"at": "mail", "reply": "550 5.1.8 Blocked"}, smtplib.SMTPSenderRefused),
        ({"at": "rcpt", "reply": "550 5.1.1 Unknown"}, smtplib.SMTPRecipientsRefused),
        ({"at": "data", "reply": "451 4.3.0 Not now"}, smtplib.SMTPDataError),
        ({"at": "eod", "reply": "452 4.3.1 Storage"}, smtplib.SMTPDataError),
        ({"at": "eod", "drop": "before"}, smtplib.SMTPServerDisconnected),
        ({"at": "quit", "drop": "before"}, smtplib.SMTPServerDisconnected),
    ],
)
def test_every_step_fails_to_order(
    connect: Connect, switches: Switches, order: dict[str, Any], error: type[Exception]
) -> None:
    switches.use("POST", "failures", order)

    with pytest.raises(error):
        deliver(connect)
    switches.use("DELETE", "failures")
    deliver(connect)


def deliver(connect: Connect) -> None:
    client = connect()
    if not client.has_extn("auth"):
        raise smtplib.SMTPResponseException(454, "no TLS")
    client.login(USER, PASSWORD)
    client.send_message(message())
    client.quit()


def test_a_reply_that_is_lost_after_the_end_of_data_leaves_the_message(
    connect: Connect, switches: Switches
) -> None:
    switches.use("POST", "failures", {"at": "eod", "drop": "after"})

    with pytest.raises(smtplib.SMTPServerDisconnected):
        deliver(connect)
    assert len(switches.use("GET", "messages")) == 1


def test_a_failure_is_for_the_user_it_was_ordered_for(connect: Connect, switches: Switches) -> None:
    order = {"at": "auth", "username": "other@contoso.example", "reply": DISABLED, "times": -1}
    switches.use("POST", "failures", order)

    connect().login(USER, PASSWORD)
    with pytest.raises(smtplib.SMTPAuthenticationError, match=r"5\.7\.139"):
        connect().login("other@contoso.example", PASSWORD)


def test_a_dialogue_is_recorded_without_its_secrets(
    connect: Connect, switches: Switches, access_token: str
) -> None:
    client = connect()
    sign_in(client, USER, access_token)
    client.quit()

    session = switches.last_session()
    assert [(one["command"], one["replies"]) for one in session["commands"]] == [
        ("connect", [220]),
        ("EHLO", [250]),
        ("STARTTLS", [220]),
        ("EHLO", [250]),
        ("AUTH", [334, 235]),
        ("QUIT", [221]),
    ]
    assert (session["user"], session["mechanism"], session["tls"]) == (USER, "XOAUTH2", True)
    assert session["authenticated"]
    assert access_token not in json.dumps(session)


def test_the_pace_of_exchange_online_can_be_switched_on(
    connect: Connect, switches: Switches
) -> None:
    switches.use("POST", "limits", {"connections": 2, "per_minute": 1})
    first, second, third = connect(), connect(), connect()
    first.login(USER, PASSWORD)
    second.login(USER, PASSWORD)

    with pytest.raises(smtplib.SMTPAuthenticationError, match=r"4\.3\.2"):
        third.login(USER, PASSWORD)
    third.close()
    second.quit()
    connect().login(USER, PASSWORD)
    first.send_message(message())
    with pytest.raises(smtplib.SMTPDataError) as caught:
        first.send_message(message())
    assert caught.value.smtp_code == 432


def test_a_line_of_more_than_998_octets_is_turned_down(connect: Connect) -> None:
    client = connect()
    client.login(USER, PASSWORD)

    with pytest.raises(smtplib.SMTPDataError) as caught:
        client.sendmail(USER, [USER], b"Subject: x\r\n\r\n" + b"x" * 999)
    assert caught.value.smtp_code == 500


def test_the_pages_show_a_message_and_run_nothing_of_it(
    connect: Connect, switches: Switches, mailbox: RunningStack
) -> None:
    client = connect()
    client.login(USER, PASSWORD)
    client.send_message(message(Comments="<script>alert(2)</script>"))
    (arrived,) = switches.use("GET", "messages")
    address = f"{mailbox.mailbox_url}/messages/{arrived['id']}"

    page = requests.get(address)
    frame = requests.get(f"{address}/html")

    assert "Räksmörgås" in requests.get(mailbox.mailbox_url).text
    assert "<script>" not in page.text
    assert (
        f'<iframe sandbox="" title="The message as HTML" src="/messages/{arrived["id"]}/html"'
        in (page.text)
    )
    assert frame.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert requests.get(f"{address}/attachments/0").content == b"%PDF"
    assert b"From: noreply@contoso.example" in requests.get(f"{address}/raw").content
    assert requests.get(f"{mailbox.mailbox_url}/messages/none").status_code == 404


def test_fifty_sign_ins_at_once_all_succeed(connect: Connect, access_token: str) -> None:
    def run(_: int) -> int:
        client = connect()
        code, _text = sign_in(client, USER, access_token)
        client.quit()
        return code

    with ThreadPoolExecutor(50) as pool:
        assert list(pool.map(run, range(100))) == [235] * 100
