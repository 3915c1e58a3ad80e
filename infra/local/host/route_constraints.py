"""The inline constraints of ASP.NET Core's routing, such as `{id:guid}` and `{n:range(1,9)}`."""

import re
from collections.abc import Callable, Mapping


def _in_64_bits(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d+", text) is not None and -(2**63) <= int(text) < 2**63


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text) is not None


# Inline constraints of ASP.NET Core's routing: the name, and a check of (value, argument).
CHECKS: Mapping[str, Callable[[str, str], bool]] = {
    "int": lambda v, _: _in_64_bits(v) and -(2**31) <= int(v) < 2**31,
    "long": lambda v, _: _in_64_bits(v),
    "bool": lambda v, _: v.lower() in ("true", "false"),
    "guid": lambda v, _: re.fullmatch(
        r"[0-9a-fA-F]{32}|\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?", v
    ) is not None,
    "decimal": lambda v, _: _is_number(v),
    "double": lambda v, _: _is_number(v),
    "float": lambda v, _: _is_number(v),
    "alpha": lambda v, _: re.fullmatch(r"[A-Za-z]*", v) is not None,
    "minlength": lambda v, a: len(v) >= int(a),
    "maxlength": lambda v, a: len(v) <= int(a),
    "length": lambda v, a: _between(len(v), a),
    "min": lambda v, a: _in_64_bits(v) and int(v) >= int(a),
    "max": lambda v, a: _in_64_bits(v) and int(v) <= int(a),
    "range": lambda v, a: _in_64_bits(v) and _between(int(v), a),
    "regex": lambda v, a: re.search(a.replace("{{", "{").replace("}}", "}"), v, re.I) is not None,
    "required": lambda v, _: v != "",
}  # fmt: skip


def _between(number: int, bounds: str) -> bool:
    least, _, most = bounds.partition(",")
    return int(least) <= number <= int(most or least)
