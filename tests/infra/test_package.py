"""The package to deploy: the same bytes each time, complete, and something that starts."""

import json
import os
import re
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import package
from tests.infra.bicep import INFRA

ROOT = INFRA.parent
_IMPORT_EVERYTHING = """
import importlib, pathlib, sys
root = pathlib.Path(sys.argv[1])
dependencies = str(root / ".python_packages/lib/site-packages")
sys.path[:0] = [str(root), dependencies]
files = [*root.glob("functions/**/*.py"), *root.glob("shared/**/*.py"), root / "function_app.py"]
for path in files:
    if path.stem == "__main__":
        continue
    parts = path.relative_to(root).with_suffix("").parts
    importlib.import_module(".".join(part for part in parts if part != "__init__"))
import azure.monitor.opentelemetry
outside = [
    name for name, module in sys.modules.items()
    if "site-packages" in (getattr(module, "__file__", None) or "")
    and not module.__file__.startswith(dependencies)
]
print(len(files), outside)
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built page; a stand-in where only this part of the tests is run."""
    built = ROOT / package.PAGE
    if (built / "index.html").is_file():
        return built
    folder = tmp_path_factory.mktemp("page")
    (folder / "index.html").write_text("<!doctype html><title>Outgoing Mail</title>")
    return folder


@pytest.fixture(scope="module")
def built(page: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return package.build(tmp_path_factory.mktemp("package") / "app.zip", page)


@pytest.fixture(scope="module")
def unpacked(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def host(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The local function host, running the unpacked package with its own dependencies."""
    folder = tmp_path_factory.mktemp("host")
    nowhere = "http://127.0.0.1:9/devstoreaccount1"
    storage = (
        "AccountName=devstoreaccount1;AccountKey=bm90IGEga2V5;"
        f"TableEndpoint={nowhere};QueueEndpoint={nowhere};BlobEndpoint={nowhere}"
    )
    values = {
        "AzureWebJobsStorage": storage,
        "KEY_VAULT_URL": "https://localhost:9",
        "REDIRECT_URI": "http://localhost:7071/api/oauth/callback",
        "MAINTENANCE_SCHEDULE": "0 0 0 1 1 *",
        "FUNCTIONS_WORKER_RUNTIME": "python",
    }
    settings = folder / "settings.json"
    settings.write_text(json.dumps({"IsEncrypted": False, "Values": values}), encoding="utf-8")
    options = {"--port": "0", "--app-dir": unpacked, "--data": folder, "--settings": settings}
    flat = [str(part) for option in options.items() for part in option]
    path = os.pathsep.join([str(unpacked / package.DEPENDENCIES), str(ROOT)])
    command = [sys.executable, "-m", "infra.local.host", *flat]
    with subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": path},
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        ready = process.stdout.readline().split()
        assert ready[:2] == ["ready", "host"], ready
        yield ready[2]
        # In good order it would wait for a storage that is not there.
        process.kill()


def test_the_same_sources_give_the_same_bytes(built: Path, page: Path, tmp_path: Path) -> None:
    again = package.build(tmp_path / "again.zip", page, fresh=True)

    assert again.read_bytes() == built.read_bytes()


def test_the_host_starts_from_the_unpacked_package_and_is_well(host: str) -> None:
    with urllib.request.urlopen(f"{host}/api/health") as answer:
        assert json.load(answer) == {"status": "healthy"}
    with urllib.request.urlopen(f"{host}/api/openapi.json") as answer:
        assert json.load(answer)["openapi"].startswith("3.1")


def test_the_page_is_served_from_the_unpacked_package(host: str, page: Path) -> None:
    built = (page / "index.html").read_text(encoding="utf-8")

    with urllib.request.urlopen(f"{host}/settings/outgoing-mail") as answer:
        served = answer.read().decode()

    # Not byte for byte: the app puts settings of the deployment into it.
    assert served.partition("</title>")[0] == built.partition("</title>")[0]


def test_the_package_brings_all_that_the_app_imports(unpacked: Path) -> None:
    python = getattr(sys, "_base_executable", sys.executable)

    done = subprocess.run(
        [python, "-I", "-S", "-c", _IMPORT_EVERYTHING, str(unpacked)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    count, outside = done.stdout.split(maxsplit=1)
    assert int(count) > 20
    assert outside.strip() == "[]"


def _files_of_git(*options: str) -> set[str]:
    command = ["git", "ls-files", *options]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}


def test_it_holds_what_func_would_publish_and_nothing_else(built: Path) -> None:
    everything = ("--cached", "--others")
    left_out = _files_of_git(*everything, "--ignored", "--exclude-from=.funcignore")
    names = set(zipfile.ZipFile(built).namelist())
    app = {name for name in names if not name.startswith((".python_packages/", "web/dist/"))}

    assert _files_of_git("--cached") - left_out <= app
    assert app <= _files_of_git(*everything, "--exclude-standard") - left_out
    assert "web/dist/index.html" in names


def test_nothing_in_it_tells_where_or_when_it_was_built(built: Path) -> None:
    with zipfile.ZipFile(built) as archive:
        entries = archive.infolist()
        records = [archive.read(it) for it in entries if it.filename.endswith("RECORD")]

    assert {it.date_time for it in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert [it.filename for it in entries] == sorted(it.filename for it in entries)
    assert not any(re.search(r"__pycache__|\.pyc$", it.filename) for it in entries)
    assert not any(str(ROOT).encode() in record for record in records)


def test_compiled_parts_are_for_linux_on_x86_64_and_python_313(built: Path) -> None:
    compiled = [name for name in zipfile.ZipFile(built).namelist() if name.endswith(".so")]

    assert compiled
    for name in compiled:
        file = name.rpartition("/")[2]
        assert re.search(r"\.cpython-313-x86_64-linux-gnu\.so$|\.abi3\.so$", file), name


def test_the_lock_is_what_the_requirements_ask_for() -> None:
    assert package.unlocked_requirements() == []


def test_a_lock_that_is_behind_is_told_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, page: Path, tmp_path: Path
) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("requests==0.0.1  # older\n", encoding="utf-8")
    monkeypatch.setattr(package, "REQUIREMENTS", requirements)

    with pytest.raises(package.PackageError, match=r"requests==0\.0\.1.*--lock"):
        package.build(tmp_path / "app.zip", page)


def test_a_page_that_is_not_built_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(package.PackageError, match="npm --prefix web run build"):
        package.build(tmp_path / "app.zip", tmp_path)
