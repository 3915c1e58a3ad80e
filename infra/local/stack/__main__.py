"""Command line of the local stack.

    python -m infra.local.stack run [--end-with-parent]
    python -m infra.local.stack token [--org TENANT] [--roles ROLE,ROLE]

Ports come from `STACK_PORT_OFFSET` and `STACK_<NAME>_PORT`, the data folder from `LOCAL_DATA`.
"""

import argparse
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from infra.local.stack.banner import banner
from infra.local.stack.console import Console
from infra.local.stack.errors import ComponentFailedError, NotRunningError, StackError
from infra.local.stack.layout import Layout
from infra.local.stack.ports import ports_from_environment
from infra.local.stack.stack import Stack, repository_root

_WATCH_SECONDS = 0.3


class _StopRequestedError(BaseException):
    """Someone asked the stack to end; not an Exception, so that nothing on the way swallows it."""


def main(arguments: Sequence[str]) -> int:
    """Run one command; the exit code is 0 also when the stack ends because it was asked to."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "token":
            _become_token_command(options.org, options.roles)
        return _run(end_with_parent=options.end_with_parent)
    except StackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.local.stack")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="start every component and watch over them")
    run.add_argument(
        "--end-with-parent", action="store_true", help="end when the starting program ends"
    )
    token = commands.add_parser("token", help="print a bearer token for the running stack")
    token.add_argument("--org", default="", help="tenant id of the caller's organization")
    token.add_argument("--roles", default="", help="comma list of roles")
    return parser


def _layout() -> Layout:
    root = repository_root()
    data = Path(os.environ.get("LOCAL_DATA") or root / ".local")
    return Layout(root=root, data=data.resolve(), ports=ports_from_environment(os.environ))


def _run(*, end_with_parent: bool) -> int:
    layout = _layout()
    console = Console(sys.stdout)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _request_stop)
    if end_with_parent:
        threading.Thread(target=_watch_parent, args=(os.getppid(),), daemon=True).start()
    stack = Stack(layout, os.environ, sink=console.log)
    try:
        console.say("Starting the local stack ...")
        stack.start()
        console.say(banner(layout))
        _watch(stack)
    except _StopRequestedError:
        console.say("Ending ...")
        return 0
    finally:
        _ignore_signals()
        stack.stop()


def _watch(stack: Stack) -> NoReturn:
    """Wait until a component dies; raises ComponentFailedError then."""
    while True:
        time.sleep(_WATCH_SECONDS)
        dead = stack.dead()
        if dead:
            raise ComponentFailedError(dead.describe_end())


def _watch_parent(parent: int) -> None:
    """Ask this process to end when the one that started it is gone, even by SIGKILL."""
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def _request_stop(_number: int, _frame: FrameType | None) -> None:
    _ignore_signals()
    raise _StopRequestedError


def _ignore_signals() -> None:
    """From here on the stack is ending: a second Ctrl-C must not leave components behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _become_token_command(org: str, roles: str) -> NoReturn:
    """Replace this process by `infra.local.token`, with the addresses of the running stack.

    Raises:
        NotRunningError: nothing runs on the data folder.
    """
    state_file = _layout().state_file
    try:
        state = json.loads(state_file.read_text())
    except FileNotFoundError:
        raise NotRunningError(
            "The local stack does not run: start it with `make run` in another terminal."
        ) from None
    command = [sys.executable, "-m", "infra.local.token"]
    command += ["--identity", state["identity"], "--ca", state["caFile"]]
    command += ["--org", org] if org else []
    command += ["--roles", roles] if roles else []
    os.execv(sys.executable, command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
