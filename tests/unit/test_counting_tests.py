"""The closing line of the whole test run counts what the parts report."""

from pathlib import Path

import pytest

from scripts.run_tests import INSIDE, OUTSIDE, Count, count_results

_REPORT = """<testsuites><testsuite>
<testcase classname="a" name="passes"/>
<testcase classname="a" name="fails"><failure/></testcase>
<testcase classname="a" name="breaks in a fixture"><error/></testcase>
<testcase classname="a" name="is left out"><skipped/></testcase>
{more}
</testsuite></testsuites>"""


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", Count(passed=1, failed=2, skipped=1)),
        ('<testcase classname="b" name="passes"/>', Count(passed=2, failed=2, skipped=1)),
        # The same test again: it passed, and then its teardown broke.
        (
            '<testcase classname="a" name="passes"><error/></testcase>',
            Count(passed=0, failed=3, skipped=1),
        ),
    ],
)
def test_every_test_is_counted_once(tmp_path: Path, more: str, expected: Count) -> None:
    report = tmp_path / "results.xml"
    report.write_text(_REPORT.format(more=more))

    assert count_results(report) == expected


def test_every_folder_of_tests_belongs_to_a_part(repository: Path) -> None:
    folders = {
        f"tests/{path.relative_to(repository / 'tests').parts[0]}"
        for path in (repository / "tests").rglob("test_*.py")
    }
    assert folders == {*INSIDE, *OUTSIDE}
