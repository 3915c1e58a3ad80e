"""What the telemetry adapter hands to Azure Monitor's exporter, and to the log without one."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.monitor.opentelemetry.exporter._generated.exporter.models import TelemetryEventData
from azure.monitor.opentelemetry.exporter.export.logs._exporter import _convert_log_to_envelope
from opentelemetry import metrics
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.metrics import _internal as metrics_state
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.util._once import Once

from shared.adapters.telemetry import LoggingTelemetry
from shared.domain import telemetry as names

ATTRIBUTES = {
    value
    for name, value in vars(names).items()
    if name in {"AUTH_TYPE", "OUTCOME", "REASON", "ORGANIZATION", "CONFIG", "STATUS", "DAYS_LEFT"}
    or name == "REFERENCE"
}


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemoryMetricReader]:
    """OpenTelemetry as the worker sets it up, but kept in memory and undone afterwards."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    monkeypatch.setattr(metrics_state, "_METER_PROVIDER", None)
    monkeypatch.setattr(metrics_state, "_METER_PROVIDER_SET_ONCE", Once())
    metrics.set_meter_provider(provider)
    yield reader
    provider.shutdown()


@pytest.fixture
def exported() -> Iterator[InMemoryLogRecordExporter]:
    """What the app's logger would hand to Azure Monitor."""
    exporter = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]  # has no annotations
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    handler = LoggingHandler(logger_provider=provider)
    logger = logging.getLogger("outgoing_mail")
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield exporter
    logger.removeHandler(handler)
    logger.setLevel(level)
    provider.shutdown()


type _Points = dict[str, list[tuple[dict[str, object], float, str]]]


def _points(reader: InMemoryMetricReader) -> _Points:
    data = reader.get_metrics_data()
    found: _Points = {}
    for resource in data.resource_metrics if data else ():
        for metric in (m for scope in resource.scope_metrics for m in scope.metrics):
            for point in metric.data.data_points:
                value = getattr(point, "sum", None)
                value = getattr(point, "value", value)
                found.setdefault(metric.name, []).append(
                    (dict(point.attributes or {}), float(value or 0), metric.unit or "")
                )
    return found


def test_counters_and_histograms_reach_the_provider_with_their_attributes_and_units(
    reader: InMemoryMetricReader,
) -> None:
    telemetry = LoggingTelemetry()
    kind = {names.AUTH_TYPE: "basic", names.OUTCOME: names.OUTCOME_VERIFIED}

    telemetry.count(names.CHECKS, kind)
    telemetry.count(names.CHECKS, kind)
    telemetry.record(names.CHECK_DURATION, 1.5, kind)
    telemetry.record(names.CHECK_DURATION, 0.5, kind)

    assert _points(reader) == {
        names.CHECKS: [(kind, 2.0, "")],
        names.CHECK_DURATION: [(kind, 2.0, "s")],
    }


def test_an_event_leaves_for_azure_monitor_as_a_custom_event_with_its_attributes(
    exported: InMemoryLogRecordExporter,
) -> None:
    LoggingTelemetry().event(
        names.CLIENT_SECRET_EXPIRING,
        {names.ORGANIZATION: "contoso", names.CONFIG: "c1", names.DAYS_LEFT: 14},
    )

    [record] = exported.get_finished_logs()
    data = _convert_log_to_envelope(record).data
    assert data is not None
    assert data.base_type == "EventData"
    event = data.base_data
    assert isinstance(event, TelemetryEventData)
    assert event.name == names.CLIENT_SECRET_EXPIRING
    assert event.properties == {
        names.ORGANIZATION: "contoso",
        names.CONFIG: "c1",
        names.DAYS_LEFT: "14",
        "logger_name": "outgoing_mail",
    }


def test_an_event_is_a_line_of_json_for_who_reads_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "outgoing_mail"):
        LoggingTelemetry().event(names.MAILBOX_STATUS, {names.CONFIG: "c1"})

    assert json.loads(caplog.records[0].getMessage()) == {
        "event": names.MAILBOX_STATUS,
        names.CONFIG: "c1",
    }


def test_no_attribute_collides_with_what_a_log_record_has_already() -> None:
    taken = set(vars(logging.makeLogRecord({}))) | {"message", "asctime"}

    assert len(ATTRIBUTES) == 8
    assert ATTRIBUTES.isdisjoint(taken)


def test_without_opentelemetry_a_metric_is_a_log_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "outgoing_mail"):
        LoggingTelemetry().count(names.TICKS, {names.OUTCOME: names.OUTCOME_SUCCEEDED})

    assert json.loads(caplog.records[0].getMessage()) == {
        "metric": names.TICKS,
        "value": 1,
        names.OUTCOME: names.OUTCOME_SUCCEEDED,
    }


def test_the_adapter_does_not_load_opentelemetry_by_itself() -> None:
    code = (
        "import sys; from shared.adapters.telemetry import LoggingTelemetry; LoggingTelemetry();"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    root = Path(__file__).resolve().parents[2]

    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )

    assert answer.stdout.strip() == "[]"


def test_all_names_are_in_one_namespace_and_each_is_of_one_kind() -> None:
    groups = [names.COUNTERS, frozenset(names.HISTOGRAMS), names.EVENTS]

    everything = [name for group in groups for name in group]

    assert len(everything) == len(set(everything))
    assert all(name.startswith("outgoing_mail.") for name in everything)
