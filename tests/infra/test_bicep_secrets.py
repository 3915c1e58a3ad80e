"""No keys anywhere: none is made, asked for, handed over, or given as a default."""

import re

from tests.infra import bicep

TEXTS = {path: path.read_text(encoding="utf-8") for path in bicep.FILES + bicep.PARAMETER_FILES}


def test_no_key_is_read_from_a_resource() -> None:
    for path, text in TEXTS.items():
        assert (
            re.findall(r"\blist(?:Keys|AccountSas|ServiceSas|Secrets)?\(|getSecret\(", text) == []
        ), path


def test_no_parameter_is_a_secret_and_none_looks_like_one() -> None:
    for path in bicep.FILES:
        for name, parameter in bicep.parsed(path).get("parameters", {}).items():
            kinds = {decorator["type"] for decorator in parameter["decorators"]}
            assert "secure" not in kinds, (path, name)
            assert not re.search(r"secret|password|pwd|accountkey|token|sas$", name, re.I), (
                path,
                name,
            )


def test_no_output_hands_over_what_signs_in() -> None:
    for path in bicep.FILES:
        for name, output in bicep.parsed(path).get("outputs", {}).items():
            told = " ".join([name, *bicep.strings(output["value"])])
            assert not re.search(
                r"secret|password|key|ConnectionString|token(?!Url|$)", told, re.I
            ) or (name == "tokenUrl"), (path, name)


def test_nothing_in_a_file_looks_like_a_key() -> None:
    for path, text in TEXTS.items():
        assert (
            re.findall(r"AccountKey=|SharedAccessSignature|InstrumentationKey=|sig=", text) == []
        ), path
        assert re.findall(r"'[A-Za-z0-9+/]{40,}={0,2}'", text) == [], path


def test_accounts_take_identities_and_no_keys() -> None:
    [(_, _, storage)] = bicep.resources("Microsoft.Storage/storageAccounts")
    [(_, _, workspace)] = bicep.resources("Microsoft.OperationalInsights/workspaces")
    [(_, _, component)] = bicep.resources("Microsoft.Insights/components")

    properties = bicep.body(storage)["properties"]
    assert properties["allowSharedKeyAccess"] is False
    assert properties["allowBlobPublicAccess"] is False
    assert properties["supportsHttpsTrafficOnly"] is True
    assert properties["minimumTlsVersion"] == "TLS1_2"
    assert bicep.body(component)["properties"]["DisableLocalAuth"] is True
    assert bicep.body(workspace)["properties"]["features"]["disableLocalAuth"] is True


def test_nobody_deploys_with_a_user_name_and_a_password() -> None:
    policies = list(bicep.resources("Microsoft.Web/sites/basicPublishingCredentialsPolicies"))

    assert {bicep.body(it)["name"] for _, _, it in policies} == {"ftp", "scm"}
    assert {bicep.body(it)["properties"]["allow"] for _, _, it in policies} == {False}


def test_the_vault_asks_for_roles_and_keeps_what_is_deleted() -> None:
    [(_, _, vault)] = bicep.resources("Microsoft.KeyVault/vaults")
    properties = bicep.body(vault)["properties"]

    assert properties["enableRbacAuthorization"] is True
    assert properties["enableSoftDelete"] is True
    assert properties["enablePurgeProtection"] is True
    assert properties["softDeleteRetentionInDays"] == 90
    assert "accessPolicies" not in properties
