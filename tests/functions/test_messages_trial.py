"""Test messages: one message through a config, now, with the outcome in the answer."""

from typing import Any

import pytest

from shared.domain.config import Config
from shared.domain.errors import WriteConflictError
from shared.domain.failures import Failure
from shared.domain.message import Content
from tests.support.function_app import App, payload, pointers
from tests.support.world import MAILBOX, World

TO = {"to": "admin@customer.example"}


def _send(app: App, config: Config, body: Any = TO, **options: Any) -> Any:
    return app.send("POST", f"/api/configs/{config.id}/test-message", body, **options)


def _outcome(app: App, config: Config) -> Any:
    response = _send(app, config)
    assert response.status_code == 200, response.get_body()
    return payload(response)


def _content(world: World) -> Content:
    [(_, _, _, content)] = world.submission.sent
    return content


def test_a_test_message_is_sent_at_once_and_says_who_asked_for_it(app: App) -> None:
    config = app.world.basic()
    app.world.work()
    outcome = _outcome(app, config)
    assert outcome["outcome"] == "sent"
    assert outcome["serverReply"] == "250 2.0.0 OK"
    content = _content(app.world)
    assert content.to == ("admin@customer.example",)
    assert content.subject == "Test message from Outgoing Mail"
    for text in (content.text or "", content.html or ""):
        assert "admin@contoso.example" in text
        assert MAILBOX in text
    [(_, config_id, message, _)] = app.world.submission.sent
    assert (config_id, message.message_id) == (config.id, outcome["messageId"])
    assert app.world.messages.all() == []


def test_what_names_hold_is_no_markup(app: App) -> None:
    config = app.world.basic(user_name="<b>@contoso.example", from_address=MAILBOX)
    _send(app, config)
    assert "&lt;b&gt;@contoso.example" in (_content(app.world).html or "")


def test_it_works_before_the_first_check_and_leaves_the_status_alone(app: App) -> None:
    config = app.world.basic()
    assert _outcome(app, config)["outcome"] == "sent"
    assert app.world.config(config).status == "notVerified"


def test_a_config_that_is_not_verified_can_be_tried(app: App) -> None:
    config = app.world.authorized()
    app.world.mail.failure = Failure("smtp_auth_disabled_mailbox")
    app.send("POST", f"/api/configs/{config.id}/verify")
    app.world.mail.failure = None
    assert _outcome(app, config)["outcome"] == "sent"


def test_a_wrong_password_is_told_and_counts_like_a_failed_check(app: App) -> None:
    config = app.world.basic(password="right")
    app.world.work()
    app.world.vault.secrets[f"{config.id}-password"].versions.append("wrong")
    outcome = _outcome(app, config)
    assert outcome["outcome"] == "failed"
    assert outcome["reason"]["code"] == "password_rejected"
    assert outcome["reason"]["remedy"]
    assert "messageId" not in outcome
    stored = app.world.config(config)
    assert stored.status == "notVerified"
    assert stored.reason is not None
    assert stored.reason.code == "password_rejected"
    assert app.world.event_types(config)[-1] == "checkFailed"


def test_a_dead_grant_is_told_and_noted_once(app: App) -> None:
    config = app.world.authorized()
    app.world.services = app.world.another_process()  # which has no access token in memory
    app.world.provider.revoke_all()
    outcome = _outcome(app, config)
    assert outcome["reason"]["code"] == "grant_revoked"
    assert app.world.config(config).status == "notVerified"
    assert app.world.event_types(config).count("checkFailed") == 1


def test_a_config_that_was_never_authorized_says_so(app: App) -> None:
    config = app.world.oauth()
    outcome = _outcome(app, config)
    assert outcome["reason"]["code"] == "authorization_needed"
    assert app.world.submission.calls["open"] == 0


def test_a_refused_sender_is_the_configs_reason_too(app: App) -> None:
    config = app.world.basic()
    app.world.work()
    app.world.submission.failures = [Failure("send_as_denied", detail="5.7.60")]
    outcome = _outcome(app, config)
    assert outcome["reason"]["code"] == "send_as_denied"
    assert outcome["messageId"]
    assert app.world.config(config).status == "notVerified"


@pytest.mark.parametrize(
    "failure",
    [Failure("recipients_refused", detail="550"), Failure("smtp_try_later", passing=True)],
)
def test_what_is_not_the_mailboxs_fault_leaves_it_verified(app: App, failure: Failure) -> None:
    config = app.world.basic()
    app.world.work()
    app.world.submission.failures = [failure]
    assert _outcome(app, config)["reason"]["code"] == failure.code
    assert app.world.config(config).status == "verified"


def test_nobody_is_told_to_wait_for_a_test_message_to_be_sent_again(app: App) -> None:
    config = app.world.basic()
    app.world.work()
    app.world.submission.failures = [Failure("smtp_try_later", passing=True, detail="451 later")]
    reason = _outcome(app, config)["reason"]
    assert (reason["code"], reason["detail"]) == ("smtp_try_later", "451 later")
    assert reason["remedy"] == "Send the test message again in a few minutes."


def test_the_pace_holds_for_test_messages_too(app: App) -> None:
    config = app.world.basic()
    for _ in range(30):
        assert _outcome(app, config)["outcome"] == "sent"
    response = _send(app, config)
    assert (response.status_code, payload(response)["code"]) == (409, "mailbox_busy")
    assert "09:01:01 UTC" in payload(response)["detail"]
    assert len(app.world.submission.sent) == 30


def test_the_connection_is_given_back_whatever_happens(app: App) -> None:
    config = app.world.basic()
    for failure in (Failure("smtp_try_later", passing=True), Failure("send_as_denied")):
        app.world.submission.failures = [failure]
        _outcome(app, config)
    app.world.vault.fail("get", RuntimeError("unforeseen"))
    assert _send(app, config).status_code == 500
    assert app.world.submission.open_sessions == 0
    assert app.world.pace.paces[config.mailbox_key].value.slots == ()


def test_writes_that_meet_others_are_tried_again(app: App) -> None:
    config = app.world.basic()
    app.world.pace.fail("put", WriteConflictError(), times=3)
    assert _outcome(app, config)["outcome"] == "sent"


def test_who_reads_or_sends_may_not_try(app: App) -> None:
    config = app.world.basic()
    for role in ("OutgoingMail.Read", "OutgoingMail.Send"):
        response = _send(app, config, roles=[role])
        assert (response.status_code, payload(response)["code"]) == (403, "role_missing")


def test_another_organizations_config_is_not_found(app: App) -> None:
    config = app.world.basic()
    response = _send(app, config, org="22222222-2222-2222-2222-222222222222")
    assert response.status_code == 404
    assert app.world.submission.calls["open"] == 0


@pytest.mark.parametrize("to", ["", "nobody", "a@b.example\r\nRCPT TO:<c@d.example>", None, ["a"]])
def test_a_recipient_that_is_no_address_is_named(app: App, to: Any) -> None:
    response = _send(app, app.world.basic(), {"to": to, "cc": "a@b.example"})
    assert response.status_code == 400
    assert set(pointers(response)) == {"/to", "/cc"}
