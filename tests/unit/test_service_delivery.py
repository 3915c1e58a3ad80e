"""From a submission to the mail server's reply."""

from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.changes import ConfigFields
from shared.domain.config import AuthType, Config, Status
from shared.domain.errors import ConflictError, InvalidInputError, ServiceUnavailableError
from shared.domain.failures import Failure
from shared.domain.message import Accepted, Content, Message, MessageStatus
from shared.services.pacing import Grant
from tests.support.world import ADMIN, ORG, PLATFORM, World

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DEFERRED = Failure("smtp_try_later", passing=True, detail="451 4.3.0 later")


def _code(message: Message) -> str | None:
    return message.reason.code if message.reason else None


def _only(world: World) -> Config:
    [config] = world.configs.list(ORG)
    return config


def test_a_message_is_sent_through_the_default_with_the_servers_reply(world: World) -> None:
    message = world.submit()
    assert message.status is MessageStatus.QUEUED
    world.deliver()
    message = world.message(message)
    assert message.status is MessageStatus.SENT
    assert message.server_reply == "250 2.0.0 OK"
    assert message.config_id == _only(world).id
    assert message.message_id == f"<{message.id}@contoso.example>"
    assert world.contents.contents == {}


def test_the_same_key_and_content_is_the_same_message(world: World) -> None:
    first, second = world.submit(key="k"), world.submit(key="k")
    assert first.id == second.id
    world.deliver()
    assert world.submit(key="k").status is MessageStatus.SENT
    world.deliver(HOUR)
    assert len(world.submission.sent) == 1


def test_the_same_key_with_other_content_is_a_conflict(world: World) -> None:
    world.submit(key="k")
    with pytest.raises(ConflictError) as conflict:
        world.submit(key="k", text="other")
    assert conflict.value.code == "idempotency_key_reused"


@pytest.mark.parametrize(
    ("late", "refused"), [("first", False), ("second", True)], ids=["the same", "another"]
)
def test_of_two_submissions_at_once_under_one_key_the_accepted_one_is_sent(
    world: World, monkeypatch: pytest.MonkeyPatch, late: str, refused: bool
) -> None:
    accepted: list[Message] = []
    put = world.contents.put

    def overtaken(organization: str, content_id: str, content: Content) -> int:
        monkeypatch.undo()
        accepted.append(world.submit(key="k", text="first"))
        if not refused:
            world.deliver()
        return put(organization, content_id, content)

    monkeypatch.setattr(world.contents, "put", overtaken)
    with pytest.raises(ConflictError) if refused else nullcontext():
        world.submit(key="k", text=late)
    world.deliver()
    assert world.message(accepted[0]).status is MessageStatus.SENT
    assert [content.text for _, _, _, content in world.submission.sent] == ["first"]
    assert world.contents.contents == {}


def test_a_key_belongs_to_its_organization(world: World) -> None:
    other = replace(ADMIN, organization=PLATFORM)
    world.service.create(other, _basic_fields())
    world.work()
    assert world.submit(key="k").id != world.submit(key="k", principal=other).id


def _basic_fields() -> ConfigFields:
    return {
        "auth_type": AuthType.BASIC,
        "user_name": "platform@msp.example",
        "password": "right",
    }


def test_messages_that_are_due_together_share_a_connection(world: World) -> None:
    for _ in range(8):
        world.submit()
    world.deliver()
    assert len(world.submission.sent) == 8
    assert world.submission.calls["open"] == 1


def test_a_passing_failure_is_tried_again_with_growing_pauses(world: World) -> None:
    world.submission.failures = [DEFERRED] * 4
    message = world.submit()
    pauses = []
    for _ in range(4):
        world.deliver()
        message = world.message(message)
        assert message.status is MessageStatus.RETRYING
        assert _code(message) == "smtp_try_later"
        assert message.due_at is not None
        pauses.append((message.due_at - world.clock.now()) / MINUTE)
        world.deliver(message.due_at - world.clock.now() + 2 * SECOND)
    assert pauses == pytest.approx([1, 2, 5, 10], abs=0.05)
    message = world.message(message)
    assert (message.status, message.attempts) == (MessageStatus.SENT, 5)


def test_after_24_hours_of_passing_failures_it_fails_with_the_last_words(world: World) -> None:
    world.submission.failures = [DEFERRED] * 1000
    message = world.submit()
    world.deliver(23 * HOUR)
    assert world.message(message).status is MessageStatus.RETRYING
    world.deliver(2 * HOUR)
    message = world.message(message)
    # Not with a remedy that says to wait: nothing is tried again.
    assert (message.status, _code(message)) == (MessageStatus.FAILED, "delivery_expired")
    assert message.reason is not None
    assert message.reason.detail == DEFERRED.detail
    assert world.submission.calls["take"] < 40
    assert world.contents.contents == {}
    assert world.delivery_queue.waiting == []


def test_a_permanent_failure_fails_at_once_and_leaves_the_config_alone(world: World) -> None:
    world.submission.failures = [Failure("recipients_refused", detail="550 5.1.1")]
    message = world.submit()
    world.deliver()
    message = world.message(message)
    assert (message.status, _code(message)) == (MessageStatus.FAILED, "recipients_refused")
    assert _only(world).status is Status.VERIFIED
    assert world.event_types(_only(world))[-1] == "messageFailed"


def test_a_permanent_failure_of_the_sender_is_the_configs_too(world: World) -> None:
    world.submission.failures = [Failure("send_as_denied", detail="5.7.60")]
    message = world.submit()
    world.deliver()
    assert _code(world.message(message)) == "send_as_denied"
    config = _only(world)
    assert config.status is Status.NOT_VERIFIED
    assert config.reason is not None
    assert config.reason.code == "send_as_denied"


def test_messages_wait_while_the_mailbox_is_dead_and_leave_by_themselves(world: World) -> None:
    config = _only(world)
    world.vault.secrets[f"{config.id}-password"].versions.append("changed at the server")
    messages = [world.submit() for _ in range(3)]
    world.deliver()
    assert _only(world).status is Status.NOT_VERIFIED
    for message in map(world.message, messages):
        assert (message.status, _code(message)) == (MessageStatus.RETRYING, "password_rejected")
        assert message.due_at is not None
    world.service.update(ADMIN, config.id, {"password": "right"}, lambda _: True)
    world.work()
    world.deliver()
    assert {world.message(m).status for m in messages} == {MessageStatus.SENT}


@pytest.mark.parametrize("sent_before", [0, 30])
def test_all_of_many_messages_wait_and_cost_little_each(world: World, sent_before: int) -> None:
    messages = [world.submit() for _ in range(120)] if sent_before else []
    world.deliver()
    world.vault.secrets[f"{_only(world).id}-password"].versions.append("changed at the server")
    world.deliver(2 * MINUTE)
    assert _only(world).status is (Status.NOT_VERIFIED if sent_before else Status.VERIFIED)
    messages += [world.submit() for _ in range(120)]
    world.messages.calls.clear()
    world.deliver(SECOND)
    statuses = Counter(world.message(message).status for message in messages)
    waiting = len(messages) - sent_before
    assert statuses == Counter({MessageStatus.SENT: sent_before, MessageStatus.RETRYING: waiting})
    assert world.messages.calls["replace"] <= 150


def test_waiting_messages_leave_even_if_the_word_of_it_gets_lost(world: World) -> None:
    config = _only(world)
    world.service.update(ADMIN, config.id, {"password": "wrong"}, lambda _: True)
    world.work()
    message = world.submit()
    world.deliver(HOUR)
    assert world.message(message).status is MessageStatus.RETRYING
    world.service.update(ADMIN, config.id, {"password": "right"}, lambda _: True)
    world.delivery_queue.fail("send", ServiceUnavailableError("Queue Storage"))
    world.work()
    world.deliver(6 * MINUTE)
    assert world.message(message).status is MessageStatus.SENT


def test_what_has_waited_for_24_hours_fails(world: World) -> None:
    config = _only(world)
    world.service.update(ADMIN, config.id, {"password": "wrong"}, lambda _: True)
    world.work()
    message = world.submit()
    world.deliver(25 * HOUR)
    message = world.message(message)
    assert (message.status, _code(message)) == (MessageStatus.FAILED, "password_rejected")
    assert world.delivery_queue.waiting == []


def test_a_worker_that_died_with_a_message_in_hand_loses_nothing(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """Killed after the server took the message: the connection is not given back either."""
    messages = [world.submit() for _ in range(4)]
    hints = world.delivery_queue.take_due()
    send = world.submission.take

    def dies(*arguments: object) -> Accepted:
        send(*arguments)  # type: ignore[arg-type]
        world.pace.fail("put", KeyboardInterrupt())  # type: ignore[arg-type]
        raise KeyboardInterrupt

    world.submission.take = dies  # type: ignore[method-assign, assignment]
    with pytest.raises(KeyboardInterrupt):
        world.services.delivery.handle(hints[0])
    world.submission.take = send  # type: ignore[method-assign]
    statuses = [world.message(m).status for m in messages]
    assert statuses.count(MessageStatus.SENDING) == 1
    world.clock.advance(30 * SECOND)
    for hint in hints:  # The queue gives back what nobody finished.
        world.delivery_queue.send(hint)
    world.deliver()
    assert len(world.submission.sent) == 1
    world.deliver(MINUTE)
    assert {world.message(m).status for m in messages} == {MessageStatus.SENT}
    ids = [sent.message_id for _, _, sent, _ in world.submission.sent]
    assert len(ids) == 5
    assert len(set(ids)) == 4
    told = [record.getMessage() for record in caplog.records]
    doubtful = world.submission.sent[0][2].id
    assert told == [f"A worker ended with message {doubtful} in hand: it may arrive twice."]


def test_a_worker_that_lost_its_mailbox_sends_nothing_more(world: World) -> None:
    for _ in range(5):
        world.submit()
    send = world.submission.take

    def held_up(*arguments: object) -> Accepted:
        accepted = send(*arguments)  # type: ignore[arg-type]
        [(mailbox, stored)] = world.pace.paces.items()
        world.services.pacing._renew(Grant(mailbox, "somebody else", ()))
        grant = Grant(mailbox, stored.value.slots[0].owner, ())
        world.clock.advance(2 * MINUTE)
        world.services.pacing._renew(grant)
        assert grant.lost.is_set()
        return accepted

    world.submission.take = held_up  # type: ignore[method-assign, assignment]
    world.deliver(HOUR)
    assert len(world.submission.sent) == world.submission.calls["open"] == 5


def test_a_message_to_more_than_a_day_takes_is_refused(world: World) -> None:
    world.settings = replace(
        world.settings, pace_limits=replace(world.settings.pace_limits, recipients_per_day=0)
    )
    world.services = world.another_process()
    with pytest.raises(InvalidInputError):
        world.submit()


def test_an_accepted_message_is_not_sent_again_because_the_outcome_was_hard_to_write(
    world: World,
) -> None:
    message = world.submit()
    replace_ = world.messages.replace
    calls = iter([None, *[ServiceUnavailableError("Table Storage")] * 2])

    def failing(*arguments: object) -> object:
        error = next(calls, None)
        if error:
            raise error
        return replace_(*arguments)  # type: ignore[arg-type]

    world.messages.replace = failing  # type: ignore[method-assign, assignment]
    world.deliver(HOUR)
    assert world.message(message).status is MessageStatus.SENT
    assert len(world.submission.sent) == 1


def test_no_more_than_30_messages_leave_in_any_minute(world: World) -> None:
    world.submission.seconds_a_message = 0.2
    for _ in range(100):
        world.submit()
    world.deliver(HOUR)
    times = sorted(at for at, _, _, _ in world.submission.sent)
    assert len(times) == 100
    assert all(later - earlier > MINUTE for earlier, later in zip(times, times[30:], strict=False))
    assert times[-1] - times[0] < 5 * MINUTE
    assert world.submission.most_sessions == 1


def test_the_day_has_its_quota_and_tomorrow_another(world: World) -> None:
    world.settings = replace(
        world.settings, pace_limits=replace(world.settings.pace_limits, recipients_per_day=3)
    )
    world.services = world.another_process()
    messages = [world.submit() for _ in range(5)]
    world.deliver(2 * HOUR)
    assert len(world.submission.sent) == 3
    world.deliver(20 * HOUR)
    assert {world.message(m).status for m in messages} == {MessageStatus.SENT}


def test_an_organization_never_sends_through_anothers_config(world: World) -> None:
    other = replace(ADMIN, organization="22222222-2222-2222-2222-222222222222")
    with pytest.raises(InvalidInputError):
        world.submit(principal=other, config_id=_only(world).id)


def test_a_default_that_is_down_is_waited_for_while_others_are_verified(world: World) -> None:
    default = _only(world)
    second = world.basic(user_name="second@contoso.example")
    world.work()
    world.vault.secrets[f"{default.id}-password"].versions.append("changed")
    world.verification.check_now(ADMIN, default.id)
    assert world.submit().config_id == default.id
    assert second.id != default.id


def test_messages_of_a_deleted_config_fail_and_say_so(world: World) -> None:
    message = world.submit()
    world.service.delete(ADMIN, _only(world).id, lambda _: True)
    world.deliver()
    message = world.message(message)
    assert (message.status, _code(message)) == (MessageStatus.FAILED, "config_deleted")


def test_an_access_token_is_kept_until_it_expires() -> None:
    world = World()
    world.authorized()
    refreshed = world.provider.calls["refresh"]
    for _ in range(3):
        world.submit()
        world.deliver(5 * MINUTE)
    assert world.provider.calls["refresh"] == refreshed
    world.clock.advance(HOUR)
    world.submit()
    world.deliver(MINUTE)
    assert world.provider.calls["refresh"] == refreshed + 1
    assert len(world.submission.sent) == 4


def test_a_connection_that_breaks_leaves_the_rest_to_the_next_one(world: World) -> None:
    world.submission.closes_after_failure = True
    world.submission.failures = [Failure("connection_lost", passing=True)]
    messages = [world.submit() for _ in range(5)]
    world.deliver(5 * MINUTE)
    assert {world.message(m).status for m in messages} == {MessageStatus.SENT}
    assert world.submission.calls["open"] >= 2


def test_content_that_is_gone_fails_the_message(world: World) -> None:
    message = world.submit()
    world.contents.contents.clear()
    world.deliver()
    assert _code(world.message(message)) == "content_missing"


def test_the_content_of_a_failed_message_is_kept_for_the_retention_and_then_goes(
    world: World,
) -> None:
    world.settings = replace(world.settings, message_retention=48 * HOUR)
    world.services = world.another_process()
    world.submission.failures = [Failure("recipients_refused")]
    failed, sent = world.submit(), world.submit()
    world.deliver()
    assert {world.message(m).status for m in (failed, sent)} == {
        MessageStatus.FAILED,
        MessageStatus.SENT,
    }
    assert len(world.contents.contents) == 1
    world.run_until(days=1.9)
    assert len(world.contents.contents) == 1
    world.run_until(days=0.2)
    assert world.contents.contents == {}


def test_a_grant_that_turns_out_dead_is_noted_once_and_its_messages_wait() -> None:
    world = World()
    config = world.authorized()
    world.clock.advance(2 * HOUR)
    world.provider.revoke_all()
    message = world.submit()
    world.deliver()
    assert _code(world.message(message)) == "grant_revoked"
    assert world.message(message).status is MessageStatus.RETRYING
    assert world.event_types(config).count("checkFailed") == 1
    assert world.authorize(config).ok
    world.deliver()
    assert world.message(message).status is MessageStatus.SENT


def test_a_server_that_ends_each_connection_after_a_message_costs_no_attempt(world: World) -> None:
    world.submission.closes_after_each = True
    messages = [world.submit() for _ in range(8)]
    began = world.clock.now()
    world.deliver()
    assert {world.message(m).attempts for m in messages} == {1}
    assert {world.message(m).status for m in messages} == {MessageStatus.SENT}
    assert world.clock.now() == began


def test_what_the_pace_has_held_up_for_24_hours_fails(world: World) -> None:
    world.settings = replace(
        world.settings, pace_limits=replace(world.settings.pace_limits, recipients_per_day=1)
    )
    world.services = world.another_process()
    messages = [world.submit() for _ in range(4)]
    world.deliver(50 * HOUR)
    statuses = [world.message(m).status for m in messages]
    assert statuses.count(MessageStatus.FAILED) >= 1
    assert {_code(world.message(m)) for m in messages} <= {None, "delivery_expired"}
    assert {status.is_final for status in statuses} == {True}


def test_messages_that_wait_for_a_config_fail_as_soon_as_it_is_deleted(world: World) -> None:
    config = _only(world)
    world.service.update(ADMIN, config.id, {"password": "wrong"}, lambda _: True)
    world.work()
    message = world.submit()
    world.deliver()
    assert world.message(message).status is MessageStatus.RETRYING
    world.service.delete(ADMIN, config.id, lambda _: True)
    world.deliver()
    assert _code(world.message(message)) == "config_deleted"
