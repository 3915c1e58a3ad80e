"""Properties that are computed once per object, by one thread."""

import threading
from collections.abc import Callable
from typing import Any, overload


class once[T]:  # noqa: N801  # reads as the decorator that it is
    """Like `functools.cached_property`, which computes twice where two threads come at once.

    One lock per object, which its thread may take again: what is computed may use other such
    properties. A failure is not kept. The object's class must not define `__slots__`.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> "once[T]": ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> "once[T] | T":
        if instance is None:
            return self
        with _lock_of(instance):
            values = vars(instance)
            if self._name not in values:
                # From now on the instance's own attribute comes before this descriptor.
                values[self._name] = self._compute(instance)
            value: T = values[self._name]
            return value


_guard = threading.Lock()


def _lock_of(instance: object) -> threading.RLock:
    with _guard:
        lock: threading.RLock = vars(instance).setdefault("_once_lock", threading.RLock())
        return lock
