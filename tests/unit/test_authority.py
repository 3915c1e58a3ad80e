"""The two URLs of a config become one authority, or say all that is wrong with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.authority import MICROSOFT_HOSTS, Authority, HostRule, parse_authority
from shared.domain.errors import FieldError

TENANT = "11111111-1111-1111-1111-111111111111"
HOST = "login.microsoftonline.com"
LOCAL: tuple[HostRule, ...] = (("localhost", 8443), ("idp.example", None))


def urls(host: str = HOST, tenant: str = TENANT) -> tuple[str, str]:
    base = f"https://{host}/{tenant}/oauth2/v2.0"
    return f"{base}/authorize", f"{base}/token"


def authority(host: str = HOST, tenant: str = TENANT) -> Authority:
    parsed = parse_authority(*urls(host, tenant), LOCAL)
    assert isinstance(parsed, Authority), parsed
    return parsed


def errors(authorization_url: str, token_url: str) -> list[FieldError]:
    parsed = parse_authority(authorization_url, token_url, LOCAL)
    assert isinstance(parsed, list), parsed
    return parsed


def test_what_the_portal_shows_is_taken() -> None:
    assert authority() == Authority(
        host=HOST,
        tenant=TENANT,
        authority=f"https://{HOST}/{TENANT}",
        scopes=(
            "https://outlook.office.com/SMTP.Send",
            "https://outlook.office.com/IMAP.AccessAsUser.All",
        ),
        rotates_refresh_tokens=False,
    )


@pytest.mark.parametrize("host", MICROSOFT_HOSTS)
def test_every_cloud_of_microsoft_is_known(host: str) -> None:
    assert authority(host).host == host


@pytest.mark.parametrize(
    ("host", "resource"),
    [
        ("login.microsoftonline.us", "https://outlook.office365.us"),
        ("login.partner.microsoftonline.cn", "https://partner.outlook.cn"),
        ("login.chinacloudapi.cn", "https://partner.outlook.cn"),
    ],
)
def test_the_scopes_are_those_of_the_cloud(host: str, resource: str) -> None:
    assert authority(host).scopes == (f"{resource}/SMTP.Send", f"{resource}/IMAP.AccessAsUser.All")


@pytest.mark.parametrize("tenant", [TENANT, "contoso.example", "contoso.onmicrosoft.com"])
def test_a_tenant_is_named_by_id_or_domain(tenant: str) -> None:
    assert authority(tenant=tenant).tenant == tenant


def test_letters_of_either_case_mean_the_same() -> None:
    parsed = parse_authority(
        f"HTTPS://Login.MicrosoftOnline.com/{TENANT.upper()}/oauth2/v2.0/authorize",
        f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token",
        (),
    )

    assert parsed == authority()


@pytest.mark.parametrize("host", ["localhost:8443", "idp.example", "idp.example:1234"])
def test_a_host_of_the_setting_is_taken_and_may_rotate_refresh_tokens(host: str) -> None:
    parsed = authority(host)

    assert parsed.authority == f"https://{host}/{TENANT}"
    assert parsed.rotates_refresh_tokens


@pytest.mark.parametrize("host", ["localhost", "localhost:8444", "sub.idp.example"])
def test_another_port_or_name_than_the_settings_is_turned_down(host: str) -> None:
    assert {error.pointer for error in errors(*urls(host))} == {"/authorizationUrl", "/tokenUrl"}


@pytest.mark.parametrize("tenant", ["common", "organizations", "consumers", "Common"])
def test_a_tenant_of_several_directories_is_turned_down_with_the_reason(tenant: str) -> None:
    found = errors(*urls(tenant=tenant))

    assert [error.pointer for error in found] == ["/authorizationUrl", "/tokenUrl"]
    assert all("Directory (tenant) ID" in error.message for error in found)


def test_a_v1_endpoint_is_turned_down_and_the_v2_one_shown() -> None:
    base = f"https://{HOST}/{TENANT}/oauth2"

    found = errors(f"{base}/authorize", f"{base}/token")

    assert found[0].message.endswith(f"{base}/v2.0/authorize")
    assert found[1].message.endswith(f"{base}/v2.0/token")


def test_urls_in_each_others_field_are_told_apart() -> None:
    authorization_url, token_url = urls()

    found = errors(token_url, authorization_url)

    assert all("the other of the two URLs" in error.message for error in found)
    assert len(found) == 2


def test_urls_of_two_tenants_or_hosts_do_not_agree() -> None:
    found = errors(urls()[0], urls("login.microsoft.com", "contoso.example")[1])

    assert [error.pointer for error in found] == ["/tokenUrl", "/tokenUrl"]
    assert "same host" in found[0].message
    assert "same tenant" in found[1].message


@pytest.mark.parametrize(
    "url",
    [
        "",
        "login.microsoftonline.com",
        f"http://{HOST}/{TENANT}/oauth2/v2.0/authorize",
        f"https://{HOST}:443/{TENANT}/oauth2/v2.0/authorize",
        f"https://{HOST}:/{TENANT}/oauth2/v2.0/authorize",
        f"https://{HOST}:99999/{TENANT}/oauth2/v2.0/authorize",
        f"https://user@{HOST}/{TENANT}/oauth2/v2.0/authorize",
        f"https://{HOST}@evil.example/{TENANT}/oauth2/v2.0/authorize",
        f"https://{HOST}.evil.example/{TENANT}/oauth2/v2.0/authorize",
        f"https://{HOST}\\@evil.example/{TENANT}/oauth2/v2.0/authorize",
        f"https://{HOST}./{TENANT}/oauth2/v2.0/authorize",
        f"https://{HOST}/{TENANT}/oauth2/v2.0/authorize?prompt=none",
        f"https://{HOST}/{TENANT}/oauth2/v2.0/authorize?",
        f"https://{HOST}/{TENANT}/oauth2/v2.0/authorize#",
        f"https://{HOST}/{TENANT}/oauth2/v2.0/authorize/",
        f"https://{HOST}//{TENANT}/oauth2/v2.0/authorize",
        f"https://{HOST}/{TENANT}/../x/oauth2/v2.0/authorize",
        f"https://{HOST}/%2e%2e/oauth2/v2.0/authorize",
        f"https://{HOST}/{TENANT}\t/oauth2/v2.0/authorize",
        f"https://{HOST}/{TENANT}/oauth2/v2.0/authorize\r\n",
        f" https://{HOST}/{TENANT}/oauth2/v2.0/authorize",
        f"https://{HOST}/contoso/oauth2/v2.0/authorize",
        f"https://{HOST}//oauth2/v2.0/authorize",
        f"https://[::1/{TENANT}/oauth2/v2.0/authorize",
        f"https://127.0.0.1/{TENANT}/oauth2/v2.0/authorize",
        f"https://login.micr\u043esoftonline.com/{TENANT}/oauth2/v2.0/authorize",
        f"https://{HOST}/{'a' * 3000}.example/oauth2/v2.0/authorize",
    ],
)
def test_a_url_that_is_not_exact_is_turned_down(url: str) -> None:
    assert {error.pointer for error in errors(url, urls()[1])} == {"/authorizationUrl"}


def test_all_that_is_wrong_is_told_at_once() -> None:
    found = errors("http://a@evil.example/common/oauth2/authorize?x", "nothing")

    assert [error.pointer for error in found].count("/authorizationUrl") == 5
    assert [error.pointer for error in found].count("/tokenUrl") == 3


@given(st.text(), st.text())
def test_no_text_breaks_it(authorization_url: str, token_url: str) -> None:
    assert isinstance(parse_authority(authorization_url, token_url, ()), list)
