"""Recipients of one message of whom the mail server says different things."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.config import Config, Status
from shared.domain.failures import Failure, RecipientsRefusedError, Refusal
from shared.domain.message import Accepted, Content, Message, MessageStatus, Undelivered
from shared.services.submission import hint_of
from tests.support.world import ADMIN, ORG, World

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
GREYLISTED = Failure("smtp_try_later", passing=True, detail="451 4.7.1 Greylisted")
UNKNOWN = Failure("recipient_refused", detail="550 5.1.1 No such user")
UNHEARD = Failure("too_many_recipients", passing=True)
CUT = Failure("connection_lost", passing=True, detail="cut")
A, B, C = (f"{name}@customer.example" for name in "abc")


def _codes(undelivered: tuple[Undelivered, ...]) -> dict[str, str]:
    return {one.recipient: one.reason.code for one in undelivered}


def _attempt(world: World, message: Message) -> Message:
    """The message after its next attempt."""
    due = world.message(message).due_at
    assert due is not None
    world.deliver(max(due - world.clock.now(), timedelta()) + 2 * SECOND)
    return world.message(message)


def test_who_follows_at_once_neither_waits_for_nor_lengthens_the_pauses_of_who_is_put_off(
    world: World,
) -> None:
    many = [f"{number}@customer.example" for number in range(35)]
    world.submission.most_recipients = 5
    world.submission.refusals = {A: [GREYLISTED] * 3}
    message = world.submit(to=(A, *many))
    world.deliver()
    message = world.message(message)
    assert (message.attempts, message.pauses, _codes(message.deferred)) == (
        7,
        1,
        {A: "smtp_try_later"},
    )
    assert world.submission.received == Counter(many)
    assert len(world.submission.refusals[A]) == 2
    assert message.reason is not None
    assert message.reason.detail == GREYLISTED.detail
    assert message.due_at is not None
    assert message.due_at - world.clock.now() <= MINUTE

    while not (message := _attempt(world, message)).status.is_final:
        assert message.pauses <= 3
    assert (message.status, message.attempts) == (MessageStatus.SENT, 10)
    assert world.submission.received == Counter([A, *many])


def test_many_who_are_put_off_do_not_keep_the_others_from_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that ends the dialogue after 20 errors, as Postfix does; 25 addresses that it wants
    to look at first; and 40 that it takes."""
    later = [f"later-{number}@customer.example" for number in range(25)]
    good = [f"good-{number}@customer.example" for number in range(40)]
    take = world.submission.take

    def twenty_errors(config: Config, message: Message, content: Content) -> Accepted:
        recipients = message.remaining(content)
        errors = [one for one in recipients if one in later]
        if len(errors) <= 20:
            return take(config, message, content)
        heard = set(errors[:20])
        refusals = [Refusal(one, GREYLISTED if one in heard else UNHEARD) for one in recipients]
        raise RecipientsRefusedError(CUT, tuple(refusals))

    monkeypatch.setattr(world.submission, "take", twenty_errors)
    world.submission.refusals = {one: [GREYLISTED, GREYLISTED] for one in later}
    message = world.submit(to=(*good, *later))
    world.deliver()
    assert world.submission.received == Counter(good)
    message = world.message(message)
    assert (message.status, message.pauses) == (MessageStatus.RETRYING, 1)
    assert {one.recipient for one in message.deferred} == set(later)

    while not (message := _attempt(world, message)).status.is_final:
        assert message.attempts < 20
    assert message.status is MessageStatus.SENT
    assert world.submission.received == Counter([*good, *later])


def test_a_server_that_ends_the_dialogue_at_the_sixth_recipient_takes_five_a_minute(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [f"{number}@customer.example" for number in range(60)]
    take = world.submission.take

    def five(config: Config, message: Message, content: Content) -> Accepted:
        recipients = message.remaining(content)
        if len(recipients) <= 5:
            return take(config, message, content)
        follow = [Refusal(one, UNHEARD) for one in recipients[:5]]
        later = [Refusal(one, GREYLISTED) for one in recipients[5:]]
        raise RecipientsRefusedError(GREYLISTED, (*follow, *later))

    monkeypatch.setattr(world.submission, "take", five)
    message = world.submit(to=many)
    world.deliver(14 * MINUTE)
    assert world.message(message).status is MessageStatus.SENT
    assert world.submission.received == Counter(many)


def test_a_recipient_who_is_put_off_is_tried_again_alone(world: World) -> None:
    world.submission.refusals = {B: [GREYLISTED, GREYLISTED]}
    message = _attempt(world, world.submit(to=(A, B, C)))
    assert message.status is MessageStatus.RETRYING
    assert message.reason is not None
    assert message.reason.detail == GREYLISTED.detail
    assert (message.sent_at, message.server_reply) != (None, None)
    assert (message.refused, _codes(message.deferred)) == ((), {B: "smtp_try_later"})
    assert len(world.contents.contents) == 1

    message = _attempt(world, message)
    assert (message.status, message.attempts) == (MessageStatus.RETRYING, 2)
    message = _attempt(world, message)
    assert (message.status, message.attempts) == (MessageStatus.SENT, 3)
    assert (message.reason, message.refused, message.deferred) == (None, (), ())
    assert world.submission.received == Counter([A, B, C])
    assert world.contents.contents == {}
    assert world.delivery_queue.waiting == []


def test_its_pauses_grow_and_after_24_hours_it_will_not_get_it(world: World) -> None:
    world.submission.refusals = {B: [GREYLISTED] * 1000}
    message = world.submit(to=(A, B))
    world.deliver(23 * HOUR)
    assert world.message(message).status is MessageStatus.RETRYING
    world.deliver(2 * HOUR)
    message = world.message(message)
    assert message.status is MessageStatus.SENT
    assert (_codes(message.refused), message.deferred) == ({B: "delivery_expired"}, ())
    assert message.refused[0].reason.detail == GREYLISTED.detail
    assert world.submission.received == Counter([A])
    assert 20 < world.submission.calls["take"] < 40
    assert world.contents.contents == {}
    assert world.delivery_queue.waiting == []


def test_a_refused_recipient_is_not_asked_about_again(world: World) -> None:
    world.submission.refusals = {A: [UNKNOWN], B: [GREYLISTED]}
    message = _attempt(world, world.submit(to=(A, B)))
    assert message.status is MessageStatus.RETRYING
    assert message.sent_at is None
    assert (_codes(message.refused), _codes(message.deferred)) == (
        {A: "recipient_refused"},
        {B: "smtp_try_later"},
    )
    message = _attempt(world, message)
    assert message.status is MessageStatus.SENT
    assert _codes(message.refused) == {A: "recipient_refused"}
    assert world.submission.received == Counter([B])


def test_a_message_that_nobody_got_in_24_hours_has_failed(world: World) -> None:
    world.submission.refusals = {A: [UNKNOWN], B: [GREYLISTED] * 1000}
    message = world.submit(to=(A, B))
    world.deliver(25 * HOUR)
    message = world.message(message)
    assert message.status is MessageStatus.FAILED
    assert message.reason is not None
    assert message.reason.code == "delivery_expired"
    assert _codes(message.refused) == {A: "recipient_refused", B: "delivery_expired"}
    assert world.submission.received == Counter()


def test_recipients_who_are_all_refused_fail_the_message_at_once(world: World) -> None:
    world.submission.refusals = {A: [UNKNOWN], B: [UNKNOWN]}
    message = _attempt(world, world.submit(to=(A, B)))
    assert message.status is MessageStatus.FAILED
    assert message.reason is not None
    assert message.reason.code == "recipients_refused"
    assert _codes(message.refused) == {A: "recipient_refused", B: "recipient_refused"}
    [config] = world.configs.list(ORG)
    assert config.status is Status.VERIFIED


def test_recipients_who_are_all_put_off_stay_one_message(world: World) -> None:
    world.submission.refusals = {A: [GREYLISTED], B: [GREYLISTED]}
    message = _attempt(world, world.submit(to=(A, B)))
    assert message.status is MessageStatus.RETRYING
    assert _codes(message.deferred) == {A: "smtp_try_later", B: "smtp_try_later"}
    assert _attempt(world, message).status is MessageStatus.SENT
    assert world.submission.received == Counter([A, B])


def test_more_recipients_than_a_server_takes_at_once_follow_right_after(world: World) -> None:
    world.submission.most_recipients = 10
    recipients = [f"{number}@customer.example" for number in range(45)]
    began = world.clock.now()
    message = world.submit(to=recipients)
    world.deliver()
    assert world.message(message).status is MessageStatus.SENT
    assert world.submission.received == Counter(recipients)
    assert world.submission.calls["take"] == 5
    assert world.clock.now() - began < MINUTE


def test_each_transaction_counts_in_the_pace(world: World) -> None:
    world.submission.most_recipients = 1
    recipients = [f"{number}@customer.example" for number in range(40)]
    message = world.submit(to=recipients)
    world.deliver(3 * MINUTE)
    assert world.message(message).status is MessageStatus.SENT
    assert world.submission.received == Counter(recipients)
    times = [at for at, _, _, _ in world.submission.sent]
    assert all(later - earlier > MINUTE for earlier, later in zip(times, times[30:], strict=False))


def test_a_server_that_takes_no_recipient_at_all_is_asked_at_growing_pauses(world: World) -> None:
    world.submission.most_recipients = 0
    message = _attempt(world, world.submit(to=(A, B)))
    assert message.due_at is not None
    assert message.due_at - world.clock.now() > 50 * SECOND
    world.deliver(2 * HOUR)
    assert world.submission.calls["take"] < 12


def test_a_connection_that_is_cut_while_some_have_it_sends_nothing_twice(world: World) -> None:
    world.submission.refusals = {B: [GREYLISTED]}
    message = _attempt(world, world.submit(to=(A, B)))
    world.submission.failures = [CUT]
    message = _attempt(world, message)
    assert message.status is MessageStatus.RETRYING
    assert _codes(message.deferred) == {B: "connection_lost"}
    assert _attempt(world, message).status is MessageStatus.SENT
    assert world.submission.received == Counter([A, B])


def test_a_worker_that_dies_later_sends_nothing_twice_to_who_has_it(world: World) -> None:
    world.submission.refusals = {B: [GREYLISTED]}
    message = _attempt(world, world.submit(to=(A, B)))
    take = world.submission.take

    def dies(*_: object) -> None:
        world.pace.fail("put", KeyboardInterrupt())  # type: ignore[arg-type]
        raise KeyboardInterrupt

    world.submission.take = dies  # type: ignore[method-assign, assignment]
    with pytest.raises(KeyboardInterrupt):
        _attempt(world, message)
    assert world.message(message).status is MessageStatus.SENDING
    world.submission.take = take  # type: ignore[method-assign]
    world.delivery_queue.send(hint_of(message))
    world.deliver(2 * MINUTE)
    assert world.message(message).status is MessageStatus.SENT
    assert world.submission.received == Counter([A, B])


def test_who_waits_when_the_mailbox_dies_gets_it_once_it_is_verified_again(world: World) -> None:
    world.submission.refusals = {B: [GREYLISTED]}
    message = _attempt(world, world.submit(to=(A, B)))
    [config] = world.configs.list(ORG)
    world.service.update(ADMIN, config.id, {"password": "wrong"}, lambda _: True)
    world.work()
    message = _attempt(world, message)
    assert message.status is MessageStatus.RETRYING
    assert message.reason is not None
    assert message.reason.code == "password_rejected"
    world.service.update(ADMIN, config.id, {"password": "right"}, lambda _: True)
    world.work()
    world.deliver()
    assert world.message(message).status is MessageStatus.SENT
    assert world.submission.received == Counter([A, B])


def test_who_waits_when_the_config_is_deleted_will_not_get_it(world: World) -> None:
    world.submission.refusals = {B: [GREYLISTED]}
    message = _attempt(world, world.submit(to=(A, B)))
    [config] = world.configs.list(ORG)
    world.service.delete(ADMIN, config.id, lambda _: True)
    message = _attempt(world, message)
    assert (message.status, message.reason) == (MessageStatus.SENT, None)
    assert _codes(message.refused) == {B: "config_deleted"}
    assert world.contents.contents == {}


def test_a_permanent_failure_of_the_sender_ends_it_for_who_waits(world: World) -> None:
    world.submission.refusals = {B: [GREYLISTED]}
    message = _attempt(world, world.submit(to=(A, B)))
    world.submission.failures = [Failure("send_as_denied", detail="5.7.60")]
    message = _attempt(world, message)
    assert message.status is MessageStatus.SENT
    assert _codes(message.refused) == {B: "send_as_denied"}
    [config] = world.configs.list(ORG)
    assert config.status is Status.NOT_VERIFIED


def test_the_days_quota_counts_recipients_when_they_get_it(world: World) -> None:
    limits = replace(world.settings.pace_limits, recipients_per_day=3)
    world.settings = replace(world.settings, pace_limits=limits)
    world.services = world.another_process()
    world.submission.refusals = {B: [GREYLISTED]}
    first = world.submit(to=(A, B))
    world.deliver(5 * MINUTE)
    second = world.submit(to=(C,))
    world.deliver(5 * MINUTE)
    assert {world.message(one).status for one in (first, second)} == {MessageStatus.SENT}
    third = world.submit(to=(C,))
    world.deliver(5 * MINUTE)
    assert world.message(third).status is MessageStatus.QUEUED
