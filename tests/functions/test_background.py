"""The timer and the queue."""

import json
from typing import Any

import azure.functions as func
import pytest

from shared.domain.errors import ServiceUnavailableError
from shared.unexpected import FailedRunError
from tests.support.function_app import App, registered
from tests.support.world import ORG


def _run(name: str, argument: Any) -> None:
    (found,) = (f for f in registered() if f.get_function_name() == name)
    found.get_user_function()(argument)


def _handle(content: bytes) -> None:
    _run("maintain_mailbox", func.QueueMessage(body=content))


def test_the_timer_queues_what_is_due_and_the_queue_checks_it(app: App) -> None:
    config = app.world.basic()
    app.world.queue.take()
    app.world.clock.set(app.world.clock.now().replace(year=2027))
    _run("maintenance_timer", None)
    (entry,) = app.world.queue.take()
    message = {"kind": "check", "organization": ORG, "id": entry.id, "at": entry.at.isoformat()}
    _handle(json.dumps(message).encode())
    assert app.world.config(config).status == "verified"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"kind": "dance"}', b"\xff"])
def test_a_message_that_is_none_fails_and_ends_with_the_poison(app: App, content: bytes) -> None:
    del app
    with pytest.raises(FailedRunError):
        _handle(content)


def test_the_queue_of_messages_delivers_what_it_hints_at(app: App) -> None:
    app.world.basic()
    app.world.work()
    message = app.world.submit()
    hint = {
        "organization": ORG,
        "configOrganization": ORG,
        "configId": message.config_id,
        "messageId": message.id,
    }
    _run("deliver_message", func.QueueMessage(body=json.dumps(hint).encode()))
    assert app.world.message(message).status == "sent"
    del hint["messageId"]
    second = app.world.submit()
    _run("deliver_message", func.QueueMessage(body=json.dumps(hint).encode()))
    assert app.world.message(second).status == "sent"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"\xff",
        b'{"organization": "o", "configOrganization": "o"}',
        b'{"organization": "o", "configOrganization": "o", "configId": null}',
        b'{"organization": "o", "configOrganization": "o", "configId": "c", "messageId": 1}',
    ],
)
def test_a_hint_that_is_none_fails_and_ends_with_the_poison(app: App, content: bytes) -> None:
    del app
    with pytest.raises(FailedRunError):
        _run("deliver_message", func.QueueMessage(body=content))


def test_a_failed_run_is_logged_by_type_and_raised_without_its_text(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    app.failure = RuntimeError("hunter2")
    with pytest.raises(FailedRunError) as raised:
        _run("maintenance_timer", None)
    assert raised.value.__cause__ is raised.value.__context__ is None
    assert "hunter2" not in f"{raised.value}{caplog.text}"
    assert "RuntimeError" in caplog.text


def test_our_own_errors_keep_their_words_in_the_log(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    app.failure = ServiceUnavailableError("Key Vault")
    with pytest.raises(FailedRunError):
        _run("maintenance_timer", None)
    assert "Key Vault did not answer" in caplog.text
