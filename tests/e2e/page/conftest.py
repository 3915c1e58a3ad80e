"""The settings page, with an organization of its own for each test."""

import uuid
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.e2e.conftest import ApiSession
from tests.support.running_stack import RunningStack
from tests.support.settings_page import SettingsPage

_ACTION_MILLISECONDS = 15_000
# Chromium tells every unsuccessful answer, and each origin that the outcome page speaks to in vain;
# the tests bring those about.
_EXPECTED = ("Failed to load resource", "Failed to execute 'postMessage'")

type NewContext = Callable[..., BrowserContext]


@pytest.fixture
def tenant() -> str:
    """The directory, and so the organization, of who signs in."""
    return str(uuid.uuid4())


@pytest.fixture
def org_api(stack: RunningStack, tenant: str) -> Iterator[ApiSession]:
    """The API as another administrator of the same organization uses it."""
    with ApiSession(stack.host_url, stack.token(org=tenant)) as session:
        yield session


@pytest.fixture
def new_context(browser: Browser, stack: RunningStack) -> Iterator[NewContext]:
    """Opens browser contexts, and fails the test for any error on one of their pages."""
    problems: list[str] = []
    contexts: list[BrowserContext] = []

    settings_url = f"{stack.host_url}/settings/"

    def on_console(message: ConsoleMessage) -> None:
        ours = message.page is not None and message.page.url.startswith(settings_url)
        if message.type in {"error", "warning"} and ours and not message.text.startswith(_EXPECTED):
            problems.append(message.text)

    def on_page(page: Page) -> None:
        page.on("console", on_console)
        page.on("pageerror", lambda error: problems.append(str(error)))

    def opened(**options: object) -> BrowserContext:
        context = browser.new_context(
            ignore_https_errors=True,
            locale="en-US",
            reduced_motion="reduce",
            **options,  # type: ignore[arg-type]  # passed on as they come
        )
        context.set_default_timeout(_ACTION_MILLISECONDS)
        context.on("page", on_page)
        contexts.append(context)
        return context

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def signed_out(new_context: NewContext, stack: RunningStack, tenant: str) -> SettingsPage:
    """A browser in which nobody has signed in."""
    return SettingsPage(new_context().new_page(), stack, tenant)


@pytest.fixture
def settings(signed_out: SettingsPage) -> SettingsPage:
    """The page as an administrator of a new organization first sees it."""
    signed_out.start_session()
    return signed_out
