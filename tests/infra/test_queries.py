"""The names in the alerts' and the workbook's queries, held against what the services send."""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from shared.domain import telemetry as names
from shared.domain.config import Status
from shared.domain.failures import Failure
from tests.infra import bicep
from tests.support.world import ADMIN, World

QUERIES = sorted((bicep.INFRA / "modules" / "queries").glob("*.kql"))
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in QUERIES}
EACH = pytest.mark.parametrize("name", TEXTS)
METRICS = names.COUNTERS | names.HISTOGRAMS.keys()
SOURCES = [
    path.read_text(encoding="utf-8")
    for path in (bicep.INFRA.parent / "shared" / "services").rglob("*.py")
]


@pytest.fixture(scope="module")
def sent() -> dict[str, set[str]]:
    """Attributes of each metric and event that the services send in a world where much happens."""
    world = World()
    today = world.clock.now().date()
    world.verification.check_now(ADMIN, world.basic().id)
    world.authorized(client_secret_expires_on=today + timedelta(days=31))
    world.authorize(world.oauth(), error="access_denied")
    world.run_until(days=2, tick=timedelta(hours=1))
    world.mail.failure = Failure("smtp_auth_disabled_mailbox")
    world.run_until(days=2, tick=timedelta(hours=1))
    seen: dict[str, set[str]] = {}
    told = world.telemetry
    attributes: list[tuple[str, Iterable[str]]] = [*told.counts, *told.events]
    attributes += [(name, given) for name, _, given in told.values]
    for name, given in attributes:
        seen.setdefault(name, set()).update(given)
    return seen


def _asked_names(text: str) -> set[str]:
    return set(re.findall(r'"(outgoing_mail\.[a-z_.]+)"', text))


@EACH
def test_a_query_asks_for_names_that_the_code_has_in_the_table_they_land_in(name: str) -> None:
    asked = _asked_names(TEXTS[name])

    if "AppMetrics" in TEXTS[name]:
        assert asked
        assert asked <= METRICS
    elif "AppEvents" in TEXTS[name]:
        assert asked
        assert asked <= names.EVENTS
    else:
        assert asked == set()
        assert re.search(r"^(AppRequests|StorageQueueLogs)$", TEXTS[name], re.M)


@EACH
def test_a_query_asks_for_attributes_that_are_sent(name: str, sent: dict[str, set[str]]) -> None:
    attributes = set(re.findall(r"Properties\.(\w+)", TEXTS[name]))
    for asked in _asked_names(TEXTS[name]) & set(sent):
        assert attributes <= sent[asked]


@EACH
def test_a_query_compares_with_values_that_are_sent(name: str) -> None:
    known = {
        "outcome": names.OUTCOMES,
        "status": {str(status) for status in Status} | {names.STATUS_DELETED},
    }
    for attribute, values in known.items():
        compared = re.findall(rf"\b{attribute} (?:in \(|==|!=) ?(\"[^)\n]*?)[)\n]", TEXTS[name])
        for listed in compared:
            assert set(re.findall(r'"(\w+)"', listed.split(" and ")[0])) <= values


def test_the_services_send_all_that_the_code_names(sent: dict[str, set[str]]) -> None:
    referred = {
        value
        for name, value in vars(names).items()
        if any(re.search(rf"\b(?:names|telemetry)\.{name}\b", text) for text in SOURCES)
        if isinstance(value, str)
    }

    assert referred >= METRICS | names.EVENTS
    assert {names.CHECKS, names.TICKS, *names.EVENTS} <= set(sent)


def test_every_metric_and_event_is_asked_for_somewhere() -> None:
    asked = {name for text in TEXTS.values() for name in _asked_names(text)}

    assert asked == METRICS | names.EVENTS


def test_every_query_is_of_an_alert_or_of_the_workbook() -> None:
    used: set[str] = set()
    for module in ("alerts", "workbook"):
        text = (bicep.INFRA / "modules" / f"{module}.bicep").read_text(encoding="utf-8")
        used |= set(re.findall(r"loadTextContent\('queries/([\w-]+)\.kql'\)", text))

    assert used == set(TEXTS)


def _alerts() -> dict[str, dict[str, Any]]:
    alerts = bicep.parsed(bicep.INFRA / "modules" / "alerts.bicep")["variables"]["alerts"]["value"]
    return {alert["key"]: alert for alert in alerts}


def test_there_is_an_alert_for_each_thing_that_should_wake_somebody() -> None:
    alerts = _alerts()

    assert set(alerts) == {
        "poison-messages",
        "failed-checks",
        "timer-silent",
        "expiring-credentials",
        "server-errors",
    }
    assert "days_left <= 14" in TEXTS["expiring-credentials"]
    parameters = bicep.parsed(bicep.INFRA / "main.bicep")["parameters"]
    assert parameters["timerAlertWindow"]["default"] == "PT15M"
    assert alerts["timer-silent"]["operator"] == "LessThan"


@pytest.mark.parametrize("key", _alerts())
def test_an_alert_asks_for_one_number(key: str) -> None:
    last = TEXTS[key].strip().splitlines()[-1]

    assert re.match(r"\| (summarize|project) Value = ", last)


def test_an_operator_sees_first_what_the_day_is_about() -> None:
    parts = bicep.parsed(bicep.INFRA / "modules" / "workbook.bicep")["variables"]["parts"]["value"]

    assert [part["title"] for part in parts][:3] == [
        "Mailboxes by status and reason",
        "Client secrets by days left",
        "Checks per hour",
    ]
    assert "Token refresh, seconds" in {part["title"] for part in parts}
    # A status is told at each check, and those can lie 30 days apart.
    assert {part["days"] for part in parts[:2]} == {31}
