"""Builds the deployable package: `python -m scripts.package [--output FILE] [--page FOLDER]`.

The zip holds the function app, its built page, and its dependencies for Linux x86-64 and Python
3.13 under `.python_packages`, where the Functions worker looks for them. The same sources give the
same bytes: the wheels are pinned by hash in package-lock.txt, entries are sorted and have one date.
`python -m scripts.package --lock` writes package-lock.txt anew after a change of requirements.txt.
"""

import argparse
import contextlib
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements.txt"
LOCK = ROOT / "scripts" / "package-lock.txt"
CACHE = ROOT / ".local" / "package"
DEPENDENCIES = ".python_packages/lib/site-packages"
PAGE = "web/dist"

APP_FILES = ("function_app.py", "host.json", "requirements.txt")
APP_FOLDERS = ("functions", "shared")

_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
_MODE = 0o644
_GLIBC = ("2_28", "2_27", "2_26", "2_24", "2_17", "2014", "2_12", "2010", "2_5")
_TARGET = [
    "--only-binary=:all:",
    "--implementation=cp",
    "--python-version=3.13",
    *("--abi=cp313", "--abi=abi3", "--abi=none"),
    *(
        f"--platform=manylinux{'' if version.startswith('20') else '_'}{version}_x86_64"
        for version in _GLIBC
    ),
]


class PackageError(Exception):
    """The package cannot be built; the message says what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the package or its lock; gives the exit code."""
    parser = argparse.ArgumentParser(prog="scripts.package", description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "dist" / "outgoing-mail.zip")
    parser.add_argument("--page", type=Path, default=ROOT / PAGE, help="the built page")
    parser.add_argument("--fresh", action="store_true", help="install the dependencies anew")
    parser.add_argument("--lock", action="store_true", help="write package-lock.txt anew")
    args = parser.parse_args(arguments)
    try:
        if args.lock:
            write_lock()
        else:
            _report(build(args.output, args.page, fresh=args.fresh))
    except PackageError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def build(output: Path, page: Path, *, fresh: bool = False) -> Path:
    """Write the package to `output`. Raises `PackageError`."""
    if not (page / "index.html").is_file():
        message = f"There is no built page in {page}: build it with `npm --prefix web run build`."
        raise PackageError(message)
    output.parent.mkdir(parents=True, exist_ok=True)
    with _dependencies(fresh=fresh) as dependencies:
        entries = {
            **dict(_app_entries()),
            **{f"{PAGE}/{name}": path for name, path in _files(page)},
            **{f"{DEPENDENCIES}/{name}": path for name, path in _files(dependencies)},
        }
        return _write(output, entries)


def _write(output: Path, entries: Mapping[str, Path]) -> Path:
    unfinished = output.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as package:
        for name in sorted(entries):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it is built
            entry.external_attr = _MODE << 16
            package.writestr(entry, _content(name, entries[name]))
    return unfinished.replace(output)


def write_lock() -> None:
    """Resolve requirements.txt for the target and pin each wheel by its hash."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        target = f"--target={folder}/none"
        source = f"--requirement={REQUIREMENTS}"
        _pip("--dry-run", "--ignore-installed", target, f"--report={report}", *_TARGET, source)
        installed = json.loads(report.read_text(encoding="utf-8"))["install"]
    lines = sorted(
        f"{_canonical(item['metadata']['name'])}=={item['metadata']['version']}"
        f" --hash=sha256:{item['download_info']['archive_info']['hashes']['sha256']}"
        for item in installed
    )
    head = "# Written by `python -m scripts.package --lock`: the wheels in the deployed package."
    LOCK.write_text("\n".join([head, *lines, ""]), encoding="utf-8")


def locked_versions() -> dict[str, str]:
    """Name and version of each package in package-lock.txt."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    pins = (line.split(" ")[0].partition("==") for line in lines if not line.startswith("#"))
    return {name: version for name, _, version in pins}


def unlocked_requirements() -> list[str]:
    """Requirements that package-lock.txt does not have, or has in another version."""
    locked = locked_versions()
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    wanted = [line.split("#")[0].strip() for line in lines]
    pins = [line.partition("==") for line in wanted if line]
    return ["".join(pin) for pin in pins if locked.get(_canonical(pin[0])) != pin[2]]


def _canonical(name: str) -> str:
    """A package's name in one spelling (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


@contextlib.contextmanager
def _dependencies(*, fresh: bool) -> Iterator[Path]:
    """The folder with the installed dependencies; one is kept for each state of the lock."""
    if missing := unlocked_requirements():
        message = (
            f"package-lock.txt is behind requirements.txt ({', '.join(missing)}):"
            " run `python -m scripts.package --lock` and commit what it writes."
        )
        raise PackageError(message)
    kept = CACHE / hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    if kept.exists() and not fresh:
        yield kept
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        target = Path(folder) / "site-packages"
        pinned = ("--no-compile", "--no-deps", "--require-hashes", f"--target={target}")
        _pip(*pinned, *_TARGET, f"--requirement={LOCK}")
        yield target
        if not kept.exists():
            with contextlib.suppress(OSError):  # somebody else was quicker
                target.rename(kept)


def _app_entries() -> Iterator[tuple[str, Path]]:
    for name in APP_FILES:
        yield name, ROOT / name
    for folder in APP_FOLDERS:
        for name, path in _files(ROOT / folder):
            yield f"{folder}/{name}", path


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """All files but compiled ones, and but programs, which name the Python they were made for."""
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and "__pycache__" not in name.parts and name.parts[0] != "bin":
            yield name.as_posix(), path


def _content(name: str, path: Path) -> bytes:
    content = path.read_bytes()
    if not name.endswith(".dist-info/RECORD"):
        return content
    lines = content.splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith((b"../../bin/", b"bin/")))


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackageError(f"The dependencies could not be had:\n{done.stderr.strip()}")


def _report(package: Path) -> None:
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    print(f"{package}: {package.stat().st_size / 1e6:.1f} MB, sha256 {digest}")


if __name__ == "__main__":
    sys.exit(main())
