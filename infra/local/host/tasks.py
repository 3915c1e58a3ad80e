"""Keeps hold of tasks that run beside the request that started them."""

import asyncio
from collections.abc import Coroutine


class TaskSet:
    """Tasks that are not awaited where they start, but before the host ends."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Runs it to its end; what it raises is the event loop's to report."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Waits for what was started."""
        if self._tasks:
            await asyncio.wait(self._tasks)


async def happens_within(event: asyncio.Event, seconds: float) -> bool:
    """Waits for the event at most so long; whether it happened."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
