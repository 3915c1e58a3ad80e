"""The vault of secrets: the same contract for Key Vault and for the fake."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from azure.keyvault.secrets import SecretClient

from shared.adapters import wire
from shared.adapters.vault import KeyVault
from shared.domain.config import SecretKind
from shared.domain.errors import ConflictError, SecretMissingError, ServiceUnavailableError
from shared.ports import SecretVault
from tests.fakes import FakeSecretVault
from tests.support.running_stack import RunningStack
from tests.support.storage import fresh_id
from tests.support.vault import VaultSwitches, container_over

KIND = SecretKind.CLIENT_SECRET


@pytest.fixture(autouse=True)
def _identity(vault: RunningStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{vault.vault_url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "local-identity-header")
    # Somebody's machine may have one; the setting must count all the same.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")


@pytest.fixture
def switches(vault: RunningStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[VaultSwitches]:
    monkeypatch.setattr(wire, "_LONGEST_PAUSE", 0.01)
    switches = VaultSwitches(vault)
    switches.forget()
    yield switches
    switches.heal()


@pytest.fixture
def key_vault(vault: RunningStack) -> KeyVault:
    adapter = container_over(vault).vault
    assert isinstance(adapter, KeyVault)
    return adapter


@pytest.fixture
def client(key_vault: KeyVault) -> SecretClient:
    """The SDK's own, to look at what the adapter stored."""
    return key_vault._client


@pytest.fixture(params=["fake", "key vault"])
def secrets(request: pytest.FixtureRequest) -> SecretVault:
    if request.param == "fake":
        return FakeSecretVault()
    adapter: SecretVault = request.getfixturevalue("key_vault")
    return adapter


def test_the_newest_version_is_read(secrets: SecretVault) -> None:
    config_id = fresh_id()
    secrets.set("contoso", config_id, KIND, "old")
    secrets.set("contoso", config_id, KIND, "nü ~{}\n")
    assert secrets.get(config_id, KIND) == "nü ~{}\n"


def test_kinds_and_configs_have_secrets_of_their_own(secrets: SecretVault) -> None:
    one, other = fresh_id(), fresh_id()
    secrets.set("contoso", one, SecretKind.PASSWORD, "password")
    secrets.set("contoso", one, SecretKind.REFRESH_TOKEN, "token")
    secrets.set("contoso", other, SecretKind.PASSWORD, "other")
    assert secrets.get(one, SecretKind.PASSWORD) == "password"
    assert secrets.get(one, SecretKind.REFRESH_TOKEN) == "token"
    assert secrets.get(other, SecretKind.PASSWORD) == "other"


def test_what_was_never_set_is_missing(secrets: SecretVault) -> None:
    config_id = fresh_id()
    with pytest.raises(SecretMissingError):
        secrets.get(config_id, KIND)
    with pytest.raises(SecretMissingError):
        secrets.set_expiry(config_id, KIND, date(2027, 1, 1))
    with pytest.raises(SecretMissingError):
        secrets.set_expiry(config_id, KIND, None)
    secrets.disable(config_id, KIND)
    secrets.delete(config_id, KIND)


def test_a_disabled_secret_is_missing_until_it_is_set_again(secrets: SecretVault) -> None:
    config_id = fresh_id()
    secrets.set("contoso", config_id, KIND, "value")
    secrets.disable(config_id, KIND)
    secrets.disable(config_id, KIND)
    with pytest.raises(SecretMissingError):
        secrets.get(config_id, KIND)
    secrets.set("contoso", config_id, KIND, "new")
    assert secrets.get(config_id, KIND) == "new"


def test_a_deleted_secret_is_missing_and_its_name_is_taken(secrets: SecretVault) -> None:
    config_id = fresh_id()
    secrets.set("contoso", config_id, KIND, "value")
    secrets.delete(config_id, KIND)
    secrets.delete(config_id, KIND)
    with pytest.raises(SecretMissingError):
        secrets.get(config_id, KIND)
    with pytest.raises(ConflictError) as raised:
        secrets.set("contoso", config_id, KIND, "again")
    assert raised.value.code == "secret_name_taken"


def test_a_changed_expiry_leaves_the_value(secrets: SecretVault) -> None:
    config_id = fresh_id()
    secrets.set("contoso", config_id, KIND, "value", date(2026, 12, 31))
    for expiry in (date(2027, 6, 30), None, None, date(2028, 2, 29)):
        secrets.set_expiry(config_id, KIND, expiry)
        assert secrets.get(config_id, KIND) == "value"


def test_name_tags_and_expiry_are_what_operators_look_for(
    key_vault: KeyVault, client: SecretClient
) -> None:
    config_id = fresh_id()
    key_vault.set("contoso", config_id, KIND, "value", date(2026, 12, 31))
    properties = client.get_secret(f"{config_id}-client-secret").properties
    assert properties.tags == {"organization": "contoso", "config": config_id}
    assert properties.expires_on == datetime(2026, 12, 31, tzinfo=UTC)


def test_an_expiry_can_be_changed_and_taken_away(key_vault: KeyVault, client: SecretClient) -> None:
    config_id = fresh_id()
    name = f"{config_id}-client-secret"
    key_vault.set("contoso", config_id, KIND, "value", date(2026, 12, 31))
    key_vault.set_expiry(config_id, KIND, date(2027, 6, 30))
    assert client.get_secret(name).properties.expires_on == datetime(2027, 6, 30, tzinfo=UTC)
    assert len(list(client.list_properties_of_secret_versions(name))) == 1
    key_vault.set_expiry(config_id, KIND, None)
    properties = client.get_secret(name).properties
    assert properties.expires_on is None
    assert properties.tags == {"organization": "contoso", "config": config_id}


def test_a_secret_that_key_vault_cannot_hold_is_turned_down(key_vault: KeyVault) -> None:
    with pytest.raises(ConflictError) as raised:
        key_vault.set("contoso", fresh_id(), KIND, "x" * (25 * 1024 + 1))
    assert raised.value.code == "secret_too_long"


def test_a_passing_refusal_is_not_noticed(key_vault: KeyVault, switches: VaultSwitches) -> None:
    config_id = fresh_id()
    switches.fail(status=429, times=1, retry_after=1)
    key_vault.set("contoso", config_id, KIND, "value")
    switches.fail(status=503, times=2)
    assert key_vault.get(config_id, KIND) == "value"


def test_a_write_whose_answer_got_lost_succeeds(
    key_vault: KeyVault, switches: VaultSwitches
) -> None:
    config_id = fresh_id()
    key_vault.set("contoso", config_id, KIND, "old")
    switches.fail(method="PUT", drop="after", times=1)
    key_vault.set("contoso", config_id, KIND, "value")
    switches.fail(method="DELETE", drop="after", times=1)
    key_vault.delete(config_id, KIND)
    with pytest.raises(SecretMissingError):
        key_vault.get(config_id, KIND)


@pytest.mark.parametrize("status", [403, 429, 500])
def test_a_vault_that_refuses_is_unavailable(
    key_vault: KeyVault,
    switches: VaultSwitches,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    config_id = fresh_id()
    key_vault.set("contoso", config_id, KIND, "value")
    switches.fail(status=status, times=9, retry_after=7)
    with pytest.raises(ServiceUnavailableError, match=r"^Key Vault did not answer") as raised:
        key_vault.get(config_id, KIND)
    assert raised.value.retry_after == 7
    assert str(status) in caplog.text
    assert config_id not in caplog.text


def test_a_vault_that_cannot_be_reached_is_unavailable(
    key_vault: KeyVault, switches: VaultSwitches
) -> None:
    config_id = fresh_id()
    key_vault.set("contoso", config_id, KIND, "value")
    switches.fail(drop="before", times=99)
    with pytest.raises(ServiceUnavailableError):
        key_vault.get(config_id, KIND)


def test_an_identity_that_the_vault_does_not_know_is_unavailable(
    vault: RunningStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_HEADER", "forged")
    with pytest.raises(ServiceUnavailableError):
        container_over(vault).vault.get(fresh_id(), KIND)


def test_many_threads_may_make_the_first_call(vault: RunningStack, switches: VaultSwitches) -> None:
    config_id = fresh_id()
    container_over(vault).vault.set("contoso", config_id, KIND, "value")
    cold = container_over(vault)
    switches.forget()
    with ThreadPoolExecutor(16) as threads:
        values = list(threads.map(lambda _: cold.vault.get(config_id, KIND), range(64)))
    assert values == ["value"] * 64


def test_a_vault_that_is_not_azures_cannot_be_asked_for_tokens_of_azures(
    vault: RunningStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The challenge's resource is held against the host wherever that is one of Azure's own."""
    monkeypatch.setattr("shared.adapters.vault._VAULT_DOMAINS", ("localhost",))
    with pytest.raises(ServiceUnavailableError):
        container_over(vault).vault.get(fresh_id(), KIND)
