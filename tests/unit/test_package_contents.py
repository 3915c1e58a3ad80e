"""What `.funcignore` lets into the deployed package: the function app and nothing else."""

import subprocess
from pathlib import Path

_APP = ("function_app.py", "functions/", "shared/", "host.json", "requirements.txt")


def _list_files(repository: Path, *options: str) -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *options],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(filter(None, listed.stdout.split("\0")))


def test_of_the_sources_only_the_app_is_packaged(repository: Path) -> None:
    tracked = _list_files(repository)
    left_out = _list_files(repository, "--cached", "--ignored", "--exclude-from=.funcignore")

    packaged = tracked - left_out

    assert {path for path in packaged if not path.startswith(_APP)} == set()
    assert {"host.json", "requirements.txt"} <= packaged


def test_the_built_page_is_packaged_and_its_sources_are_not(
    repository: Path, tmp_path: Path
) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    for name in ("web/dist/index.html", "web/dist/assets/a.js", "web/src/a.ts", "dist/app.zip"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    rules = f"--exclude-from={repository / '.funcignore'}"

    assert _list_files(tmp_path, "--others", rules) == {
        "web/dist/index.html",
        "web/dist/assets/a.js",
    }
