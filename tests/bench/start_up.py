"""What `import function_app` costs: it is paid at each cold start, before any request."""

import json
import subprocess
import sys

from infra.local.stack.stack import repository_root
from tests.bench.figures import Figure

LATER = (
    "azure.core", "azure.data.tables", "azure.identity", "azure.keyvault", "azure.monitor",
    "azure.storage", "cryptography", "email_validator", "msal", "nh3", "opentelemetry", "pydantic",
    "requests", "urllib3", "shared.adapters", "shared.container", "shared.services",
)  # fmt: skip
"""What a first request loads when it needs it, and the start must not."""

_PART = "start-up"
_ROUNDS = 15
_TIMED = (
    "from time import perf_counter; began = perf_counter(); import {0};"
    " print(perf_counter() - began)"
)
_LISTED = "import function_app, json, sys; print(json.dumps(list(sys.modules)))"


def measure() -> list[Figure]:
    """Fresh interpreters by turns, so that what else the machine does slows both; the best of each
    counts."""
    seconds: dict[str, list[float]] = {"azure.functions": [], "function_app": []}
    for _ in range(_ROUNDS):
        for module, times in seconds.items():
            times.append(float(_run(_TIMED.format(module))))
    best = {module: min(times) for module, times in seconds.items()}
    ratio = best["function_app"] / best["azure.functions"]
    return [
        Figure(_PART, "import azure.functions", best["azure.functions"] * 1000, "ms"),
        Figure(_PART, "import function_app", best["function_app"] * 1000, "ms"),
        Figure(_PART, "import function_app : import azure.functions", ratio, at_most=1.5),
        Figure(_PART, "modules loaded that a request can load", len(loaded_early()), at_most=0),
    ]


def loaded_early() -> list[str]:
    """The modules of `LATER` that `import function_app` loads all the same."""
    return [name for name in json.loads(_run(_LISTED)) if is_later(name)]


def is_later(module: str) -> bool:
    """Whether a module is one of `LATER`, or lies in one."""
    return any(module == name or module.startswith(f"{name}.") for name in LATER)


def _run(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=repository_root(),
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout
