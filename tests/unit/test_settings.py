"""The app settings: what they mean, and that everything wrong with them is said at once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.domain.pace import Limits
from shared.settings import Settings, SettingsError, StorageSettings

KEY = "c2VjcmV0LWtleQ=="
CONNECTION = f"DefaultEndpointsProtocol=https;AccountName=mail;AccountKey={KEY}"
MINIMAL = {
    "AzureWebJobsStorage": CONNECTION,
    "KEY_VAULT_URL": "https://mail.vault.azure.net/",
    "REDIRECT_URI": "https://mail.contoso.com/api/oauth/callback",
}


def read(**changes: str) -> Settings:
    return Settings.from_environment(MINIMAL | changes)


def problem_of(name: str, value: str) -> str:
    """What is said of a value; everything else is in order."""
    with pytest.raises(SettingsError) as raised:
        read(**{name: value})
    (problem,) = raised.value.problems
    assert problem.name == name
    return problem.message


def test_three_settings_are_enough() -> None:
    assert read() == Settings(
        storage=StorageSettings(CONNECTION),
        key_vault_url="https://mail.vault.azure.net",
        redirect_uri="https://mail.contoso.com/api/oauth/callback",
        allowed_origins=(),
        maintenance_schedule="0 */5 * * * *",
        check_interval=timedelta(hours=24),
        organization_claim="tid",
        extra_authority_hosts=(),
        extra_mail_hosts=(),
        extra_ca_file=None,
        auth_enabled=False,
        identity_client_id=None,
        platform_organization=None,
        pace_limits=Limits(connections=3, messages_per_minute=30, recipients_per_day=10_000),
        message_retention=timedelta(0),
    )


def test_everything_that_is_wrong_is_said_at_once_and_by_name() -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.from_environment({"CHECK_INTERVAL_HOURS": "daily", "REDIRECT_URI": " "})
    names = [problem.name for problem in raised.value.problems]
    assert names == ["AzureWebJobsStorage", "KEY_VAULT_URL", "REDIRECT_URI", "CHECK_INTERVAL_HOURS"]
    assert raised.value.code == "setting_invalid"
    for problem in raised.value.problems:
        assert f"{problem.name} {problem.message}" in str(raised.value)


def test_a_blank_setting_is_none() -> None:
    assert read(ALLOWED_ORIGINS="  ", CHECK_INTERVAL_HOURS="", EXTRA_CA_FILE=" ") == read()


def test_no_message_holds_a_connection_string() -> None:
    broken = f"AccountName=mail;AccountKey{KEY};"
    assert KEY not in problem_of("AzureWebJobsStorage", broken)
    assert KEY not in repr(read())


@pytest.mark.parametrize(
    "connection",
    [
        "UseDevelopmentStorage=true",
        "UseDevelopmentStorage=true;",
        CONNECTION + ";EndpointSuffix=core.windows.net;",
        "BlobEndpoint=https://m.blob.core.windows.net/;SharedAccessSignature=sv=2024&sig=abc%3D",
    ],
)
def test_connection_strings_of_the_portal_are_taken(connection: str) -> None:
    stored = read(AzureWebJobsStorage=connection).storage.connection_string
    assert stored == connection.removesuffix(";") or stored == connection


def identity_based(**changes: str) -> StorageSettings:
    others = {name: MINIMAL[name] for name in ("KEY_VAULT_URL", "REDIRECT_URI")}
    prefixed = {f"AzureWebJobsStorage__{name}": value for name, value in changes.items()}
    return Settings.from_environment(others | prefixed).storage


def test_an_account_name_stands_for_the_public_clouds_urls() -> None:
    assert identity_based(accountName="mailstore", credential="managedidentity") == StorageSettings(
        table_url="https://mailstore.table.core.windows.net",
        queue_url="https://mailstore.queue.core.windows.net",
        blob_url="https://mailstore.blob.core.windows.net",
    )


def test_urls_and_an_identity_can_be_given_one_by_one() -> None:
    storage = identity_based(
        tableServiceUri="https://mail.table.core.usgovcloudapi.net/",
        queueServiceUri="https://mail.queue.core.usgovcloudapi.net",
        blobServiceUri="https://mail.blob.core.usgovcloudapi.net",
        clientId="11111111-1111-1111-1111-111111111111",
    )
    assert storage.table_url == "https://mail.table.core.usgovcloudapi.net"
    assert storage.queue_url == "https://mail.queue.core.usgovcloudapi.net"
    assert storage.blob_url == "https://mail.blob.core.usgovcloudapi.net"
    assert storage.client_id == "11111111-1111-1111-1111-111111111111"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"accountName": "My_Account"}, "AzureWebJobsStorage__accountName"),
        ({"accountName": "mail", "credential": "password"}, "AzureWebJobsStorage__credential"),
        ({"tableServiceUri": "https://mail.table.core.windows.net"}, "AzureWebJobsStorage"),
        (
            {
                "tableServiceUri": "https://mail.table.core.windows.net",
                "queueServiceUri": "https://mail.queue.core.windows.net",
            },
            "AzureWebJobsStorage",
        ),
        (
            {"accountName": "mail", "tableServiceUri": "http://mail.table.core.windows.net"},
            "AzureWebJobsStorage__tableServiceUri",
        ),
    ],
)
def test_half_a_storage_with_identity_is_turned_down(changes: dict[str, str], name: str) -> None:
    with pytest.raises(SettingsError) as raised:
        identity_based(**changes)
    assert [problem.name for problem in raised.value.problems] == [name]


def test_the_identity_of_the_app_is_the_storages_too() -> None:
    others = {name: MINIMAL[name] for name in ("KEY_VAULT_URL", "REDIRECT_URI")}
    settings = Settings.from_environment(
        others | {"AzureWebJobsStorage__accountName": "mail", "AZURE_CLIENT_ID": "id-1"}
    )
    assert settings.identity_client_id == settings.storage.client_id == "id-1"


@pytest.mark.parametrize(
    "value",
    [
        "http://mail.vault.azure.net",
        "mail.vault.azure.net",
        "https://",
        "https://user@mail.vault.azure.net",
        "https://mail.vault.azure.net/secrets",
        "https://mail.vault.azure.net:port",
        "https://mail .vault.azure.net",
    ],
)
def test_a_vault_is_an_https_host(value: str) -> None:
    assert problem_of("KEY_VAULT_URL", value)


def test_a_vault_may_be_at_another_port() -> None:
    assert read(KEY_VAULT_URL="https://LOCALHOST:8444").key_vault_url == "https://localhost:8444"


@pytest.mark.parametrize(
    "value",
    [
        "http://localhost:7071/api/oauth/callback",
        "http://127.0.0.1:7071/api/oauth/callback",
        "http://[::1]:7071/api/oauth/callback",
    ],
)
def test_a_redirect_to_this_machine_may_be_plain_http(value: str) -> None:
    assert read(REDIRECT_URI=value).redirect_uri == value


@pytest.mark.parametrize(
    "value",
    [
        "http://mail.contoso.com/api/oauth/callback",
        "http://localhost.contoso.com/api/oauth/callback",
        "https://mail.contoso.com/api/oauth/callback/",
        "https://mail.contoso.com/oauth/callback",
        "https://mail.contoso.com/api/oauth/callback?code=1",
        "https://mail.contoso.com/api/oauth/callback#top",
        "https://me@mail.contoso.com/api/oauth/callback",
        "javascript:/api/oauth/callback",
        "https:///api/oauth/callback",
        "https://[::1/api/oauth/callback",
    ],
)
def test_other_redirects_are_turned_down(value: str) -> None:
    assert problem_of("REDIRECT_URI", value)


def test_origins_are_written_as_browsers_do() -> None:
    origins = read(
        ALLOWED_ORIGINS="HTTPS://Portal.Contoso.com:443/, http://localhost:5173,http://[::1]:80,"
        "https://portal.contoso.com"
    ).allowed_origins
    assert origins == ("https://portal.contoso.com", "http://localhost:5173", "http://[::1]")


@pytest.mark.parametrize("value", ["*", "portal.contoso.com", "https://a/b", "ftp://a", "null"])
def test_what_is_no_origin_is_named(value: str) -> None:
    assert value in problem_of("ALLOWED_ORIGINS", f"https://portal.contoso.com, {value}")


def test_hosts_may_have_ports_and_be_addresses() -> None:
    hosts = read(EXTRA_MAIL_HOSTS="Mail.Local, localhost:2525,10.0.0.1,[::1],[FE80::1]:25,")
    assert hosts.extra_mail_hosts == (
        ("mail.local", None),
        ("localhost", 2525),
        ("10.0.0.1", None),
        ("::1", None),
        ("fe80::1", 25),
    )


@pytest.mark.parametrize(
    "value",
    [
        "::1",
        "[::1",
        "[host]:25",
        "host:",
        "host:0",
        "host:65536",
        "host:x",
        "a b",
        "http://h",
        "-h",
    ],
)
def test_what_is_no_host_is_named(value: str) -> None:
    assert value in problem_of("EXTRA_AUTHORITY_HOSTS", f"localhost:8443,{value}")


@pytest.mark.parametrize("value", ["*/5 * * * *", "daily", "0 */5 * * * * *", "0 ; * * * *"])
def test_a_schedule_has_six_fields(value: str) -> None:
    assert "six fields" in problem_of("MAINTENANCE_SCHEDULE", value)


def test_a_schedule_is_taken_as_it_is() -> None:
    assert read(MAINTENANCE_SCHEDULE="30 0/5  1-3,5 * JAN MON-FRI").maintenance_schedule == (
        "30 0/5 1-3,5 * JAN MON-FRI"
    )


def test_an_interval_may_be_a_fraction_of_an_hour() -> None:
    assert read(CHECK_INTERVAL_HOURS="0.5").check_interval == timedelta(minutes=30)


@pytest.mark.parametrize("value", ["0", "-1", "0.0001", "721", "nan", "inf", "1e999", "one"])
def test_an_interval_is_neither_nothing_nor_longer_than_a_grant_can_wait(value: str) -> None:
    assert problem_of("CHECK_INTERVAL_HOURS", value)


def test_a_mailbox_may_be_used_at_another_pace() -> None:
    settings = read(
        MAILBOX_CONNECTIONS="1", MAILBOX_MESSAGES_PER_MINUTE="5", MAILBOX_RECIPIENTS_PER_DAY="500"
    )
    assert settings.pace_limits == Limits(1, 5, 500)


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("MAILBOX_CONNECTIONS", 100),
        ("MAILBOX_MESSAGES_PER_MINUTE", 1000),
        ("MAILBOX_RECIPIENTS_PER_DAY", 1_000_000),
    ],
)
@pytest.mark.parametrize("value", ["0", "-1", "2.5", "many", "1e3", "\u0663", "9999999"])
def test_a_pace_is_a_whole_number_above_nothing(name: str, most: int, value: str) -> None:
    assert problem_of(name, value) == f"must be a whole number from 1 to {most}"
    assert read(**{name: str(most)}).pace_limits != Limits()


def test_the_content_of_failed_messages_may_be_kept() -> None:
    assert read(MESSAGE_RETENTION_HOURS="48").message_retention == timedelta(days=2)
    assert read(MESSAGE_RETENTION_HOURS="0").message_retention == timedelta(0)


@pytest.mark.parametrize("value", ["-1", "721", "nan", "inf", "1e999", "two days"])
def test_content_is_kept_for_a_month_at_most(value: str) -> None:
    assert problem_of("MESSAGE_RETENTION_HOURS", value)


def test_the_platforms_organization_is_named_as_callers_are() -> None:
    upper = "AAAAAAAA-0000-0000-0000-00000000000A"
    assert read(PLATFORM_ORGANIZATION=upper).platform_organization == upper.lower()
    assert read(PLATFORM_ORGANIZATION="Contoso").platform_organization == "Contoso"
    for value in ("contoso\x00", "c" * 257):
        assert "one organization" in problem_of("PLATFORM_ORGANIZATION", value)


@pytest.mark.parametrize(("value", "expected"), [("True", True), ("1", True), ("false", False)])
def test_authentication_is_on_where_the_platform_says_so(value: str, expected: bool) -> None:
    assert read(WEBSITE_AUTH_ENABLED=value).auth_enabled is expected


def test_other_words_do_not_switch_authentication_on() -> None:
    assert problem_of("WEBSITE_AUTH_ENABLED", "perhaps") == "must be true or false"


def test_a_claim_is_one_word() -> None:
    claim = "http://schemas.microsoft.com/identity/claims/tenantid"
    assert read(ORGANIZATION_CLAIM=claim).organization_claim == claim
    assert problem_of("ORGANIZATION_CLAIM", "tid oid")


def a_certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an authority")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(9))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def test_extra_authorities_are_a_file_of_certificates(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_bytes("# eine Behörde\n".encode() + a_certificate())
    assert read(EXTRA_CA_FILE=str(path)).extra_ca_file == path


def test_a_file_without_certificates_is_turned_down(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    assert "cannot be read" in problem_of("EXTRA_CA_FILE", str(path))
    for content in (b"", b"no certificate", a_certificate()[:200]):
        path.write_bytes(content)
        assert "no certificates" in problem_of("EXTRA_CA_FILE", str(path))
