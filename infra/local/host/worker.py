"""Microsoft's own Python worker (`azure-functions-runtime`), driven as the host drives it."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import azure_functions_runtime as runtime

from infra.local.host import protos
from infra.local.host.functions import Function, UnsupportedBindingError, function_of


class IndexingError(Exception):
    """The functions could not be indexed; the text holds the worker's traceback."""


@dataclass(frozen=True)
class Invocation:
    """What is handed to a function: the trigger's value and what goes with it."""

    invocation_id: str
    data: protos.TypedData
    metadata: Mapping[str, protos.TypedData]
    trace: protos.RpcTraceContext
    retry: protos.RetryContext


class Worker:
    """Runs in this process and on this event loop; sync functions run on its thread pool."""

    def __init__(self, app_dir: Path) -> None:
        self._app_dir = app_dir

    async def start(self) -> list[Function]:
        """Indexes the function app and loads its functions. Raises IndexingError."""
        sys.path.insert(0, str(self._app_dir))
        runtime.start_threadpool_executor()
        request = protos.WorkerInitRequest(function_app_directory=str(self._app_dir))
        initialized = await runtime.worker_init_request(
            _envelope(protos.Request(worker_init_request=request))
        )
        _check(initialized.result)
        listed = await runtime.functions_metadata_request(_envelope(protos.Request()))
        _check(listed.result)
        if not listed.function_metadata_results:
            message = f"0 functions found in {self._app_dir / 'function_app.py'}"
            raise IndexingError(message)
        try:
            functions = [function_of(metadata) for metadata in listed.function_metadata_results]
        except UnsupportedBindingError as error:
            raise IndexingError(str(error)) from error
        for function in functions:
            await self._load(function)
        return functions

    async def _load(self, function: Function) -> None:
        request = protos.FunctionLoadRequest(
            function_id=function.function_id, metadata=function.metadata
        )
        loaded = await runtime.function_load_request(
            _envelope(protos.Request(function_load_request=request))
        )
        _check(loaded.result)

    async def invoke(self, function: Function, call: Invocation) -> protos.InvocationResponse:
        """Runs the function once; its failure is in the response's result."""
        # For sync functions the worker sets it itself, on the pool's thread.
        marker = runtime.invocation_id_cv.set(call.invocation_id)
        request = protos.InvocationRequest(
            invocation_id=call.invocation_id,
            function_id=function.function_id,
            input_data=[protos.ParameterBinding(name=function.trigger_name, data=call.data)],
            trigger_metadata=call.metadata,
            trace_context=call.trace,
            retry_context=call.retry,
        )
        try:
            response: protos.InvocationResponse = await runtime.invocation_request(
                _envelope(protos.Request(invocation_request=request))
            )
        finally:
            runtime.invocation_id_cv.reset(marker)
        return response

    def stop(self) -> None:
        """Takes no more invocations. Does not wait for those that run."""
        if executor := runtime.get_threadpool_executor():
            executor.shutdown(wait=False, cancel_futures=True)


def current_invocation_id() -> str | None:
    """The invocation that the calling code runs in, if any."""
    invocation_id: str | None = runtime.invocation_id_cv.get()
    return invocation_id


def _envelope(request: protos.Request) -> protos.Envelope:
    properties: dict[str, Any] = {"protos": protos, "host": "127.0.0.1"}
    return protos.Envelope(request=request, properties=properties)


def _check(result: protos.StatusResult) -> None:
    if result.status == protos.StatusResult.Success:
        return
    failure = result.exception or protos.RpcException(message="the worker gave no reason")
    raise IndexingError(f"{failure.message}\n{failure.stack_trace}".rstrip())
