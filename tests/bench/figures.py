"""What the benchmark measured, beside what was allowed."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. Without a limit it is there to be read, and breaks nothing."""

    part: str
    name: str
    measured: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def is_held(self) -> bool:
        """Whether it is within its budget."""
        too_much = self.at_most is not None and self.measured > self.at_most
        too_little = self.at_least is not None and self.measured < self.at_least
        return not (too_much or too_little)

    @property
    def budget(self) -> str:
        """The limit in words; empty where there is none."""
        if self.at_most is not None:
            return "0" if self.at_most == 0 else f"at most {_number(self.at_most)}"
        return "" if self.at_least is None else f"at least {_number(self.at_least)}"

    @property
    def verdict(self) -> str:
        """Whether it passed; empty where there is no budget."""
        return ("pass" if self.is_held else "FAIL") if self.budget else ""


def table(figures: Sequence[Figure]) -> str:
    """All figures, one a line, in columns."""
    header = ("part", "what", "measured", "budget", "")
    rows = [header, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    rule = "  ".join("-" * width for width in widths)
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], rule, *lines[1:]])


def write(figures: Iterable[Figure], path: Path, **facts: Any) -> None:
    """All figures as JSON, with facts about the run."""
    listed = [
        asdict(figure) | {"passed": figure.is_held if figure.budget else None} for figure in figures
    ]
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({**facts, "figures": listed}, indent=2) + "\n")


def _row(figure: Figure) -> tuple[str, ...]:
    measured = f"{_number(figure.measured)} {figure.unit}".rstrip()
    return (figure.part, figure.name, measured, figure.budget, figure.verdict)


def _number(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) < 10 else f"{value:,.1f}"
