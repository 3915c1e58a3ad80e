"""The OpenAPI document against the running app: what it promises is what is answered."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import ApiSession
from tests.support.running_stack import RunningStack

_CONTRACT = Path(__file__).parent / "contract"
_CASES_PER_OPERATION = 20
_SECONDS = 180
_ORGANIZATION = "33333333-3333-3333-3333-333333333333"


@pytest.fixture
def token(stack: RunningStack) -> Iterator[str]:
    """The administrator of an organization of its own, whose configs are deleted afterwards."""
    token = stack.token(org=_ORGANIZATION)
    yield token
    with ApiSession(stack.host_url, token) as api:
        while configs := api.get("/api/configs?pageSize=100").json()["value"]:
            ids = [config["id"] for config in configs]
            api.post("/api/configs/bulk-delete", json={"ids": ids}).raise_for_status()


def test_every_operation_keeps_what_the_document_promises(
    stack: RunningStack, token: str, tmp_path: Path
) -> None:
    command = [
        sys.executable, "-m", "schemathesis.cli",
        "--config-file", str(_CONTRACT / "schemathesis.toml"),
        "run", f"{stack.host_url}/api/openapi.json",
        "--header", f"Authorization: Bearer {token}",
        "--checks", "all",
        "--mode", "all",
        "--max-examples", str(_CASES_PER_OPERATION),
        "--generation-deterministic",
        "--continue-on-failure",
        "--no-shrink",
        "--no-color",
    ]  # fmt: skip
    environment = {
        **os.environ,
        "PYTHONPATH": str(stack.layout.root),
        "SCHEMATHESIS_HOOKS": "tests.e2e.contract.hooks",
        "CONTRACT_IDENTITY_URL": stack.identity_url,
    }
    run = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Stateful" in run.stdout
