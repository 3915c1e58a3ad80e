"""Many authorized mailboxes: configs made by the app's own services, grants by the provider."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from shared.container import Container
from shared.domain import transitions
from shared.domain.changes import ConfigFields
from shared.domain.config import AuthType, Config, SecretKind
from shared.domain.due import DueEntry, DueKind
from shared.domain.principal import Principal, Role
from tests.support.entra import CLIENT, SECRET, TENANT, Entra
from tests.support.running_stack import RunningStack

ADMIN = Principal(TENANT, "admin@contoso.example", frozenset({Role.MANAGE, Role.SEND}))
_THREADS = 8


class Mailboxes:
    """Makes mailboxes of the local organization."""

    def __init__(self, stack: RunningStack, container: Container) -> None:
        self._stack = stack
        self._container = container

    def grants(self, users: Iterable[str]) -> list[tuple[str, str]]:
        """Each user with a refresh token, as the user's consent gives it."""

        def grant(user: str) -> tuple[str, str]:
            return user, entra.local("POST", "grant", {"username": user})["refresh_token"]

        entra = Entra(self._stack.identity_url, self._stack.ca_file)
        try:
            with ThreadPoolExecutor(_THREADS) as threads:
                return list(threads.map(grant, users))
        finally:
            entra.close()

    def authorized(self, users: Sequence[str]) -> list[Config]:
        """A config for each user: verified a while ago, and due now, but not in the index yet."""
        with ThreadPoolExecutor(_THREADS) as threads:
            return list(threads.map(self._authorize, self.grants(users)))

    def make_due(self, configs: Iterable[Config]) -> None:
        """Put them into the index, where the next tick finds them."""
        self._container.due.move([(None, due_entry(config)) for config in configs])

    def _authorize(self, granted: tuple[str, str]) -> Config:
        user, refresh_token = granted
        container = self._container
        created = container.configs_service.create(ADMIN, self._fields(user))
        container.vault.set(TENANT, created.id, SecretKind.REFRESH_TOKEN, refresh_token)
        stored = container.configs.get(TENANT, created.id)
        assert stored is not None
        now = datetime.now(UTC)
        verified = transitions.succeeded(transitions.authorized(stored.value, now), now, now)
        return container.configs.replace(stored, replace(verified, next_check_at=now)).value

    def _fields(self, user: str) -> ConfigFields:
        base = f"{self._stack.identity_url}/{TENANT}/oauth2/v2.0"
        return {
            "auth_type": AuthType.OAUTH2,
            "host_name": "localhost",
            "port": self._stack.ports.smtp,
            "user_name": user,
            "authorization_url": f"{base}/authorize",
            "token_url": f"{base}/token",
            "client_id": CLIENT,
            "client_secret": SECRET,
        }


def due_entry(config: Config) -> DueEntry:
    """What stands in the index for the config's next check."""
    assert config.next_check_at is not None
    return DueEntry(DueKind.CHECK, config.organization, config.id, config.next_check_at)


def user_names(label: str, count: int) -> list[str]:
    """So many mailboxes that nobody else uses."""
    return [f"{label}-{number:04d}@contoso.example" for number in range(count)]
