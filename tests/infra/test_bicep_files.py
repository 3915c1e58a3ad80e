"""What each Bicep file has to be: parsed, described, repeatable, and within the linter's rules."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.infra import bicep

NAMES = [str(path.relative_to(bicep.INFRA)) for path in bicep.FILES]
ALL_FILES = pytest.mark.parametrize("path", bicep.FILES, ids=NAMES)

# Newest stable versions, or those of the last two years, in Azure's type index of August 2026. A
# preview is there where a type has nothing else.
API_VERSIONS = {
    "Microsoft.Authorization/roleAssignments": "2022-04-01",
    "Microsoft.Insights/actionGroups": "2023-01-01",
    "Microsoft.Insights/components": "2020-02-02",
    "Microsoft.Insights/diagnosticSettings": "2021-05-01-preview",
    "Microsoft.Insights/scheduledQueryRules": "2026-03-01",
    "Microsoft.Insights/workbooks": "2023-06-01",
    "Microsoft.KeyVault/vaults": "2025-05-01",
    "Microsoft.ManagedIdentity/userAssignedIdentities": "2024-11-30",
    "Microsoft.Network/natGateways": "2025-05-01",
    "Microsoft.Network/networkSecurityGroups": "2025-05-01",
    "Microsoft.Network/privateDnsZones": "2024-06-01",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks": "2024-06-01",
    "Microsoft.Network/privateEndpoints": "2025-05-01",
    "Microsoft.Network/privateEndpoints/privateDnsZoneGroups": "2025-05-01",
    "Microsoft.Network/publicIPAddresses": "2025-05-01",
    "Microsoft.Network/virtualNetworks": "2025-05-01",
    "Microsoft.Network/virtualNetworks/subnets": "2025-05-01",
    "Microsoft.OperationalInsights/workspaces": "2025-07-01",
    "Microsoft.Storage/storageAccounts": "2025-06-01",
    "Microsoft.Storage/storageAccounts/blobServices": "2025-06-01",
    "Microsoft.Storage/storageAccounts/blobServices/containers": "2025-06-01",
    "Microsoft.Storage/storageAccounts/managementPolicies": "2025-06-01",
    "Microsoft.Storage/storageAccounts/queueServices": "2025-06-01",
    "Microsoft.Storage/storageAccounts/queueServices/queues": "2025-06-01",
    "Microsoft.Storage/storageAccounts/tableServices": "2025-06-01",
    "Microsoft.Storage/storageAccounts/tableServices/tables": "2025-06-01",
    "Microsoft.Web/serverfarms": "2025-03-01",
    "Microsoft.Web/sites": "2025-03-01",
    "Microsoft.Web/sites/certificates": "2025-03-01",
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": "2025-03-01",
    "Microsoft.Web/sites/config": "2025-03-01",
    "Microsoft.Web/sites/hostNameBindings": "2025-03-01",
    "Microsoft.Graph/applications": "v1.0",
    "Microsoft.Graph/applications/federatedIdentityCredentials": "v1.0",
    "Microsoft.Graph/servicePrincipals": "v1.0",
    "Microsoft.Graph/appRoleAssignedTo": "v1.0",
}


@ALL_FILES
def test_a_file_is_parsed_and_declares_something(path: Path) -> None:
    content = bicep.parsed(path)

    assert content.get("resources") or content.get("modules")


@ALL_FILES
def test_each_parameter_says_whether_it_is_required_as_it_is(path: Path) -> None:
    for name, parameter in bicep.parsed(path).get("parameters", {}).items():
        text = bicep.description(parameter)
        nullable = re.search(rf"^param {name} \S+\?$", path.read_text(encoding="utf-8"), re.M)
        optional = parameter["default"] is not None or nullable is not None
        assert text.startswith("Optional. " if optional else "Required. "), name
        assert text.endswith("."), name


@ALL_FILES
def test_each_variable_and_output_is_described(path: Path) -> None:
    content = bicep.parsed(path)

    declarations = {**content.get("variables", {}), **content.get("outputs", {})}

    assert [name for name, it in declarations.items() if not bicep.description(it)] == []


@ALL_FILES
def test_nothing_depends_on_when_or_how_often_it_is_deployed(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert re.findall(r"\b(utcNow|newGuid|dateTimeAdd|deployment)\(", text) == []


@ALL_FILES
def test_types_are_exact(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert re.findall(r"^(?:param|output) \w+ (?:object|array)\b.*$", text, re.M) == []


@ALL_FILES
def test_addresses_of_a_cloud_come_from_the_environment(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    hosts = (
        r"core\.windows\.net|vault\.azure\.net|login\.microsoftonline|management\.azure\.com"
        r"|graph\.microsoft\.com|usgovcloudapi|core\.chinacloudapi"
    )

    assert re.findall(hosts, text) == []


@ALL_FILES
def test_each_parameter_variable_and_existing_resource_is_used(path: Path) -> None:
    content, text = bicep.parsed(path), path.read_text(encoding="utf-8")
    declared = [*content.get("parameters", {}), *content.get("variables", {})]
    declared += [name for name, it in content.get("resources", {}).items() if it["existing"]]

    assert [name for name in declared if len(re.findall(rf"\b{name}\b", text)) < 2] == []


def test_each_resource_has_the_api_version_that_was_looked_up() -> None:
    found = {
        declaration["type"]: declaration["api_version"]
        for path in bicep.FILES
        for declaration in bicep.parsed(path).get("resources", {}).values()
    }

    assert found == API_VERSIONS


@ALL_FILES
def test_the_linter_is_silenced_for_types_without_a_usable_stable_version_alone(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    silenced = re.findall(
        r"^#disable-next-line use-recent-api-versions\nresource (\w+) ", text, re.M
    )
    previews = re.findall(r"^resource (\w+) '[^']+-preview' = ", text, re.M)

    assert silenced == previews
    assert text.count("#disable") == len(silenced)


def _module_calls() -> list[tuple[Path, str, dict[str, Any], Path]]:
    return [
        (path, name, module, (path.parent / module["detail"]["path"]).resolve())
        for path in bicep.FILES
        for name, module in bicep.parsed(path).get("modules", {}).items()
    ]


@pytest.mark.parametrize("call", _module_calls(), ids=lambda call: f"{call[0].stem}-{call[1]}")
def test_a_module_gets_what_it_requires_and_nothing_else(
    call: tuple[Path, str, dict[str, Any], Path],
) -> None:
    _, _, module, target = call
    parameters = bicep.parsed(target)["parameters"]
    given = set(bicep.body(module)["params"])
    required = {
        name for name, it in parameters.items() if bicep.description(it).startswith("Required.")
    }

    assert given <= set(parameters)
    assert required <= given
    assert "location" not in parameters or "location" in given


@pytest.mark.parametrize("call", _module_calls(), ids=lambda call: f"{call[0].stem}-{call[1]}")
def test_what_if_can_tell_names_and_conditions_beforehand(
    call: tuple[Path, str, dict[str, Any], Path],
) -> None:
    _, _, module, target = call
    for name, value in bicep.body(module)["params"].items():
        if "outputs" in set(bicep.strings(value)):
            for declaration in bicep.parsed(target).get("resources", {}).values():
                config = declaration["config"]
                identifiers = [bicep.body(declaration).get("name"), config.get("condition")]
                assert name not in set(bicep.strings(identifiers))


def test_each_module_is_used_by_somebody() -> None:
    used = {target for _, _, _, target in _module_calls()}

    assert used == set((bicep.INFRA / "modules").glob("*.bicep"))


def test_each_output_that_is_asked_for_is_there() -> None:
    for path, name, _, target in _module_calls():
        asked = re.findall(rf"\b{name}!?\.outputs\.(\w+)", path.read_text(encoding="utf-8"))
        assert set(asked) <= set(bicep.parsed(target).get("outputs", {})), name


@pytest.mark.parametrize("path", bicep.PARAMETER_FILES, ids=lambda path: path.name)
def test_a_parameter_file_gives_all_that_is_required_within_what_is_allowed(path: Path) -> None:
    parameters = bicep.parsed(bicep.used_file(path))["parameters"]
    given = bicep.parameter_values(path)
    required = {name for name, it in parameters.items() if it["default"] is None}

    assert required <= set(given) <= set(parameters)
    for name, value in given.items():
        for decorator in parameters[name]["decorators"]:
            assert decorator["type"] != "allowed" or value in decorator["argument"], name


def _without_environment(value: Any) -> Any:
    function = value.get("function", {}) if isinstance(value, dict) else {}
    if function.get("type") == "readEnvironmentVariable":
        return function["parameters"]["arg_2"]
    return value


@pytest.mark.parametrize("path", bicep.PARAMETER_FILES, ids=lambda path: path.name)
def test_a_parameter_file_can_be_built_where_the_environment_says_nothing(path: Path) -> None:
    parameters = bicep.parsed(bicep.used_file(path))["parameters"]
    for name, given in bicep.parameter_values(path).items():
        value = _without_environment(given)
        limits = {it["type"]: it["argument"] for it in parameters[name]["decorators"]}
        if isinstance(value, str):
            assert limits.get("min_length", 0) <= len(value) <= limits.get("max_length", 1000), name


def test_there_is_an_example_for_trying_out_and_one_for_production() -> None:
    names = {path.name: bicep.parameter_values(path) for path in bicep.PARAMETER_FILES}

    assert names["production.bicepparam"]["vnetEnabled"] is True
    assert "vnetEnabled" not in names["dev.bicepparam"]
    assert "main.bicepparam" in names


def test_every_rule_of_the_linter_is_an_error() -> None:
    config = json.loads((bicep.INFRA / "bicepconfig.json").read_text(encoding="utf-8"))
    core = config["analyzers"]["core"]

    assert core["enabled"] is True
    assert {rule["level"] for rule in core["rules"].values()} == {"error"}
    assert len(core["rules"]) >= 50


def test_the_graph_extension_is_pinned_and_used_where_the_directory_is_written() -> None:
    config = json.loads((bicep.INFRA / "bicepconfig.json").read_text(encoding="utf-8"))

    assert re.search(
        r"microsoftgraph/v1\.0:\d+\.\d+\.\d+$", config["extensions"]["microsoftGraphV1"]
    )
    for path in bicep.FILES:
        writes = any(
            it["type"].startswith("Microsoft.Graph/")
            for it in bicep.parsed(path).get("resources", {}).values()
        )
        assert writes == ("extension microsoftGraphV1" in path.read_text(encoding="utf-8"))
