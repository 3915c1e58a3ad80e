"""The messages that Microsoft's Python worker exchanges with the host.

`azure-functions-runtime` is handed its message classes by the caller. These are plain, frozen
stand-ins for the generated ones, with the names, fields and numbers of the public FunctionRpc
protocol (`FunctionRpc.proto`, package AzureFunctionsRpcMessages), as far as the worker uses them.
"""

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import timedelta
from enum import IntEnum
from typing import Any, ClassVar

_SameSite = IntEnum("_SameSite", {"None": 0, "Lax": 1, "Strict": 2, "ExplicitNone": 3})


@dataclass(frozen=True, kw_only=True)
class Timestamp:
    seconds: int = 0


@dataclass(frozen=True, kw_only=True)
class NullableString:
    value: str


@dataclass(frozen=True, kw_only=True)
class NullableBool:
    value: bool


@dataclass(frozen=True, kw_only=True)
class NullableDouble:
    value: float


@dataclass(frozen=True, kw_only=True)
class NullableTimestamp:
    value: Timestamp


@dataclass(frozen=True, kw_only=True)
class RpcHttpCookie:
    """A cookie of a response; the host writes the `Set-Cookie` header from it."""

    SameSite: ClassVar[type[_SameSite]] = _SameSite

    name: str
    value: str
    domain: NullableString | None = None
    path: NullableString | None = None
    expires: NullableTimestamp | None = None
    secure: NullableBool | None = None
    http_only: NullableBool | None = None
    same_site: int = 0
    max_age: NullableDouble | None = None


@dataclass(frozen=True, kw_only=True)
class TypedData:
    """One value; exactly one field is set, as in the protocol's `oneof data`."""

    string: str | None = None
    json: str | None = None
    bytes: builtins.bytes | None = None
    http: "RpcHttp | None" = None
    int: builtins.int | None = None
    double: float | None = None

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 - the generated classes' name
        """The name of the field that is set, or None."""
        return next((f.name for f in fields(self) if getattr(self, f.name) is not None), None)


@dataclass(frozen=True, kw_only=True)
class RpcHttp:
    """An HTTP request on the way in, or a response on the way out."""

    method: str = ""
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: TypedData = field(default_factory=TypedData)
    status_code: str = ""
    cookies: Sequence[RpcHttpCookie] | None = None
    enable_content_negotiation: bool = False


@dataclass(frozen=True, kw_only=True)
class ParameterBinding:
    """A value for one parameter, or from one output binding."""

    name: str
    data: TypedData | None

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 - the generated classes' name
        """Always `data`: shared memory is not offered."""
        return "data"


@dataclass(frozen=True, kw_only=True)
class RpcException:
    message: str = ""
    stack_trace: str = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class StatusResult:
    """How a request to the worker went."""

    Failure: ClassVar[int] = 0
    Success: ClassVar[int] = 1
    Cancelled: ClassVar[int] = 2

    status: int
    exception: RpcException | None = None


@dataclass(frozen=True, kw_only=True)
class BindingInfo:
    # The names are the protocol's enum values, which the worker reads from the message class.
    out: ClassVar[int] = 1
    inout: ClassVar[int] = 2
    undefined: ClassVar[int] = 0

    type: str
    direction: int
    data_type: int | None = None


@dataclass(frozen=True, kw_only=True)
class RpcRetryOptions:
    """When and how often a failed function runs again."""

    max_retry_count: int
    retry_strategy: str
    delay_interval: timedelta | None = None
    minimum_interval: timedelta | None = None
    maximum_interval: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class RpcFunctionMetadata:
    """A function as the worker indexed it; `raw_bindings` are the bindings of function.json."""

    name: str
    function_id: str
    directory: str
    script_file: str
    entry_point: str
    language: str
    bindings: Mapping[str, BindingInfo]
    raw_bindings: Sequence[str]
    retry_options: RpcRetryOptions | None
    properties: Mapping[str, str]
    managed_dependency_enabled: bool = False
    is_proxy: bool = False


@dataclass(frozen=True, kw_only=True)
class WorkerMetadata:
    runtime_name: str
    runtime_version: str
    worker_version: str
    worker_bitness: str
    custom_properties: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class WorkerInitRequest:
    function_app_directory: str
    capabilities: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class WorkerInitResponse:
    capabilities: Mapping[str, str]
    worker_metadata: WorkerMetadata
    result: StatusResult


@dataclass(frozen=True, kw_only=True)
class FunctionMetadataResponse:
    use_default_metadata_indexing: bool
    function_metadata_results: Sequence[RpcFunctionMetadata] | None
    result: StatusResult


@dataclass(frozen=True, kw_only=True)
class FunctionLoadRequest:
    function_id: str
    metadata: RpcFunctionMetadata


@dataclass(frozen=True, kw_only=True)
class FunctionLoadResponse:
    function_id: str
    result: StatusResult


@dataclass(frozen=True, kw_only=True)
class RpcTraceContext:
    """W3C Trace Context of an invocation."""

    trace_parent: str = ""
    trace_state: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RetryContext:
    retry_count: int = 0
    max_retry_count: int = 0
    exception: RpcException | None = None


@dataclass(frozen=True, kw_only=True)
class InvocationRequest:
    """One call of one function."""

    invocation_id: str
    function_id: str
    input_data: Sequence[ParameterBinding]
    trigger_metadata: Mapping[str, TypedData] = field(default_factory=dict)
    trace_context: RpcTraceContext = field(default_factory=RpcTraceContext)
    retry_context: RetryContext = field(default_factory=RetryContext)


@dataclass(frozen=True, kw_only=True)
class InvocationResponse:
    invocation_id: str
    result: StatusResult
    return_value: TypedData | None = None
    output_data: Sequence[ParameterBinding] = ()


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the protocol calls a StreamingMessage: one of the requests."""

    worker_init_request: WorkerInitRequest | None = None
    function_load_request: FunctionLoadRequest | None = None
    invocation_request: InvocationRequest | None = None


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """How the worker library takes a request: with the properties of the process around it."""

    request: Request = field(default_factory=Request)
    properties: Mapping[str, Any] = field(default_factory=dict)
