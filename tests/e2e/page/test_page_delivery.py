"""What a browser downloads before it shows the page."""

import gzip
from collections.abc import Callable

import requests
from playwright.sync_api import BrowserContext, Response, expect

from tests.support.running_stack import RunningStack
from tests.support.settings_page import VIEW, SettingsPage

MOST_BYTES = 250_000


def test_the_first_load_is_small_and_asks_nobody_else(
    new_context: Callable[..., BrowserContext], stack: RunningStack, tenant: str
) -> None:
    page = new_context().new_page()
    settings = SettingsPage(page, stack, tenant)
    settings.sign_in()
    expect(page.get_by_role("heading", name="No mailbox yet")).to_be_visible()

    with_nothing_kept = new_context(storage_state=page.context.storage_state()).new_page()
    answers: list[Response] = []
    with_nothing_kept.on("response", lambda answer: answers.append(answer))
    with_nothing_kept.goto(stack.host_url + VIEW)
    heading = with_nothing_kept.get_by_role("heading", name="No mailbox yet")
    expect(heading).to_be_visible()

    assert {answer.url.startswith(stack.host_url + "/") for answer in answers} == {True}
    sizes = {answer.url: answer.request.sizes() for answer in answers}
    total = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes.values())
    assert 50_000 < total <= MOST_BYTES, sizes


def test_gzip_alone_keeps_the_budget_too(stack: RunningStack) -> None:
    session = requests.Session()
    session.trust_env = False
    index = session.get(stack.host_url + VIEW, timeout=10).text
    paths = {part.split('"')[0] for part in index.split('="')[1:] if part.startswith("/settings/")}
    total = len(gzip.compress(index.encode()))
    for path in paths:
        headers = {"Accept-Encoding": "gzip"}
        answer = session.get(stack.host_url + path, headers=headers, timeout=10, stream=True)
        assert answer.status_code == 200
        total += len(answer.raw.read())
        if "/assets/" in path:
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert answer.headers["Content-Encoding"] == "gzip"
    assert 50_000 < total <= MOST_BYTES


def test_the_page_is_found_without_a_view_too(stack: RunningStack) -> None:
    for path in ("/settings", "/settings/", "/settings/outgoing-mail/some-id"):
        answer = requests.get(stack.host_url + path, timeout=10)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-cache"
    assert requests.get(f"{stack.host_url}/settings/assets/none.js", timeout=10).status_code == 404
    assert requests.post(stack.host_url + VIEW, timeout=10).status_code in {404, 405}
