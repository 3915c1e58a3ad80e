"""Runs the function host of the local stack: `python -m infra.local.host --help`."""

import argparse
import asyncio
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from infra.local.host.host import Host, Options, PortTakenError
from infra.local.host.hostjson import HostJsonError, load_host_json
from infra.local.host.logs import LogLevelError
from infra.local.host.settings import AppSettings, SettingsError, load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until told to end; gives the exit code."""
    args = _parser().parse_args(arguments)
    options = Options(
        port=args.port,
        app_dir=args.app_dir.resolve(),
        data=args.data.resolve(),
    )
    try:
        settings = load_settings(args.settings, os.environ)
        host_json = load_host_json(options.app_dir / "host.json", settings.values)
        _enter(options, settings)
        host = Host(options, settings, host_json)
        return asyncio.run(_serve(host, foreground=args.foreground))
    except (SettingsError, HostJsonError, LogLevelError, PortTakenError) as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="infra.local.host", description=__doc__)
    parser.add_argument("--port", type=int, default=7071)
    parser.add_argument("--app-dir", type=Path, default=Path())
    parser.add_argument("--data", type=Path, required=True, help="where state is kept")
    parser.add_argument("--settings", type=Path, required=True, help="as local.settings.json")
    parser.add_argument("--identity", help="URL of the identity provider")
    parser.add_argument("--ca", type=Path, help="PEM file that its certificate is checked with")
    parser.add_argument("--workers", type=int, default=1, help="processes that take messages")
    parser.add_argument("--foreground", action="store_true", help="do not end with stdin")
    return parser


def _enter(options: Options, settings: AppSettings) -> None:
    """Gives the functions the environment that they have in Azure."""
    os.environ.update(settings.values)
    os.environ.setdefault("FUNCTIONS_WORKER_RUNTIME", "python")
    os.environ.setdefault("AZURE_FUNCTIONS_ENVIRONMENT", "Development")
    os.environ.setdefault("WEBSITE_HOSTNAME", f"localhost:{options.port}")
    os.environ["AzureWebJobsScriptRoot"] = str(options.app_dir)
    os.chdir(options.app_dir)


async def _serve(host: Host, *, foreground: bool) -> int:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    port = await host.start(None)
    if not foreground and not sys.stdin.isatty():
        _watch_stdin(loop, stopping)
    print(f"ready host http://localhost:{port}", flush=True)
    await stopping.wait()
    await host.stop()
    return 0


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
