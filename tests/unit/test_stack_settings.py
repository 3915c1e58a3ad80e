"""The app settings of the local function host, and what the environment changes about them."""

import json
from pathlib import Path

import pytest

from infra.local.stack.errors import StackError
from infra.local.stack.layout import Layout
from infra.local.stack.ports import Ports
from infra.local.stack.settings import app_settings, write_extra_ca, write_settings_file

_OWN_CA = "-----BEGIN CERTIFICATE-----\nown\n-----END CERTIFICATE-----\n"
_OTHER_CA = "-----BEGIN CERTIFICATE-----\nother\n-----END CERTIFICATE-----\n"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(root=tmp_path, data=tmp_path / "data", ports=Ports())
    layout.tls.mkdir(parents=True)
    layout.ca_file.write_text(_OWN_CA)
    return layout


def test_the_host_is_told_where_every_component_is(layout: Layout) -> None:
    settings = app_settings(layout, {})

    assert settings["KEY_VAULT_URL"] == "https://localhost:8444"
    assert settings["IDENTITY_ENDPOINT"] == "https://localhost:8444/msi/token"
    assert settings["REDIRECT_URI"] == "http://localhost:7071/api/oauth/callback"
    assert settings["EXTRA_AUTHORITY_HOSTS"] == "localhost:8443,127.0.0.1:8443"
    assert settings["EXTRA_MAIL_HOSTS"].split(",") == [
        "localhost:2525",
        "localhost:2465",
        "127.0.0.1:2525",
        "127.0.0.1:2465",
    ]
    assert (
        "TableEndpoint=http://127.0.0.1:10002/devstoreaccount1;"
        in (settings["AzureWebJobsStorage"])
    )


def test_other_ports_reach_every_setting(tmp_path: Path) -> None:
    ports = Ports(blob=1, queue=2, table=3, identity=4, vault=5, smtp=6, smtps=7, mailbox=8, host=9)

    settings = app_settings(Layout(root=tmp_path, data=tmp_path, ports=ports), {})

    everything = " ".join(settings.values())
    assert "localhost:4" in everything
    usual = ("10000", "8443", "8444", "2525", "7071")
    assert not [port for port in usual if f":{port}" in everything]


def test_a_setting_in_the_environment_wins(layout: Layout) -> None:
    settings = app_settings(layout, {"CHECK_INTERVAL_HOURS": "0.5", "ORGANIZATION_CLAIM": "org"})

    assert settings["CHECK_INTERVAL_HOURS"] == "0.5"
    assert settings["ORGANIZATION_CLAIM"] == "org"


def test_an_empty_setting_in_the_environment_wins_too(layout: Layout) -> None:
    assert app_settings(layout, {"REDIRECT_URI": ""})["REDIRECT_URI"] == ""


def test_hosts_in_the_environment_are_added_to_the_stacks_own(layout: Layout) -> None:
    settings = app_settings(layout, {"EXTRA_MAIL_HOSTS": " mail.example:26 "})

    assert settings["EXTRA_MAIL_HOSTS"].startswith("localhost:2525,")
    assert settings["EXTRA_MAIL_HOSTS"].endswith(",mail.example:26")


def test_no_hosts_in_the_environment_add_nothing(layout: Layout) -> None:
    assert app_settings(layout, {"EXTRA_MAIL_HOSTS": ""}) == app_settings(layout, {})


def test_the_callers_authorities_are_trusted_beside_the_stacks_own(
    layout: Layout, tmp_path: Path
) -> None:
    given = tmp_path / "company.pem"
    given.write_text(_OTHER_CA)

    write_extra_ca(layout, {"EXTRA_CA_FILE": str(given)})

    assert layout.extra_ca_file.read_text() == _OWN_CA + _OTHER_CA
    assert app_settings(layout, {"EXTRA_CA_FILE": str(given)})["EXTRA_CA_FILE"] == str(
        layout.extra_ca_file
    )


def test_without_a_file_of_the_callers_only_the_stack_is_trusted(layout: Layout) -> None:
    write_extra_ca(layout, {})

    assert layout.extra_ca_file.read_text() == _OWN_CA


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_that_holds_no_authority_is_refused_by_name(
    layout: Layout, tmp_path: Path, content: str | None
) -> None:
    given = tmp_path / "company.pem"
    if content is not None:
        given.write_text(content)

    with pytest.raises(StackError, match=r"EXTRA_CA_FILE .*company\.pem"):
        write_extra_ca(layout, {"EXTRA_CA_FILE": str(given)})


def test_the_settings_file_has_the_form_of_local_settings_json(layout: Layout) -> None:
    write_settings_file(layout, app_settings(layout, {}))

    content = json.loads(layout.settings_file.read_text())
    assert content["IsEncrypted"] is False
    assert content["Values"]["FUNCTIONS_WORKER_RUNTIME"] == "python"
    assert content["Host"] == {
        "LocalHttpPort": 7071,
        "CORS": "http://localhost:7071,http://localhost:5173",
        "CORSCredentials": True,
    }
