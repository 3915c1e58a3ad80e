"""What became of messages, as callers are told."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.failures import Failure
from tests.support.function_app import App, payload
from tests.support.world import MAILBOX

PATH = "/api/messages"
MESSAGE: dict[str, Any] = {"to": ["to@customer.example"], "subject": "Hi", "text": "hello"}
SEND = ("OutgoingMail.Send",)


@pytest.fixture(autouse=True)
def _verified(app: App) -> None:
    app.world.basic()
    app.world.work()
    app.world.delivery_queue.take_due()


def _submit(app: App, body: Any = MESSAGE) -> Any:
    return app.send("POST", PATH, body, roles=SEND)


def _get(app: App, submitted: Any, **options: Any) -> Any:
    return app.send("GET", f"{PATH}/{payload(submitted)['id']}", roles=SEND, **options)


def test_what_is_sent_has_the_servers_reply(app: App) -> None:
    submitted = _submit(app)
    app.world.deliver()
    message = payload(_get(app, submitted))
    assert message["status"] == "sent"
    assert message["sender"] == MAILBOX
    assert message["serverReply"] == "250 2.0.0 OK"
    assert message["sentAt"] == "2026-03-02T09:00:00.000Z"
    assert message["attempts"] == 1
    assert "nextAttemptAt" not in message
    assert "reason" not in message


def test_what_is_tried_again_says_why_and_when(app: App) -> None:
    app.world.submission.failures = [Failure("smtp_try_later", passing=True, detail="451 later")]
    submitted = _submit(app)
    app.world.deliver()
    message = payload(_get(app, submitted))
    assert message["status"] == "retrying"
    assert message["nextAttemptAt"] == "2026-03-02T09:01:00.000Z"
    assert message["reason"]["code"] == "smtp_try_later"
    assert message["reason"]["detail"] == "451 later"


def test_who_is_put_off_and_who_is_refused_is_told_for_each(app: App) -> None:
    put_off, gone = "later@customer.example", "gone@customer.example"
    app.world.submission.refusals = {
        put_off: [Failure("smtp_try_later", passing=True, detail="451 4.7.1 Greylisted")],
        gone: [Failure("recipient_refused", detail="550 5.1.1 No such user")],
    }
    submitted = _submit(app, MESSAGE | {"cc": [put_off, gone]})
    app.world.deliver()
    message = payload(_get(app, submitted))
    assert (message["status"], message["recipients"]) == ("retrying", 3)
    assert message["nextAttemptAt"] == "2026-03-02T09:01:00.000Z"
    assert message["sentAt"] == "2026-03-02T09:00:00.000Z"
    assert message["reason"]["detail"] == "451 4.7.1 Greylisted"
    assert message["pendingRecipients"] == [put_off]
    assert message["refusedRecipients"] == [gone]
    reasons = {one["recipient"]: one["reason"] for one in message["refusals"]}
    assert {name: reason["code"] for name, reason in reasons.items()} == {
        put_off: "smtp_try_later",
        gone: "recipient_refused",
    }
    assert all(reason["title"] and reason["remedy"] for reason in reasons.values())
    assert reasons[gone]["detail"] == "550 5.1.1 No such user"

    app.world.deliver(timedelta(minutes=2))
    message = payload(_get(app, submitted))
    assert (message["status"], message["refusedRecipients"]) == ("sent", [gone])
    assert [one["recipient"] for one in message["refusals"]] == [gone]
    assert {"pendingRecipients", "reason", "nextAttemptAt"}.isdisjoint(message)


def _paced(app: App, **limits: int) -> None:
    app.world.settings = replace(
        app.world.settings, pace_limits=replace(app.world.settings.pace_limits, **limits)
    )
    app.world.services = app.world.another_process()


def test_what_the_pace_of_its_mailbox_holds_up_says_so(app: App) -> None:
    _paced(app, messages_per_minute=2)
    submitted = [_submit(app) for _ in range(3)]
    app.world.deliver()
    messages = [payload(_get(app, one)) for one in submitted]
    [held] = [message for message in messages if message["status"] == "queued"]
    assert held["reason"]["code"] == "mailbox_pace"
    assert held["nextAttemptAt"] == "2026-03-02T09:01:01.000Z"
    app.world.deliver(timedelta(minutes=2))
    messages = [payload(_get(app, one)) for one in submitted]
    assert {message["status"] for message in messages} == {"sent"}
    assert all("reason" not in message for message in messages)


def test_what_the_quota_of_the_day_holds_up_says_until_when(app: App) -> None:
    _paced(app, recipients_per_day=1)
    first, second = _submit(app), _submit(app)
    app.world.deliver(timedelta(hours=1))
    messages = [payload(_get(app, one)) for one in (first, second)]
    [held] = [message for message in messages if message["status"] == "queued"]
    assert (held["reason"]["code"], held["reason"]["owner"]) == ("mailbox_pace", "wait")
    assert held["nextAttemptAt"] == "2026-03-03T00:00:00.000Z"


@pytest.mark.parametrize(
    ("code", "until"),
    [
        ("sending_quota_exceeded", "2026-03-02T09:30:00.000Z"),
        ("smtp_throttled", "2026-03-02T09:01:00.000Z"),
    ],
)
def test_why_its_mailbox_rests_is_told_to_who_has_not_met_it(
    app: App, code: str, until: str
) -> None:
    app.world.submission.failures = [Failure(code, passing=True, detail="for the first to know")]
    submitted = [_submit(app) for _ in range(3)]
    app.world.deliver()
    messages = [payload(_get(app, one)) for one in submitted]
    queued = [message for message in messages if message["status"] == "queued"]
    assert [one["reason"]["code"] for one in queued] == [code, code]
    assert {one["nextAttemptAt"] for one in queued} == {until}
    assert all("detail" not in one["reason"] for one in queued)


def test_the_next_attempt_is_never_told_for_a_time_that_has_passed(app: App) -> None:
    app.world.submission.failures = [Failure("smtp_try_later", passing=True)]
    submitted = _submit(app)
    app.world.deliver()
    planned = payload(_get(app, submitted))["nextAttemptAt"]
    assert planned > "2026-03-02T09:00"
    app.world.clock.advance(timedelta(minutes=7))
    assert payload(_get(app, submitted))["nextAttemptAt"] == "2026-03-02T09:07:00.000Z"


def test_a_message_that_nothing_holds_up_gives_no_reason(app: App) -> None:
    submitted = _submit(app)
    message = payload(_get(app, submitted))
    assert message["status"] == "queued"
    assert {"reason", "nextAttemptAt"}.isdisjoint(message)


def test_what_failed_says_why_and_what_helps(app: App) -> None:
    app.world.submission.failures = [Failure("send_as_denied", detail="5.7.60")]
    submitted = _submit(app)
    app.world.deliver()
    message = payload(_get(app, submitted))
    assert message["status"] == "failed"
    assert message["reason"]["code"] == "send_as_denied"
    assert MAILBOX in message["reason"]["remedy"]
    assert message["reason"]["owner"] == "tenant admin"


def test_a_message_has_an_etag_that_changes_with_it(app: App) -> None:
    submitted = _submit(app)
    etag = _get(app, submitted).headers["ETag"]
    assert _get(app, submitted, headers={"If-None-Match": etag}).status_code == 304
    app.world.deliver()
    changed = _get(app, submitted, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != etag
