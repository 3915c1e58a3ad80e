"""One invocation from the host's side: its identity, log lines, time limit and retries."""

import asyncio
import json
import logging
import random
import secrets
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from infra.local.host import protos
from infra.local.host.functions import Function
from infra.local.host.logs import host_call
from infra.local.host.worker import Invocation, Worker

_NO_RETRY = protos.RetryContext()


class FunctionError(Exception):
    """The function failed; the text is what it raised."""


class FunctionTimeoutError(FunctionError):
    """The function ran longer than `functionTimeout` of host.json."""


class Executor:
    """Runs functions on the worker and keeps count of what is running."""

    def __init__(self, worker: Worker, timeout: timedelta | None) -> None:
        self._worker = worker
        self._timeout = timeout.total_seconds() if timeout else None
        self._running: dict[str, str] = {}
        self.overran = 0
        """How many invocations ran longer than allowed; their threads may still run."""

    @property
    def running(self) -> int:
        """How many invocations have begun and not ended."""
        return len(self._running)

    def function_of(self, invocation_id: str) -> str | None:
        """The name of the function that the invocation belongs to, while it runs."""
        return self._running.get(invocation_id)

    async def run(
        self,
        function: Function,
        data: protos.TypedData,
        *,
        reason: str,
        metadata: Mapping[str, protos.TypedData] | None = None,
        trace: protos.RpcTraceContext | None = None,
    ) -> protos.TypedData | None:
        """Runs the function, again where its retry policy says so, and gives what it returned.

        Raises FunctionError after the last attempt.
        """
        policy = function.retry if function.trigger_type == "timerTrigger" else None
        limit = policy.max_retry_count if policy else 0
        attempt = 0
        context = _NO_RETRY
        while True:
            call = Invocation(
                invocation_id=str(uuid.uuid4()),
                data=data,
                metadata={**(metadata or {}), "sys": _sys(function)},
                trace=trace or new_trace(),
                retry=context,
            )
            try:
                return await self._run_once(function, call, reason)
            except FunctionError as error:
                if policy is None or (limit != -1 and attempt >= limit):
                    raise
                attempt += 1
                context = protos.RetryContext(
                    retry_count=attempt,
                    max_retry_count=limit,
                    exception=protos.RpcException(message=str(error)),
                )
                await asyncio.sleep(retry_delay(policy, attempt))

    async def _run_once(
        self, function: Function, call: Invocation, reason: str
    ) -> protos.TypedData | None:
        log = logging.getLogger(f"Function.{function.name}")
        identity = call.invocation_id
        log.info("Executing 'Functions.%s' (Reason='%s', Id=%s)", function.name, reason, identity)
        self._running[identity] = function.name
        began = time.monotonic()
        try:
            value = await self._result(function, call)
        except FunctionError as error:
            spent = _milliseconds_since(began)
            log.error(
                "Executed 'Functions.%s' (Failed, Id=%s, Duration=%dms)\n%s",
                function.name, identity, spent, error,
            )  # fmt: skip
            raise
        finally:
            del self._running[identity]
        log.info(
            "Executed 'Functions.%s' (Succeeded, Id=%s, Duration=%dms)",
            function.name, identity, _milliseconds_since(began),
        )  # fmt: skip
        return value

    async def _result(self, function: Function, call: Invocation) -> protos.TypedData | None:
        marker = host_call.set(False)
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._worker.invoke(function, call)
        except TimeoutError as error:
            # A thread cannot be ended from outside: where Azure restarts the whole worker, the
            # function's thread here runs on, and its result is dropped.
            self.overran += 1
            message = f"Timeout value of {self._timeout:g} s was exceeded by {function.name}"
            raise FunctionTimeoutError(message) from error
        finally:
            host_call.reset(marker)
        if response.result.status != protos.StatusResult.Success:
            failure = response.result.exception or protos.RpcException(message="no reason given")
            raise FunctionError(failure.stack_trace.rstrip() or failure.message)
        return response.return_value


def retry_delay(policy: protos.RpcRetryOptions, attempt: int) -> float:
    """Seconds before the given retry (1 is the first): fixed, or doubling with jitter."""
    if policy.delay_interval is not None:
        return policy.delay_interval.total_seconds()
    least = policy.minimum_interval.total_seconds() if policy.minimum_interval else 0.0
    most = policy.maximum_interval.total_seconds() if policy.maximum_interval else least
    jitter = random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries, guards nothing
    return min(least + (2.0 ** (attempt - 1) - 1) * jitter, most)


def new_trace() -> protos.RpcTraceContext:
    """A trace of its own (W3C Trace Context, version 00), for what nobody else traces."""
    return protos.RpcTraceContext(
        trace_parent=f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
    )


def _sys(function: Function) -> protos.TypedData:
    now = datetime.now(UTC)
    facts = {
        "MethodName": function.name,
        "UtcNow": now.isoformat(),
        "RandGuid": str(uuid.uuid4()),
    }
    return protos.TypedData(json=json.dumps(facts))


def _milliseconds_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
