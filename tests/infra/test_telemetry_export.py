"""What reaches Application Insights, sent by the worker's own set-up to an endpoint of ours."""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from shared.domain import telemetry as names
from tests.infra.bicep import INFRA

# As the worker does it: telemetry is set up before the app is loaded. Then what a check says, and
# then what the exporters do every minute.
_WORKER = """
import logging
logging.getLogger().setLevel(logging.INFO)
from azure_functions_runtime.otel import initialize_azure_monitor
initialize_azure_monitor()
import function_app
from shared.adapters.telemetry import LoggingTelemetry
telemetry = LoggingTelemetry()
for _ in range(3):
    telemetry.count("outgoing_mail.checks", {"auth_type": "basic", "outcome": "verified"})
for seconds in (0.25, 0.75):
    telemetry.record("outgoing_mail.token_refresh.duration", seconds, {"outcome": "succeeded"})
status = {"config": "c1", "status": "verified", "days_left": 9}
telemetry.event("outgoing_mail.mailbox_status", status)
from opentelemetry import metrics, _logs
metrics.get_meter_provider().force_flush()
_logs.get_logger_provider().force_flush()
"""


class _Ingestion:
    """Takes telemetry as Azure Monitor's ingestion endpoint does."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        ingestion = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    content = gzip.decompress(content)
                taken = json.loads(content) if "/track" in self.path else []
                ingestion.items += taken
                answer = json.dumps(
                    {"itemsReceived": len(taken), "itemsAccepted": len(taken), "errors": []}
                ).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: object) -> None:
                """Keeps quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """`baseData` of the items of one kind."""
        return [it["data"]["baseData"] for it in self.items if it["data"]["baseType"] == kind]


@pytest.fixture(scope="module")
def ingestion() -> Iterator[_Ingestion]:
    ingestion = _Ingestion()
    key = "00000000-0000-0000-0000-000000000000"
    endpoints = f"IngestionEndpoint={ingestion.url};LiveEndpoint={ingestion.url}"
    done = subprocess.run(
        [sys.executable, "-c", _WORKER],
        cwd=INFRA.parent,
        env={
            **os.environ,
            "APPLICATIONINSIGHTS_CONNECTION_STRING": f"InstrumentationKey={key};{endpoints}",
            "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true",
        },
        capture_output=True,
        text=True,
        timeout=60,  # a loop of exports would have no end
        check=False,
    )
    assert done.returncode == 0, done.stderr
    yield ingestion
    ingestion.server.shutdown()
    ingestion.server.server_close()


def _metric(ingestion: _Ingestion, name: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The one data point of a metric, and its attributes."""
    [item] = [it for it in ingestion.of_type("MetricData") if it["metrics"][0]["name"] == name]
    return item["metrics"][0], item["properties"]


def test_a_counter_arrives_with_its_sum_and_its_attributes(ingestion: _Ingestion) -> None:
    point, attributes = _metric(ingestion, names.CHECKS)

    assert point["value"] == 3
    assert attributes[names.OUTCOME] == names.OUTCOME_VERIFIED
    assert attributes[names.AUTH_TYPE] == "basic"


def test_a_histogram_arrives_with_what_the_queries_ask_for(ingestion: _Ingestion) -> None:
    point, attributes = _metric(ingestion, names.TOKEN_REFRESH_DURATION)

    assert (point["value"], point["count"]) == (1.0, 2)
    assert (point["min"], point["max"]) == (0.25, 0.75)
    assert attributes[names.OUTCOME] == names.OUTCOME_SUCCEEDED


def test_an_event_arrives_as_a_custom_event_under_its_name(ingestion: _Ingestion) -> None:
    [event] = ingestion.of_type("EventData")

    assert event["name"] == names.MAILBOX_STATUS
    assert event["properties"][names.CONFIG] == "c1"
    assert event["properties"][names.STATUS] == "verified"
    assert event["properties"][names.DAYS_LEFT] == "9"


def test_an_event_is_not_sent_a_second_time_as_a_trace(ingestion: _Ingestion) -> None:
    traces = [it["message"] for it in ingestion.of_type("MessageData")]

    assert not any(names.MAILBOX_STATUS in message for message in traces)


def test_what_the_exporter_does_is_not_exported_in_its_turn(ingestion: _Ingestion) -> None:
    traces = [it["message"] for it in ingestion.of_type("MessageData")]

    assert not any("Request URL" in message for message in traces)
