"""The registrations: as Bicep, as scripts, and as the code and the page's guide mean them."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from shared.domain.principal import Role
from tests.infra import bicep

ENTRA = bicep.INFRA / "entra"
API = bicep.parsed(ENTRA / "api.bicep")
MAILBOX = bicep.parsed(ENTRA / "mailbox.bicep")

MICROSOFT_GRAPH = "00000003-0000-0000-c000-000000000000"
# Delegated permissions of Microsoft Graph; their ids are the same in every directory.
USER_READ = "e1fe6dd8-ba31-4d61-89e7-88639da4683d"
MAILBOX_PERMISSIONS = {
    "258f6531-6087-4cc4-bb90-092c5fb3ed3f": "SMTP.Send",
    "652390e4-393a-48de-9484-05f9b1212954": "IMAP.AccessAsUser.All",
    "7427e0e9-2fba-42fe-b0c0-848c9e6a8182": "offline_access",
}
# An az that answers what the scripts ask for and writes down what they do.
FAKE_AZ = """#!/bin/bash
printf '%s\\0' "$@" $'\\1' >> "$AZ_CALLS"
case "$*" in
  "cloud show --query name"*) echo "${AZ_CLOUD:-AzureCloud}" ;;
  "cloud show --query endpoints.activeDirectory"*) echo https://login.example ;;
  "cloud show --query endpoints.microsoftGraph"*) echo https://graph.example/ ;;
  "account show"*) echo 99999999-9999-9999-9999-999999999999 ;;
  "group show"*) echo westeurope ;;
  "identity create"*) echo 33333333-3333-3333-3333-333333333333 ;;
  "rest --method get"*) echo 44444444-4444-4444-4444-444444444444 ;;
  "ad app credential reset"*) echo made-by-entra ;;
  "ad sp show"* | "ad app federated-credential show"*) [ -n "${AZ_EXISTS:-}" ] || exit 3 ;;
esac
"""


class Script:
    """Runs a script beside the fake az."""

    def __init__(self, folder: Path) -> None:
        az = folder / "az"
        az.write_text(FAKE_AZ, encoding="utf-8")
        az.chmod(0o755)
        self.calls_file = folder / "calls"
        path = f"{folder}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**os.environ, "PATH": path, "AZ_CALLS": str(self.calls_file)}

    def run(self, name: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        self.calls_file.write_text("", encoding="utf-8")
        return subprocess.run(
            ["bash", str(ENTRA / name), *arguments],
            env=self.environment | env,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def calls(self) -> list[list[str]]:
        *calls, _ = self.calls_file.read_text(encoding="utf-8").split("\1\0")
        return [call.split("\0")[:-1] for call in calls]

    def after(self, *start: str) -> list[list[str]]:
        """The calls that begin so."""
        return [call for call in self.calls if call[: len(start)] == list(start)]

    def application(self) -> dict[str, Any]:
        """What the script wrote as the registration."""
        [call] = self.after("rest", "--method", "patch")
        assert "Prefer=create-if-missing" in call
        result: dict[str, Any] = json.loads(call[call.index("--body") + 1])
        return result


@pytest.fixture
def script(tmp_path: Path) -> Script:
    return Script(tmp_path)


API_ARGUMENTS = ["--app-name", "contoso-mail", "--resource-group", "rg-mail"]


def _resource(content: dict[str, Any], kind: str) -> dict[str, Any]:
    [resource] = [it for it in content["resources"].values() if it["type"] == kind]
    return bicep.body(resource)


def _bicep_roles() -> list[dict[str, Any]]:
    values = {name: variable["value"] for name, variable in API["variables"].items()}
    roles: list[dict[str, Any]] = bicep.evaluated(
        _resource(API, "Microsoft.Graph/applications")["appRoles"], values
    )
    return roles


def test_the_registration_has_the_roles_of_the_code_for_people_and_applications() -> None:
    roles = _bicep_roles()

    assert {role["value"] for role in roles} == {str(role) for role in Role}
    assert len({role["id"] for role in roles}) == 3
    for role in roles:
        assert role["allowedMemberTypes"] == ["User", "Application"]
        assert role["isEnabled"] is True


def test_the_script_makes_the_same_registration_as_bicep(script: Script) -> None:
    done = script.run("api.sh", *API_ARGUMENTS, "--custom-domain", "mail.contoso.example")

    assert done.returncode == 0, done.stderr
    made, meant = script.application(), _resource(API, "Microsoft.Graph/applications")
    assert made["appRoles"] == _bicep_roles()
    [scope], [meant_scope] = (it["api"]["oauth2PermissionScopes"] for it in (made, meant))
    assert scope == meant_scope | {"id": API["variables"]["accessScopeId"]["value"]}
    assert made["api"]["requestedAccessTokenVersion"] == 2
    assert made["web"]["implicitGrantSettings"] == meant["web"]["implicitGrantSettings"]
    assert made["requiredResourceAccess"] == meant["requiredResourceAccess"]
    assert made["requiredResourceAccess"][0]["resourceAppId"] == MICROSOFT_GRAPH
    assert made["requiredResourceAccess"][0]["resourceAccess"][0]["id"] == USER_READ
    assert made["description"] == meant["description"]
    assert made["signInAudience"] == "AzureADMyOrg"
    assert made["identifierUris"] == ["api://99999999-9999-9999-9999-999999999999/contoso-mail"]
    assert made["web"]["redirectUris"] == [
        "https://contoso-mail.azurewebsites.net/.auth/login/aad/callback",
        "https://mail.contoso.example/.auth/login/aad/callback",
    ]


def test_the_script_prints_the_client_id_alone(script: Script) -> None:
    done = script.run("api.sh", *API_ARGUMENTS)

    assert done.stdout == "44444444-4444-4444-4444-444444444444\n"


@pytest.mark.parametrize(
    ("cloud", "host", "audience"),
    [
        ("AzureCloud", "azurewebsites.net", "api://AzureADTokenExchange"),
        ("AzureUSGovernment", "azurewebsites.us", "api://AzureADTokenExchangeUSGov"),
        ("AzureChinaCloud", "chinacloudsites.cn", "api://AzureADTokenExchangeChina"),
    ],
)
def test_each_cloud_has_its_host_names_and_its_audience(
    script: Script, cloud: str, host: str, audience: str
) -> None:
    done = script.run("api.sh", *API_ARGUMENTS, AZ_CLOUD=cloud)

    assert done.returncode == 0, done.stderr
    assert script.application()["web"]["redirectUris"] == [
        f"https://contoso-mail.{host}/.auth/login/aad/callback"
    ]
    [credential] = script.after("ad", "app", "federated-credential", "create")
    written = json.loads(credential[credential.index("--parameters") + 1])
    assert written["audiences"] == [audience]
    assert API["variables"]["hostSuffixes"]["value"][cloud] == host
    assert API["variables"]["exchangeAudiences"]["value"][cloud] == audience


def test_an_unknown_cloud_is_refused_before_anything_is_made(script: Script) -> None:
    done = script.run("api.sh", *API_ARGUMENTS, AZ_CLOUD="AzureStack")

    assert done.returncode == 1
    assert script.after("identity") == script.after("rest") == []


def test_the_identity_of_the_app_stands_in_for_a_secret(script: Script) -> None:
    script.run("api.sh", *API_ARGUMENTS, "--tag", "owner=mail")

    [credential] = script.after("ad", "app", "federated-credential", "create")
    written = json.loads(credential[credential.index("--parameters") + 1])
    assert written["issuer"] == "https://login.example/99999999-9999-9999-9999-999999999999/v2.0"
    assert written["subject"] == "33333333-3333-3333-3333-333333333333"
    [identity] = script.after("identity", "create")
    assert identity[identity.index("--name") + 1] == "id-contoso-mail"
    assert {"azd-env-name=production", "owner=mail"} <= set(identity)
    assert script.after("ad", "app", "credential") == []

    meant = _resource(API, "Microsoft.Graph/applications/federatedIdentityCredentials")
    assert "principalId" in set(bicep.strings(meant["subject"]))
    assert meant["issuer"].endswith("${tenant().tenantId}/v2.0")


def test_a_second_run_changes_what_is_there_instead_of_adding_to_it(script: Script) -> None:
    done = script.run("api.sh", *API_ARGUMENTS, AZ_EXISTS="1")

    assert done.returncode == 0, done.stderr
    assert script.after("ad", "sp", "create") == []
    assert script.after("ad", "app", "federated-credential", "create") == []
    assert len(script.after("ad", "app", "federated-credential", "update")) == 1


@pytest.mark.parametrize(
    "arguments", [[], ["--app-name", "x"], ["--what"], ["--app-name"], ["--resource-group", "g"]]
)
def test_what_is_missing_is_asked_for(script: Script, arguments: list[str]) -> None:
    done = script.run("api.sh", *arguments)

    assert done.returncode == 2
    assert "Usage: api.sh" in done.stderr
    assert script.calls == []


def test_the_mailbox_registration_asks_for_what_the_sign_in_needs() -> None:
    [access] = _resource(MAILBOX, "Microsoft.Graph/applications")["requiredResourceAccess"]

    assert access["resourceAppId"] == MICROSOFT_GRAPH
    assert {it["id"] for it in access["resourceAccess"]} == set(MAILBOX_PERMISSIONS)
    assert {it["type"] for it in access["resourceAccess"]} == {"Scope"}


def test_the_mailbox_script_makes_the_same_and_prints_what_the_form_asks_for(
    script: Script,
) -> None:
    uri = "https://mail.contoso.example/api/oauth/callback"

    done = script.run("mailbox.sh", "--redirect-uri", uri)

    assert done.returncode == 0, done.stderr
    made, meant = script.application(), _resource(MAILBOX, "Microsoft.Graph/applications")
    assert made["requiredResourceAccess"] == meant["requiredResourceAccess"]
    assert made["web"]["redirectUris"] == [uri]
    assert made["signInAudience"] == meant["signInAudience"]
    base = "https://login.example/99999999-9999-9999-9999-999999999999/oauth2/v2.0"
    assert done.stdout.splitlines() == [
        f"Authorization URL: {base}/authorize",
        f"Token Service URL: {base}/token",
        "Client ID: 44444444-4444-4444-4444-444444444444",
    ]
    assert script.after("ad", "app", "credential") == []
    assert script.after("ad", "app", "permission") == []


def test_the_mailbox_script_adds_a_secret_and_consent_only_when_asked(script: Script) -> None:
    done = script.run("mailbox.sh", "--redirect-uri", "https://x/y", "--secret", "--admin-consent")

    assert "Client Secret: made-by-entra" in done.stdout.splitlines()
    [reset] = script.after("ad", "app", "credential", "reset")
    assert "--append" in reset
    assert len(script.after("ad", "app", "permission", "admin-consent")) == 1


def test_text_that_would_break_out_of_the_request_is_refused(script: Script) -> None:
    done = script.run("mailbox.sh", "--redirect-uri", 'https://x/"', "--name", "it's")

    assert done.returncode == 2
    assert script.after("rest") == []


def test_azd_registers_once_and_remembers(script: Script, tmp_path: Path) -> None:
    azd = tmp_path / "azd"
    azd.write_text('#!/bin/sh\necho "$@" >> "$AZD_CALLS"\n', encoding="utf-8")
    azd.chmod(0o755)
    calls = tmp_path / "azd-calls"
    known = {
        "APP_NAME": "contoso-mail",
        "AZURE_RESOURCE_GROUP": "rg-mail",
        "AZURE_LOCATION": "westeurope",
        "AZD_CALLS": str(calls),
    }

    first = script.run("azd-register.sh", **known)
    assert first.returncode == 0, first.stderr
    client_id = "44444444-4444-4444-4444-444444444444"
    assert calls.read_text(encoding="utf-8") == f"env set API_CLIENT_ID {client_id}\n"
    assert len(script.after("group", "create")) == 0

    script.run("azd-register.sh", **known, API_CLIENT_ID=client_id)
    assert script.calls == []


def test_azd_says_what_to_set_first(script: Script) -> None:
    done = script.run("azd-register.sh", APP_NAME="contoso-mail")

    assert done.returncode == 1
    assert "azd env set AZURE_RESOURCE_GROUP" in done.stderr
