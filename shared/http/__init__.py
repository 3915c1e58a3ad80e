"""The HTTP face of the services.

Triggers use the modules below as attributes of this package, which loads each when it is first
used: `import function_app` does not pay for what the first request can load (PEP 562).
"""

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.http import (
        answers,
        bodies,
        callback,
        flow_cookie,
        lists,
        message_answers,
        message_input,
        openapi,
        page,
        paging,
        preconditions,
        problems,
        providers,
        represent,
        request,
        responses,
    )

__all__ = [
    "answers",
    "bodies",
    "callback",
    "flow_cookie",
    "lists",
    "message_answers",
    "message_input",
    "openapi",
    "page",
    "paging",
    "preconditions",
    "problems",
    "providers",
    "represent",
    "request",
    "responses",
]


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")
