"""Every table, queue and container that the code names is there before it is needed."""

import ast
from datetime import timedelta

from shared.domain.message import DELIVERY_LIMIT
from tests.infra import bicep
from tests.infra.functions import bindings

ROOT = bicep.INFRA.parent
VARIABLES = bicep.parsed(bicep.INFRA / "modules" / "storage.bicep")["variables"]
TABLES, QUEUES, CONTAINERS = (
    set(VARIABLES[name]["value"]) for name in ("tableNames", "queueNames", "containerNames")
)


def _named_in_code(constant: str, call: str) -> set[str]:
    """Strings that are assigned to the constant, or are an argument of the call, in shared/."""
    found: set[str] = set()
    for path in (ROOT / "shared").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            value: list[ast.expr] = []
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                named = node.targets[0].id.strip("_")
                value = [node.value] if named.split("_")[-1] == constant else []
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                value = list(node.args) if node.func.attr == call else []
            for it in value:
                if isinstance(it, ast.Constant) and isinstance(it.value, str):
                    found.add(it.value)
    return found


def _trigger_queues() -> set[str]:
    return {binding["queueName"] for binding in bindings() if "queueName" in binding}


def test_every_table_that_the_code_names_is_made() -> None:
    named = _named_in_code("TABLE", "_table")

    assert {"configs", "flows", "events", "due"} <= named
    assert named - TABLES == set()


def test_every_queue_that_triggers_is_made_with_its_poison_queue() -> None:
    triggers = _trigger_queues()

    assert "mailbox-maintenance" in triggers
    assert {name for queue in triggers for name in (queue, f"{queue}-poison")} - QUEUES == set()


def test_every_queue_that_the_code_sends_to_is_made() -> None:
    named = _named_in_code("QUEUE", "_queue")

    assert "mailbox-maintenance" in named
    assert named - QUEUES == set()


def test_every_container_that_the_code_names_is_made() -> None:
    assert _named_in_code("CONTAINER", "_blobs") - CONTAINERS == set()


def test_no_queue_is_without_its_poison_queue() -> None:
    work = {name for name in QUEUES if not name.endswith("-poison")}

    assert work | {f"{name}-poison" for name in work} == QUEUES


def test_the_host_finds_its_own_containers_and_the_package_its_own() -> None:
    assert {"app-package", "azure-webjobs-hosts", "azure-webjobs-secrets"} <= CONTAINERS


def test_contents_of_messages_are_gone_once_they_are_deleted() -> None:
    [(_, _, service)] = bicep.resources("Microsoft.Storage/storageAccounts/blobServices")

    assert bicep.body(service)["properties"]["deleteRetentionPolicy"] == {"enabled": False}


def test_contents_that_were_orphaned_go_after_the_longest_retention() -> None:
    [(_, _, lifecycle)] = bicep.resources("Microsoft.Storage/storageAccounts/managementPolicies")
    [rule] = bicep.body(lifecycle)["properties"]["policy"]["rules"]
    definition = rule["definition"]

    assert definition["filters"]["prefixMatch"] == ["outgoing-messages/"]
    days = definition["actions"]["baseBlob"]["delete"]["daysAfterCreationGreaterThan"]
    longest = timedelta(hours=720) + DELIVERY_LIMIT
    assert timedelta(days=days) > longest
