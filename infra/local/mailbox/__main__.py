"""The mail server of the local stack, as a process."""

import argparse
import asyncio
import logging
import threading
from pathlib import Path

from infra.local.mailbox.accounts import TokenReader
from infra.local.mailbox.messages import MessageStore
from infra.local.mailbox.protocol import MailboxProtocol
from infra.local.mailbox.server import MailServer
from infra.local.mailbox.web import MailboxPages
from infra.local.serving.httpd import LocalServer, server_tls
from infra.local.serving.lifetime import add_lifetime_option, announce, ending, listening

BACKLOG = 512


def main() -> None:
    """Serve until told to end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smtp-port", type=int, default=2525)
    parser.add_argument("--smtps-port", type=int, default=2465)
    parser.add_argument("--http-port", type=int, default=8025)
    parser.add_argument("--data", type=Path, default=Path(".local/mailbox"))
    parser.add_argument("--cert", default=".local/tls/localhost.pem")
    parser.add_argument("--key", default=".local/tls/localhost-key.pem")
    parser.add_argument("--identity", default="https://localhost:8443")
    parser.add_argument("--ca", default=".local/tls/ca.pem")
    add_lifetime_option(parser)
    options = parser.parse_args()

    logging.getLogger("mail.log").setLevel(logging.ERROR)  # its warnings are about clients
    tokens = TokenReader(options.identity, options.ca)
    server = MailServer(tokens, MessageStore(options.data))
    asyncio.run(_serve(options, server, ending(foreground=options.foreground)))


async def _serve(options: argparse.Namespace, server: MailServer, stop: threading.Event) -> None:
    with listening("mailbox"):
        listeners = await _listen(options, server)
        web = LocalServer(options.http_port, MailboxPages(server))
    threading.Thread(target=web.serve_forever, daemon=True).start()
    announce("mailbox", f"http://localhost:{web.port}")
    await asyncio.to_thread(stop.wait)
    for listener in listeners:
        listener.close()
        listener.close_clients()
    web.shutdown()
    web.server_close()


async def _listen(options: argparse.Namespace, server: MailServer) -> list[asyncio.Server]:
    """Accept SMTP: with STARTTLS on one port, with TLS from the first byte on the other."""
    loop = asyncio.get_running_loop()
    tls = server_tls(options.cert, options.key)
    return [
        await loop.create_server(
            lambda: MailboxProtocol(server, starttls=tls, loop=loop),
            "127.0.0.1",
            options.smtp_port,
            backlog=BACKLOG,
        ),
        await loop.create_server(
            lambda: MailboxProtocol(server, starttls=None, loop=loop),
            "127.0.0.1",
            options.smtps_port,
            ssl=tls,
            backlog=BACKLOG,
        ),
    ]


if __name__ == "__main__":
    main()
