"""What the form is filled in with is what the service would take."""

from typing import Any

import pytest

from shared.domain.authority import Authority, parse_authority
from shared.http.providers import PROVIDERS

TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider["id"])
def test_its_urls_name_an_authority_with_the_scopes_that_are_shown(
    provider: dict[str, Any],
) -> None:
    authority = parse_authority(
        provider["authorizationUrl"].replace("{tenant}", TENANT),
        provider["tokenUrl"].replace("{tenant}", TENANT),
        (),
    )
    assert isinstance(authority, Authority)
    assert list(authority.scopes) == provider["scopes"]
    assert authority.tenant == TENANT
