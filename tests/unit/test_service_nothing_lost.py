"""Messages leave, or fail and say so, whatever gets lost or happens at the same time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain import delivery
from shared.domain.config import Config, Status
from shared.domain.errors import ServiceUnavailableError
from shared.domain.failures import Failure, RecipientsRefusedError, Refusal, SessionEndedError
from shared.domain.message import HAND_OVER_LIMIT, Accepted, Content, Message, MessageStatus
from tests.support.world import ADMIN, ORG, World

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DEFERRED = Failure("smtp_try_later", passing=True, detail="451 4.3.0 later")
TOKEN_REFUSED = Failure("sign_in_rejected", detail="535 5.7.3")
STRANGER = replace(ADMIN, organization="22222222-2222-2222-2222-222222222222")


def _only(world: World) -> Config:
    [config] = world.configs.list(ORG)
    return config


def _code(message: Message) -> str | None:
    return message.reason.code if message.reason else None


def test_key_vault_may_be_away_for_long(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    message = world.submit()
    get = world.vault.get

    def away(*_: object) -> Any:
        raise ServiceUnavailableError("Key Vault")

    monkeypatch.setattr(world.vault, "get", away)
    world.deliver(HOUR)
    held = world.message(message)
    assert (held.status, _code(held)) == (MessageStatus.RETRYING, "service_unavailable")
    assert held.attempts < 10
    monkeypatch.setattr(world.vault, "get", get)
    world.deliver(HOUR)
    assert world.message(message).status is MessageStatus.SENT
    assert _only(world).status is Status.VERIFIED


def test_a_hint_that_meets_no_storage_comes_back_instead_of_failing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.submit()
    get = world.messages.get

    def away(*_: object) -> Any:
        raise ServiceUnavailableError("Table Storage")

    monkeypatch.setattr(world.messages, "get", away)
    world.deliver(20 * MINUTE)
    monkeypatch.setattr(world.messages, "get", get)
    world.deliver(2 * MINUTE)
    assert world.message(message).status is MessageStatus.SENT


def test_a_message_that_cannot_be_made_holds_up_no_other(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, bad = world.submission.take, world.submit(text="bad")

    def fails(config: Config, message: Message, content: Any) -> Accepted:
        if message.id == bad.id:
            raise ValueError("The secret words of a message")
        return take(config, message, content)

    monkeypatch.setattr(world.submission, "take", fails)
    good = world.submit()
    world.deliver(MINUTE / 2)
    assert world.message(good).status is MessageStatus.SENT
    held = world.message(bad)
    assert (held.status, _code(held)) == (MessageStatus.RETRYING, "internal_error")
    assert "secret words" not in caplog.text
    assert held.reason is not None
    assert str(held.reason.detail).split()[-1] in caplog.text
    world.deliver(25 * HOUR)
    assert world.message(bad).status is MessageStatus.FAILED


def test_all_messages_of_a_deleted_config_fail_whenever_they_were_due(world: World) -> None:
    world.submission.failures = [DEFERRED, DEFERRED]
    first = world.submit()
    world.deliver(35 * SECOND)
    second = world.submit()
    world.deliver(SECOND)
    world.service.delete(ADMIN, _only(world).id, lambda _: True)
    world.deliver(SECOND)
    for message in map(world.message, (first, second)):
        assert (message.status, _code(message)) == (MessageStatus.FAILED, "config_deleted")
    assert world.contents.contents == {}


def test_all_messages_of_a_dead_mailbox_say_so_whenever_they_were_due(world: World) -> None:
    world.submission.failures = [DEFERRED, DEFERRED]
    first = world.submit()
    world.deliver(35 * SECOND)
    second = world.submit()
    world.deliver(SECOND)
    world.service.update(ADMIN, _only(world).id, {"password": "wrong"}, lambda _: True)
    world.work()
    world.deliver(MINUTE)
    assert {_code(world.message(one)) for one in (first, second)} == {"password_rejected"}


@pytest.mark.parametrize("what", ["its mailbox dies", "its config is deleted"])
def test_a_message_that_is_being_handed_over_is_left_to_who_does(
    world: World, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While its worker waits for the server's reply, another hint comes."""
    message, config = world.submit(), _only(world)
    take = world.submission.take

    def slow(*arguments: Any) -> Accepted:
        monkeypatch.setattr(world.submission, "take", take)
        accepted = take(*arguments)
        other = world.submit()
        if what == "its mailbox dies":
            world.service.update(ADMIN, config.id, {"password": "wrong"}, lambda _: True)
            world.work()
        else:
            world.service.delete(ADMIN, config.id, lambda _: True)
        for hint in world.delivery_queue.take_due():
            world.services.delivery.handle(hint)
        assert world.message(message).status is MessageStatus.SENDING
        assert world.message(other).status is not MessageStatus.QUEUED
        return accepted

    monkeypatch.setattr(world.submission, "take", slow)
    world.deliver(10 * MINUTE)
    assert world.message(message).status is MessageStatus.SENT
    assert [sent.id for _, _, sent, _ in world.submission.sent] == [message.id]


def test_a_message_of_a_worker_that_died_and_whose_config_is_gone_fails_after_a_while(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, config = world.submit(), _only(world)

    def dies(*_: Any) -> Accepted:
        world.pace.fail("put", KeyboardInterrupt())  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(world.submission, "take", dies)
    with pytest.raises(KeyboardInterrupt):
        world.deliver()
    world.service.delete(ADMIN, config.id, lambda _: True)
    world.deliver(MINUTE)
    assert world.message(message).status is MessageStatus.SENDING
    world.deliver(HAND_OVER_LIMIT)
    assert _code(world.message(message)) == "config_deleted"


def test_a_message_is_not_sent_again_because_its_config_names_another_mailbox_now(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two mailboxes have a pace each: who holds the one's connection does not show at the other."""
    message, config = world.submit(), _only(world)
    take = world.submission.take

    def slow(*arguments: Any) -> Accepted:
        monkeypatch.setattr(world.submission, "take", take)
        fields: Any = {"user_name": "new@contoso.example", "password": "right"}
        world.service.update(ADMIN, config.id, fields, lambda _: True)
        world.work()
        assert _only(world).status is Status.VERIFIED
        other = world.submit()
        for hint in world.delivery_queue.take_due():
            world.services.delivery.handle(hint)
        assert world.message(message).status is MessageStatus.SENDING
        assert world.message(other).status is MessageStatus.SENT
        return take(*arguments)

    monkeypatch.setattr(world.submission, "take", slow)
    handled = world.delivery_queue.calls["send"]
    world.deliver(10 * MINUTE)
    assert world.message(message).status is MessageStatus.SENT
    assert [sent.id for _, _, sent, _ in world.submission.sent].count(message.id) == 1
    assert world.delivery_queue.calls["send"] - handled < 10


def test_a_message_of_a_worker_that_died_goes_through_the_other_mailbox_after_a_while(
    world: World,
) -> None:
    message, config = world.submit(), _only(world)
    stored = world.messages.get(ORG, message.id)
    assert stored is not None
    claimed = delivery.claimed(stored.value, "another mailbox", world.clock.now())
    world.messages.replace(stored, claimed)
    world.deliver(HAND_OVER_LIMIT - 2 * SECOND)
    assert world.message(message).status is MessageStatus.SENDING
    world.deliver(2 * MINUTE)
    assert world.message(message).status is MessageStatus.SENT
    assert world.config(config).status is Status.VERIFIED


def test_a_content_that_cannot_be_read_holds_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    get, bad = world.contents.get, world.submit(text="bad")

    def fails(organization: str, content_id: str) -> Content | None:
        if content_id.startswith(bad.id):
            raise ValueError("These are not the octets of a content.")
        return get(organization, content_id)

    monkeypatch.setattr(world.contents, "get", fails)
    good = world.submit()
    world.deliver(MINUTE / 2)
    assert world.message(good).status is MessageStatus.SENT
    assert _code(world.message(bad)) == "internal_error"


def test_a_mailbox_that_turns_out_dead_is_so_although_the_history_cannot_be_written(
    world: World,
) -> None:
    world.submission.failures = [Failure("send_as_denied", detail="5.7.60")]
    message = world.submit()
    world.events.fail("append", ServiceUnavailableError("Table Storage"))
    world.deliver(MINUTE)
    assert world.message(message).status is MessageStatus.FAILED
    assert _only(world).status is Status.NOT_VERIFIED


def test_that_the_server_took_it_counts_more_than_what_was_written_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = world.submit()
    take = world.submission.take

    def overtaken(*arguments: Any) -> Accepted:
        accepted = take(*arguments)
        stored = world.messages.get(ORG, message.id)
        assert stored is not None
        world.messages.replace(stored, replace(stored.value, status=MessageStatus.QUEUED))
        return accepted

    monkeypatch.setattr(world.submission, "take", overtaken)
    world.deliver(HOUR)
    assert world.message(message).status is MessageStatus.SENT
    assert len(world.submission.sent) == 1


def test_an_access_token_that_ended_early_costs_a_check_and_not_the_mailbox() -> None:
    world = World()
    config = world.authorized()
    refreshed = world.provider.calls["refresh"]
    world.submission.sign_in_failures = [TOKEN_REFUSED]
    message = world.submit()
    world.deliver()
    assert world.message(message).status is MessageStatus.SENT
    assert world.provider.calls["refresh"] == refreshed + 1
    assert world.config(config).status is Status.VERIFIED
    world.submission.sign_in_failures = [TOKEN_REFUSED]
    outcome = world.services.trial_messages.send(ADMIN, config.id, "to@customer.example")
    assert outcome.accepted is not None


def test_a_fresh_access_token_that_is_refused_is_the_mailboxs_failure() -> None:
    world = World()
    config = world.authorized()
    world.submission.sign_in_failures = [TOKEN_REFUSED] * 2
    message = world.submit()
    world.deliver()
    assert world.config(config).status is Status.NOT_VERIFIED
    assert _code(world.message(message)) == "sign_in_rejected"
    assert world.submission.sign_in_failures == []


UNKNOWN = Failure("outcome_unknown", passing=True, detail="no answer in time at the end")


def test_a_message_that_may_have_arrived_is_not_sent_again_and_again(world: World) -> None:
    world.submission.failures = [UNKNOWN] * 100
    message = world.submit()
    world.deliver(25 * HOUR)
    message = world.message(message)
    assert (message.status, message.attempts) == (MessageStatus.FAILED, 3)
    assert _code(message) == "outcome_unknown"
    assert _only(world).status is Status.VERIFIED


def test_a_reply_that_got_lost_once_costs_no_more_than_a_pause(world: World) -> None:
    world.submission.failures = [UNKNOWN, DEFERRED, UNKNOWN]
    message = world.submit()
    world.deliver(HOUR)
    assert (world.message(message).status, world.message(message).attempts) == (
        MessageStatus.SENT,
        4,
    )


def test_a_connection_that_takes_no_more_costs_the_next_message_no_attempt(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = world.submission.take
    taken: list[str] = []

    def two_a_connection(config: Config, message: Message, content: Any) -> Accepted:
        if len(taken) == 2:
            taken.clear()
            raise SessionEndedError(DEFERRED)
        taken.append(message.id)
        return take(config, message, content)

    monkeypatch.setattr(world.submission, "take", two_a_connection)
    messages = [world.submit() for _ in range(7)]
    began = world.clock.now()
    world.submission.closes_after_failure = True
    world.deliver()
    found = [world.message(one) for one in messages]
    assert {(one.status, one.attempts) for one in found} == {(MessageStatus.SENT, 1)}
    assert world.clock.now() == began
    assert {one.data_begun_at is None for one in found} == {False}


def test_a_dialogue_that_ended_at_refusals_goes_on_without_the_refused_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = "good@a.example", [f"bad-{number}@a.example" for number in range(3)]
    take, refused = world.submission.take, Failure("recipient_refused", detail="550 5.1.1")
    ended = Failure("smtp_try_later", passing=True, detail="421 too many errors")
    unheard = Failure("too_many_recipients", passing=True)

    def one_error(config: Config, message: Message, content: Content) -> Accepted:
        first, *rest = message.remaining(content)
        if first == good:
            return take(config, message, content)
        refusals = (Refusal(first, refused), *(Refusal(one, unheard) for one in rest))
        raise RecipientsRefusedError(ended, refusals)

    monkeypatch.setattr(world.submission, "take", one_error)
    message = world.submit(to=[*bad, good])
    world.deliver()
    message = world.message(message)
    assert (message.status, message.attempts) == (MessageStatus.SENT, 4)
    assert [one.recipient for one in message.refused] == bad
    assert world.submission.received == {good: 1}
