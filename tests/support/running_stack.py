"""The local stack, or some of its components, for tests: free ports, a data folder of its own."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.local.stack.layout import LOCAL_TENANT, Layout
from infra.local.stack.ports import Ports, free_ports
from infra.local.stack.stack import ALL, Stack, repository_root
from infra.local.token import fetch_token

ADMINISTRATOR = "admin@contoso.example"
ALL_ROLES = ("OutgoingMail.Read", "OutgoingMail.Manage", "OutgoingMail.Send")
_SHOWN_LINES = 30


class RunningStack:
    """What a test needs of running components: addresses, tokens, and power over them."""

    def __init__(self, data: Path, environ: Mapping[str, str]) -> None:
        self.layout = Layout(root=repository_root(), data=data, ports=free_ports())
        self._logs = data / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        self._stack = Stack(self.layout, environ, sink=self._write_log)

    def start(self, *names: str) -> None:
        """Start the named components, or all, and wait until they are ready."""
        self._stack.start(names or ALL)

    def stop(self) -> None:
        """End every component."""
        self._stack.stop()

    def restart(self, *names: str, settings: Mapping[str, str | None] | None = None) -> None:
        """End and start the named components, or all, on the same data and ports.

        `settings` change the function host's app settings until they are changed back; None takes
        one away.
        """
        self._stack.restart(*names, settings=settings)

    def kill(self, name: str) -> None:
        """Cut a component off as a crash would; `restart(name)` brings it back."""
        self._stack.kill(name)

    @property
    def ports(self) -> Ports:
        """Every port, also of components that were not started."""
        return self.layout.ports

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.layout.data

    @property
    def host_url(self) -> str:
        """The function app."""
        return self.layout.host_url

    @property
    def identity_url(self) -> str:
        """The identity provider, without a tenant."""
        return self.layout.identity_url

    @property
    def vault_url(self) -> str:
        """Key Vault."""
        return self.layout.vault_url

    @property
    def mailbox_url(self) -> str:
        """The mailbox's page and its `/local/` switches."""
        return self.layout.mailbox_url

    @property
    def ca_file(self) -> Path:
        """The authority that signed for every HTTPS and SMTP endpoint."""
        return self.layout.ca_file

    @property
    def storage_connection_string(self) -> str:
        """Azurite."""
        return self.layout.storage_connection_string

    @property
    def settings(self) -> dict[str, str]:
        """The app settings, as the function host's worker sees them in its environment."""
        return dict(self._stack.settings)

    def token(
        self,
        org: str = LOCAL_TENANT,
        roles: Sequence[str] = ALL_ROLES,
        user: str = ADMINISTRATOR,
    ) -> str:
        """A bearer token for the API: a caller of organization `org` with `roles`."""
        return fetch_token(self.identity_url, self.ca_file, org=org, roles=roles, user=user)

    def log(self, name: str) -> str:
        """All that a component has logged since it was first started."""
        path = self._log_file(name)
        return path.read_text() if path.exists() else ""

    def recent_logs(self) -> str:
        """The end of every component's log, for the report of a test that failed."""
        parts = []
        for path in sorted(self._logs.glob("*.log")):
            lines = path.read_text().splitlines()[-_SHOWN_LINES:]
            parts.append("\n".join([f"[{path.stem}]", *lines]))
        return "\n".join(parts)

    def _log_file(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def _write_log(self, name: str, line: str) -> None:
        with self._log_file(name).open("a") as log:
            log.write(line + "\n")
