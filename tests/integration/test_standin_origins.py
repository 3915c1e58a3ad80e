"""A page of another site, open in a developer's browser, cannot reach the stand-ins' switches."""

from collections.abc import Callable

import pytest
import requests

from tests.support.running_stack import RunningStack

Ask = Callable[[str], requests.Response]


@pytest.fixture(params=["identity_url", "vault_url", "mailbox_url"])
def ask(
    request: pytest.FixtureRequest,
    identity: RunningStack,  # noqa: ARG001
    vault: RunningStack,  # noqa: ARG001
    mailbox: RunningStack,
) -> Ask:
    """Clears the ordered failures of a stand-in, as a page of an origin would."""
    url = getattr(mailbox, request.param)

    def clear(origin: str) -> requests.Response:
        return requests.delete(
            f"{url}/local/failures",
            headers={"Origin": url if origin == "own" else origin},
            verify=str(mailbox.ca_file),
        )

    return clear


@pytest.mark.parametrize("origin", ["https://attacker.example", "null", "http://localhost:1"])
def test_other_sites_are_refused(ask: Ask, origin: str) -> None:
    assert ask(origin).status_code == 403


def test_its_own_pages_are_served(ask: Ask) -> None:
    assert ask("own").status_code == 204
