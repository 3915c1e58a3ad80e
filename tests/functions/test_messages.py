"""Submitting messages, and looking at what became of them."""

import base64
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.failures import Failure
from shared.domain.message import Attachment
from tests.support.function_app import HOST, App, payload, pointers
from tests.support.world import ADMIN, ORG, PLATFORM

PATH = "/api/messages"
OTHER = "22222222-2222-2222-2222-222222222222"
MESSAGE: dict[str, Any] = {"to": ["to@customer.example"], "subject": "Hi", "text": "hello"}
SEND = ("OutgoingMail.Send",)


@pytest.fixture(autouse=True)
def _verified(app: App) -> None:
    app.world.basic(reply_to="support@contoso.example")
    app.world.work()
    app.world.delivery_queue.take_due()


def _submit(app: App, body: Any = MESSAGE, key: str | None = None, **options: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return app.send("POST", PATH, body, headers=headers, **{"roles": SEND, **options})


def _get(app: App, submitted: Any, **options: Any) -> Any:
    path = f"{PATH}/{payload(submitted)['id']}"
    return app.send("GET", path, **{"roles": SEND, **options})


def test_a_message_is_accepted_with_its_place(app: App) -> None:
    response = _submit(app)
    assert response.status_code == 202
    accepted = payload(response)
    assert response.headers["Location"] == f"{HOST}{PATH}/{accepted['id']}"
    config_id = app.world.configs.default_id(ORG)
    assert accepted == {
        "id": accepted["id"],
        "status": "queued",
        "configId": config_id,
        "platformSender": False,
        "recipients": 1,
        "size": accepted["size"],
        "messageId": f"<{accepted['id']}@contoso.example>",
        "createdAt": "2026-03-02T09:00:00.000Z",
        "createdBy": "admin@contoso.example",
        "expiresAt": "2026-03-03T09:00:00.000Z",
    }
    assert accepted["size"] > 0


def test_another_organizations_message_is_not_found(app: App) -> None:
    submitted = _submit(app)
    for response in (
        _get(app, submitted, org=OTHER),
        app.send("GET", f"{PATH}/0192f0c5-7c1e-4b7e-9d1f-3f0f5a3c2b11", roles=SEND),
        app.send("GET", f"{PATH}/nothing", roles=SEND),
    ):
        assert response.status_code == 404
        assert payload(response)["detail"] == "There is no such message."


@pytest.mark.parametrize("roles", [[], ["OutgoingMail.Read"], ["OutgoingMail.Manage"]])
def test_only_who_may_send_sends_and_looks(app: App, roles: list[str]) -> None:
    submitted = _submit(app)
    for response in (_submit(app, roles=roles), _get(app, submitted, roles=roles)):
        assert response.status_code == 403
        assert payload(response)["code"] == "role_missing"
        assert "OutgoingMail.Send" in payload(response)["detail"]
    assert _submit(app, signed_in=False).status_code == 401


def test_the_same_key_and_content_is_the_same_place(app: App) -> None:
    first = _submit(app, key="k")
    reordered = dict(reversed(MESSAGE.items()))
    again = _submit(app, reordered, key="k")
    assert again.status_code == 202
    assert again.get_body() == first.get_body()
    assert again.headers["Location"] == first.headers["Location"]
    app.world.deliver()
    assert payload(_submit(app, key="k"))["status"] == "sent"
    assert len(app.world.submission.sent) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"to": ["else@customer.example"]},
        {"cc": ["more@customer.example"]},
        {"bcc": ["more@customer.example"]},
        {"subject": "Ho"},
        {"text": "bye"},
        {"html": "<p>hello</p>"},
        {"attachments": [{"name": "a", "contentType": "a/b", "content": "AAAA"}]},
        {"headers": {"X-A": "b"}},
        {"allowPlatformSender": False},
    ],
)
def test_the_same_key_with_anything_else_is_a_conflict(app: App, change: dict[str, Any]) -> None:
    _submit(app, key="k")
    response = _submit(app, MESSAGE | change, key="k")
    assert response.status_code == 409
    assert payload(response)["code"] == "idempotency_key_reused"
    assert _submit(app, MESSAGE | change, key="another").status_code == 202


def test_files_that_differ_are_other_content(app: App) -> None:
    def with_file(**file: str) -> dict[str, Any]:
        usual = {"name": "a.bin", "contentType": "application/pdf", "content": "AAAA"}
        return MESSAGE | {"attachments": [usual | file]}

    _submit(app, with_file(), key="k")
    assert _submit(app, with_file(), key="k").status_code == 202
    for change in ({"name": "b"}, {"contentType": "a/b"}, {"content": "AAAB"}, {"contentId": "c"}):
        assert _submit(app, with_file(**change), key="k").status_code == 409


@pytest.mark.parametrize("key", ["", " ", "a b", "k" * 256, "ä", "a\x7f"])
def test_a_key_that_is_none_is_told_with_everything_else(app: App, key: str) -> None:
    headers = {"Idempotency-Key": key}
    response = app.send("POST", PATH, MESSAGE | {"to": ["x"]}, roles=SEND, headers=headers)
    assert response.status_code == 400
    assert set(pointers(response)) == {"Idempotency-Key", "/to/0"}


def test_everything_arrives_where_it_is_delivered_from(app: App) -> None:
    files = [
        {"name": "a.pdf", "contentType": "application/pdf", "content": "JVBERg=="},
        {"name": "b.png", "contentType": "image/png", "content": "AAEC", "contentId": "logo"},
    ]
    body = {
        "to": [" To@Customer.Example "],
        "cc": ["jürgen@bücher.example"],
        "bcc": ["secret@customer.example", "To@customer.example"],
        "subject": "Grüße",
        "text": "Hallo\r\nWelt",
        "html": '<p onclick="x">Hallo</p>',
        "attachments": files,
        "headers": {"x-report": " march ", "list-id": "<a.b>"},
        "configId": app.world.configs.default_id(ORG),
    }
    submitted = payload(_submit(app, body))
    assert submitted["recipients"] == 3
    [content] = app.world.contents.contents.values()
    assert content.to == ("To@customer.example",)
    assert content.cc == ("jürgen@bücher.example",)
    assert content.bcc == ("secret@customer.example", "To@customer.example")
    assert (content.subject, content.text) == ("Grüße", "Hallo\r\nWelt")
    assert content.html == '<p onclick="x">Hallo</p>'
    assert content.headers == (("x-report", "march"), ("List-Id", "<a.b>"))
    assert content.attachments == (
        Attachment("a.pdf", "application/pdf", b"%PDF"),
        Attachment("b.png", "image/png", b"\0\1\2", "logo"),
    )


def test_a_config_of_another_organization_is_none(app: App) -> None:
    config_id = app.world.configs.default_id(ORG)
    response = _submit(app, MESSAGE | {"configId": config_id}, org=OTHER)
    assert response.status_code == 400
    assert set(pointers(response)) == {"/configId"}


def _platform(app: App) -> None:
    platform = replace(ADMIN, organization=PLATFORM)
    app.world.service.create(
        platform,
        {
            "auth_type": app.world.basic().auth_type,
            "user_name": "platform@msp.example",
            "password": "right",
        },
    )
    app.world.work()


def test_the_platforms_sender_helps_out_and_keeps_its_troubles_to_itself(app: App) -> None:
    _platform(app)
    app.world.submission.failures = [
        Failure("smtp_throttled", passing=True, detail="432 of platform@msp.example")
    ]
    submitted = _submit(app, org=OTHER)
    app.world.deliver()
    message = payload(_get(app, submitted, org=OTHER))
    assert message["platformSender"] is True
    assert message["sender"] == "platform@msp.example"
    assert "configId" not in message
    assert message["reason"]["code"] == "smtp_throttled"
    assert "detail" not in message["reason"]


def test_what_the_platform_was_told_about_the_recipients_is_the_callers_to_know(app: App) -> None:
    _platform(app)
    app.world.submission.failures = [Failure("recipients_refused", detail="550 5.1.1 nobody")]
    submitted = _submit(app, org=OTHER)
    app.world.deliver()
    message = payload(_get(app, submitted, org=OTHER))
    assert message["reason"]["detail"] == "550 5.1.1 nobody"


@pytest.mark.parametrize(
    ("code", "in_the_end"),
    [
        ("smtp_throttled", "delivery_expired"),
        ("smtp_refused", "platform_sender_unavailable"),
        ("connection_refused", "platform_sender_unavailable"),
    ],
)
def test_what_the_platforms_sign_in_meets_is_told_neither_at_first_nor_after_a_day(
    app: App, code: str, in_the_end: str
) -> None:
    _platform(app)
    passing = code != "smtp_refused"
    failure = Failure(code, passing=passing, detail="of platform@msp.example at 192.0.2.7")
    app.world.submission.sign_in_failures = [failure] * 1000
    submitted = _submit(app, org=OTHER)
    for _ in range(26):
        app.world.deliver(timedelta(hours=1))
        response = _get(app, submitted, org=OTHER)
        assert b"192.0.2.7" not in response.get_body()
    message = payload(response)
    assert (message["status"], message["reason"]["code"]) == ("failed", in_the_end)


@pytest.mark.parametrize(
    "code",
    ["send_as_denied", "password_rejected", "client_secret_expired", "relay_denied"],
)
def test_what_is_the_platforms_to_mend_is_told_as_that(app: App, code: str) -> None:
    _platform(app)
    app.world.submission.failures = [Failure(code, detail="of platform@msp.example")]
    submitted = _submit(app, org=OTHER)
    app.world.deliver()
    response = _get(app, submitted, org=OTHER)
    message = payload(response)
    assert message["status"] == "failed"
    assert message["reason"]["code"] == "platform_sender_unavailable"
    assert {"detail", "command"}.isdisjoint(message["reason"])
    assert b"RecipientPermission" not in response.get_body()


def test_the_account_behind_the_platforms_address_is_not_named(app: App) -> None:
    _platform(app)
    config = app.world.configs.default_id(PLATFORM)
    platform = replace(ADMIN, organization=PLATFORM)
    fields: Any = {"from_address": "noreply@msp.example"}
    app.world.service.update(platform, config or "", fields, lambda _: True)
    app.world.work()
    app.world.submission.failures = [
        Failure("smtp_refused", detail="554 Message of Platform@msp.example looks like spam")
    ]
    submitted = _submit(app, org=OTHER)
    app.world.deliver()
    message = payload(_get(app, submitted, org=OTHER))
    assert message["reason"]["detail"] == "554 Message of [cut] looks like spam"
    app.world.submission.reply = "250 queued for platform@msp.example"
    submitted = _submit(app, MESSAGE | {"subject": "Another"}, org=OTHER)
    app.world.deliver()
    message = payload(_get(app, submitted, org=OTHER))
    assert message["serverReply"] == "250 queued for [cut]"


def test_without_a_sender_nothing_is_accepted(app: App) -> None:
    for body in (MESSAGE, MESSAGE | {"allowPlatformSender": False}):
        response = _submit(app, body, org=OTHER)
        assert response.status_code == 409
        assert payload(response)["code"] == "no_verified_config"
    assert app.world.contents.contents.keys() == set()


def test_a_message_whose_config_is_gone_can_still_be_looked_at(app: App) -> None:
    submitted = _submit(app)
    config_id = app.world.configs.default_id(ORG)
    app.world.service.delete(ADMIN, config_id or "", lambda _: True)
    app.world.deliver(timedelta(minutes=1))
    message = payload(_get(app, submitted))
    assert (message["status"], message["reason"]["code"]) == ("failed", "config_deleted")
    assert "sender" not in message


def test_the_largest_message_is_accepted_and_a_larger_one_is_not(app: App) -> None:
    def of(size: int) -> dict[str, Any]:
        content = base64.b64encode(bytes(size - len("hello"))).decode()
        file = {"name": "a.bin", "contentType": "a/b", "content": content}
        return MESSAGE | {"attachments": [file]}

    largest = 25 * 1024 * 1024
    assert _submit(app, of(largest)).status_code == 202
    response = _submit(app, of(largest + 1))
    assert response.status_code == 413
    assert payload(response)["code"] == "message_too_large"
    assert "25 MB" in payload(response)["detail"]
    response = _submit(app, b" " * 36_000_001)
    assert (response.status_code, payload(response)["code"]) == (413, "body_too_large")
