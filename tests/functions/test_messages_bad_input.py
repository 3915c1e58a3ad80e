"""Everything that is wrong with a message is named at the door, and all of it at once."""

import json
from typing import Any

import pytest

from tests.support.function_app import App, payload, pointers

MESSAGE: dict[str, Any] = {"to": ["to@customer.example"], "subject": "Hi", "text": "hello"}
FILE = {"name": "a.pdf", "contentType": "application/pdf", "content": "JVBERg=="}
ADDRESSES = [
    "nobody",
    "",
    "@customer.example",
    "a@",
    "a b@customer.example",
    "a@customer.example, b@customer.example",
    "Name <a@customer.example>",
    "a@customer.example\r\nBcc: b@customer.example",
    "a@customer..example",
    '"a b"@customer.example',
    "a@[127.0.0.1]",
    f"{'x' * 65}@customer.example",
    1,
    None,
    {"address": "a@customer.example"},
]


@pytest.fixture(autouse=True)
def _verified(app: App) -> None:
    app.world.basic()
    app.world.work()


def _errors(app: App, body: Any) -> dict[str, str]:
    response = app.send("POST", "/api/messages", body, roles=["OutgoingMail.Send"])
    assert response.status_code == 400, response.get_body()[:500]
    assert payload(response)["code"] == "invalid_input"
    assert app.world.messages.all() == []
    return pointers(response)


def _accepted(app: App, **fields: Any) -> None:
    response = app.send("POST", "/api/messages", MESSAGE | fields, roles=["OutgoingMail.Send"])
    assert response.status_code == 202, response.get_body()[:500]


def test_every_address_that_is_none_is_named_at_once(app: App) -> None:
    good = "to@customer.example"
    body = MESSAGE | {"to": [good, *ADDRESSES, good], "cc": ["x"], "bcc": [good, "y"]}
    wanted = {f"/to/{number}" for number in range(1, len(ADDRESSES) + 1)} | {"/cc/0", "/bcc/1"}
    assert set(_errors(app, body)) == wanted


FILE_ERRORS = [
    ("name", ""),
    ("name", "."),
    ("name", ".."),
    ("name", "a/b.pdf"),
    ("name", "a\\b.pdf"),
    ("name", "a\r\nX: y"),
    ("name", "a\0.pdf"),
    ("name", "x" * 256),
    ("name", None),
    ("contentType", ""),
    ("contentType", "pdf"),
    ("contentType", "text/html\r\nX: y"),
    ("contentType", "text/plain; name=x"),
    ("contentType", "text/plain\n"),
    ("content", "%PDF"),
    ("content", "JVBERg"),
    ("content", "JVBE\r\nRg=="),
    ("content", "JVBERg==="),
    ("content", "=AAA"),
    ("content", "AAAA" * 2000 + "A"),
    ("content", "AAAA" * 2000 + "\n"),
    ("content", "AAAA=AAA" * 1000),
    ("content", ["AAAA"]),
    ("content", None),
    ("contentId", ""),
    ("contentId", "a b"),
    ("contentId", "<a>"),
    ("contentId", 'a"'),
    ("contentId", "a\r\nb"),
    ("contentId", "x" * 201),
    ("contentId", None),
    ("size", 1),
]


@pytest.mark.parametrize(("name", "value"), FILE_ERRORS)
def test_what_is_wrong_with_an_attachment_is_named(app: App, name: str, value: Any) -> None:
    body = MESSAGE | {"attachments": [FILE, FILE | {name: value}]}
    assert set(_errors(app, body)) == {f"/attachments/1/{name}"}


HEADER_ERRORS = [
    ("From", "a@customer.example"),
    ("Bcc", "a@customer.example"),
    ("Content-Type", "text/html"),
    ("DKIM-Signature", "x"),
    ("X-", "x"),
    ("X-" + "y" * 61, "x"),
    ("X-A B", "x"),
    ("X-A:", "x"),
    ("X-A\r\nBcc", "x"),
    ("X-Ä", "x"),
    ("", "x"),
    ("X-A", "x\r\nBcc: a@customer.example"),
    ("X-A", "x\ny"),
    ("X-A", "x\0y"),
    ("X-A", "x\u2028y"),
    ("X-A", ""),
    ("X-A", "x" * 999),
    ("X-A", 1),
    ("X-A", None),
]


@pytest.mark.parametrize(("name", "value"), HEADER_ERRORS)
def test_headers_that_cannot_be_set_are_named(app: App, name: str, value: Any) -> None:
    body = MESSAGE | {"headers": {"X-Fine": "x", name: value}}
    assert set(_errors(app, body)) == {f"/headers/{name}"}


def test_a_header_is_given_once_in_whatever_case(app: App) -> None:
    assert set(_errors(app, MESSAGE | {"headers": {"X-A": "1", "x-a": "2"}})) == {"/headers/x-a"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"to": []}, "/to"),
        ({"to": None}, "/to"),
        ({"to": "to@customer.example"}, "/to"),
        ({"to": ["to@customer.example"] * 501}, "/to"),
        ({"cc": ["to@customer.example"] * 500}, "/cc"),
        ({"cc": ["a@b.example"] * 250, "bcc": ["a@b.example"] * 250}, "/bcc"),
        ({"cc": None}, "/cc"),
        ({"bcc": {}}, "/bcc"),
        ({"subject": None}, "/subject"),
        ({"subject": 1}, "/subject"),
        ({"subject": "x" * 999}, "/subject"),
        ({"subject": "Hi\r\nBcc: a@customer.example"}, "/subject"),
        ({"subject": "Hi\u2029"}, "/subject"),
        ({"text": None}, "/text"),
        ({"text": 1}, "/text"),
        ({"text": "a\0b"}, "/text"),
        ({"html": None}, "/html"),
        ({"html": "a\0b"}, "/html"),
        ({"attachments": None}, "/attachments"),
        ({"attachments": [1]}, "/attachments/0"),
        ({"attachments": [FILE] * 101}, "/attachments"),
        ({"headers": []}, "/headers"),
        ({"headers": None}, "/headers"),
        ({"headers": {f"X-{n}": "x" for n in range(51)}}, "/headers"),
        ({"configId": "1"}, "/configId"),
        ({"configId": None}, "/configId"),
        ({"allowPlatformSender": "yes"}, "/allowPlatformSender"),
        ({"allowPlatformSender": None}, "/allowPlatformSender"),
        ({"from": "a@customer.example"}, "/from"),
        ({"content": "A" * 5000}, "/content"),
        (
            {"attachments": [FILE | {"contentId": "a"}, FILE | {"contentId": "a"}]},
            "/attachments/1/contentId",
        ),
    ],
)
def test_what_is_wrong_with_a_field_is_named(app: App, body: dict[str, Any], pointer: str) -> None:
    assert set(_errors(app, MESSAGE | body)) == {pointer}


def test_what_is_missing_is_named_together_with_what_is_wrong(app: App) -> None:
    assert set(_errors(app, {})) == {"/to", "/subject", "/text"}
    body = {"cc": [], "attachments": [{}], "headers": {"Bcc": "x"}, "configId": 1}
    assert set(_errors(app, body)) == {
        "/to",
        "/subject",
        "/text",
        "/attachments/0/name",
        "/attachments/0/contentType",
        "/attachments/0/content",
        "/headers/Bcc",
        "/configId",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"to": ["a@customer.example"] * 250, "cc": ["b@customer.example"] * 250},
        {"to": [], "bcc": ["to@customer.example"]},
        {"subject": ""},
        {"subject": "x" * 998},
        {"text": ""},
        {"text": "\x01 \x1f"},
        {"headers": {"x-priority": "1", "LIST-UNSUBSCRIBE": "<mailto:a@b.example>"}},
        {"headers": {"X-" + "y" * 60: "x" * 998}},
        {"attachments": [FILE | {"content": ""}]},
        {"attachments": [FILE | {"name": "Übersicht März.pdf"}]},
        {"attachments": [FILE | {"contentType": "text/csv; charset=utf-8"}]},
        {"attachments": [FILE | {"contentId": "logo@contoso.example"}]},
        {"attachments": [FILE, FILE | {"contentId": "None"}]},
    ],
)
def test_what_is_unusual_and_right_is_accepted(app: App, fields: dict[str, Any]) -> None:
    _accepted(app, **fields)


def test_html_needs_no_text(app: App) -> None:
    body = {"to": ["to@customer.example"], "subject": "Hi", "html": "<p>hello</p>"}
    response = app.send("POST", "/api/messages", body)
    assert response.status_code == 202


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"subject": "\\ud800"}', "application/json", 400),
        (b'{"to": [], "to": []}', "application/json", 400),
        (b'{"content": "' + b"A" * 5000 + b'"', "application/json", 400),
        (b'{"a:"content":"' + b"A" * 5000 + b'"}', "application/json", 400),
        (b"to=a", "application/x-www-form-urlencoded", 415),
        (json.dumps(MESSAGE).encode("utf-16"), "application/json; charset=utf-16", 415),
    ],
)
def test_what_is_no_json_is_refused(app: App, body: bytes, content_type: str, status: int) -> None:
    response = app.send("POST", "/api/messages", body, headers={"Content-Type": content_type})
    assert response.status_code == status
