"""What a message is, by what its receiver reads."""

import re
import tracemalloc
from datetime import timedelta, timezone
from email.message import EmailMessage, MIMEPart
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.mime import compose, needs_utf8
from shared.adapters.mime_stream import dot_stuffed, pieces
from shared.domain.config import Config
from shared.domain.failures import MailServerError
from shared.domain.message import Attachment, Content, Message
from tests.support.mail import NOW, a_config, a_content, a_message, received

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
LOGO = "data:image/png;base64,iVBORw0KGgo="
ANYTHING = st.one_of(
    st.text(max_size=80),
    st.text(st.sampled_from('\r\n\t =?:;<>"@.\x00\u2028abBc'), max_size=60),
    st.sampled_from(["x\r\nBcc: t@evil.example", "=?utf-8?q?=0d=0aBcc=3At?=", "\r\n\r\nbody"]),
)


def raw_of(
    content: Content, config: Config | None = None, message: Message | None = None, **options: Any
) -> bytes:
    return compose(config or a_config(), message or a_message(), content, **options).as_bytes()


def read(
    content: Content, config: Config | None = None, message: Message | None = None, **options: Any
) -> EmailMessage:
    raw = raw_of(content, config, message, **options)
    assert re.fullmatch(rb"(?:[^\r\n]{0,998}\r\n)*", raw)
    return received(raw)


def shape(part: MIMEPart) -> Any:
    """The types of a message's parts, as they are nested."""
    if not part.is_multipart():
        return part.get_content_type()
    return {part.get_content_subtype(): [shape(inner) for inner in part.iter_parts()]}


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return said(part)


def said(part: MIMEPart) -> str:
    return str(part.get_content()).replace("\r\n", "\n")


def test_each_header_is_read_as_it_was_given() -> None:
    content = Content(
        ("a@fabrikam.example", "b@fabrikam.example"),
        ("c@fabrikam.example",),
        ("secret@fabrikam.example",),
        "Räksmörgås 😀 and a subject that goes on and on, longer than a line may be, to the end",
        text="Hello",
        headers=(("Importance", "high"), ("X-Report", "7")),
    )
    config = a_config(from_name="Contoso, Reports", reply_to="support@contoso.example")

    found = read(content, config)

    assert str(found["From"]) == '"Contoso, Reports" <noreply@contoso.example>'
    assert str(found["To"]) == "a@fabrikam.example, b@fabrikam.example"
    assert str(found["Cc"]) == "c@fabrikam.example"
    assert str(found["Subject"]) == content.subject
    assert str(found["Reply-To"]) == "support@contoso.example"
    assert found["Message-ID"] == "<m-1@contoso.example>"
    assert found["Date"].datetime == NOW
    assert found["Auto-Submitted"] == "auto-generated"
    assert (found["Importance"], found["X-Report"]) == ("high", "7")
    assert found["MIME-Version"] == "1.0"
    assert found["Bcc"] is None
    assert b"secret" not in raw_of(content, config)
    assert len(set(found.keys())) == len(found.keys())


def test_the_date_is_in_utc_and_the_same_at_each_attempt() -> None:
    message = a_message(created_at=NOW.astimezone(timezone(timedelta(hours=5))), attempts=3)

    assert str(read(a_content(), message=message)["Date"]) == "Tue, 03 Nov 2026 10:00:07 +0000"


def test_the_sender_is_the_from_address_where_one_is_given() -> None:
    config = a_config(from_address="shared@contoso.example")

    assert str(read(a_content(), config)["From"]) == "shared@contoso.example"


def test_the_organizations_own_reply_to_goes_before_the_platforms() -> None:
    config = a_config(reply_to="platform@msp.example")

    found = read(a_content(), config, a_message(reply_to="own@contoso.example"))

    assert str(found["Reply-To"]) == "own@contoso.example"
    assert read(a_content())["Reply-To"] is None


def test_recipients_who_are_all_hidden_stay_so() -> None:
    found = read(a_content(to=(), bcc=("a@b.example",)))

    assert str(found["To"]) == "undisclosed-recipients:;"


def test_a_caller_can_say_that_mail_is_no_programs() -> None:
    found = read(a_content(headers=(("auto-submitted", "no"),)))

    assert found.get_all("Auto-Submitted") == ["no"]


@pytest.mark.parametrize(
    "name",
    ["From", "SENDER", "To", "Bcc", "subject", "Date", "Message-ID", "Reply-To", "Received",
     "Content-Type", "Content-Transfer-Encoding", "MIME-Version", "Resent-To", "Return-Path",
     "DKIM-Signature", "X:Y", "X Y", "X\r\nBcc", "", "Ü"],
)  # fmt: skip
def test_a_caller_cannot_give_what_is_not_theirs(name: str) -> None:
    plain = read(a_content())
    found = read(a_content(headers=((name, "given@evil.example"),)))

    assert found.items() == plain.items()
    assert b"evil" not in found.as_bytes()


@settings(deadline=None)
@given(ANYTHING, ANYTHING, ANYTHING, ANYTHING, ANYTHING, ANYTHING)
def test_whatever_comes_in_no_header_comes_out_that_was_not_meant(
    subject: str, from_name: str, header: str, value: str, file_name: str, kind: str
) -> None:
    content = a_content(
        subject=subject,
        headers=((header, value), ("X-Own", value)),
        attachments=(Attachment(file_name, kind, b"x", value),),
    )
    usual = {"from", "to", "subject", "date", "message-id", "x-own", "auto-submitted",
             "mime-version", "content-type"}  # fmt: skip
    inner = {"content-type", "content-transfer-encoding", "content-disposition", "content-id"}

    found = read(content, a_config(from_name=from_name))

    assert {name.lower() for name in found} - {header.lower()} == usual
    for part in found.iter_parts():
        assert {name.lower() for name in part} <= inner
    assert [one.addr_spec for one in found["From"].addresses] == ["noreply@contoso.example"]
    assert shape(found)["mixed"][0] == "text/plain"
    assert len(list(found.iter_attachments())) == 1


@pytest.mark.parametrize(
    "address", ["a@b.example\r\nBcc: x@y.example", "a b@c.example", "a@b>c", "<a@b.example>", ""]
)
def test_what_is_no_address_never_leaves(address: str) -> None:
    with pytest.raises(MailServerError) as caught:
        compose(a_config(), a_message(), a_content(address))

    assert caught.value.failure.code == "recipients_refused"


@pytest.mark.parametrize(
    "text",
    ["Hello.\n", "Räksmörgås 😀\n", "line\n" * 50_000, "ü" * 100_000, ".\n..\n.x\n", "a" * 5_000,
     "From here\n", "one\r\ntwo\rthree\n", "bell \x07 and nul \x00\n", "\ud800"],
)  # fmt: skip
def test_text_arrives_as_it_was_written(text: str) -> None:
    expected = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ud800", "?")

    found = read(a_content(text=text))

    assert shape(found) == "text/plain"
    assert said(found).rstrip("\n") == expected.rstrip("\n")


def test_text_and_html_are_alternatives() -> None:
    found = read(a_content(text="plain", html="<p>rich ü</p>"))

    assert shape(found) == {"alternative": ["text/plain", "text/html"]}
    assert body(found, "plain") == "plain\n"
    assert body(found, "html") == "<p>rich ü</p>\n"


def test_html_alone_gets_its_text() -> None:
    found = read(a_content(text=None, html="<p>Rich<br><b>ü</b></p>"))

    assert shape(found) == {"alternative": ["text/plain", "text/html"]}
    assert body(found, "plain") == "Rich\nü\n"


def test_html_that_says_nothing_goes_alone() -> None:
    assert shape(read(a_content(text=None, html='<img src="https://x.example/a.png">'))) == (
        "text/html"
    )


def test_a_message_may_say_nothing() -> None:
    assert read(Content(("a@b.example",))).get_content().strip() == ""


def test_the_signature_follows_as_html_and_as_text() -> None:
    config = a_config(signature="<p>Kind <b>regards</b></p>")
    html = "<html><body><p>Hi</p></body></html>"

    found = read(a_content(text="Hi\n\n", html=html), config)

    assert body(found, "plain") == "Hi\n\n-- \nKind regards\n"
    assert body(found, "html") == (
        "<html><body><p>Hi</p><br><div><p>Kind <b>regards</b></p></div></body></html>\n"
    )


@pytest.mark.parametrize(
    ("html", "signed"),
    [
        ("<p>Hi", "<p>Hi|"),
        ("<BODY>Hi</BODY ></html>", "<BODY>Hi|</BODY ></html>"),
        ("<html>Hi</html>", "<html>Hi|</html>"),
        ("İİ</body> x </body>", "İİ</body> x |</body>"),
    ],
)
def test_the_signature_stands_within_the_body(html: str, signed: str) -> None:
    found = read(a_content(text="x", html=html), a_config(signature="<i>S</i>"))

    expected = signed.replace("|", "<br><div><i>S</i></div>")
    assert body(found, "html").rstrip() == expected


def test_a_message_of_text_has_the_text_of_the_signature_alone() -> None:
    found = read(a_content(), a_config(signature="<p>S</p>"))

    assert shape(found) == "text/plain"
    assert said(found) == "Hello.\n\n-- \nS\n"


def test_html_alone_has_the_signature_in_its_text_once() -> None:
    found = read(a_content(text=None, html="<p>Hi</p>"), a_config(signature="<p>S</p>"))

    assert body(found, "plain") == "Hi\n\n-- \nS\n"


def test_pictures_embedded_in_the_signature_travel_as_parts() -> None:
    config = a_config(signature=f'<p>S<img src="{LOGO}" alt="Logo"></p>')

    found = read(a_content(html="<p>Hi</p>"), config)

    assert shape(found) == {"alternative": ["text/plain", {"related": ["text/html", "image/png"]}]}
    assert 'src="cid:signature-1"' in body(found, "html")
    picture = list(found.walk())[-1]
    assert picture["Content-ID"] == "<signature-1>"
    assert picture.get_payload(decode=True) == b"\x89PNG\r\n\x1a\n"


def test_files_arrive_byte_for_byte_under_their_names() -> None:
    names = ["report.pdf", "Jahresübersicht - März.pdf", "日本語" * 30 + ".pdf", 'a "b" \\ c.pdf']
    files = tuple(Attachment(name, "application/pdf", PDF) for name in names)

    found = read(a_content(attachments=files))

    assert shape(found) == {"mixed": ["text/plain", *["application/pdf"] * 4]}
    arrived = list(found.iter_attachments())
    assert [part.get_filename() for part in arrived] == names
    assert all(part.get_content() == PDF for part in arrived)
    assert all(part.get_content_disposition() == "attachment" for part in arrived)


def test_a_picture_that_the_html_shows_belongs_to_it() -> None:
    picture = Attachment("chart.png", "image/png", PNG, "chart-1")
    file = Attachment("report.pdf", "application/pdf", PDF)

    found = read(a_content(html="<p><img src='cid:chart-1'></p>", attachments=(picture, file)))

    assert shape(found) == {
        "mixed": [
            {"alternative": ["text/plain", {"related": ["text/html", "image/png"]}]},
            "application/pdf",
        ]
    }
    part = next(part for part in found.walk() if part.get_content_type() == "image/png")
    assert part["Content-ID"] == "<chart-1>"
    assert part.get_content_disposition() == "inline"
    assert part.get_filename() == "chart.png"
    assert part.get_payload(decode=True) == PNG


@pytest.mark.parametrize("html", [None, "<p>no picture</p>", "<img src='cid:chart-12'>"])
def test_a_picture_that_the_html_does_not_show_is_a_file(html: str | None) -> None:
    picture = Attachment("chart.png", "image/png", PNG, "chart-1")

    found = read(a_content(html=html, attachments=(picture,)))

    assert [part.get_filename() for part in found.iter_attachments()] == ["chart.png"]


@pytest.mark.parametrize(
    ("given_type", "arrives"),
    [
        ("text/csv; charset=utf-8", "text/csv"),
        ("Application/PDF", "application/pdf"),
        ("application/vnd.ms-excel;name=x", "application/vnd.ms-excel"),
        ("message/rfc822", "application/octet-stream"),
        ("multipart/mixed", "application/octet-stream"),
        ("nonsense", "application/octet-stream"),
        ("a/b\r\nBcc: x", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_a_file_has_a_type_that_it_can_travel_as(given_type: str, arrives: str) -> None:
    found = read(a_content(attachments=(Attachment("f", given_type, PDF),)))

    part = next(found.iter_attachments())
    assert part.get_content_type() == arrives
    assert part.get_payload(decode=True) == PDF


def test_domains_go_as_a_labels_where_smtputf8_is_not_used() -> None:
    content = a_content("a@bücher.example", cc=("b@例え.example",))
    config = a_config(from_address="c@müller.example", reply_to="d@straße.example")
    message = a_message(message_id="<m-1@müller.example>")

    raw = raw_of(content, config, message)
    found = received(raw)

    assert raw.isascii()
    assert str(found["To"]) == "a@xn--bcher-kva.example"
    assert str(found["Cc"]) == "b@xn--r8jz45g.example"
    assert str(found["From"]) == "c@xn--mller-kva.example"
    assert str(found["Reply-To"]) == "d@xn--strae-oqa.example"
    assert found["Message-ID"] == "<m-1@xn--mller-kva.example>"
    assert not needs_utf8(config, message, content)


@pytest.mark.parametrize("field", ["to", "cc", "bcc", "from_address", "reply_to"])
def test_letters_before_the_at_need_smtputf8(field: str) -> None:
    address = "jürgen@bücher.example"
    in_content = field in {"to", "cc", "bcc"}
    content = a_content(**{field: (address,)}) if in_content else a_content()
    config = a_config() if in_content else a_config(**{field: address})
    message = a_message(message_id="<m-1@bücher.example>")

    assert needs_utf8(config, message, content)
    if field != "bcc":
        assert address.encode() in raw_of(content, config, message, smtputf8=True)
    if not in_content:
        with pytest.raises(MailServerError) as caught:
            compose(config, message, content, smtputf8=False)
        assert caught.value.failure.code == "smtputf8_not_offered"
        assert not caught.value.failure.passing


@pytest.mark.parametrize("local", ["jürgen", "ü" * 64, "例え"])
def test_an_address_that_a_server_does_not_take_is_shown_and_cannot_be_answered(
    local: str,
) -> None:
    address = f"{local}@bücher.example"

    raw = raw_of(a_content(address, "a@fabrikam.example", cc=(address,), bcc=(address,)))
    found = received(raw)

    assert raw.isascii()
    assert max(map(len, raw.splitlines())) <= 998
    [first, second] = found["To"].groups
    assert first.display_name.replace(" ", "") == address
    assert first.addresses == ()
    assert [str(one) for one in second.addresses] == ["a@fabrikam.example"]
    assert found["Cc"].addresses == ()


def test_a_large_file_is_never_held_twice() -> None:
    size = 10 * 1024 * 1024
    content = a_content(attachments=(Attachment("big.bin", "application/pdf", bytes(size)),))
    tracemalloc.start()
    try:
        message = compose(a_config(), a_message(), content)
        length = sum(map(len, pieces(message)))
        sent = sum(map(len, dot_stuffed(pieces(message))))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert sent == length + 3
    assert length > size * 4 / 3
    assert peak < 0.1 * size
