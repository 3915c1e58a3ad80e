"""Fixtures of the tests from outside: over HTTP, and in a browser."""

import os
import sys
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, Page, sync_playwright

from scripts.setup import find_browser
from tests.support.running_stack import RunningStack

_ACTION_MILLISECONDS = 15_000


class ApiSession(requests.Session):
    """Calls the function app by path, as one organization's administrator."""

    def __init__(self, base: str, token: str) -> None:
        super().__init__()
        self.trust_env = False
        self.base = base
        self.headers["Authorization"] = f"Bearer {token}"

    def request(  # type: ignore[override]  # the parameters are passed on as they come
        self, method: str, url: str, **options: object
    ) -> requests.Response:
        """Send one request; `url` may be a path."""
        absolute = url if "://" in url else self.base + url
        options.setdefault("timeout", 60)
        return super().request(method, absolute, **options)  # type: ignore[arg-type]


@pytest.fixture
def api(stack: RunningStack) -> Iterator[ApiSession]:
    """The administrator of the local organization."""
    with ApiSession(stack.host_url, stack.token()) as session:
        yield session


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the run: the system's, or else Playwright's own."""
    with sync_playwright() as playwright:
        # Containers give /dev/shm 64 MB, which Chromium outgrows.
        chromium = playwright.chromium.launch(
            executable_path=find_browser(os.environ),
            args=["--disable-dev-shm-usage"] if sys.platform == "linux" else [],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a browser context of its own, that accepts the stack's certificates."""
    context = browser.new_context(ignore_https_errors=True, locale="en-US")
    context.set_default_timeout(_ACTION_MILLISECONDS)
    yield context.new_page()
    context.close()
