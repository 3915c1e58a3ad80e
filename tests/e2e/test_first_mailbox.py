"""The main job, as a new administrator does it: from nothing to a mailbox that stays verified."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import certifi
import pytest
from playwright.sync_api import Page, expect

from infra.local.stack.banner import CLIENT_ID, CLIENT_SECRET, MAILBOX, PASSWORD
from infra.local.stack.layout import LOCAL_TENANT
from tests.e2e.conftest import ApiSession
from tests.support.running_stack import RunningStack

_SUCCESS = "Authentication successful oauth redirect success"


@pytest.fixture
def oauth_config(stack: RunningStack) -> dict[str, Any]:
    """What an administrator enters for the local mailbox with OAuth 2.0."""
    authority = f"{stack.identity_url}/{LOCAL_TENANT}/oauth2/v2.0"
    return {
        "authType": "oauth2.0",
        "hostName": "localhost",
        "port": stack.ports.smtp,
        "userName": MAILBOX,
        "authorizationUrl": f"{authority}/authorize",
        "tokenUrl": f"{authority}/token",
        "clientId": CLIENT_ID,
        "clientSecret": CLIENT_SECRET,
    }


@pytest.fixture
def basic_config(stack: RunningStack) -> dict[str, Any]:
    """What an administrator enters for the local mailbox with a password."""
    return {
        "authType": "basic",
        "hostName": "localhost",
        "port": stack.ports.smtp,
        "userName": MAILBOX,
        "password": PASSWORD,
    }


@pytest.fixture
def hasty_stack(stack: RunningStack) -> Iterator[RunningStack]:
    """A stack whose mailboxes are due again after a few seconds."""
    usual = stack.settings["CHECK_INTERVAL_HOURS"]
    stack.restart("host", settings={"CHECK_INTERVAL_HOURS": "0.001"})
    yield stack
    stack.restart("host", settings={"CHECK_INTERVAL_HOURS": usual})


def test_a_mailbox_is_authorized_in_a_browser_and_stays_verified(
    hasty_stack: RunningStack, api: ApiSession, page: Page, oauth_config: dict[str, Any]
) -> None:
    config = _create(api, oauth_config)
    assert config["status"] == "notVerified"
    assert config["reason"]["code"] == "authorization_needed"

    _authorize(api, config, page)

    expect(page.locator("body")).to_contain_text(_SUCCESS)
    verified = _get(api, config["id"])
    assert verified["status"] == "verified"

    checked = _run_maintenance_when_due(api, verified)
    assert checked["status"] == "verified"
    assert checked["tokenRefreshedAt"] > verified["tokenRefreshedAt"]
    assert checked["nextCheckAt"] > verified["nextCheckAt"]

    hasty_stack.restart()

    assert _get(api, config["id"]) == checked


@pytest.fixture
def stack_behind_a_company_proxy(stack: RunningStack) -> Iterator[RunningStack]:
    """A stack whose function app runs with a CA bundle that does not know the stack's own CA."""
    stack.restart("host", settings={"REQUESTS_CA_BUNDLE": certifi.where()})
    yield stack
    stack.restart("host", settings={"REQUESTS_CA_BUNDLE": None})


@pytest.mark.usefixtures("stack_behind_a_company_proxy")
def test_a_ca_bundle_of_the_machine_does_not_get_in_the_way(
    api: ApiSession, page: Page, oauth_config: dict[str, Any]
) -> None:
    config = _create(api, oauth_config | {"userName": "reports@contoso.example"})

    _authorize(api, config, page)

    expect(page.locator("body")).to_contain_text(_SUCCESS)
    assert _get(api, config["id"])["status"] == "verified"


def test_a_password_that_is_right_verifies_the_mailbox(
    api: ApiSession, basic_config: dict[str, Any]
) -> None:
    config = _create(api, basic_config)

    checked = api.post(f"/api/configs/{config['id']}/verify").json()

    assert checked["status"] == "verified"


def test_a_password_that_is_wrong_is_told_with_a_remedy(
    api: ApiSession, basic_config: dict[str, Any]
) -> None:
    config = _create(api, basic_config | {"password": "not-the-password"})

    checked = api.post(f"/api/configs/{config['id']}/verify").json()

    assert checked["status"] == "notVerified"
    assert checked["reason"]["remedy"]
    assert "not-the-password" not in str(checked)


def _create(api: ApiSession, body: dict[str, Any]) -> dict[str, Any]:
    created = api.post("/api/configs", json=body)
    assert created.status_code == 201, created.text
    config: dict[str, Any] = created.json()
    return config


def _get(api: ApiSession, config_id: str) -> dict[str, Any]:
    answer = api.get(f"/api/configs/{config_id}")
    assert answer.status_code == 200, answer.text
    config: dict[str, Any] = answer.json()
    return config


def _authorize(api: ApiSession, config: dict[str, Any], page: Page) -> None:
    """Sign in and accept in the browser, with the cookie that the answer bound the flow to.

    Consent is asked once for a mailbox and an application, so each test has its own mailbox.
    """
    started = api.post(f"/api/configs/{config['id']}/authorize")
    assert started.status_code == 200, started.text
    page.context.add_cookies(
        [
            {"name": cookie.name, "value": cookie.value or "", "url": f"{api.base}{cookie.path}"}
            for cookie in started.cookies
        ]
    )
    page.goto(started.json()["authorizationUrl"])
    expect(page.locator("input[name=username]")).to_have_value(config["userName"])
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Accept").click()


def _run_maintenance_when_due(api: ApiSession, config: dict[str, Any]) -> dict[str, Any]:
    """Run the timer function by hand once the mailbox is due; gives the config as checked."""
    due = datetime.fromisoformat(config["nextCheckAt"])
    _wait_until(lambda: datetime.now(UTC) > due)
    asked = api.post("/admin/functions/maintenance_timer", json={"input": ""})
    assert asked.status_code == 202, asked.text
    _wait_until(lambda: _get(api, config["id"])["checkedAt"] != config["checkedAt"])
    return _get(api, config["id"])


def _wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
