"""Values as properties of table entities, and back.

Times are ISO 8601 text rather than Edm.DateTime, whose form changes on the way through the SDK.
What is None is left out, and so cleared when the entity is replaced.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from shared.domain.config import Occurrence

# A property holds 64 KiB in UTF-16: so many characters always fit, though all of them be emoji.
_PART = 16_000


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields of a dataclass that are properties under other names: as they are, or as times."""

    plain: Mapping[str, str]
    times: Mapping[str, str]

    def written(self, value: object) -> dict[str, Any]:
        """The properties of those fields."""
        names = (*self.plain.items(), *self.times.items())
        return without_none({name: getattr(value, field) for name, field in names})

    def read(self, entity: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of those properties that are there."""
        plain = {field: entity[name] for name, field in self.plain.items() if name in entity}
        times = {
            field: datetime.fromisoformat(entity[name])
            for name, field in self.times.items()
            if name in entity
        }
        return plain | times


def without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is there, with dates and times as text."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
        if value is not None
    }


def split(name: str, text: str | None) -> dict[str, str]:
    """A text of any length in as many properties as it needs: `name`, `name2`, `name3`..."""
    if text is None:
        return {}
    parts = [text[start : start + _PART] for start in range(0, len(text), _PART)] or [""]
    return {_part_name(name, index): part for index, part in enumerate(parts)}


def joined(entity: Mapping[str, Any], name: str) -> str | None:
    """The text that `split` was given."""
    parts: list[str] = []
    while (part := entity.get(_part_name(name, len(parts)))) is not None:
        parts.append(part)
    return "".join(parts) if parts else None


def packed(occurrences: Sequence[Occurrence | None]) -> str | None:
    """Occurrences as JSON; None where there is none."""
    items = [
        {
            "code": occurrence.code,
            "at": occurrence.at.isoformat(),
            "detail": occurrence.detail,
            "reference": occurrence.reference,
        }
        for occurrence in occurrences
        if occurrence is not None
    ]
    return json.dumps(items) if items else None


def unpacked(text: str | None) -> tuple[Occurrence, ...]:
    """The occurrences that `packed` was given."""
    return tuple(
        Occurrence(
            item["code"], datetime.fromisoformat(item["at"]), item["detail"], item["reference"]
        )
        for item in json.loads(text or "[]")
    )


def _part_name(name: str, index: int) -> str:
    return f"{name}{index + 1}" if index else name
