"""What the host and its functions write to stderr, by the levels of host.json."""

import logging
import sys
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime

from infra.local.host.worker import current_invocation_id

# Set where the host itself calls storage, whose client logs each request at INFO.
host_call: ContextVar[bool] = ContextVar("host_call", default=False)

_LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "information": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
    "none": logging.CRITICAL + 1,
}
_WORKER = "azure.functions"


class LogLevelError(ValueError):
    """host.json names a log level that there is not."""


class CategoryFilter(logging.Filter):
    """Lets a record through by the level of the longest category that its own begins with."""

    def __init__(self, levels: Mapping[str, str], function_of: Callable[[str], str | None]) -> None:
        """Raises LogLevelError."""
        super().__init__()
        self._function_of = function_of
        self._levels = {"default": logging.INFO}
        for category, name in levels.items():
            if name.lower() not in _LEVELS:
                message = f"host.json: logging.logLevel.{category} is '{name}'"
                raise LogLevelError(message)
            self._levels[category] = _LEVELS[name.lower()]

    def filter(self, record: logging.LogRecord) -> bool:
        """Also adds `category` to the record, for the formatter."""
        category = self._category(record)
        record.__dict__["category"] = category
        if host_call.get() and record.levelno < logging.WARNING:
            return not record.name.startswith("azure.")
        return record.levelno >= self._threshold(category)

    def _category(self, record: logging.LogRecord) -> str:
        if record.name.startswith(("Function.", "Host.")) or record.name == _WORKER:
            return record.name
        invocation_id = current_invocation_id()
        function = self._function_of(invocation_id) if invocation_id else None
        return f"Function.{function}.User" if function else record.name

    def _threshold(self, category: str) -> int:
        parts = category.split(".")
        for length in range(len(parts), 0, -1):
            prefix = ".".join(parts[:length])
            if prefix in self._levels:
                return self._levels[prefix]
        return self._levels["default"]


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        text = super().format(record)
        category = getattr(record, "category", record.name)
        return f"[{when.replace('+00:00', 'Z')}] {record.levelname} {category}: {text}"


def configure(levels: Mapping[str, str], function_of: Callable[[str], str | None]) -> None:
    """Sends all logging of this process to stderr. Raises LogLevelError."""
    category_filter = CategoryFilter(levels, function_of)
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(category_filter)
    handler.setFormatter(_Formatter())
    root = logging.getLogger()
    root.handlers = [handler]
    wanted = {name.lower() for name in levels.values()}
    root.setLevel(logging.DEBUG if wanted & {"trace", "debug"} else logging.INFO)
    # One line for each call of a function would only repeat the host's own.
    logging.getLogger(_WORKER).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
