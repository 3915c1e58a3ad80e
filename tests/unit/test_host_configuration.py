"""host.json, app settings and time spans of the local function host."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.local.host.hostjson import HostJson, HostJsonError, load_host_json
from infra.local.host.queues import parse_source
from infra.local.host.settings import AppSettings, SettingsError, load_settings
from infra.local.host.timers import parse_schedule
from infra.local.host.timespan import TimeSpanError, parse_timespan
from tests.support.host_functions import function_with


def host_json(tmp_path: Path, document: object, env: Mapping[str, str] | None = None) -> HostJson:
    path = tmp_path / "host.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return load_host_json(path, env or {})


def queues(**options: Any) -> dict[str, Any]:
    return {"version": "2.0", "extensions": {"queues": options}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00:00:02", timedelta(seconds=2)),
        ("00:10:00", timedelta(minutes=10)),
        ("23:59", timedelta(hours=23, minutes=59)),
        ("1.02:03:04", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("00:00:00.1", timedelta(milliseconds=100)),
        ("00:00:00.1234567", timedelta(microseconds=123456)),
        ("-00:00:01", timedelta(seconds=-1)),
    ],
)
def test_time_spans_are_read_as_in_dotnet(text: str, expected: timedelta) -> None:
    assert parse_timespan(text) == expected


@pytest.mark.parametrize("text", ["", "5", "24:00:00", "00:60:00", "00:00:60", "1 minute"])
def test_what_is_no_time_span_is_told(text: str) -> None:
    with pytest.raises(TimeSpanError, match="is not a time span"):
        parse_timespan(text)


def test_host_json_has_the_real_hosts_defaults(tmp_path: Path) -> None:
    read = host_json(tmp_path, {"version": "2.0"})
    assert read.route_prefix == "api"
    assert read.function_timeout == timedelta(minutes=30)
    assert (read.queues.batch_size, read.queues.new_batch_threshold) == (16, 8)
    assert (read.queues.max_dequeue_count, read.queues.message_encoding) == (5, "base64")
    assert read.queues.max_polling_interval == timedelta(minutes=1)
    assert read.queues.visibility_timeout == timedelta(0)


def test_the_projects_own_host_json_is_understood(repository: Path) -> None:
    read = load_host_json(repository / "host.json", {})
    assert read.route_prefix == ""
    assert read.queues.message_encoding == "none"
    assert read.function_timeout == timedelta(minutes=10)


def test_a_new_batch_is_fetched_at_half_of_the_last_unless_said(tmp_path: Path) -> None:
    assert host_json(tmp_path, queues(batchSize=10)).queues.new_batch_threshold == 5


def test_the_environment_overrides_host_json(tmp_path: Path) -> None:
    name = "AzureFunctionsJobHost__extensions__queues__maxDequeueCount"
    assert host_json(tmp_path, queues(maxDequeueCount=2), {name: "9"}).queues.max_dequeue_count == 9


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("{", "is not JSON"),
        ([], '"version": "2.0"'),
        ({"version": "1.0"}, '"version": "2.0"'),
        ({"version": "2.0", "functionTimeout": "ten minutes"}, "is not a time span"),
        (queues(batchSize=33), "batchSize is 33; it must be 1 to 32"),
        (queues(batchSize="many"), "invalid literal"),
        (queues(maxDequeueCount=0), "maxDequeueCount 1 or more"),
        (queues(messageEncoding="base32"), "messageEncoding is 'base32'"),
    ],
)
def test_a_wrong_host_json_is_told(tmp_path: Path, document: object, reason: str) -> None:
    with pytest.raises(HostJsonError, match=reason):
        host_json(tmp_path, document)


def test_a_missing_host_json_is_told(tmp_path: Path) -> None:
    with pytest.raises(HostJsonError, match="cannot be read: No such file"):
        load_host_json(tmp_path / "host.json", {})


def test_settings_go_before_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    host = {"CORS": "https://a.example, https://b.example", "CORSCredentials": True}
    path.write_text(json.dumps({"IsEncrypted": False, "Values": {"A": "1"}, "Host": host}))
    read = load_settings(path, {"A": "0", "B": "2"})
    assert read.values == {"A": "1", "B": "2"}
    assert read.cors_origins == ("https://a.example", "https://b.example")
    assert read.cors_credentials


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not JSON"),
        ("[]", "must hold a JSON object"),
        ('{"Values": {"A": 1, "B": "2"}}', "these Values are not text: A"),
    ],
)
def test_a_wrong_settings_file_is_told(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text)
    with pytest.raises(SettingsError, match=reason):
        load_settings(path, {})


def test_references_to_settings_are_replaced() -> None:
    settings = AppSettings({"A": "x", "B": "y"})
    assert settings.resolve("%A%-%B%-z", "a test") == "x-y-z"


def test_a_missing_setting_is_named_with_what_needs_it() -> None:
    with pytest.raises(SettingsError, match="'C' that the schedule of 'f' names is not set"):
        AppSettings().resolve("%C%", "the schedule of 'f'")


def test_a_connection_may_be_named_without_its_prefix() -> None:
    settings = AppSettings({"AzureWebJobsMail": "one", "AzureWebJobsStorage": "two"})
    assert settings.storage_connection("Mail", "a test") == "one"
    assert settings.storage_connection("", "a test") == "two"


def test_a_missing_connection_is_named_with_what_needs_it() -> None:
    with pytest.raises(SettingsError, match="'Mail' that the queue trigger of 'f' names"):
        AppSettings().storage_connection("Mail", "the queue trigger of 'f'")


@pytest.mark.parametrize("value", ["secret", "AccountName=a", "AccountName=a;AccountKey=", ";"])
def test_a_malformed_connection_is_named_and_not_shown(value: str) -> None:
    settings = AppSettings({"Mail": value})
    function = function_with("f", {"queueName": "q", "connection": "Mail"})
    with pytest.raises(SettingsError, match="'Mail' that the queue trigger of") as caught:
        parse_source(function, settings)
    assert value not in str(caught.value)


@pytest.mark.parametrize("value", ["* * *", "99 * * * * *", "24:00:00"])
def test_a_schedule_that_cannot_be_used_is_told_with_its_setting(value: str) -> None:
    function = function_with("f", {"schedule": "%WHEN%"})
    with pytest.raises(SettingsError, match="The schedule %WHEN% of"):
        parse_schedule(function, AppSettings({"WHEN": value}))


def test_development_storage_is_the_emulators_own_account() -> None:
    settings = AppSettings({"AzureWebJobsStorage": "UseDevelopmentStorage=true"})
    connection = settings.storage_connection("AzureWebJobsStorage", "a test")
    assert "QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1" in connection
