"""Messages of organizations without a mailbox, through the platform's own."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.changes import ConfigFields
from shared.domain.config import AuthType
from shared.domain.errors import ConflictError
from shared.domain.failures import Failure
from shared.domain.message import MessageStatus
from tests.support.world import ADMIN, PLATFORM, World

SECOND = timedelta(seconds=1)
OPERATOR = replace(ADMIN, organization=PLATFORM)


def _basic_fields() -> ConfigFields:
    return {
        "auth_type": AuthType.BASIC,
        "user_name": "platform@msp.example",
        "password": "right",
    }


def test_the_platforms_sender_helps_out_with_the_organizations_reply_to() -> None:
    world = World()
    world.service.create(OPERATOR, _basic_fields())
    world.basic(password="wrong", reply_to="support@contoso.example")
    world.work()
    message = world.submit()
    world.deliver()
    assert world.message(message).status is MessageStatus.SENT
    [(_, config_id, sent, _)] = world.submission.sent
    assert config_id == world.configs.default_id(PLATFORM)
    assert sent.reply_to == "support@contoso.example"


def test_what_waits_for_the_platforms_sender_leaves_as_soon_as_that_is_verified() -> None:
    world = World()
    config = world.service.create(OPERATOR, _basic_fields())
    world.work()
    world.service.update(OPERATOR, config.id, {"password": "wrong"}, lambda _: True)
    world.work()
    message = world.submit()
    world.deliver()
    assert world.message(message).status is MessageStatus.RETRYING
    world.service.update(OPERATOR, config.id, {"password": "right"}, lambda _: True)
    world.work()
    world.deliver(SECOND)
    assert world.message(message).status is MessageStatus.SENT


def test_without_a_platform_or_where_it_is_not_wanted_nothing_is_accepted() -> None:
    world = World()
    with pytest.raises(ConflictError) as conflict:
        world.submit()
    assert conflict.value.code == "no_verified_config"
    world.service.create(OPERATOR, _basic_fields())
    world.work()
    with pytest.raises(ConflictError):
        world.submit(allow_platform_sender=False)
    assert world.submit().config_organization == PLATFORM


@pytest.mark.parametrize(
    ("code", "told"), [("smtp_refused", None), ("sender_blocked", "550 of to@customer.example")]
)
def test_the_platforms_history_names_no_customer(code: str, told: str | None) -> None:
    world = World()
    config = world.service.create(OPERATOR, _basic_fields())
    world.work()
    world.submission.failures = [Failure(code, detail="550 of to@customer.example")]
    message = world.submit()
    world.deliver()
    assert world.message(message).status is MessageStatus.FAILED
    events = world.events.of(config.organization, config.id)
    [event] = [one for one in events if str(one.type) == "messageFailed"]
    assert (event.actor, event.reason_code, event.detail) == ("system", code, told)
