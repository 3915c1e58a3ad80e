"""The catalogue of reasons: complete, well formed, and fitted to a config when it is shown."""

import re
from datetime import date

import pytest

from shared.domain.reasons import CATALOGUE, Owner, describe

REQUIRED = [
    "address_not_allowed",
    "auth_not_offered",
    "authorization_expired",
    "authorization_needed",
    "authorization_used",
    "client_secret_expired",
    "client_secret_expiring",
    "client_secret_invalid",
    "connection_lost",
    "connection_refused",
    "connection_timed_out",
    "consent_declined",
    "authorization_unknown",
    "authorization_other_browser",
    "config_changed",
    "config_deleted",
    "check_held_up",
    "grant_not_stored",
    "grant_rejected",
    "host_not_found",
    "identity_provider_unavailable",
    "not_a_mail_server",
    "not_checked",
    "password_rejected",
    "permission_missing",
    "provider_refused",
    "secret_missing",
    "send_as_denied",
    "sign_in_rejected",
    "smtp_refused",
    "smtp_try_later",
    "starttls_missing",
    "tls_certificate_invalid",
    "tls_failed",
    "wrong_account",
]


@pytest.mark.parametrize("code", REQUIRED)
def test_a_code_that_the_service_uses_is_in_the_catalogue(code: str) -> None:
    assert CATALOGUE[code].code == code


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_a_reason_says_what_happened_and_what_to_do(code: str) -> None:
    reason = CATALOGUE[code]

    assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", code)
    assert 0 < len(reason.title) <= 70
    assert not reason.title.endswith(".")
    assert reason.owner in set(Owner)
    assert 1 <= len(re.findall(r"[.:](?= |$)", reason.remedy)) <= 5


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_nothing_is_left_to_fill_in_when_a_reason_is_shown(code: str) -> None:
    reason = describe(code, mailbox="noreply@contoso.example", sender="news@contoso.example")

    assert not re.search(r"[{}]", reason.remedy)
    assert reason.title == CATALOGUE[code].title


def test_the_owners_are_those_who_can_act() -> None:
    assert {str(owner) for owner in Owner} == {
        "application admin", "mailbox user", "tenant admin", "network", "wait",
    }  # fmt: skip


def test_a_powershell_line_stands_on_its_own_at_the_end_of_the_remedy() -> None:
    reason = describe("send_as_denied", mailbox="a@contoso.example", sender="b@contoso.example")

    assert reason.command == (
        "Add-RecipientPermission 'b@contoso.example' -Trustee 'a@contoso.example'"
        " -AccessRights SendAs"
    )
    assert reason.remedy.splitlines()[-1] == reason.command


@pytest.mark.parametrize("quote", ["'", "\u2018", "\u2019", "\u201a", "\u201b"])
def test_a_quote_in_an_address_cannot_end_a_powershell_string(quote: str) -> None:
    name = f"o{quote}brien@contoso.example"

    reason = describe("smtp_auth_disabled_mailbox", mailbox=name, sender=name)

    assert reason.command is not None
    assert f"'o{quote}{quote}brien@contoso.example'" in reason.command


def test_an_address_cannot_add_a_line_to_a_command() -> None:
    reason = describe(
        "smtp_auth_disabled_mailbox", mailbox="a@b.example\r\nRemove-Mailbox", sender="x"
    )

    assert reason.command is not None
    assert "\n" not in reason.command
    assert len(reason.remedy.splitlines()) == 2


def test_an_address_is_not_taken_for_a_placeholder() -> None:
    reason = describe("authorization_needed", mailbox="{sender}@x.example", sender="secret")

    assert "{sender}@x.example" in reason.remedy


def test_the_redirect_uri_to_register_is_named() -> None:
    uri = "https://mail.example/api/oauth/callback"

    reason = describe("redirect_uri_mismatch", mailbox="a@b.example", sender="", redirect_uri=uri)

    assert reason.remedy.endswith(uri)


def test_the_day_when_the_client_secret_expires_is_named() -> None:
    reason = describe(
        "client_secret_expiring", mailbox="a", sender="a", expires_on=date(2026, 5, 4)
    )

    assert "on 2026-05-04" in reason.remedy


def test_a_code_of_another_version_still_has_words() -> None:
    reason = describe("from_the_future", mailbox="a", sender="a")

    assert reason.code == "from_the_future"
    assert reason.title
    assert reason.remedy
