"""Who is calling."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The application roles of the API's registration in Entra ID."""

    READ = "OutgoingMail.Read"
    MANAGE = "OutgoingMail.Manage"
    SEND = "OutgoingMail.Send"


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
