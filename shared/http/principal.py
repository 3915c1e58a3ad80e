"""The caller, as App Service Authentication tells us in X-MS-CLIENT-PRINCIPAL.

https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.domain.principal import Principal, Role, organization_of
from shared.http.errors import NoOrganizationError, UnauthenticatedError

HEADER = "X-MS-CLIENT-PRINCIPAL"
MAX_CLAIM = 256
"""Characters that are kept of a claim."""

_XMLSOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"
_MICROSOFT = "http://schemas.microsoft.com/identity/claims"
_ROLE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"
# App Service gives some claims of a token under the names that .NET had for them before JWTs.
_LONG_NAMES = {
    "tid": f"{_MICROSOFT}/tenantid",
    "oid": f"{_MICROSOFT}/objectidentifier",
    "upn": f"{_XMLSOAP}/upn",
    "email": f"{_XMLSOAP}/emailaddress",
    "sub": f"{_XMLSOAP}/nameidentifier",
}
_ACTOR = ("preferred_username", "upn", "email", "name", "oid", "sub", "appid", "azp")
_ROLES = {role.value: role for role in Role}


@dataclass(frozen=True, slots=True)
class _Claims:
    entries: tuple[tuple[str, str], ...]
    role_type: str

    def values(self, *names: str) -> list[str]:
        wanted = {*names, *(_LONG_NAMES[name] for name in names if name in _LONG_NAMES)}
        return [value for name, value in self.entries if name in wanted and value]

    def first(self, names: Iterable[str]) -> str | None:
        return next((value for name in names for value in self.values(name)), None)


def read_principal(
    headers: Mapping[str, str], organization_claim: str, *, vouched_for: bool
) -> Principal:
    """Who is calling. `vouched_for`: the platform puts the header there, and nobody else can.

    Raises `UnauthenticatedError` and `NoOrganizationError`.
    """
    header = headers.get(HEADER)
    if not header or not vouched_for:
        raise UnauthenticatedError
    claims = _decode(header)
    return Principal(
        organization=_organization(claims.values(organization_claim), organization_claim),
        actor=(claims.first(_ACTOR) or "unknown")[:MAX_CLAIM],
        roles=frozenset(
            _ROLES[value]
            for value in claims.values("roles", claims.role_type, _ROLE)
            if value in _ROLES
        ),
        name=claims.first(("name",)),
    )


def _decode(header: str) -> _Claims:
    try:
        document = json.loads(base64.b64decode(header, validate=True))
        entries = tuple((claim["typ"], claim["val"]) for claim in document["claims"])
        role_type = document.get("role_typ") or "roles"
    except (
        binascii.Error,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        raise UnauthenticatedError from error
    texts = [role_type, *(part for entry in entries for part in entry)]
    if not all(isinstance(text, str) for text in texts):
        raise UnauthenticatedError
    return _Claims(entries, role_type)


def _organization(values: list[str], claim: str) -> str:
    try:
        found = {organization_of(value) for value in values}
    except ValueError:
        raise NoOrganizationError(
            f"The claim `{claim}` does not name an organization: it is too long, or holds "
            "characters that cannot be shown."
        ) from None
    if len(found) != 1:
        how_many = "several different claims" if found else "no claim"
        raise NoOrganizationError(
            f"The sign-in has {how_many} `{claim}`, which should name your organization."
        )
    return found.pop()
