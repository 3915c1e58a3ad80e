"""What `.funcignore` lets into the deployed package: the function app and nothing else."""

import subprocess
from pathlib import Path

import pytest

_APP = (
    "function_app.py",
    "functions/",
    "shared/",
    "web/dist/",
    "host.json",
    "requirements.txt",
)


@pytest.fixture
def git_directory(tmp_path: Path) -> Path:
    """An empty repository, to which every file of a work tree is new."""
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path / "git")], check=True)
    return tmp_path / "git"


def _packaged(tree: Path, rules: Path, git_directory: Path) -> set[str]:
    """The files of `tree` that the rules do not leave out."""
    listed = subprocess.run(
        [
            *("git", f"--git-dir={git_directory}", f"--work-tree={tree}"),
            *("ls-files", "-z", "--others", f"--exclude-from={rules}"),
        ],
        cwd=tree,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(filter(None, listed.stdout.split("\0")))


def test_of_the_work_tree_only_the_app_is_packaged(repository: Path, git_directory: Path) -> None:
    packaged = _packaged(repository, repository / ".funcignore", git_directory)

    assert {path for path in packaged if not path.startswith(_APP)} == set()
    assert {"function_app.py", "host.json", "requirements.txt"} <= packaged


def test_the_built_page_is_packaged_and_its_sources_are_not(
    repository: Path, tmp_path: Path, git_directory: Path
) -> None:
    tree = tmp_path / "tree"
    for name in ("web/dist/index.html", "web/dist/assets/a.js", "web/src/a.ts", "dist/app.zip"):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).touch()

    packaged = _packaged(tree, repository / ".funcignore", git_directory)

    assert packaged == {"web/dist/index.html", "web/dist/assets/a.js"}
