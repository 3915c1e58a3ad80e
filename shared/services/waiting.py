"""Lets messages go that waited for their mailbox."""

import logging

from shared.delivery_ports import DeliveryQueue
from shared.domain.config import Config
from shared.domain.errors import ServiceUnavailableError
from shared.domain.message import Hint

_log = logging.getLogger(__name__)


class WaitingMessages:
    """Messages of an organization whose config is not verified."""

    def __init__(self, queue: DeliveryQueue) -> None:
        self._queue = queue

    def release(self, config: Config) -> None:
        """The config is verified again. If the queue does not answer, they go a little later."""
        try:
            self._queue.send(Hint(config.organization, config.organization, config.id))
        except ServiceUnavailableError:
            _log.warning("Messages that wait for config %s go with the next look.", config.id)
