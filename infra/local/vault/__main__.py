"""Key Vault and the managed identity of the local stack, as a process."""

import argparse
import threading
from pathlib import Path

from infra.local.serving.httpd import LocalServer, server_tls
from infra.local.serving.lifetime import add_lifetime_option, announce, ending, listening
from infra.local.vault.app import VaultApp
from infra.local.vault.identity import ManagedIdentity
from infra.local.vault.store import SecretStore


def main() -> None:
    """Serve until told to end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8444)
    parser.add_argument("--data", type=Path, default=Path(".local/vault"))
    parser.add_argument("--cert", default=".local/tls/localhost.pem")
    parser.add_argument("--key", default=".local/tls/localhost-key.pem")
    add_lifetime_option(parser)
    options = parser.parse_args()

    store = SecretStore(options.data)
    app = VaultApp(store, ManagedIdentity(options.data))
    with listening("vault"):
        server = LocalServer(options.port, app, server_tls(options.cert, options.key))
    stop = ending(foreground=options.foreground)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    announce("vault", f"https://localhost:{server.port}")
    stop.wait()
    server.shutdown()
    server.server_close()
    store.close()


if __name__ == "__main__":
    main()
