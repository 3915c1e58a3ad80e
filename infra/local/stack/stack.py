"""A whole stack, or some components of it, as one thing to start and end."""

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from infra.local.stack.components import COMPONENTS, Component, tls_command
from infra.local.stack.errors import ComponentFailedError, StackError
from infra.local.stack.layout import Layout
from infra.local.stack.lock import DataLock
from infra.local.stack.ports import require_free
from infra.local.stack.process import ComponentProcess, LineSink
from infra.local.stack.settings import app_settings, write_extra_ca, write_settings_file

_BY_NAME = {component.name: component for component in COMPONENTS}
ALL = tuple(_BY_NAME)
_READY_SECONDS = 90
_LOOPBACK = "localhost,127.0.0.1,::1"


def silent(_name: str, _line: str) -> None:
    """A sink for logs that nobody reads."""


class Stack:
    """Components that run on one data folder; usable as a context manager."""

    def __init__(
        self, layout: Layout, environ: Mapping[str, str], *, sink: LineSink = silent
    ) -> None:
        self.layout = layout
        self.settings = app_settings(layout, environ)
        self._environ = dict(environ)
        self._sink = sink
        self._lock = DataLock(layout.data)
        self._processes: dict[str, ComponentProcess] = {}

    def __enter__(self) -> "Stack":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, names: Iterable[str] = ALL) -> None:
        """Start the named components and wait until each accepts connections.

        What they need must be among them, or run already; those that run are left alone.
        On a failure everything is ended again.

        Raises:
            StackError: the message says which component failed and shows its last lines.
        """
        wanted = [_BY_NAME[name] for name in names if name not in self._processes]
        try:
            if not self._lock.held:
                self._lock.acquire()
                require_free(self.layout.ports)
                self._prepare()
            self._start_in_order(wanted)
            self._write_state()
        except BaseException:
            self.stop()
            raise

    def restart(self, *names: str, settings: Mapping[str, str | None] | None = None) -> None:
        """End the named components (all when none is named) and start them on the same data.

        Args:
            settings: app settings that change for the function host from now on; None takes
                one away.
        """
        chosen = [name for name in self._processes if not names or name in names]
        self._end([self._processes[name] for name in reversed(chosen)])
        changed = {**self.settings, **(settings or {})}
        self.settings = {name: value for name, value in changed.items() if value is not None}
        write_settings_file(self.layout, self.settings)
        self._start_in_order([_BY_NAME[name] for name in chosen])
        self._write_state()

    def kill(self, name: str) -> None:
        """Cut one component off without warning, as a crash would."""
        self._processes[name].kill()

    def stop(self) -> None:
        """End every component, those that lean on others first."""
        host_first = list(reversed(self._processes.values()))
        self._end(host_first[:1])
        self._end(host_first[1:])
        self._processes.clear()
        if self._lock.held:
            self.layout.state_file.unlink(missing_ok=True)
        self._lock.release()

    def dead(self) -> ComponentProcess | None:
        """A component that ended without being asked to, if there is one."""
        return next((process for process in self._processes.values() if process.died), None)

    def process(self, name: str) -> ComponentProcess:
        """The process of one component, as it runs now."""
        return self._processes[name]

    def _prepare(self) -> None:
        """Make what the components read: certificates and settings."""
        layout = self.layout
        done = subprocess.run(
            tls_command(layout),
            cwd=layout.root,
            env=self._child_environ(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise StackError(f"The certificates could not be made:\n{done.stderr}")
        write_extra_ca(layout, self._environ)
        write_settings_file(layout, self.settings)

    def _start_in_order(self, wanted: list[Component]) -> None:
        """Start side by side what does not wait for each other."""
        pending = list(wanted)
        waiting: list[ComponentProcess] = []
        ready = set(self._processes) - {component.name for component in wanted}
        while pending or waiting:
            for component in [c for c in pending if ready.issuperset(c.needs)]:
                pending.remove(component)
                waiting.append(self._start_one(component))
            if not waiting:
                names = ", ".join(component.name for component in pending)
                raise StackError(f"Not started because of what they need: {names}.")
            first = waiting.pop(0)
            first.wait_ready(_READY_SECONDS)
            ready.add(first.name)
        dead = self.dead()
        if dead:
            raise ComponentFailedError(dead.describe_end())

    def _start_one(self, component: Component) -> ComponentProcess:
        process = ComponentProcess(
            component.name,
            component.command(self.layout),
            cwd=self.layout.root,
            environ=self._child_environ(),
            sink=self._sink,
            stop_seconds=component.stop_seconds,
        )
        self._processes[component.name] = process
        process.start()
        return process

    def _child_environ(self) -> dict[str, str]:
        # Settings reach the function host through its file, where the lists are complete.
        environ = {
            name: value for name, value in self._environ.items() if name not in self.settings
        }
        # A proxy of the caller's must not be asked for what runs on this machine.
        for name in ("NO_PROXY", "no_proxy"):
            environ[name] = ",".join(filter(None, [environ.get(name), _LOOPBACK]))
        return environ

    def _write_state(self) -> None:
        layout = self.layout
        state = {
            "pid": os.getpid(),
            "host": layout.host_url,
            "identity": layout.identity_url,
            "vault": layout.vault_url,
            "mailbox": layout.mailbox_url,
            "caFile": str(layout.ca_file),
            "pids": {name: process.pid for name, process in self._processes.items()},
        }
        layout.state_file.write_text(json.dumps(state, indent=2) + "\n")

    @staticmethod
    def _end(processes: Iterable[ComponentProcess]) -> None:
        ending = list(processes)
        for process in ending:
            process.request_stop()
        for process in ending:
            process.stop()


def repository_root() -> Path:
    """The work tree that this package lies in."""
    return Path(__file__).resolve().parents[3]
