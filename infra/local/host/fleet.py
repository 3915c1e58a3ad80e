"""More processes that take queue messages, as Azure scales a queue's function out."""

import asyncio
import contextlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]
_PATIENCE = 60.0  # seconds for a process to be ready


class FleetError(Exception):
    """A process of the fleet did not start, or ended by itself."""


class Fleet:
    """Child processes; they end with this one, whose pipe is their stdin."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = arguments
        self._processes: list[asyncio.subprocess.Process] = []
        self._watching: list[asyncio.Task[None]] = []

    async def start(self, count: int, on_loss: Callable[[], None]) -> None:
        """Starts so many and waits until they are ready. Raises FleetError."""
        for _ in range(count):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "infra.local.host", *self._arguments,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=_ROOT,
            )  # fmt: skip
            self._processes.append(process)
        try:
            async with asyncio.timeout(_PATIENCE):
                await asyncio.gather(*(_ready(process) for process in self._processes))
        except TimeoutError as error:
            message = f"The queue workers were not ready after {_PATIENCE:g} s"
            raise FleetError(message) from error
        self._watching = [
            asyncio.create_task(_watch(process, on_loss)) for process in self._processes
        ]

    async def stop(self) -> None:
        """Lets them finish what they do."""
        for task in self._watching:
            task.cancel()
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        await asyncio.gather(*(process.wait() for process in self._processes))


async def _ready(process: asyncio.subprocess.Process) -> None:
    line = await process.stdout.readline() if process.stdout else b""
    if not line.startswith(b"ready "):
        message = f"A queue worker ended before it was ready, with code {await process.wait()}"
        raise FleetError(message)


async def _watch(process: asyncio.subprocess.Process, on_loss: Callable[[], None]) -> None:
    await process.wait()
    on_loss()
