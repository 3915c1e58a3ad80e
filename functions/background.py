"""What happens with nobody looking."""

import json
from typing import TYPE_CHECKING

import azure.functions as func

from shared.unexpected import reported

if TYPE_CHECKING:
    from shared.container import Container

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]


@blueprint.timer_trigger(
    arg_name="timer", schedule="%MAINTENANCE_SCHEDULE%", run_on_startup=False, use_monitor=True
)
@reported
def maintenance_timer(timer: func.TimerRequest) -> None:  # noqa: ARG001  what is due counts, not the tick
    """Queue what is due."""
    _container().maintenance_service.tick()


@blueprint.queue_trigger(
    arg_name="message", queue_name="mailbox-maintenance", connection="AzureWebJobsStorage"
)
@reported
def maintain_mailbox(message: func.QueueMessage) -> None:
    """Do what one message says: check a mailbox, or finish a deletion."""
    _container().maintenance_service.handle(json.loads(message.get_body()))


@blueprint.queue_trigger(
    arg_name="message", queue_name="outgoing-messages", connection="AzureWebJobsStorage"
)
@reported
def deliver_message(message: func.QueueMessage) -> None:
    """Deliver what is due where one message says so."""
    # Loaded at the first run, not at the app's start; so is the container.
    from shared.adapters.queue_delivery import hint_of  # noqa: PLC0415

    hint = hint_of(message.get_body())
    _container().delivery_service.handle(hint)


def _container() -> "Container":
    from shared.container import get_container  # noqa: PLC0415

    return get_container()
