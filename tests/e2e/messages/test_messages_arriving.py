"""Each field of a message, as it is when it arrives."""

import base64
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any, cast

from azure.storage.blob import ContainerClient

from shared.adapters.blob_contents import CONTAINER
from tests.support.running_stack import RunningStack
from tests.support.sending import RECIPIENT, Organization, Receiver, header

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
NAME = "Übersicht März, 概要.pdf"
TO = [RECIPIENT, "jurgen@xn--bcher-kva.example"]
"""As it goes over the wire."""
SIGNATURE = "<p>Mit freundlichen Grüßen<br><b>Contoso</b></p>"


def _file(name: str, kind: str, content: bytes, **more: str) -> dict[str, str]:
    encoded = base64.b64encode(content).decode()
    return {"name": name, "contentType": kind, "content": encoded, **more}


def _one(found: list[Any]) -> Any:
    [only] = found
    return only


def test_every_field_arrives(
    stack: RunningStack, organization: Organization, receiver: Receiver
) -> None:
    sender = "arriving@contoso.example"
    organization.add_verified(
        sender,
        fromName="Contoso, Büro",
        replyTo="support@contoso.example",
        signature=SIGNATURE,
    )
    submitted = organization.submit(
        to=[RECIPIENT, "jurgen@bücher.example"],
        cc=["copy@customer.example"],
        bcc=["hidden@customer.example"],
        subject="Grüße: 報告",
        html='<p>Hallo Jürgen</p><img src="cid:logo" alt="Logo">',
        attachments=[
            _file(NAME, "application/pdf", PDF),
            _file("logo.png", "image/png", PICTURE, contentId="logo"),
        ],
        headers={"X-Report": "märz", "List-Id": "<reports.contoso.example>"},
    )
    sent = organization.when(submitted)
    assert (sent["status"], sent["sender"], sent["recipients"]) == ("sent", sender, 4)
    assert sent["serverReply"].startswith("250 2.0.0 OK")

    entry = _one(receiver.arrived(sender))
    assert entry["mail_from"] == sender
    assert entry["rcpt_tos"] == [*TO, "copy@customer.example", "hidden@customer.example"]
    message = receiver.parsed(entry)
    _check_headers(message, sender, sent)
    assert "hidden@customer.example" not in message.as_string()
    _check_parts(message)

    connection = stack.storage_connection_string
    with ContainerClient.from_connection_string(connection, CONTAINER) as contents:
        assert list(contents.list_blobs(name_starts_with=organization.id)) == []


def _check_headers(message: EmailMessage, sender: str, sent: Any) -> None:
    address = message["From"].addresses[0]
    assert (address.display_name, address.addr_spec) == ("Contoso, Büro", sender)
    assert [one.addr_spec for one in message["To"].addresses] == TO
    assert message["Cc"] == "copy@customer.example"
    assert message["Reply-To"] == "support@contoso.example"
    assert message["Subject"] == "Grüße: 報告"
    assert message["X-Report"] == "märz"
    assert message["List-Id"] == "<reports.contoso.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == sent["messageId"]
    age = datetime.now(UTC) - parsedate_to_datetime(message["Date"])
    assert timedelta(seconds=-2) < age < timedelta(minutes=2)


def _check_parts(message: EmailMessage) -> None:
    html = cast("EmailMessage", message.get_body(("html",))).get_content()
    assert '<img src="cid:logo"' in html
    assert "Mit freundlichen Grüßen<br><b>Contoso</b>" in html
    text = cast("EmailMessage", message.get_body(("plain",))).get_content()
    assert "Hallo Jürgen" in text
    assert "Mit freundlichen Grüßen\nContoso" in text.replace("\r\n", "\n")
    assert "<" not in text
    pdf = _one(list(message.iter_attachments()))
    assert (pdf.get_filename(), pdf.get_content_type()) == (NAME, "application/pdf")
    assert pdf.get_content() == PDF
    picture = _one([part for part in message.walk() if part.get_content_type() == "image/png"])
    assert picture["Content-ID"] == "<logo>"
    assert picture.get_content() == PICTURE


def test_an_address_in_another_alphabet_arrives_where_the_server_takes_it(
    organization: Organization, receiver: Receiver
) -> None:
    sender, recipient = "letters@contoso.example", "jürgen@bücher.example"
    organization.add_verified(sender)
    assert organization.when(organization.submit(to=[recipient]))["status"] == "sent"
    entry = _one(receiver.arrived(sender))
    assert entry["rcpt_tos"] == [recipient]
    assert f"To: {recipient}\r\n" in receiver.raw(entry).decode()


def test_a_signature_comes_as_text_where_the_message_is_text(
    organization: Organization, receiver: Receiver
) -> None:
    sender = "texts@contoso.example"
    organization.add_verified(sender, signature=SIGNATURE)
    organization.when(organization.submit(text="Alles in Ordnung."))
    message = receiver.parsed(_one(receiver.arrived(sender)))
    assert message.get_content_type() == "text/plain"
    text = message.get_content().replace("\r\n", "\n")
    assert text == "Alles in Ordnung.\n\n-- \nMit freundlichen Grüßen\nContoso\n"


def test_an_organization_never_sends_through_anothers_config(
    stack: RunningStack, organization: Organization, receiver: Receiver
) -> None:
    other = Organization(stack)
    organization.add_verified("own@contoso.example")
    [foreign] = other.add_verified("foreign@fabrikam.example")
    problem = organization.submit(configId=foreign["id"], expected=400)
    assert [error["pointer"] for error in problem["errors"]] == ["/configId"]
    first, second = organization.submit(), other.submit()
    for who, whose in ((organization, second), (other, first)):
        who.call("GET", f"messages/{whose['id']}", 404)
    assert organization.when(first)["sender"] == "own@contoso.example"
    assert other.when(second)["sender"] == "foreign@fabrikam.example"
    for sender, submitted in (("own@contoso.example", first), ("foreign@fabrikam.example", second)):
        entry = _one(receiver.arrived(sender))
        assert (entry["user"], entry["mail_from"]) == (sender, sender)
        assert header(entry, "Message-ID") == submitted["messageId"]


def test_a_test_message_arrives_and_a_failing_one_says_why(
    organization: Organization, receiver: Receiver
) -> None:
    sender = "trial@contoso.example"
    [config] = organization.add_verified(sender)
    path = f"configs/{config['id']}/test-message"
    outcome = organization.call("POST", path, 200, json={"to": "admin@contoso.example"})
    assert outcome["outcome"] == "sent"
    entry = _one(receiver.arrived(sender, "admin@contoso.example"))
    assert header(entry, "Message-ID") == outcome["messageId"]
    assert entry["subject"] == "Test message from Outgoing Mail"
    assert "admin@contoso.example" in entry["text"]

    receiver.fail(sender, "auth", reply="535 5.7.3 Authentication unsuccessful")
    outcome = organization.call("POST", path, 200, json={"to": "admin@contoso.example"})
    assert (outcome["outcome"], outcome["reason"]["code"]) == ("failed", "password_rejected")
    assert organization.call("GET", f"configs/{config['id']}", 200)["status"] == "notVerified"
