"""Lets messages go that waited for their mailbox."""

import logging
from collections.abc import Iterable

from shared.delivery_ports import DeliveryQueue, PaceStore
from shared.domain.config import Config
from shared.domain.errors import ServiceUnavailableError
from shared.domain.message import Hint
from shared.services.pacing import served_through, wakes_key

_log = logging.getLogger(__name__)


class WaitingMessages:
    """Messages that leave through a config that is not verified."""

    def __init__(self, queue: DeliveryQueue, pace: PaceStore) -> None:
        self._queue = queue
        self._pace = pace

    def release(self, config: Config) -> None:
        """The config is verified again, or is gone, so that they fail. If storage does not answer,
        that happens a little later."""
        try:
            for organization in self._organizations(config):
                self._queue.send(Hint(organization, config.organization, config.id))
        except ServiceUnavailableError:
            _log.warning("Messages that wait for config %s go with the next look.", config.id)

    def _organizations(self, config: Config) -> Iterable[str]:
        """The config's own, and those whose messages wait for it as the platform's sender: each
        has a hint on its way, for the next look."""
        stored = self._pace.get(wakes_key(config.organization, config.id))
        wakes = stored.value.wakes if stored else ()
        others = (served_through(config.id, key) for key, _ in wakes)
        return dict.fromkeys((config.organization, *filter(None, others)))
