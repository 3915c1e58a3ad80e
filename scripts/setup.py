"""Installs what the project needs into the work tree; run by setup.sh, standard library alone.

Every step leaves a stamp of what it was made from, so that a second run has nothing to do.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Never

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
NODE_TOOLS = ROOT / "infra" / "local"
WEB = ROOT / "web"
MIN_NODE = (20, 19)  # what Vite asks for
SHOWN_LINES = 60
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main(purpose: str) -> None:
    """Prepare for `run`, `test` or `check`."""
    has_page = (WEB / "package.json").exists()
    with _one_at_a_time():
        _install_python_packages()
        if has_page or purpose != "check":
            _require_node()
        if has_page:
            _install_node_packages(WEB)
        if purpose == "check":
            return
        _install_node_packages(NODE_TOOLS)
        if has_page:
            _build_web()
        if purpose == "test":
            _install_browser()


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two `make` commands at once must not install into the same folders."""
    local = ROOT / ".local"
    local.mkdir(exist_ok=True)
    with (local / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install_python_packages() -> None:
    stamp = VENV / ".stamp"
    wanted = _digest([ROOT / "requirements.txt", ROOT / "requirements-dev.txt"])
    python = VENV / "bin" / "python"
    if _is_current(stamp, wanted) and _runs(python):
        return
    if not _runs(python) or not _runs(python, "-m", "pip", "--version"):
        _create_venv()
    _say("Installing the Python packages into .venv ...")
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run(
        [*install, "--requirement", "requirements-dev.txt"],
        "The Python packages could not be installed",
    )
    stamp.write_text(wanted)


def _create_venv() -> None:
    """Make .venv with the running Python, or with uv where that Python has no ensurepip."""
    _say(f"Creating .venv with Python {sys.version.split()[0]} ...")
    shutil.rmtree(VENV, ignore_errors=True)
    # Not the link inside an old .venv, which has just been removed.
    base = str(Path(getattr(sys, "_base_executable", None) or sys.executable))
    if subprocess.run([base, "-m", "venv", str(VENV)], capture_output=True, check=False).returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        package = f"python3.{sys.version_info.minor}-venv"
        if shutil.which("uv"):
            _run(["uv", "venv", "--seed", "--python", base, str(VENV)], "uv could not create .venv")
        elif _may_use_apt():
            _apt_install(package)
            _run([base, "-m", "venv", str(VENV)], "Creating .venv failed")
        else:
            _fail(f"Python's venv module does not work here: install {package}, or uv.")


def _require_node() -> None:
    wanted = ".".join(str(part) for part in MIN_NODE)
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        _fail(f"Node.js {wanted} or later with npm is needed and was not found on the PATH.")
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    if version is None:
        _fail(f"Node.js at {node} does not start: {answer.stderr.strip()}")
    if (int(version[1]), int(version[2])) < MIN_NODE:
        _fail(f"Node.js {wanted} or later is needed; {node} is {answer.stdout.strip()}.")


def _install_node_packages(folder: Path) -> None:
    stamp = folder / "node_modules" / ".stamp"
    wanted = _digest([folder / "package.json", folder / "package-lock.json"])
    if _is_current(stamp, wanted):
        return
    name = folder.relative_to(ROOT)
    _say(f"Installing the Node packages of {name} ...")
    _run(
        ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"],
        f"The Node packages of {name} could not be installed",
        cwd=folder,
    )
    stamp.write_text(wanted)


def _build_web() -> None:
    stamp = WEB / "dist" / ".stamp"
    wanted = _digest(_web_sources())
    if _is_current(stamp, wanted):
        return
    _say("Building the page ...")
    _run(["npm", "run", "--silent", "build"], "The page could not be built", cwd=WEB)
    stamp.write_text(wanted)


def _web_sources() -> list[Path]:
    generated = {"node_modules", "dist", "test-results", "coverage"}
    found: list[Path] = []
    for folder, folders, names in os.walk(WEB):
        folders[:] = set(folders) - generated  # os.walk descends into what is left
        found += [Path(folder) / name for name in names]
    return sorted(found)


def _install_browser() -> None:
    """Have a Chromium that starts: Debian's where apt is ours to use, else Playwright's."""
    python = str(VENV / "bin" / "python")
    if find_browser(os.environ) is not None or _playwright_browser(python):
        return
    if _may_use_apt():
        _say("Installing Chromium ...")
        _apt_install("chromium", "fonts-liberation")
        if find_browser(os.environ) is not None:
            return
    _say("Installing Chromium through Playwright ...")
    _run(
        [python, "-m", "playwright", "install", "chromium"],
        "Chromium could not be installed: install it (package chromium, or Google Chrome), or name"
        " it with CHROMIUM=/path/to/chromium",
    )


def find_browser(environ: Mapping[str, str]) -> str | None:
    """A Chromium or Chrome of the system that starts, or None."""
    for name in filter(None, [environ.get("CHROMIUM"), *BROWSERS]):
        path = shutil.which(name)
        if path and _runs(Path(path), "--version"):
            return path
    return None


def _playwright_browser(python: str) -> bool:
    question = (
        "import pathlib, playwright.sync_api as p\n"
        "with p.sync_playwright() as w:\n"
        "    raise SystemExit(not pathlib.Path(w.chromium.executable_path).exists())"
    )
    return _runs(Path(python), "-c", question)


def _may_use_apt() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt_install(*packages: str) -> None:
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    wanted = ["--yes", "--no-install-recommends", *packages]
    problem = f"The system package {packages[0]} could not be installed"
    _run(["apt-get", "-qq", "update"], problem, environ=environ)
    _run(["apt-get", "-qq", "install", *wanted], problem, environ=environ)


def _digest(paths: Iterable[Path]) -> str:
    whole = hashlib.sha256()
    for path in paths:
        whole.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()


def _is_current(stamp: Path, wanted: str) -> bool:
    return stamp.exists() and stamp.read_text() == wanted


def _runs(program: Path, *arguments: str) -> bool:
    command = [str(program), *(arguments or ("-c", "pass"))]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _run(
    command: Sequence[str],
    problem: str,
    *,
    cwd: Path = ROOT,
    environ: Mapping[str, str] | None = None,
) -> None:
    """Run quietly; show the end of the output where it fails."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        _say("\n".join(done.stdout.splitlines()[-SHOWN_LINES:]))
        _fail(f"{problem} (exit code {done.returncode} of: {' '.join(command)}).")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _fail(text: str) -> Never:
    _say(f"error: {text}")
    raise SystemExit(1)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        _fail("interrupted; the next run goes on from here.")
