"""Who may do what: the right roles, each on the one thing it is needed for."""

import re

from tests.infra import bicep

# Role definition ids are the same in every directory: Azure's table of built-in roles.
BUILT_IN_ROLES = {
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
}
# The narrowest scope that does it: a role on a whole account would open what others keep there.
SCOPES = {
    "Storage Blob Data Contributor": "Microsoft.Storage/storageAccounts/blobServices/containers",
    "Storage Queue Data Contributor": "Microsoft.Storage/storageAccounts/queueServices/queues",
    "Storage Table Data Contributor": "Microsoft.Storage/storageAccounts/tableServices/tables",
    "Key Vault Secrets Officer": "Microsoft.KeyVault/vaults",
    "Monitoring Metrics Publisher": "Microsoft.Insights/components",
}
ASSIGNMENTS = list(bicep.resources("Microsoft.Authorization/roleAssignments"))


def _role_of(variable: str, variables: dict[str, object]) -> str:
    [role_id] = [
        text for text in bicep.strings(variables[variable]) if re.fullmatch(r"[0-9a-f-]{36}", text)
    ]
    return BUILT_IN_ROLES[role_id]


def test_each_assignment_has_the_role_it_says_on_the_narrowest_scope() -> None:
    found = {}
    for path, _, assignment in ASSIGNMENTS:
        content, config = bicep.parsed(path), bicep.body(assignment)
        variable = config["properties"]["roleDefinitionId"]
        role = _role_of(variable, content["variables"])
        assert bicep.description(content["variables"][variable]).startswith(f"Role: {role}.")
        scope = next(iter(set(bicep.strings(config["scope"])) & set(content["resources"])))
        found[role] = content["resources"][scope]["type"]

    assert found == SCOPES


def test_every_container_queue_and_table_has_its_assignment() -> None:
    content = bicep.parsed(bicep.INFRA / "modules" / "storage.bicep")["resources"]
    for things, roles in (
        ("containers", "containerRoles"),
        ("queues", "queueRoles"),
        ("tables", "tableRoles"),
    ):
        loops = [content[name]["config"]["loop_type"]["detail"] for name in (things, roles)]
        assert loops[0]["array_name"] == loops[1]["array_name"]


def test_assignments_are_for_the_identity_of_the_app_alone() -> None:
    for _, name, assignment in ASSIGNMENTS:
        properties = bicep.body(assignment)["properties"]
        assert properties["principalId"] == "principalId", name
        assert properties["principalType"] == "ServicePrincipal", name

    modules = bicep.parsed(bicep.INFRA / "main.bicep")["modules"]
    given = [bicep.body(module)["params"].get("principalId") for module in modules.values()]
    for value in given:
        assert value is None or list(bicep.strings(value))[-1] == "principalId"
        assert value is None or "identity" in set(bicep.strings(value))


def test_an_assignment_keeps_its_name_from_one_deployment_to_the_next() -> None:
    for path, name, assignment in ASSIGNMENTS:
        function = bicep.body(assignment)["name"]["function"]
        assert function["type"] == "guid", name
        parts = set(bicep.strings(function["parameters"]))
        role = bicep.body(assignment)["properties"]["roleDefinitionId"]
        assert {"id", "identityName", role} <= parts, path
