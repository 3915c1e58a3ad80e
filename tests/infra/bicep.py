"""The Bicep files as pycep-parser reads them, with the little evaluation that the tests need.

pycep gives a literal 'name' and an identifier name as the same string: a string counts as an
identifier here where the file declares one of that name.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pycep import BicepParser

INFRA = Path(__file__).resolve().parents[2] / "infra"
FILES = sorted(
    path for folder in (".", "modules", "entra") for path in (INFRA / folder).glob("*.bicep")
)
PARAMETER_FILES = [INFRA / "main.bicepparam", *sorted((INFRA / "examples").glob("*.bicepparam"))]
TARGETS = [path for path in FILES if path.parent != INFRA / "modules"]
"""Files that are deployed as they are; the others are their modules."""


@cache
def parsed(path: Path) -> dict[str, Any]:
    """Globals, parameters, variables, resources, modules and outputs of a file."""
    return _parse(path.read_text(encoding="utf-8"))


@cache
def parameter_values(path: Path) -> dict[str, Any]:
    """Parameters that a .bicepparam file gives. pycep knows none, but variables look the same."""
    text = path.read_text(encoding="utf-8")
    as_bicep = re.sub(r"^using .*\n", "", text, flags=re.M)
    as_bicep = re.sub(r"^param (\w+) =", r"var \1 =", as_bicep, flags=re.M)
    variables = _parse(as_bicep)["variables"]
    return {name: variable["value"] for name, variable in variables.items()}


def _parse(text: str) -> dict[str, Any]:
    return {**BicepParser().parse(text=text)}


def used_file(path: Path) -> Path:
    """The Bicep file that a .bicepparam file is for."""
    name = re.search(r"^using '([^']+)'", path.read_text(encoding="utf-8"), re.M)
    assert name is not None
    return (path.parent / name[1]).resolve()


def description(declaration: Mapping[str, Any]) -> str:
    """The text of the decorator @description; empty without one."""
    for decorator in declaration["decorators"]:
        if decorator["type"] == "description":
            return str(decorator["argument"])
    return ""


def body(declaration: Mapping[str, Any]) -> dict[str, Any]:
    """What a resource or module says of itself, out of its loop or condition."""
    config: dict[str, Any] = declaration["config"]
    while "config" in config:
        config = config["config"]
    return config


def resources(kind: str = "") -> Iterator[tuple[Path, str, dict[str, Any]]]:
    """File, name and declaration of all resources (of a type) that are made, not just referred."""
    for path in FILES:
        for name, declaration in parsed(path).get("resources", {}).items():
            if not declaration["existing"] and kind in ("", declaration["type"]):
                yield path, name, declaration


def strings(value: object) -> Iterator[str]:
    """All strings in a value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def evaluated(value: Any, known: Mapping[str, Any]) -> Any:
    """`value` with known identifiers put in, and negations and conditions worked out."""
    if isinstance(value, str):
        return known.get(value, value)
    if isinstance(value, list):
        return [evaluated(item, known) for item in value]
    if not isinstance(value, Mapping):
        return value
    operator = value.get("operator", {})
    operands = operator.get("operands", {})
    if operator.get("type") == "not":
        return not evaluated(operands["bool_value"], known)
    if operator.get("type") == "conditional":
        chosen = "true_value" if evaluated(operands["condition"], known) else "false_value"
        return evaluated(operands[chosen], known)
    return {key: evaluated(item, known) for key, item in value.items()}
