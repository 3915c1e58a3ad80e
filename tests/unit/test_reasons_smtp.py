"""Replies of mail servers become failures."""

import re
from pathlib import Path

import pytest

from shared.domain.reasons import CATALOGUE, classify_smtp

DATA = Path(__file__).parent / "data"
TABLES = (DATA / "provider_errors.md").read_text(encoding="utf-8")


def replies() -> list[tuple[int, str, str]]:
    """(code, text, reason) of real servers' replies."""
    lines = (DATA / "smtp_replies.txt").read_text(encoding="utf-8").splitlines()
    parts = [re.fullmatch(r"(\w+): (\d{3}) (.+)", line) for line in lines]
    return [(int(part[2]), part[3], part[1]) for part in parts if part]


REPLIES = replies()


@pytest.mark.parametrize(("code", "text", "reason"), REPLIES)
def test_a_reply_leads_to_its_reason(code: int, text: str, reason: str) -> None:
    failure = classify_smtp(code, text, oauth=True)

    assert failure.code == reason
    assert failure.code in CATALOGUE
    assert not failure.ends_grant


def test_every_row_of_the_table_is_among_the_replies() -> None:
    table = TABLES.split("| SMTP answer")[1]
    rows = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| ")]
    answers = {f"{code} {text}": reason for code, text, reason in REPLIES}

    for row in rows:
        for number in re.findall(r"\b[45]\.\d\.\d+\b|\b(?:421|451)\b", row[0]):
            owners = {
                str(CATALOGUE[reason].owner)
                for answer, reason in answers.items()
                if re.search(rf"(?<![\d.]){re.escape(number)}(?![\d]|\.\d)", answer)
            }
            assert row[-1].strip() in owners | {""}, f"{number} of {row[0]}"
            assert owners, f"{number} of {row[0]}"


@pytest.mark.parametrize("code", [534, 535])
def test_a_refused_password_is_told_from_a_refused_token(code: int) -> None:
    text = "5.7.3 Authentication unsuccessful"

    assert classify_smtp(code, text, oauth=False).code == "password_rejected"
    assert classify_smtp(code, text, oauth=True).code == "sign_in_rejected"


@pytest.mark.parametrize("code", range(400, 500))
def test_a_4xx_reply_always_passes(code: int) -> None:
    assert classify_smtp(code, "5.7.30 whatever", oauth=False).passing


@pytest.mark.parametrize(("code", "text", "reason"), REPLIES)
def test_a_5xx_reply_is_permanent_unless_waiting_helps(code: int, text: str, reason: str) -> None:
    failure = classify_smtp(code, text, oauth=True)

    assert failure.passing == (CATALOGUE[reason].owner == "wait")


def test_the_servers_own_words_are_kept() -> None:
    failure = classify_smtp(554, "Transaction failed\r\nReason: \x07full moon", oauth=True)

    assert failure.detail == "554 Transaction failed Reason: full moon"


def test_an_ip_address_is_not_taken_for_a_status() -> None:
    assert classify_smtp(554, "Blocked: 10.5.2.2", oauth=True).code == "smtp_refused"
    assert classify_smtp(554, "Blocked: 5.2.2.10", oauth=True).code == "smtp_refused"


def test_a_token_that_the_server_repeats_is_cut_out() -> None:
    token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwcyJ9.c2lnbmF0dXJl"

    failure = classify_smtp(535, f"5.7.3 bad token {token}", oauth=True)

    assert failure.detail == "535 5.7.3 bad token [cut]"
