"""What operators see: OpenTelemetry metrics, and structured events that are log records.

On Azure the worker sets OpenTelemetry up before it loads the app
(`PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY`), and the exporter makes a custom event of each log
record that carries `microsoft.custom_event.name`. Where nobody set it up, all of it is log lines,
and the OpenTelemetry packages are not even loaded.
"""
# ruff: noqa: PLC0415

import json
import logging
import sys
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.domain.telemetry import HISTOGRAMS

if TYPE_CHECKING:
    from opentelemetry.metrics import Counter, Histogram, Meter

_LOGGER = logging.getLogger("outgoing_mail")
_SCOPE = "outgoing_mail"
_CUSTOM_EVENT = "microsoft.custom_event.name"
"""Attribute by which Azure Monitor's exporter knows a custom event."""


class LoggingTelemetry:
    """Fulfils `Telemetry`."""

    def __init__(self) -> None:
        self._meter = _meter()
        self._counters: dict[str, Counter] = {}
        self._histograms: dict[str, Histogram] = {}
        self._lock = threading.Lock()

    def count(self, name: str, attributes: Mapping[str, str]) -> None:
        """Add one to a counter."""
        if self._meter is None:
            _log({"metric": name, "value": 1, **attributes}, {})
            return
        with self._lock:
            if name not in self._counters:
                self._counters[name] = self._meter.create_counter(name)
            counter = self._counters[name]
        counter.add(1, attributes)

    def record(self, name: str, value: float, attributes: Mapping[str, str]) -> None:
        """Record a value of a histogram."""
        if self._meter is None:
            _log({"metric": name, "value": value, **attributes}, {})
            return
        with self._lock:
            if name not in self._histograms:
                unit = HISTOGRAMS.get(name, "")
                self._histograms[name] = self._meter.create_histogram(name, unit)
            histogram = self._histograms[name]
        histogram.record(value, attributes)

    def event(self, name: str, attributes: Mapping[str, str | int | float]) -> None:
        """A log record with the event's name and attributes, in the message too."""
        _log({"event": name, **attributes}, {_CUSTOM_EVENT: name, **attributes})


def _meter() -> "Meter | None":
    """A meter of the provider that the worker set up; None where it did not."""
    if "opentelemetry.sdk.metrics" not in sys.modules:
        return None
    from opentelemetry.metrics import get_meter, get_meter_provider
    from opentelemetry.sdk.metrics import MeterProvider

    return get_meter(_SCOPE) if isinstance(get_meter_provider(), MeterProvider) else None


def _log(line: Mapping[str, str | int | float], extra: Mapping[str, str | int | float]) -> None:
    _LOGGER.info("%s", json.dumps(line, ensure_ascii=False), extra=dict(extra))
