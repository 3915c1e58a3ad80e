"""Runs the function host of the local stack: `python -m infra.local.host --help`."""

import argparse
import asyncio
import logging
import os
import signal
import ssl
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from infra.local.host.easyauth import EasyAuth
from infra.local.host.easyauth_sessions import SessionStore
from infra.local.host.easyauth_tokens import IdentityProvider
from infra.local.host.fleet import Fleet, FleetError
from infra.local.host.host import Host, Options, PortTakenError
from infra.local.host.hostjson import HostJsonError, load_host_json
from infra.local.host.logs import LogLevelError
from infra.local.host.settings import AppSettings, SettingsError, load_settings

_AUTH_ENABLED = "WEBSITE_AUTH_ENABLED"
_log = logging.getLogger("Host.Startup")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until told to end; gives the exit code."""
    args = _parser().parse_args(arguments)
    options = Options(
        port=args.port,
        app_dir=args.app_dir.resolve(),
        data=args.data.resolve(),
        queues_only=args.queues_only,
    )
    try:
        settings = load_settings(args.settings, os.environ)
        host_json = load_host_json(options.app_dir / "host.json", settings.values)
        tls = _tls(args.ca)
        signs_in = bool(args.identity) and settings.values.get(_AUTH_ENABLED, "") != "False"
        fleet = Fleet(_fleet_arguments(args, options))
        _enter(options, settings, signs_in=signs_in)
        host = Host(options, settings, host_json)
        provider = IdentityProvider(args.identity, tls) if signs_in else None
        code, left_behind = asyncio.run(_run(host, provider, fleet, args, options))
    except (SettingsError, HostJsonError, LogLevelError, PortTakenError, FleetError) as error:
        print(error, file=sys.stderr)
        return 1
    if left_behind:
        # Python would wait for the threads of functions that do not end.
        logging.shutdown()
        os._exit(code)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="infra.local.host", description=__doc__)
    parser.add_argument("--port", type=int, default=7071, help="0 takes a free one")
    parser.add_argument("--app-dir", type=Path, default=Path())
    parser.add_argument("--data", type=Path, required=True, help="where state is kept")
    parser.add_argument("--settings", type=Path, required=True, help="as local.settings.json")
    parser.add_argument("--identity", help="URL of the identity provider; without, no signing in")
    parser.add_argument("--ca", type=Path, help="PEM file that its certificate is checked with")
    parser.add_argument("--workers", type=int, default=1, help="processes that take messages")
    parser.add_argument("--foreground", action="store_true", help="do not end with stdin")
    parser.add_argument("--queues-only", action="store_true", help=argparse.SUPPRESS)
    return parser


def _tls(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca) if ca else None)
    except (OSError, ssl.SSLError) as error:
        message = f"The certificate authority {ca} cannot be used: {error}"
        raise SettingsError(message) from error


def _fleet_arguments(args: argparse.Namespace, options: Options) -> list[str]:
    return [
        "--queues-only",
        *("--app-dir", str(options.app_dir)),
        *("--data", str(options.data)),
        *("--settings", str(args.settings.resolve())),
        *(("--identity", args.identity) if args.identity else ()),
    ]


def _enter(options: Options, settings: AppSettings, *, signs_in: bool) -> None:
    """Gives the functions the environment that they have in Azure."""
    os.environ.update(settings.values)
    os.environ.setdefault("FUNCTIONS_WORKER_RUNTIME", "python")
    os.environ.setdefault("AZURE_FUNCTIONS_ENVIRONMENT", "Development")
    os.environ.setdefault("WEBSITE_HOSTNAME", f"localhost:{options.port}")
    os.environ.update({"AzureWebJobsScriptRoot": str(options.app_dir)})
    if signs_in:
        os.environ[_AUTH_ENABLED] = "True"
    os.chdir(options.app_dir)


async def _run(
    host: Host,
    provider: IdentityProvider | None,
    fleet: Fleet,
    args: argparse.Namespace,
    options: Options,
) -> tuple[int, int]:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    if not args.foreground and not sys.stdin.isatty():
        _watch_stdin(loop, stopping)
    authentication = None
    if provider:
        authentication = EasyAuth(provider, SessionStore(options.data / "sessions"))
    lost: list[str] = []

    def on_loss() -> None:
        lost.append("A queue worker ended by itself")
        stopping.set()

    left_behind = 0
    try:
        port = await host.start(authentication)
        await fleet.start(args.workers - 1, on_loss)
        print(f"ready host http://localhost:{port}", flush=True)
        await stopping.wait()
    finally:
        left_behind, _ = await asyncio.gather(host.stop(), fleet.stop())
        if provider:
            await provider.close()
    for message in lost:
        _log.critical(message)
    return (1 if lost else 0), left_behind


def _watch_stdin(loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> None:
    """Ends the host when whoever started it is gone: its end of the pipe closes."""

    def wait_for_end() -> None:
        while os.read(0, 4096):
            pass
        if not loop.is_closed():
            loop.call_soon_threadsafe(stopping.set)

    threading.Thread(target=wait_for_end, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
