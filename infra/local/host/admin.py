"""The host's own interface under `/admin`, as far as a developer needs it."""

import json
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from infra.local.host import protos
from infra.local.host.executor import Executor, FunctionError
from infra.local.host.functions import Function
from infra.local.host.httpdata import read_body
from infra.local.host.queues import hand_made_metadata
from infra.local.host.tasks import TaskSet
from infra.local.host.timers import StatusStore, timer_data

_log = logging.getLogger("Host.Admin")


class Admin:
    """Answers for the functions that are there; without them it reports the host's error."""

    def __init__(
        self,
        functions: Sequence[Function],
        executor: Executor,
        timers: StatusStore,
        tasks: TaskSet,
        failure: str | None,
    ) -> None:
        self._functions = {function.name.lower(): function for function in functions}
        self._executor = executor
        self._timers = timers
        self._tasks = tasks
        self._failure = failure
        self._began = time.monotonic()

    async def answer(self, request: web.BaseRequest, path: Sequence[str]) -> web.Response:
        """Answers a request for the decoded path, which begins with `admin`."""
        match [request.method, *(part.lower() for part in path[1:])]:
            case ["GET", "host", "status"]:
                return web.json_response(self._status())
            case ["GET" | "POST", "host", "ping"]:
                return web.Response(status=200)
            case ["GET", "functions"]:
                listed = [_describe(f, request) for f in self._functions.values()]
                return web.json_response(listed)
            case ["GET", "functions", name] if name in self._functions:
                return web.json_response(_describe(self._functions[name], request))
            case ["GET", "functions", name, "status"] if name in self._functions:
                return web.json_response({})
            case ["POST", "functions", name] if name in self._functions:
                return await self._run(request, self._functions[name])
        return web.Response(status=404)

    def _status(self) -> dict[str, Any]:
        status: dict[str, Any] = {
            "id": "local",
            "state": "Error" if self._failure else "Running",
            "version": "4.0.0-local",
            "processUptime": round((time.monotonic() - self._began) * 1000),
            "runningInvocations": self._executor.running,
        }
        return {**status, "errors": [self._failure]} if self._failure else status

    async def _run(self, request: web.BaseRequest, function: Function) -> web.Response:
        try:
            value = _input_of(await read_body(request))
        except ValueError as error:
            return web.Response(status=400, text=str(error))
        if function.trigger_type == "httpTrigger":
            text = f"'{function.name}' answers HTTP requests: call its own URL"
            return web.Response(status=400, text=text)
        self._tasks.start(self._run_to_the_end(function, value))
        return web.Response(status=202)

    async def _run_to_the_end(self, function: Function, value: str) -> None:
        metadata: Mapping[str, protos.TypedData] | None = None
        if function.trigger_type == "queueTrigger":
            data = protos.TypedData(string=value)
            metadata = hand_made_metadata(data)
        else:
            data = timer_data(self._timers.read(function.name), is_past_due=False)
        reason = "This function was programmatically called via the host APIs."
        try:
            await self._executor.run(function, data, reason=reason, metadata=metadata)
        except FunctionError:
            _log.debug("The failure of '%s' is logged with its invocation", function.name)


def _input_of(body: bytes) -> str:
    """The `input` of the request, which may be empty; JSON that is not text stays JSON.

    Raises ValueError.
    """
    if not body.strip():
        return ""
    try:
        document = json.loads(body)
    except ValueError as error:
        message = 'The body must be JSON: {"input": ...}'
        raise ValueError(message) from error
    if not isinstance(document, dict):
        message = 'The body must be a JSON object: {"input": ...}'
        raise ValueError(message)
    value = document.get("input")
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _describe(function: Function, request: web.BaseRequest) -> dict[str, Any]:
    base = f"{request.scheme}://{request.host}"
    return {
        "name": function.name,
        "script_href": f"{base}/admin/vfs/{function.script_file}",
        "href": f"{base}/admin/functions/{function.name}",
        "config": {"scriptFile": function.script_file, "bindings": list(function.bindings)},
        "isDisabled": False,
        "language": "python",
    }
