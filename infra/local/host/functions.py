"""The functions that the worker indexed, as the host's triggers see them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.local.host.protos import RpcFunctionMetadata, RpcRetryOptions

TRIGGERS = frozenset({"httpTrigger", "timerTrigger", "queueTrigger"})
OUTPUTS = frozenset({"http"})


class UnsupportedBindingError(Exception):
    """A function uses a binding that the local host does not play."""


@dataclass(frozen=True)
class Function:
    """One function: its trigger's settings are those of function.json."""

    name: str
    function_id: str
    script_file: str
    trigger: Mapping[str, Any]
    bindings: Sequence[Mapping[str, Any]]
    retry: RpcRetryOptions | None
    metadata: RpcFunctionMetadata

    @property
    def trigger_type(self) -> str:
        """`httpTrigger`, `timerTrigger` or `queueTrigger`."""
        return str(self.trigger["type"])

    @property
    def trigger_name(self) -> str:
        """The name of the parameter that the trigger binds to."""
        return str(self.trigger["name"])


def function_of(metadata: RpcFunctionMetadata) -> Function:
    """Reads the worker's metadata. Raises UnsupportedBindingError."""
    bindings = [json.loads(binding) for binding in metadata.raw_bindings]
    for binding in bindings:
        if binding["type"] not in TRIGGERS | OUTPUTS:
            message = f"{metadata.name}: the local host does not know '{binding['type']}' bindings"
            raise UnsupportedBindingError(message)
    triggers = [binding for binding in bindings if binding["type"] in TRIGGERS]
    if len(triggers) != 1:
        message = f"{metadata.name}: a function has one trigger, this one has {len(triggers)}"
        raise UnsupportedBindingError(message)
    return Function(
        name=metadata.name,
        function_id=metadata.function_id,
        script_file=metadata.script_file,
        trigger=triggers[0],
        bindings=bindings,
        retry=metadata.retry_options,
        metadata=metadata,
    )
