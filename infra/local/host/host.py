"""Puts the parts of the local function host together, and takes them down again."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from infra.local.host import logs
from infra.local.host.admin import Admin
from infra.local.host.cors import Cors
from infra.local.host.executor import Executor
from infra.local.host.front import Authentication, Front, NoAuthentication
from infra.local.host.functions import Function
from infra.local.host.hostjson import HostJson
from infra.local.host.keys import MasterKey
from infra.local.host.queues import QueueListener, parse_source
from infra.local.host.routing import RouteError, Router
from infra.local.host.settings import AppSettings, SettingsError
from infra.local.host.tasks import TaskSet
from infra.local.host.timers import StatusStore, TimerListener, parse_schedule
from infra.local.host.worker import IndexingError, Worker

_PATIENCE = 30.0  # seconds that running functions get to finish
_log = logging.getLogger("Host.Startup")


@dataclass(frozen=True)
class Options:
    """How this process was started."""

    port: int
    app_dir: Path
    data: Path
    queues_only: bool = False


class PortTakenError(Exception):
    """Another process listens where the host should."""


class Host:
    """One host process."""

    def __init__(self, options: Options, settings: AppSettings, host_json: HostJson) -> None:
        self._options = options
        self._settings = settings
        self._host_json = host_json
        self._worker = Worker(options.app_dir)
        self._executor = Executor(self._worker, host_json.function_timeout)
        self._tasks = TaskSet()
        self._timers = StatusStore(options.data / "timers")
        self._queue_listeners: list[QueueListener] = []
        self._listening: list[asyncio.Task[None]] = []
        self._timer_listeners: list[TimerListener] = []
        self._runner: web.ServerRunner | None = None
        logs.configure(host_json.log_levels, self._executor.function_of)

    async def start(self, authentication: Authentication | None) -> int:
        """Indexes, serves and listens; gives the port that it serves on.

        Where indexing fails it serves that failure. Raises PortTakenError.
        """
        functions: Sequence[Function] = ()
        router = Router((), "")
        failure = None
        try:
            functions = await self._worker.start()
            router = Router(functions, self._host_json.route_prefix)
            self._make_listeners(functions)
        except (IndexingError, RouteError, SettingsError) as error:
            failure = str(error)
            _log.error("The functions could not be indexed.\n%s", failure)
        port = self._options.port
        if not self._options.queues_only:
            self._announce(functions, router)
            port = await self._serve(functions, router, authentication, failure)
        if failure is None:
            self._listen()
        return port

    def _make_listeners(self, functions: Sequence[Function]) -> None:
        """Reads all triggers before any starts, so that a mistake stops the host as a whole."""
        for function in functions:
            if function.trigger_type == "timerTrigger":
                schedule = parse_schedule(function, self._settings)
                self._timer_listeners.append(
                    TimerListener(function, schedule, self._executor, self._timers)
                )
            elif function.trigger_type == "queueTrigger":
                source = parse_source(function, self._settings)
                self._queue_listeners.append(
                    QueueListener(function, source, self._host_json.queues, self._executor)
                )

    def _listen(self) -> None:
        work = [listener.listen() for listener in self._queue_listeners]
        if not self._options.queues_only:
            work += [listener.listen() for listener in self._timer_listeners]
        self._listening = [asyncio.create_task(listening) for listening in work]
        for task in self._listening:
            task.add_done_callback(_report)

    async def _serve(
        self,
        functions: Sequence[Function],
        router: Router,
        authentication: Authentication | None,
        failure: str | None,
    ) -> int:
        front = Front(
            router=router,
            executor=self._executor,
            admin=Admin(functions, self._executor, self._timers, self._tasks, failure),
            authentication=authentication or NoAuthentication(),
            cors=Cors(self._settings.cors_origins, self._settings.cors_credentials),
            key=MasterKey(self._options.data / "host-keys.json"),
            failure=failure,
        )
        self._runner = web.ServerRunner(
            web.Server(front.handle, access_log=None, auto_decompress=False),
            shutdown_timeout=_PATIENCE,
        )
        await self._runner.setup()
        port = await self._bind(self._runner, "127.0.0.1", self._options.port)
        try:
            await self._bind(self._runner, "::1", port)
        except PortTakenError:
            # No IPv6 here; `localhost` then means 127.0.0.1 to browsers as well.
            _log.debug("Not listening on ::1")
        return port

    async def _bind(self, runner: web.ServerRunner, address: str, port: int) -> int:
        try:
            await web.TCPSite(runner, address, port).start()
        except OSError as error:
            message = f"Port {port} of {address} cannot be listened on: {error.strerror}"
            raise PortTakenError(message) from error
        return int(runner.addresses[0][1])

    def _announce(self, functions: Sequence[Function], router: Router) -> None:
        for route in router.routes:
            methods = ",".join(sorted(route.methods)) or "any method"
            _log.info("%s: [%s] /%s", route.function.name, methods, route.template.text)
        for function in functions:
            if function.trigger_type != "httpTrigger":
                _log.info("%s: %s", function.name, function.trigger_type)
        for shadowed, by in router.order_sensitive():
            _log.warning(
                "In Azure '%s' takes requests that '%s' gets here: routes are tried in the"
                " alphabetical order of their functions' names.", by, shadowed,
            )  # fmt: skip

    async def stop(self) -> int:
        """Takes no more work and lets what runs finish; gives how many functions still run."""
        for queue in self._queue_listeners:
            queue.stop()
        for timer in self._timer_listeners:
            timer.stop()
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._finish()
        except TimeoutError:
            _log.warning("Functions are left behind that did not end in %g s", _PATIENCE)
        for queue in self._queue_listeners:
            await queue.close()
        self._worker.stop()
        return self._executor.running + self._executor.overran

    async def _finish(self) -> None:
        if self._runner:
            await self._runner.cleanup()
        await asyncio.gather(*self._listening)
        for queue in self._queue_listeners:
            await queue.drain()
        await self._tasks.drain()


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        _log.critical("A listener ended, and should not have", exc_info=error)
