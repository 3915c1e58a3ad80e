"""The page speaks the API's language: its types come from the OpenAPI document."""

import subprocess
from pathlib import Path

from shared.http.openapi import document_bytes


def test_the_pages_types_are_those_of_the_api(repository: Path, tmp_path: Path) -> None:
    web = repository / "web"
    made = tmp_path / "schema.d.ts"
    tool = web / "node_modules" / ".bin" / "openapi-typescript"
    command = [str(tool), "--default-non-nullable", "false", "-o", str(made)]
    subprocess.run(command, input=document_bytes(), cwd=web, check=True, capture_output=True)
    kept = web / "src" / "api" / "schema.d.ts"
    assert made.read_text() == kept.read_text(), "run `npm run types` in web/"
