"""Failures to order, and the record of what was asked: for tests, and for the curious."""

import datetime as dt
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

KEPT = 20_000


class BadOrderError(ValueError):
    """A failure was ordered that makes no sense."""


class Failures:
    """Ordered failures, each for a number of times; the first that fits is used.

    `filters` are the members that say what an order is for (`*` matches anything), `effects`
    those that say what happens. -1 times means always.
    """

    def __init__(self, filters: Iterable[str], effects: Iterable[str]) -> None:
        self._filters = frozenset(filters)
        self._known = self._filters | frozenset(effects) | {"times"}
        self._rules: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def order(self, value: object) -> None:
        """Add one order, or a list of them; raises BadOrderError."""
        orders = value if isinstance(value, list) else [value]
        checked = [self._check(order) for order in orders]
        with self._lock:
            self._rules.extend(checked)

    def clear(self) -> None:
        """Forget all orders."""
        with self._lock:
            self._rules.clear()

    def pending(self) -> list[dict[str, Any]]:
        """The orders that are still to be carried out."""
        with self._lock:
            return [dict(rule) for rule in self._rules]

    def take(self, **facts: str | None) -> Mapping[str, Any] | None:
        """The failure for these facts, used up by the call; None where all goes well."""
        with self._lock:
            for rule in self._rules:
                if self._fits(rule, facts):
                    self._use(rule)
                    return rule
        return None

    def _use(self, rule: dict[str, Any]) -> None:
        if rule["times"] > 0:
            rule["times"] -= 1
            if rule["times"] == 0:
                self._rules.remove(rule)

    def _fits(self, rule: Mapping[str, Any], facts: Mapping[str, str | None]) -> bool:
        wanted = {name: str(rule[name]).lower() for name in self._filters if name in rule}
        return all(
            fnmatchcase((facts.get(name) or "").lower(), text) for name, text in wanted.items()
        )

    def _check(self, order: object) -> dict[str, Any]:
        if not isinstance(order, dict):
            raise BadOrderError("an object is expected")
        unknown = sorted(set(order) - self._known)
        if unknown:
            raise BadOrderError(f"unknown member {', '.join(unknown)}")
        times = order.get("times", 1)
        if not isinstance(times, int) or times == 0:
            raise BadOrderError("times has to be a whole number; -1 is always")
        if order.get("drop") not in (None, "before", "after"):
            raise BadOrderError("drop is before or after")
        return order | {"times": times}


class Record:
    """What was asked, the oldest first; never a secret."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def add(self, **facts: Any) -> dict[str, Any]:
        """Begin an entry, to be completed by its holder."""
        entry = {"at": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")} | facts
        self._entries.append(entry)
        return entry

    def entries(self) -> list[dict[str, Any]]:
        """All of them, the oldest first."""
        return list(self._entries)

    def clear(self) -> None:
        """Forget all of them."""
        self._entries.clear()
