"""The function app over fakes."""

import pytest

from shared import container
from tests.support.function_app import App


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> App:
    app = App()
    monkeypatch.setattr(container, "get_container", lambda: app)
    return app
