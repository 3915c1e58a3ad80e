"""Where a stack keeps its data, and the addresses that its components are reached at."""

from dataclasses import dataclass
from pathlib import Path

from infra.local.stack.ports import Ports

LOCAL_TENANT = "11111111-1111-1111-1111-111111111111"
IDENTITY_HEADER = "local-identity-header"
# Azurite's account and key are public and the same everywhere.
STORAGE_ACCOUNT = "devstoreaccount1"
STORAGE_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)


@dataclass(frozen=True, slots=True)
class Layout:
    """One stack: the work tree it runs from, its data folder and its ports."""

    root: Path
    data: Path
    ports: Ports

    @property
    def tls(self) -> Path:
        """The folder of the stack's own certificate authority."""
        return self.data / "tls"

    @property
    def ca_file(self) -> Path:
        """The certificate authority that signed for every component."""
        return self.tls / "ca.pem"

    @property
    def certificate(self) -> Path:
        """The components' certificate, for localhost."""
        return self.tls / "localhost.pem"

    @property
    def private_key(self) -> Path:
        """The key to `certificate`."""
        return self.tls / "localhost-key.pem"

    @property
    def extra_ca_file(self) -> Path:
        """`ca_file` and whatever else the caller trusts, for `EXTRA_CA_FILE`."""
        return self.tls / "extra-ca.pem"

    @property
    def settings_file(self) -> Path:
        """The function host's settings, in the form of local.settings.json."""
        return self.data / "host" / "settings.json"

    @property
    def state_file(self) -> Path:
        """What runs on this data folder right now; absent when nothing does."""
        return self.data / "stack.json"

    @property
    def host_url(self) -> str:
        """The function app, and App Service Authentication in front of it."""
        return f"http://localhost:{self.ports.host}"

    @property
    def identity_url(self) -> str:
        """The identity provider, without a tenant."""
        return f"https://localhost:{self.ports.identity}"

    @property
    def vault_url(self) -> str:
        """Key Vault."""
        return f"https://localhost:{self.ports.vault}"

    @property
    def mailbox_url(self) -> str:
        """The page with the messages that arrived."""
        return f"http://localhost:{self.ports.mailbox}"

    @property
    def storage_connection_string(self) -> str:
        """Azurite, for the storage SDKs."""
        endpoints = {
            "BlobEndpoint": self.ports.blob,
            "QueueEndpoint": self.ports.queue,
            "TableEndpoint": self.ports.table,
        }
        parts = [
            "DefaultEndpointsProtocol=http",
            f"AccountName={STORAGE_ACCOUNT}",
            f"AccountKey={STORAGE_KEY}",
            *(
                f"{name}=http://127.0.0.1:{port}/{STORAGE_ACCOUNT}"
                for name, port in endpoints.items()
            ),
        ]
        return ";".join(parts) + ";"
