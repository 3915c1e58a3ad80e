"""Who is calling."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The application roles of the API's registration in Entra ID."""

    READ = "OutgoingMail.Read"
    MANAGE = "OutgoingMail.Manage"
    SEND = "OutgoingMail.Send"


MAX_ORGANIZATION = 256
"""Characters."""
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def organization_of(text: str) -> str:
    """The id of an organization; GUIDs in lower case, as they are the same in both.

    Raises `ValueError` for what is empty, too long, or holds characters that cannot be shown.
    """
    if not 1 <= len(text) <= MAX_ORGANIZATION or not text.isprintable():
        raise ValueError("names no organization")
    return text.lower() if _GUID.fullmatch(text) else text


@dataclass(frozen=True, slots=True)
class Principal:
    """The signed-in caller. `organization` is the boundary that nothing crosses."""

    organization: str
    actor: str
    roles: frozenset[Role]
    name: str | None = None

    def has(self, role: Role) -> bool:
        """Whether the caller may do what `role` allows. Manage includes Read."""
        return role in self.roles or (role is Role.READ and Role.MANAGE in self.roles)
