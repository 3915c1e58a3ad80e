"""What a large attachment costs while it is submitted."""

import base64
import json
import tracemalloc
from collections.abc import Callable

import pytest

from tests.support.function_app import App

SIZE = 10 * 1024 * 1024
CONTENT = base64.b64encode(bytes(range(256)) * (SIZE // 256)).decode()


def _body(text: str) -> bytes:
    file = {"name": "report.pdf", "contentType": "application/pdf", "content": CONTENT}
    message = {"to": ["to@customer.example"], "subject": text, "text": text, "attachments": [file]}
    return json.dumps(message, ensure_ascii=False).encode()


def _with_escaped_slashes(text: str) -> bytes:
    return _body(text).replace(b"/", b"\\/")


@pytest.mark.parametrize("make", [_body, _with_escaped_slashes])
@pytest.mark.parametrize("text", ["hello", "hello \N{PARTY POPPER}"])
def test_a_report_of_10_mb_takes_no_more_than_4_times_its_size(
    app: App, text: str, make: Callable[[str], bytes]
) -> None:
    app.world.basic()
    app.world.work()
    app.send("POST", "/api/messages", {})  # loads what the first request loads
    tracemalloc.start()
    try:
        body = make(text)
        tracemalloc.reset_peak()
        response = app.send("POST", "/api/messages", body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert response.status_code == 202
    [content] = app.world.contents.contents.values()
    [attachment] = content.attachments
    assert len(attachment.data) == SIZE
    # The body, with the file in Base64, is 1.33 of it; the file, and the file as it is stored: 2.
    assert peak < 4 * SIZE, f"{peak / SIZE:.2f} times the size"
