"""Azure's own SDKs keep secrets in the vault stand-in, and get their tokens from it."""

import datetime as dt
import os
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
    ServiceResponseError,
)
from azure.identity import CredentialUnavailableError, ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient

from tests.support.running_stack import RunningStack
from tests.support.vault import VaultSwitches

EXPIRY = dt.datetime(2027, 3, 1, 12, tzinfo=dt.UTC)

Connect = Callable[..., SecretClient]


@pytest.fixture
def connect(vault: RunningStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Makes clients as production does: a managed identity, and the stack's authority trusted."""
    closing: list[Any] = []

    def make(host: str = "localhost", header: str = "local-identity-header") -> SecretClient:
        address = f"{host}:{vault.ports.vault}"
        monkeypatch.setitem(os.environ, "IDENTITY_ENDPOINT", f"https://{address}/msi/token")
        monkeypatch.setitem(os.environ, "IDENTITY_HEADER", header)
        authority = str(vault.ca_file)
        credential = ManagedIdentityCredential(connection_verify=authority)
        client = SecretClient(
            f"https://{address}",
            credential,
            connection_verify=authority,
            verify_challenge_resource=host != "localhost",
            retry_total=0,
        )
        closing.extend((client, credential))
        return client

    yield make
    for one in closing:
        one.close()


@pytest.fixture
def secrets(connect: Connect) -> SecretClient:
    return connect()


@pytest.fixture
def switches(vault: RunningStack) -> Iterator[VaultSwitches]:
    power = VaultSwitches(vault)
    power.heal()
    power.forget()
    yield power
    power.heal()


@pytest.fixture
def name() -> str:
    return f"test-{uuid.uuid4()}"


def inner_code(error: HttpResponseError) -> str:
    assert error.error is not None
    return str(error.error.innererror["code"])


def test_a_secret_is_kept_with_everything_that_was_said_about_it(
    secrets: SecretClient, name: str
) -> None:
    secrets.set_secret(
        name,
        "värde",
        content_type="text/plain",
        expires_on=EXPIRY,
        not_before=EXPIRY - dt.timedelta(days=1),
        tags={"organization": "o", "config": "c"},
    )

    found = secrets.get_secret(name)
    assert found.value == "värde"
    assert found.properties.content_type == "text/plain"
    assert found.properties.expires_on == EXPIRY
    assert found.properties.not_before == EXPIRY - dt.timedelta(days=1)
    assert found.properties.tags == {"organization": "o", "config": "c"}
    assert found.properties.recoverable_days == 90


def test_the_latest_version_is_given_and_older_ones_stay(secrets: SecretClient, name: str) -> None:
    first = secrets.set_secret(name, "one")
    second = secrets.set_secret(name, "two")

    versions = {one.version for one in secrets.list_properties_of_secret_versions(name)}
    assert secrets.get_secret(name).value == "two"
    assert secrets.get_secret(name, first.properties.version).value == "one"
    assert versions == {first.properties.version, second.properties.version}


def test_properties_change_without_a_new_version(secrets: SecretClient, name: str) -> None:
    before = secrets.set_secret(name, "value", tags={"a": "b"})

    secrets.update_secret_properties(name, expires_on=EXPIRY)

    after = secrets.get_secret(name)
    assert after.properties.expires_on == EXPIRY
    assert after.properties.tags == {"a": "b"}
    assert after.properties.version == before.properties.version


def test_a_disabled_secret_is_forbidden(secrets: SecretClient, name: str) -> None:
    secrets.set_secret(name, "value")
    secrets.update_secret_properties(name, enabled=False)

    with pytest.raises(HttpResponseError) as caught:
        secrets.get_secret(name)
    assert caught.value.status_code == 403
    assert inner_code(caught.value) == "SecretDisabled"


def test_a_deleted_secret_is_gone_but_its_name_is_taken(secrets: SecretClient, name: str) -> None:
    secrets.set_secret(name, "value")

    deleted = secrets.begin_delete_secret(name).result()

    assert deleted.deleted_date is not None
    assert deleted.scheduled_purge_date == deleted.deleted_date + dt.timedelta(days=90)
    with pytest.raises(ResourceNotFoundError):
        secrets.get_secret(name)
    with pytest.raises(ResourceExistsError) as caught:
        secrets.set_secret(name, "again")
    assert inner_code(caught.value) == "ObjectIsDeletedButRecoverable"
    assert name in [one.name for one in secrets.list_deleted_secrets()]
    assert name not in [one.name for one in secrets.list_properties_of_secrets()]


def test_a_deleted_secret_is_recovered_with_its_versions(secrets: SecretClient, name: str) -> None:
    secrets.set_secret(name, "one")
    secrets.set_secret(name, "two")
    secrets.begin_delete_secret(name).result()

    secrets.begin_recover_deleted_secret(name).result()

    assert secrets.get_secret(name).value == "two"
    assert len(list(secrets.list_properties_of_secret_versions(name))) == 2


def test_a_purged_name_is_free(secrets: SecretClient, name: str) -> None:
    secrets.set_secret(name, "old")
    secrets.begin_delete_secret(name).result()
    secrets.purge_deleted_secret(name)

    secrets.set_secret(name, "new")

    assert len(list(secrets.list_properties_of_secret_versions(name))) == 1


@pytest.mark.parametrize("act", ["get_secret", "begin_delete_secret", "get_deleted_secret"])
def test_what_is_not_there_is_not_found(secrets: SecretClient, name: str, act: str) -> None:
    with pytest.raises(ResourceNotFoundError) as caught:
        getattr(secrets, act)(name)
    assert caught.value.error is not None
    assert caught.value.error.code == "SecretNotFound"


@pytest.mark.parametrize(
    ("bad_name", "value", "options"),
    [
        ("under_score", "value", {}),
        ("x" * 128, "value", {}),
        ("too-big", "x" * (25 * 1024 + 1), {}),
        ("too-many-tags", "value", {"tags": {str(number): "" for number in range(16)}}),
        ("long-tag", "value", {"tags": {"a": "x" * 257}}),
    ],
)
def test_what_is_over_a_limit_is_turned_down(
    secrets: SecretClient, bad_name: str, value: str, options: dict[str, Any]
) -> None:
    with pytest.raises(HttpResponseError) as caught:
        secrets.set_secret(bad_name, value, **options)
    assert caught.value.status_code == 400
    assert caught.value.error is not None
    assert caught.value.error.code == "BadParameter"


def test_a_secret_may_have_25_kilobytes(secrets: SecretClient, name: str) -> None:
    value = "x" * 25 * 1024
    secrets.set_secret(name, value)

    assert secrets.get_secret(name).value == value


def test_lists_come_in_pages(secrets: SecretClient, name: str) -> None:
    for _ in range(7):
        secrets.set_secret(name, "value")
    names = [f"{name}-{number}" for number in range(4)]
    for one in names:
        secrets.set_secret(one, "value")

    versions = secrets.list_properties_of_secret_versions(name, max_page_size=3).by_page()
    listed = [one.name for one in secrets.list_properties_of_secrets(max_page_size=2)]

    # A full page may be the last one: then an empty one follows.
    assert [len(list(page)) for page in versions] == [3, 3, 1]
    assert set(names) <= set(listed)
    assert len(listed) == len(set(listed))


def test_the_sdk_accepts_the_challenge_of_a_vault_that_is_reached_as_127_0_0_1(
    connect: Connect, name: str
) -> None:
    assert connect("127.0.0.1").set_secret(name, "value").value == "value"


def test_a_managed_identity_needs_its_header(connect: Connect, name: str) -> None:
    with pytest.raises(CredentialUnavailableError):
        connect(header="guessed").get_secret(name)


@pytest.mark.parametrize("authorization", [None, "Bearer made.up.token", "Basic eDp5"])
def test_without_a_token_of_ours_nobody_gets_in(
    vault: RunningStack, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = requests.get(
        f"{vault.vault_url}/secrets/x/?api-version=7.4",
        headers=headers,
        verify=str(vault.ca_file),
    )

    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith(f'Bearer authorization="{vault.vault_url}/')
    assert challenge.endswith('resource="https://vault.azure.net"')


def test_a_token_for_another_resource_is_turned_down(vault: RunningStack) -> None:
    authority = str(vault.ca_file)
    token = requests.get(
        f"{vault.vault_url}/msi/token?api-version=2019-08-01&resource=https://storage.azure.com",
        headers={"X-IDENTITY-HEADER": "local-identity-header"},
        verify=authority,
    ).json()["access_token"]

    answer = requests.get(
        f"{vault.vault_url}/secrets/x/?api-version=7.4",
        headers={"Authorization": f"Bearer {token}"},
        verify=authority,
    )

    assert answer.status_code == 401
    assert "Invalid audience" in answer.json()["error"]["message"]


def test_secrets_and_tokens_survive_a_crash(
    secrets: SecretClient, name: str, vault: RunningStack
) -> None:
    secrets.set_secret(name, "value")

    vault.kill("vault")
    vault.restart("vault")

    assert secrets.get_secret(name).value == "value"


def test_an_ordered_failure_is_for_a_method_and_for_names(
    secrets: SecretClient, name: str, switches: VaultSwitches
) -> None:
    secrets.set_secret(name, "value")
    switches.fail(method="GET", name="test-*", status=429, times=1)
    switches.fail(method="PUT", name="other-*", status=503, times=-1)

    with pytest.raises(HttpResponseError) as caught:
        secrets.get_secret(name)
    assert caught.value.status_code == 429
    assert secrets.set_secret(name, "again").value == "again"


def test_a_lost_answer_can_have_been_carried_out_or_not(
    secrets: SecretClient, name: str, switches: VaultSwitches
) -> None:
    secrets.set_secret(name, "one")
    switches.fail(method="PUT", drop="before")
    with pytest.raises(ServiceResponseError):
        secrets.set_secret(name, "two")
    before = secrets.get_secret(name).value
    switches.fail(method="PUT", drop="after")
    with pytest.raises(ServiceResponseError):
        secrets.set_secret(name, "three")

    assert (before, secrets.get_secret(name).value) == ("one", "three")


def test_the_record_names_operations_and_holds_no_value(
    secrets: SecretClient, name: str, switches: VaultSwitches
) -> None:
    secrets.set_secret(name, "the-value")
    secrets.get_secret(name)

    found = [one for one in switches.requests() if one["name"] == name and one["status"] == 200]
    assert [(one["method"], one["operation"]) for one in found] == [
        ("PUT", "secret"),
        ("GET", "secret"),
    ]
    assert "the-value" not in str(switches.requests())


def test_fifty_at_once_are_served(secrets: SecretClient, name: str) -> None:
    secrets.set_secret(name, "value")

    with ThreadPoolExecutor(50) as pool:
        values = list(pool.map(lambda _: secrets.get_secret(name).value, range(100)))

    assert values == ["value"] * 100
