"""Errors of the identity provider become failures."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.reasons import CATALOGUE, Owner, classify_oauth

TABLES = (Path(__file__).parent / "data" / "provider_errors.md").read_text(encoding="utf-8")


def rows() -> list[tuple[tuple[int, ...], str]]:
    """(numbers, owner) of each row of the table of sign-in errors."""
    table = TABLES.split("| SMTP answer")[0]
    cells = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| ")]
    found = [(tuple(map(int, re.findall(r"\d{4,}", row[0]))), row[-1].strip()) for row in cells]
    return [(numbers, owner) for numbers, owner in found if numbers]


NUMBERS = [(number, owner) for numbers, owner in rows() for number in numbers]
WAITING = {number for number, owner in NUMBERS if owner == "wait"}


def test_the_table_has_been_read_as_a_whole() -> None:
    assert len(rows()) == 26
    assert len(NUMBERS) == len(dict(NUMBERS)) == 76


@pytest.mark.parametrize("numbers", [numbers for numbers, _ in rows()])
def test_the_numbers_of_one_row_have_one_reason(numbers: tuple[int, ...]) -> None:
    codes = {classify_oauth("invalid_grant", error_codes=[number]).code for number in numbers}

    assert len(codes) == 1


def test_the_rows_have_reasons_of_their_own() -> None:
    codes = [classify_oauth("x", error_codes=[numbers[0]]).code for numbers, _ in rows()]

    assert len(set(codes)) == len(codes)
    assert "provider_refused" not in codes


@pytest.mark.parametrize(("number", "owner"), NUMBERS)
def test_a_number_leads_to_who_can_act(number: int, owner: str) -> None:
    code = classify_oauth("invalid_grant", error_codes=[number]).code

    # The row that names nobody is a fault of this service.
    assert CATALOGUE[code].owner == (owner or Owner.APPLICATION_ADMIN)


@pytest.mark.parametrize(("number", "_owner"), NUMBERS)
def test_a_number_in_the_description_counts_where_the_list_is_missing(
    number: int, _owner: str
) -> None:
    listed = classify_oauth("invalid_grant", error_codes=[number])
    described = classify_oauth("invalid_grant", description=f"AADSTS{number}: Something.")

    assert (described.code, described.passing, described.ends_grant) == (
        listed.code, listed.passing, listed.ends_grant,
    )  # fmt: skip


@pytest.mark.parametrize("number", sorted(WAITING))
def test_passing_trouble_is_never_a_dead_grant(number: int) -> None:
    failure = classify_oauth("invalid_grant", "bad_token", [700082, number])

    assert failure.code == "identity_provider_unavailable"
    assert failure.passing
    assert not failure.ends_grant


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_status_of_trouble_goes_before_what_the_body_says(status: int) -> None:
    failure = classify_oauth(
        "invalid_grant", error_codes=[700082], status=status, retry_after=timedelta(seconds=7)
    )

    assert (failure.passing, failure.ends_grant) == (True, False)
    assert failure.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize("error", ["temporarily_unavailable", "server_error"])
def test_an_error_of_trouble_passes_even_with_status_400(error: str) -> None:
    assert classify_oauth(error, status=400).passing


@pytest.mark.parametrize("number", [700082, 70008, 50173, 70000, 50132, 50133, 70043, 700084])
def test_a_dead_grant_is_told_by_its_number(number: int) -> None:
    failure = classify_oauth("invalid_grant", error_codes=[number], status=400)

    assert failure.ends_grant
    assert not failure.passing


@pytest.mark.parametrize("suberror", ["bad_token", "token_expired"])
def test_a_dead_grant_is_told_by_its_suberror(suberror: str) -> None:
    assert classify_oauth("invalid_grant", suberror, [123456]).ends_grant


def test_an_unknown_invalid_grant_is_a_dead_grant() -> None:
    failure = classify_oauth("invalid_grant", description="No such grant.", status=400)

    assert (failure.code, failure.ends_grant) == ("grant_rejected", True)


@pytest.mark.parametrize(
    "number", [50076, 50079, 53003, 530032, 50053, 50057, 50055, 65001, 65004, 50105, 54005]
)
def test_what_the_user_or_a_policy_can_mend_leaves_the_grant(number: int) -> None:
    failure = classify_oauth("invalid_grant", error_codes=[number], status=400)

    assert (failure.passing, failure.ends_grant) == (False, False)


def test_a_consent_that_is_asked_for_leaves_the_grant() -> None:
    failure = classify_oauth("invalid_grant", "consent_required", status=400)

    assert (failure.code, failure.ends_grant) == ("consent_missing", False)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("invalid_client", "client_secret_invalid"),
        ("access_denied", "consent_declined"),
        ("interaction_required", "interaction_required"),
        ("invalid_scope", "permission_missing"),
        ("unheard_of", "provider_refused"),
        (None, "provider_refused"),
    ],
)
def test_without_a_number_the_error_explains(error: str | None, code: str) -> None:
    failure = classify_oauth(error, status=400)

    assert (failure.code, failure.passing, failure.ends_grant) == (code, False, False)


def test_a_wrong_client_secret_never_ends_the_grant() -> None:
    assert not classify_oauth("invalid_client", "bad_token", [7000215, 70000]).ends_grant


def test_the_ids_of_the_provider_are_kept() -> None:
    failure = classify_oauth("x", trace_id="0a1b-trace", correlation_id="9f-corr")

    assert failure.reference == "Trace ID 0a1b-trace, correlation ID 9f-corr"


def test_the_ids_are_read_from_the_description_where_the_fields_are_missing() -> None:
    failure = classify_oauth(
        "invalid_grant",
        description="AADSTS70000: Revoked. Trace ID: 11111111-2222-3333-4444-555555555555"
        " Correlation ID: 66666666-2222-3333-4444-555555555555 Timestamp: 2026-01-01 00:00:00Z",
    )

    assert failure.detail == "AADSTS70000: Revoked."
    assert failure.reference == (
        "Trace ID 11111111-2222-3333-4444-555555555555,"
        " correlation ID 66666666-2222-3333-4444-555555555555"
    )


def test_an_id_that_is_none_is_not_shown() -> None:
    assert classify_oauth("x", trace_id="<script>", correlation_id="a b").reference is None


JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
ENTRA_SECRET = "abC8Q~0123456789.abcdefghij-klmnopqrstuv"


@pytest.mark.parametrize(
    "secret",
    [
        JWT,
        ENTRA_SECRET,
        "0.AXoA" + "Abc123-_" * 40,
        "dXNlcj1h" * 10,
        "client_secret=hunter2",
        "refresh_token=short",
        "auth=Bearer hunter2",
    ],
)
def test_what_looks_like_a_secret_is_cut_out_of_the_detail(secret: str) -> None:
    failure = classify_oauth("x", description=f"The value {secret} is not accepted.")

    assert failure.detail is not None
    assert failure.detail.startswith("The value ")
    assert failure.detail.endswith(" is not accepted.")
    assert secret not in failure.detail
    assert "hunter2" not in failure.detail
    assert "Abc123" not in failure.detail


def test_ordinary_words_ids_and_urls_are_left_in_the_detail() -> None:
    words = (
        "AADSTS500011: The resource principal named https://outlook.office.com/a/b was not found"
        " in the tenant 11111111-2222-3333-4444-555555555555. See"
        " https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/oauth2/v2.0/token"
    )

    assert classify_oauth("x", description=words).detail == words


@given(st.text())
def test_the_detail_is_one_short_line_that_can_be_stored(text: str) -> None:
    detail = classify_oauth("x", description=text).detail

    assert detail is not None
    assert 0 < len(detail) <= 500
    assert len(detail.splitlines()) == 1
    assert detail.encode("utf-8")


def test_a_very_long_description_is_cut_short_with_its_secret() -> None:
    detail = classify_oauth("x", description="word " * 97 + "A" * 100_000).detail

    assert detail is not None
    assert len(detail) <= 500
    assert "AAAA" not in detail
