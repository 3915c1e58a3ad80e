"""Header fields come out as one field each, and are read as what they were made from."""

import re
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import getaddresses

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.adapters.mime_headers import (
    Field,
    addresses_field,
    disposition_field,
    given_field,
    mailbox_field,
    one_line,
    text_field,
)
from tests.support.mail import received

INJECTIONS = [
    "x\r\nBcc: thief@evil.example",
    "x\nBcc: thief@evil.example",
    "x\rBcc: thief@evil.example",
    "x\r\n\r\n<html>",
    "=?utf-8?q?=0d=0aBcc=3A_thief=40evil.example?=",
    "=?utf-8?b?DQpCY2M6IHRoaWVmQGV2aWwuZXhhbXBsZQ==?=",
    "x\x0bBcc: y",
    "x\x0cBcc: y",
    "x\x1cBcc: y",
    "x\x85Bcc: y",
    "x\u2028Bcc: y",
    "x\u2029Bcc: y",
    "\x00",
    "a" * 70 + " " * 300 + "b",
    '"<thief@evil.example>',
    "\ud800",
]
ANYTHING = st.one_of(
    st.text(max_size=400),
    st.text(st.sampled_from(" \t\r\n\x00=?_ab,;:<>@\"'\\()%üß😀\u2028"), max_size=200),
    st.sampled_from(INJECTIONS),
)


def wire(field: Field) -> bytes:
    message = EmailMessage(policy=SMTP)
    message[field.name] = field
    whole = message.policy.fold_binary(*next(iter(message.raw_items())))
    assert re.fullmatch(rb"[!-9;-~]+:[^\r\n\0]*(\r\n[ \t]+[^\r\n\0 \t][^\r\n\0]*)*\r\n", whole)
    assert all(len(line) <= 998 for line in whole.split(b"\r\n"))
    return whole


def read(field: Field) -> EmailMessage:
    parsed = received(wire(field) + b"\r\n")
    assert len(parsed) == 1
    assert not parsed.get_payload()
    return parsed


def decoded(field: Field) -> str:
    """The value by RFC 2047 alone; the newer parser stumbles over what looks like its words."""
    unfolded = wire(field).decode().replace("\r\n", "").removeprefix(f"{field.name}: ")
    return str(make_header(decode_header(unfolded)))


@settings(deadline=None)
@given(ANYTHING)
@example("=?utf-8?q?hi?=")
@example("Räksmörgås 😀 " * 30)
@example("long " * 100)
@example("a" * 2000)
def test_a_text_is_read_as_it_was_written(text: str) -> None:
    assert decoded(text_field("Subject", text)) == one_line(text)


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("name", ["Subject", "X-" + "N" * 60])
def test_no_text_begins_another_header(name: str, text: str) -> None:
    whole = wire(text_field(name, text))

    assert not re.search(rb"(?m)^Bcc", whole)


@settings(deadline=None)
@given(ANYTHING.filter(lambda text: one_line(text) != ""))
@example("Doe, Jane " * 12)
@example('Doe, "J" \\ ü <a@b>')
@example("😀, " * 30)
def test_a_display_name_never_changes_who_sent_it(name: str) -> None:
    whole = wire(mailbox_field("From", name, "jane@contoso.example"))

    unfolded = whole.decode().replace("\r\n", "").removeprefix("From: ")
    assert [address for _, address in getaddresses([unfolded])] == ["jane@contoso.example"]


@settings(deadline=None)
@given(ANYTHING.map(one_line).filter(bool))
@example("Doe,Jane" * 12)
@example("Doe, Jane and " * 12 + "Joe")
def test_a_display_name_is_read_as_it_was_written(name: str) -> None:
    phrase, _, address = decoded(mailbox_field("From", name, "jane@contoso.example")).rpartition(
        " "
    )

    assert address == "<jane@contoso.example>"
    assert re.sub(r"\\(.)", r"\1", phrase.removeprefix('"').removesuffix('"')) == name or (
        phrase == name
    )


def test_a_name_that_is_short_and_plain_stays_readable() -> None:
    field = mailbox_field("From", "Contoso Reports", "noreply@contoso.example")

    assert wire(field) == b'From: "Contoso Reports" <noreply@contoso.example>\r\n'


def test_an_address_stands_alone_where_there_is_no_name() -> None:
    assert wire(mailbox_field("From", None, "a@b.example")) == b"From: a@b.example\r\n"


@pytest.mark.parametrize("count", [1, 2, 50, 500])
def test_all_addresses_are_read(count: int) -> None:
    given = [f"{'o' * (n % 64 + 1)}{n}@{'d' * (n % 60 + 1)}.example" for n in range(count)]

    found = read(addresses_field("To", given))["To"].addresses

    assert [address.addr_spec for address in found] == given


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("References", " ".join(f"<{'a' * 90}{n}@x.example>" for n in range(5))),
        ("List-Unsubscribe", f"<https://x.example/{'a' * 150}>, <mailto:a@b.example>"),
        ("In-Reply-To", f"<{'b' * 200}@x.example>"),
    ],
)
def test_ids_and_urls_are_not_encoded_however_long(name: str, text: str) -> None:
    whole = wire(text_field(name, text)).decode()

    assert whole.replace("\r\n", "") == f"{name}: {text}"


@settings(deadline=None)
@given(ANYTHING.map(one_line).filter(bool))
@example("=?utf-8?q?=0aX:y?=")
@example('ünï "q" \\ %41 x' * 20 + ".pdf")
@example("report; filename=evil.exe")
@example("a" * 255)
@example("日本語の報告書" * 10 + ".pdf")
def test_a_file_name_is_read_as_it_was_given(name: str) -> None:
    field = disposition_field("attachment", name)

    parsed = read(field)

    assert parsed["Content-Disposition"].params["filename"] == name
    assert parsed.get_content_disposition() == "attachment"


def test_a_field_that_would_be_two_is_turned_down() -> None:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = Field("Subject", "x", "x\r\nBcc: y")

    with pytest.raises(ValueError, match="would not come out as one"):
        message.as_bytes()


@pytest.mark.parametrize(
    ("name", "value", "read_as"),
    [
        ("List-Id", "Übersicht <rep.a.example>", "Übersicht <rep.a.example>"),
        ("List-Id", "Reports <rep.ä.example>", "Reports <rep.%C3%A4.example>"),
        ("List-Id", "<rep.ä.example>", "<rep.%C3%A4.example>"),
        (
            "List-Unsubscribe",
            "<https://a.example/abmelden?für=1>, <mailto:off@a.example>",
            "<https://a.example/abmelden?f%C3%BCr=1>, <mailto:off@a.example>",
        ),
        ("In-Reply-To", "<ä@b.example>", "<%C3%A4@b.example>"),
        ("X-Report", "März <1>", "März <1>"),
    ],
)
def test_what_programs_read_between_angle_brackets_is_no_encoded_word(
    name: str, value: str, read_as: str
) -> None:
    field = given_field(name, value)

    raw = wire(field)
    assert raw.isascii()
    shown = str(make_header(decode_header(raw.decode().partition(": ")[2].replace("\r\n", ""))))
    assert shown.strip().replace('"', "") == read_as
    if name.startswith(("List", "In")):
        assert re.search(rb"<[^<>]+>\s*$", raw)


@settings(deadline=None)
@given(ANYTHING, st.sampled_from(["List-Id", "List-Unsubscribe", "References", "X-Other"]))
def test_a_header_that_was_given_is_one_field_whatever_it_holds(value: str, name: str) -> None:
    parsed = read(given_field(name, value))
    assert parsed.keys() == [name]
