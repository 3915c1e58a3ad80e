"""host.json, as far as the local host honours it, with the defaults of Azure Functions 4.x."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from infra.local.host.timespan import TimeSpanError, parse_timespan

# AzureFunctionsJobHost__a__b=value overrides a.b of host.json, as in Azure.
_OVERRIDE = "AzureFunctionsJobHost__"
_LARGEST_BATCH = 32  # what the queue service hands out in one answer


class HostJsonError(Exception):
    """host.json is missing, malformed, or says something that cannot be done."""


@dataclass(frozen=True)
class QueueOptions:
    """`extensions.queues`.

    `visibility_timeout` is the pause before a failed message is tried again.
    """

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_polling_interval: timedelta = timedelta(minutes=1)
    visibility_timeout: timedelta = timedelta(0)
    max_dequeue_count: int = 5
    message_encoding: str = "base64"


@dataclass(frozen=True)
class HostJson:
    """What of host.json matters here; `function_timeout` None means no limit."""

    route_prefix: str = "api"
    queues: QueueOptions = field(default_factory=QueueOptions)
    function_timeout: timedelta | None = timedelta(minutes=30)
    log_levels: Mapping[str, str] = field(default_factory=dict)


def load_host_json(path: Path, environment: Mapping[str, str]) -> HostJson:
    """Reads host.json and applies overrides from the environment. Raises HostJsonError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise HostJsonError(message) from error
    except ValueError as error:
        message = f"{path} is not JSON: {error}"
        raise HostJsonError(message) from error
    if not isinstance(document, dict) or document.get("version") != "2.0":
        message = f'{path} must hold an object with "version": "2.0"'
        raise HostJsonError(message)
    _override(document, environment)
    try:
        return _read(document)
    except (TimeSpanError, ValueError, TypeError, AttributeError) as error:
        message = f"{path}: {error}"
        raise HostJsonError(message) from error


def _override(document: dict[str, Any], environment: Mapping[str, str]) -> None:
    for name, value in environment.items():
        if not name.startswith(_OVERRIDE):
            continue
        *parents, last = name.removeprefix(_OVERRIDE).split("__")
        node = document
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = value


def _read(document: Mapping[str, Any]) -> HostJson:
    extensions = document.get("extensions", {})
    timeout = document.get("functionTimeout")
    span = parse_timespan(timeout) if timeout not in (None, "-1") else None
    return HostJson(
        route_prefix=str(extensions.get("http", {}).get("routePrefix", "api")).strip("/"),
        queues=_read_queues(extensions.get("queues", {})),
        function_timeout=HostJson.function_timeout if timeout is None else span,
        log_levels=dict(document.get("logging", {}).get("logLevel", {})),
    )


def _read_queues(section: Mapping[str, Any]) -> QueueOptions:
    default = QueueOptions()
    batch = int(section.get("batchSize", default.batch_size))
    threshold = int(section.get("newBatchThreshold", batch // 2))
    longest = section.get("maxPollingInterval")
    retry_after = section.get("visibilityTimeout")
    encoding = str(section.get("messageEncoding", default.message_encoding)).lower()
    dequeues = int(section.get("maxDequeueCount", default.max_dequeue_count))
    if not 1 <= batch <= _LARGEST_BATCH:
        message = f"extensions.queues.batchSize is {batch}; it must be 1 to {_LARGEST_BATCH}"
        raise ValueError(message)
    if threshold < 0 or dequeues < 1:
        message = "extensions.queues: newBatchThreshold is 0 or more, maxDequeueCount 1 or more"
        raise ValueError(message)
    if encoding not in ("base64", "none"):
        message = f"extensions.queues.messageEncoding is '{encoding}'; it must be base64 or none"
        raise ValueError(message)
    return QueueOptions(
        batch_size=batch,
        new_batch_threshold=threshold,
        max_polling_interval=parse_timespan(longest) if longest else default.max_polling_interval,
        visibility_timeout=parse_timespan(retry_after)
        if retry_after
        else default.visibility_timeout,
        max_dequeue_count=dequeues,
        message_encoding=encoding,
    )
