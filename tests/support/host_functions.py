"""Functions as the local host sees them, for tests that need no worker."""

from collections.abc import Mapping
from typing import Any

from infra.local.host.functions import Function
from infra.local.host.protos import RpcFunctionMetadata


def function_with(name: str, trigger: Mapping[str, Any]) -> Function:
    """A function with this trigger, which cannot be run."""
    metadata = RpcFunctionMetadata(
        name=name,
        function_id=name,
        directory="",
        script_file="function_app.py",
        entry_point=name,
        language="python",
        bindings={},
        raw_bindings=[],
        retry_options=None,
        properties={},
    )
    return Function(name, name, "function_app.py", trigger, [trigger], None, metadata)
