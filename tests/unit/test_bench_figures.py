"""The benchmark tells kept budgets from broken ones."""

import json
from pathlib import Path

import pytest

from tests.bench.figures import Figure, table, write


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (Figure("reads", "requests", 3, at_most=3), "pass"),
        (Figure("reads", "requests", 4, at_most=3), "FAIL"),
        (Figure("reads", "requests", 0, at_most=0), "pass"),
        (Figure("rate", "ratio", 0.2, at_least=0.1), "pass"),
        (Figure("rate", "ratio", 0.05, at_least=0.1), "FAIL"),
        (Figure("rate", "checks", 17.5, "a second"), ""),
    ],
)
def test_a_figure_is_held_against_its_limit(figure: Figure, verdict: str) -> None:
    assert figure.verdict == verdict
    assert figure.is_held is (verdict != "FAIL")


def test_the_table_shows_what_was_measured_beside_what_is_allowed() -> None:
    lines = table([Figure("reads", "one config", 1, "requests", at_most=1)]).splitlines()
    assert lines[-1].split("  ") == ["reads", "one config", "1 requests", "at most 1", "pass"]


def test_the_report_says_of_each_figure_whether_it_passed(tmp_path: Path) -> None:
    report = tmp_path / "results" / "bench.json"
    write([Figure("a", "b", 2, at_most=1), Figure("a", "c", 2)], report, cores=2)
    document = json.loads(report.read_text())
    assert document["cores"] == 2
    assert [figure["passed"] for figure in document["figures"]] == [False, None]
