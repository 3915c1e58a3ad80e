"""ASP.NET Core route templates, matched as the Functions host matches them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from infra.local.host.functions import Function
from infra.local.host.route_constraints import CHECKS

_RESERVED = ("admin", "runtime")
_PARAMETER = re.compile(r"\{(\*{0,2})([^{}:=?*]+)((?::(?:[^{}=?]|\{[^{}]*\})+)*)(=[^{}?]*)?(\?)?\}")
_CONSTRAINT = re.compile(r"(\w+)(?:\((.*)\))?")
_ENCODED_SLASH = re.compile(r"(%2f)", re.IGNORECASE)


class RouteError(Exception):
    """A route template that the host does not accept."""


@dataclass(frozen=True)
class _Parameter:
    name: str
    constraints: tuple[tuple[str, str], ...]
    optional: bool
    default: str | None
    catch_all: bool

    def accepts(self, value: str) -> bool:
        return all(CHECKS[name](value, argument) for name, argument in self.constraints)


@dataclass(frozen=True)
class _Segment:
    pattern: re.Pattern[str]
    parameters: tuple[_Parameter, ...]
    rank: int

    @property
    def catch_all(self) -> _Parameter | None:
        first = self.parameters[0] if self.parameters else None
        return first if first and first.catch_all else None

    @property
    def can_be_absent(self) -> bool:
        return len(self.parameters) == 1 and (
            self.parameters[0].optional or self.parameters[0].default is not None
        )

    def values(self, text: str) -> dict[str, str] | None:
        match = self.pattern.fullmatch(text)
        if match is None:
            return None
        found = {p.name: match[i + 1] for i, p in enumerate(self.parameters)}
        return found if all(p.accepts(found[p.name]) for p in self.parameters) else None


class RouteTemplate:
    """A parsed template such as `api/configs/{id:guid}` or `settings/{*path}`."""

    def __init__(self, text: str) -> None:
        """Raises RouteError for a template that ASP.NET Core would not parse."""
        self.text = text.strip("/")
        parts = self.text.split("/") if self.text else []
        self._segments = tuple(_parse_segment(part, self.text) for part in parts)
        if any(segment.catch_all for segment in self._segments[:-1]):
            message = f"Route '{text}': a catch-all parameter can only be the last segment"
            raise RouteError(message)

    @property
    def precedence(self) -> tuple[int, ...]:
        """Sorts templates as ASP.NET Core does: literal, then parameter, then catch-all."""
        return tuple(segment.rank for segment in self._segments)

    @property
    def shape(self) -> tuple[object, ...]:
        """Equal for templates that match the same paths."""
        return tuple(
            (s.pattern.pattern.lower(), s.rank, tuple(p.constraints for p in s.parameters))
            for s in self._segments
        )

    def match(self, path: Sequence[str]) -> dict[str, str] | None:
        """The route values for the decoded segments of a path, or None."""
        values: dict[str, str] = {}
        for index, segment in enumerate(self._segments):
            if segment.catch_all:
                return _add_rest(values, segment.catch_all, "/".join(path[index:]))
            if index >= len(path):
                if not segment.can_be_absent:
                    return None
                parameter = segment.parameters[0]
                if parameter.default is not None:
                    values[parameter.name] = parameter.default
                continue
            found = segment.values(path[index])
            if found is None:
                return None
            values.update(found)
        return values if len(path) <= len(self._segments) else None


def _add_rest(values: dict[str, str], catch_all: _Parameter, rest: str) -> dict[str, str] | None:
    rest = rest or catch_all.default or ""
    if rest and not catch_all.accepts(rest):
        return None
    # The real host leaves route values out that are null.
    return {**values, catch_all.name: rest} if rest else values


def _parse_segment(text: str, template: str) -> _Segment:
    parameters: list[_Parameter] = []
    pattern = ""
    position = 0
    for match in _PARAMETER.finditer(text):
        pattern += _literal(text[position : match.start()], template) + "(.+?)"
        parameters.append(_parse_parameter(match, template))
        position = match.end()
    pattern += _literal(text[position:], template)
    simple = len(parameters) == 1 and pattern == "(.+?)"
    if not text or (not simple and any(p.catch_all for p in parameters)):
        message = f"Route '{template}': the segment '{text}' is not valid"
        raise RouteError(message)
    return _Segment(re.compile(pattern, re.I | re.S), tuple(parameters), _rank(parameters, simple))


def _rank(parameters: Sequence[_Parameter], simple: bool) -> int:
    if not parameters:
        return 1
    constrained = not simple or bool(parameters[0].constraints)
    if parameters[0].catch_all:
        return 4 if constrained else 5
    return 2 if constrained else 3


def _literal(text: str, template: str) -> str:
    if "{" in text or "}" in text:
        message = f"Route '{template}': '{text}' has an unbalanced or malformed parameter"
        raise RouteError(message)
    return re.escape(text)


def _parse_parameter(match: re.Match[str], template: str) -> _Parameter:
    stars, name, constraints, default, optional = match.groups()
    return _Parameter(
        name=name,
        constraints=tuple(_parse_constraints(constraints or "", template)),
        optional=bool(optional),
        default=default[1:] if default else None,
        catch_all=bool(stars),
    )


def _parse_constraints(text: str, template: str) -> Iterable[tuple[str, str]]:
    for part in re.split(r":(?![^(]*\))", text)[1:]:
        match = _CONSTRAINT.fullmatch(part)
        if match is None or match[1].lower() not in CHECKS:
            message = f"Route '{template}': the constraint '{part}' is not known"
            raise RouteError(message)
        yield match[1].lower(), match[2] or ""


@dataclass(frozen=True)
class Route:
    """A function that answers HTTP requests; no `methods` means any."""

    function: Function
    template: RouteTemplate
    methods: frozenset[str]

    def allows(self, method: str) -> bool:
        """Whether the function answers this method."""
        return not self.methods or method in self.methods


@dataclass(frozen=True)
class Match:
    """The function for a request, and the values that its route took from the path."""

    function: Function
    values: Mapping[str, str]


@dataclass(frozen=True)
class MethodNotAllowed:
    """The path is known, with other methods."""

    allowed: Sequence[str]


class Router:
    """Finds the function for a method and path."""

    def __init__(self, functions: Iterable[Function], prefix: str) -> None:
        """Raises RouteError for templates that are malformed, reserved or twice there."""
        routes = [_route_of(f, prefix) for f in functions if f.trigger_type == "httpTrigger"]
        _reject_duplicates(routes)
        self.routes = sorted(routes, key=lambda r: (r.template.precedence, r.function.name.lower()))

    def find(self, method: str, raw_path: str) -> Match | MethodNotAllowed | None:
        """The function for a still encoded path; None where no route has that path.

        For a known path with another method, Azure answers 404 (azure-functions-host issue 10098)
        where RFC 9110 asks for 405 with `Allow`; here it is the latter.
        """
        path = decode_segments(raw_path)
        allowed: set[str] = set()
        for route in self.routes:
            values = route.template.match(path)
            if values is None:
                continue
            if route.allows(method):
                return Match(route.function, values)
            allowed |= route.methods
        return MethodNotAllowed(sorted(allowed)) if allowed else None

    def order_sensitive(self) -> list[tuple[str, str]]:
        """Pairs (shadowed, by) of functions whose order differs in Azure.

        The real host tries routes in the alphabetical order of their functions' names
        (azure-functions-host issue 9876), so that `items/{id}` of `a` takes what is meant for
        `items/new` of `b`.
        """
        pairs = []
        for index, earlier in enumerate(self.routes):
            for later in self.routes[index + 1 :]:
                both = _methods_in_common(earlier, later)
                sample = earlier.template.text.split("/") if earlier.template.text else []
                wins_there = later.function.name.lower() < earlier.function.name.lower()
                if both and wins_there and later.template.match(sample) is not None:
                    pairs.append((earlier.function.name, later.function.name))
        return pairs


def decode_segments(raw_path: str) -> list[str]:
    """Percent-decodes a path as Kestrel does, where an encoded slash stays encoded.

    One trailing slash does not count. Raises UnicodeDecodeError for what is not UTF-8.
    """
    parts = _ENCODED_SLASH.split(raw_path)
    decoded = "".join(
        part if index % 2 else unquote_to_bytes(part).decode("utf-8")
        for index, part in enumerate(parts)
    )
    trimmed = decoded.removeprefix("/").removesuffix("/")
    return trimmed.split("/") if trimmed else []


def _route_of(function: Function, prefix: str) -> Route:
    trigger: Mapping[str, Any] = function.trigger
    route = str(trigger.get("route") or function.name).strip("/")
    if route.lower().startswith(_RESERVED):
        message = (
            f"The '{function.name}' function is in error: the route '{route}'"
            " conflicts with one or more built in routes."
        )
        raise RouteError(message)
    methods = frozenset(str(method).upper() for method in trigger.get("methods") or ())
    return Route(function, RouteTemplate(f"{prefix}/{route}"), methods)


def _reject_duplicates(routes: Sequence[Route]) -> None:
    for index, route in enumerate(routes):
        for other in routes[:index]:
            same = route.template.shape == other.template.shape
            if same and _methods_in_common(route, other):
                message = (
                    f"The '{route.function.name}' function is in error: its route"
                    f" '{route.template.text}' conflicts with the route defined by function"
                    f" '{other.function.name}'."
                )
                raise RouteError(message)


def _methods_in_common(one: Route, other: Route) -> bool:
    return not one.methods or not other.methods or bool(one.methods & other.methods)
