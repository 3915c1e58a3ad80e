"""The principal that App Service Authentication hands to an app, from a token's claims.

The names are those of its default claims mapping for Microsoft Entra ID: some become long URIs,
others stay as they are in the token. See
https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_XMLSOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_MICROSOFT = "http://schemas.microsoft.com/identity/claims/"
_NAME_TYPE = _XMLSOAP + "emailaddress"
_ROLE_TYPE = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"

_MAPPED = {
    "acr": "http://schemas.microsoft.com/claims/authnclassreference",
    "amr": "http://schemas.microsoft.com/claims/authnmethodsreferences",
    "email": _XMLSOAP + "emailaddress",
    "family_name": _XMLSOAP + "surname",
    "given_name": _XMLSOAP + "givenname",
    "idp": _MICROSOFT + "identityprovider",
    "oid": _MICROSOFT + "objectidentifier",
    "scp": _MICROSOFT + "scope",
    "sub": _XMLSOAP + "nameidentifier",
    "tid": _MICROSOFT + "tenantid",
    "unique_name": _XMLSOAP + "name",
    "upn": _XMLSOAP + "upn",
}


@dataclass(frozen=True)
class Principal:
    """Who is signed in, or which application calls."""

    claims: Mapping[str, Any]

    @property
    def identifier(self) -> str:
        """The object id of the user or application."""
        return str(self.claims.get("oid") or self.claims.get("sub") or "")

    @property
    def name(self) -> str:
        """What people know the user by; empty for an application."""
        for claim in ("email", "preferred_username", "upn", "name"):
            if value := self.claims.get(claim):
                return str(value)
        return ""

    def user_claims(self) -> list[dict[str, str]]:
        """Each claim with its mapped name; lists become a claim for each of their values."""
        return [
            {"typ": _MAPPED.get(name, name), "val": _text(single)}
            for name, value in self.claims.items()
            for single in (value if isinstance(value, list) else [value])
        ]

    def headers(self) -> dict[str, str]:
        """The request headers that an app sees."""
        document = {
            "auth_typ": "aad",
            "claims": self.user_claims(),
            "name_typ": _NAME_TYPE,
            "role_typ": _ROLE_TYPE,
        }
        encoded = base64.b64encode(json.dumps(document).encode()).decode()
        headers = {
            "x-ms-client-principal": encoded,
            "x-ms-client-principal-id": self.identifier,
            "x-ms-client-principal-idp": "aad",
        }
        return {**headers, "x-ms-client-principal-name": self.name} if self.name else headers


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
