"""The functions as the worker indexes them."""

import json
import subprocess
import sys
from functools import cache
from typing import Any

from tests.infra.bicep import INFRA

_PRINT_BINDINGS = """
import json, function_app
functions = function_app.app.get_functions()
print(json.dumps([json.loads(it.get_function_json())["bindings"] for it in functions]))
"""


@cache
def bindings() -> list[dict[str, Any]]:
    """All bindings of all functions. In a process of its own: an app can be indexed only once."""
    done = subprocess.run(
        [sys.executable, "-c", _PRINT_BINDINGS],
        cwd=INFRA.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    return [binding for function in json.loads(done.stdout) for binding in function]
