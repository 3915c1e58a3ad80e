"""What happens with nobody looking."""

import json
from typing import TYPE_CHECKING

import azure.functions as func

from shared.unexpected import reported

if TYPE_CHECKING:
    from shared.services.maintenance import MaintenanceService

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]


@blueprint.timer_trigger(
    arg_name="timer", schedule="%MAINTENANCE_SCHEDULE%", run_on_startup=False, use_monitor=True
)
@reported
def maintenance_timer(timer: func.TimerRequest) -> None:  # noqa: ARG001  what is due counts, not the tick
    """Queue what is due."""
    _service().tick()


@blueprint.queue_trigger(
    arg_name="message", queue_name="mailbox-maintenance", connection="AzureWebJobsStorage"
)
@reported
def maintain_mailbox(message: func.QueueMessage) -> None:
    """Do what one message says: check a mailbox, or finish a deletion."""
    _service().handle(json.loads(message.get_body()))


def _service() -> "MaintenanceService":
    # The first run loads what it needs, not the app's start.
    from shared.container import get_container  # noqa: PLC0415

    return get_container().maintenance_service
