"""docs/deploying.md: what it names is there, and what there is to do is in it."""

import re

import pytest

from tests.infra import bicep

ROOT = bicep.INFRA.parent
TEXT = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^#+ (.+)$", TEXT, re.M)
OWN_PARAMETERS = "infra/examples/contoso.bicepparam"
CODE = re.findall(r"`([^`\n]+)`", TEXT) + re.findall(r"^ {4,}(\S.*)$", TEXT, re.M)


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize(
    "heading",
    [
        "From nothing to the first verified mailbox",
        "Time and cost",
        "Updating",
        "Rolling back",
        "Rotating",
        "Moving to another region",
        "Restoring a deleted vault secret",
        "National clouds",
        "When an alert fires",
    ],
)
def test_there_is_a_part_for_each_thing_that_comes_up(heading: str) -> None:
    assert heading in HEADINGS


def test_there_is_a_part_for_each_alert() -> None:
    alerts = bicep.parsed(bicep.INFRA / "modules" / "alerts.bicep")["variables"]["alerts"]["value"]
    _, _, runbooks = TEXT.partition("## When an alert fires")

    assert re.findall(r"^### (.+)$", runbooks, re.M) == [alert["key"] for alert in alerts]


def test_links_within_lead_somewhere() -> None:
    anchors = {_anchor(heading) for heading in HEADINGS}

    assert set(re.findall(r"\]\(#([\w-]+)\)", TEXT)) <= anchors


def test_files_that_it_names_are_there() -> None:
    named = {
        name
        for code in CODE
        for name in re.findall(r"(?<![\w/.-])((?:infra|scripts|tests|\.github)/[\w./-]*)", code)
    } - {OWN_PARAMETERS}

    assert named
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_a_copied_example_finds_its_template_from_where_it_is_put() -> None:
    [example] = set(re.findall(r"Copy `(infra/\S+\.bicepparam)`", TEXT))
    used = set(re.findall(r"--parameters (infra/\S+\.bicepparam)$", TEXT, re.M))

    assert used == {OWN_PARAMETERS}
    assert example.rpartition("/")[0] == OWN_PARAMETERS.rpartition("/")[0]


def test_parameters_and_outputs_that_it_names_are_there() -> None:
    declared: set[str] = set()
    for path in bicep.TARGETS:
        content = bicep.parsed(path)
        declared |= set(content["parameters"]) | set(content["outputs"])
    named = {code for code in CODE if re.fullmatch(r"[a-z]+[A-Z]\w+", code)}

    assert {"vnetEnabled", "allowedTenantIds", "timerAlertWindow"} <= named
    assert named - declared == set()


def test_codes_that_it_names_are_in_the_code() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "shared").rglob("*.py")]
    text = "\n".join(
        [*sources, *(it.read_text("utf-8") for it in (ROOT / "functions").glob("*.py"))]
    )
    _, _, runbooks = TEXT.partition("## When an alert fires")
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", runbooks))

    assert {"setting_invalid", "identity_provider_unavailable"} <= named
    assert {name for name in named if name not in text} == set()


def test_every_variable_of_the_workflows_is_told() -> None:
    used: set[str] = set()
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        used |= set(re.findall(r"vars\.(\w+)", path.read_text(encoding="utf-8")))

    assert used
    assert {name for name in used if f"`{name}`" not in TEXT} == set()


def test_what_azd_is_told_to_set_is_read() -> None:
    set_by_the_reader = set(re.findall(r"azd env set (\w+)", TEXT))
    parameters = (bicep.INFRA / "main.bicepparam").read_text(encoding="utf-8")
    hook = (bicep.INFRA / "entra" / "azd-register.sh").read_text(encoding="utf-8")
    read = set(re.findall(r"readEnvironmentVariable\('(\w+)'", parameters))
    read |= set(re.findall(r"^need (\w+)", hook, re.M))

    assert set_by_the_reader <= read


def test_it_says_what_has_not_been_tried() -> None:
    first = TEXT.partition("## What is made")[0]

    assert "without Azure and without the Bicep compiler" in first
    assert "calculated, not billed" in first
