"""With `vnetEnabled` storage and vault are closed; without it they are open, to identities."""

from typing import Any

import pytest

from tests.infra import bicep

MAIN = bicep.parsed(bicep.INFRA / "main.bicep")
CLOSED_BY = [
    ("storage", "Microsoft.Storage/storageAccounts"),
    ("vault", "Microsoft.KeyVault/vaults"),
]


def _properties(module: str, kind: str, *, vnet: bool) -> dict[str, Any]:
    """What the resource's properties come to, from main.bicep's parameter on."""
    given = bicep.evaluated(bicep.body(MAIN["modules"][module])["params"], {"vnetEnabled": vnet})
    [(_, _, resource)] = bicep.resources(kind)
    result: dict[str, Any] = bicep.evaluated(
        bicep.body(resource)["properties"], {"publicAccess": given["publicAccess"]}
    )
    return result


@pytest.mark.parametrize(("module", "kind"), CLOSED_BY)
def test_public_access_is_off_with_the_network_and_on_without(module: str, kind: str) -> None:
    closed = _properties(module, kind, vnet=True)
    opened = _properties(module, kind, vnet=False)

    assert closed["publicNetworkAccess"] == "Disabled"
    assert closed["networkAcls"] == {"bypass": "None", "defaultAction": "Deny"}
    assert opened["publicNetworkAccess"] == "Enabled"
    assert opened["networkAcls"]["defaultAction"] == "Allow"


def test_the_network_is_there_only_where_it_is_asked_for() -> None:
    conditions = {
        name: module["config"].get("condition") for name, module in MAIN["modules"].items()
    }

    assert conditions["network"] == conditions["privateEndpoints"] == "vnetEnabled"
    unconditional = {"identity", "monitoring", "storage", "vault", "app", "alerts", "workbook"}
    assert {name for name, condition in conditions.items() if condition is None} == unconditional


def test_each_service_has_an_endpoint_and_a_zone_in_whatever_cloud() -> None:
    content = bicep.parsed(bicep.INFRA / "modules" / "private-endpoints.bicep")
    targets = {it["group"]: it["zone"] for it in content["variables"]["targets"]["value"]}

    assert set(targets) == {"blob", "queue", "table", "vault"}
    for group in ("blob", "queue", "table"):
        assert targets[group] == f"privatelink.{group}.${{environment().suffixes.storage}}"
    vault_suffix = ".vault.azure.net"
    assert "keyvaultDns, '.vault.', '.vaultcore.'" in targets["vault"]
    assert "privatelink" + vault_suffix.replace(".vault.", ".vaultcore.") == (
        "privatelink.vaultcore.azure.net"
    )
    for name in ("zones", "zoneLinks", "endpoints", "zoneGroups"):
        loop = content["resources"][name]["config"]["loop_type"]["detail"]
        assert loop["array_name"] == "targets"


def test_the_app_sends_from_a_subnet_of_its_own_through_one_address() -> None:
    [(_, _, network)] = bicep.resources("Microsoft.Network/virtualNetworks")
    subnets = {it["name"]: it["properties"] for it in bicep.body(network)["properties"]["subnets"]}

    [delegation] = subnets["app"]["delegations"]
    assert delegation["properties"]["serviceName"] == "Microsoft.App/environments"
    assert "natGateway" in subnets["app"]
    assert all(subnet["defaultOutboundAccess"] is False for subnet in subnets.values())
    assert all("networkSecurityGroup" in subnet for subnet in subnets.values())

    app = bicep.body(MAIN["modules"]["app"])["params"]["subnetId"]
    assert bicep.evaluated(app, {"vnetEnabled": False}) is None
    assert "appSubnetId" in set(bicep.strings(bicep.evaluated(app, {"vnetEnabled": True})))


def test_the_subnets_stay_in_the_network_when_it_is_deployed_again() -> None:
    assert list(bicep.resources("Microsoft.Network/virtualNetworks/subnets")) == []
