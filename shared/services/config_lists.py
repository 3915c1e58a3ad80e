"""What is asked of several configs at once, and what comes back."""

from dataclasses import dataclass

from shared.domain.config import AuthType, Config, Status

SortKey = tuple[str, str]
"""Where a config stands in a list: (user name in lower case, id)."""


@dataclass(frozen=True, slots=True)
class ConfigQuery:
    """Which configs of an organization are wanted; None leaves a field open."""

    search: str | None = None
    auth_type: AuthType | None = None
    status: Status | None = None

    def takes(self, config: Config) -> bool:
        """Whether the config is one of those."""
        if self.auth_type is not None and config.auth_type is not self.auth_type:
            return False
        if self.status is not None and config.status is not self.status:
            return False
        if not self.search:
            return True
        wanted = self.search.casefold()
        texts = (config.user_name, config.host_name, config.from_address or "")
        return any(wanted in text.casefold() for text in texts)


@dataclass(frozen=True, slots=True)
class ConfigPage:
    """A page of a list; `next` is the sort key to go on after, None on the last page."""

    value: list[Config]
    total: int
    next: SortKey | None


@dataclass(frozen=True, slots=True)
class BulkDeleteResult:
    """What became of each id."""

    deleted: list[str]
    not_found: list[str]
    failed: list[str]
