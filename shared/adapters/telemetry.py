"""What operators see: structured log lines, and OpenTelemetry metrics where its API is there.

On Azure the host's OpenTelemetry exporter brings the API along; without it counters and values are
log lines too.
"""

import importlib
import importlib.util
import json
import logging
import threading
from collections.abc import Mapping
from typing import Any

_LOGGER = logging.getLogger("outgoing_mail")
_SCOPE = "outgoing-mail"


class LoggingTelemetry:
    """Fulfils `Telemetry`."""

    def __init__(self) -> None:
        self._meter = _meter()
        self._instruments: dict[str, Any] = {}
        self._lock = threading.Lock()

    def count(self, name: str, attributes: Mapping[str, str]) -> None:
        """Add one to a counter."""
        if self._meter is None:
            _log({"metric": name, "value": 1, **attributes})
        else:
            self._instrument("create_counter", name).add(1, dict(attributes))

    def record(self, name: str, value: float, attributes: Mapping[str, str]) -> None:
        """Record a value of a histogram."""
        if self._meter is None:
            _log({"metric": name, "value": value, **attributes})
        else:
            self._instrument("create_histogram", name).record(value, dict(attributes))

    def event(self, name: str, attributes: Mapping[str, str | int | float]) -> None:
        """A log line whose message is JSON: the event's name and its attributes."""
        _log({"event": name, **attributes})

    def _instrument(self, create: str, name: str) -> Any:
        with self._lock:
            if name not in self._instruments:
                self._instruments[name] = getattr(self._meter, create)(name)
            return self._instruments[name]


def _meter() -> Any:
    if importlib.util.find_spec("opentelemetry") is None:
        return None
    return importlib.import_module("opentelemetry.metrics").get_meter(_SCOPE)


def _log(line: Mapping[str, str | int | float]) -> None:
    _LOGGER.info("%s", json.dumps(line, ensure_ascii=False))
