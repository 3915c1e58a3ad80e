"""What a connection needs to know about the server that it belongs to."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from infra.local.mailbox.accounts import Permissions, Token, TokenReader
from infra.local.mailbox.limits import Pace
from infra.local.mailbox.messages import MessageStore
from infra.local.serving.switches import Failures, Record

INTROSPECTION_THREADS = 8


def _failures() -> Failures:
    return Failures(
        filters=("at", "username", "mechanism", "recipient"),
        effects=("reply", "drop", "delay_ms"),
    )


@dataclass(frozen=True)
class MailServer:
    """The parts of the mail server that all connections share."""

    tokens: TokenReader
    messages: MessageStore
    permissions: Permissions = field(default_factory=Permissions)
    pace: Pace = field(default_factory=Pace)
    failures: Failures = field(default_factory=_failures)
    sessions: Record = field(default_factory=Record)
    _threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(INTROSPECTION_THREADS)
    )

    async def read_token(self, token: str) -> Token | None:
        """Ask about a token, while other connections go on."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self.tokens.read, token)

    async def failure(self, at: str, **facts: str | None) -> Mapping[str, Any]:
        """The failure that was ordered for this point of a dialogue, its delay served; or {}."""
        found = self.failures.take(at=at, **facts) or {}
        if "delay_ms" in found:
            await asyncio.sleep(float(found["delay_ms"]) / 1000)
        return found
