"""Checks tokens of the local identity provider, as App Service Authentication checks Entra ID's."""

import asyncio
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import jwt

# The application that stands for this API at the local identity provider.
CLIENT_ID = "00000000-0000-0000-0000-00000000a000"
CLIENT_SECRET = "local-client-secret"

_AUDIENCES = (CLIENT_ID, f"api://{CLIENT_ID}")
_TENANT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_KEYS_LAST = 3600.0  # seconds
_KEYS_REST = 5.0  # seconds before an unknown key makes us ask again
_PATIENCE = aiohttp.ClientTimeout(total=15)


class InvalidTokenError(Exception):
    """The token is not one that the identity provider issued for this API, or not any more."""


class IdentityProviderError(Exception):
    """The identity provider does not answer, or not as it should."""


@dataclass(frozen=True)
class _Keys:
    by_id: Mapping[str, jwt.PyJWK]
    fetched_at: float


class IdentityProvider:
    """The local identity provider, over HTTPS with the stack's own certificate authority."""

    def __init__(self, url: str, tls: ssl.SSLContext) -> None:
        self.url = url.rstrip("/")
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None
        self._keys: dict[str, _Keys] = {}
        self._fetching = asyncio.Lock()

    async def close(self) -> None:
        """Ends its connections."""
        if self._session:
            await self._session.close()

    async def claims_of(self, token: str) -> dict[str, Any]:
        """The claims of a valid token: signature, issuer, audience, times.

        Raises InvalidTokenError or IdentityProviderError.
        """
        try:
            header = jwt.get_unverified_header(token)
            tenant = str(jwt.decode(token, options={"verify_signature": False}).get("tid", ""))
            if not _TENANT.fullmatch(tenant):
                message = "the token names no tenant"
                raise InvalidTokenError(message)
            key = await self._key(tenant, str(header.get("kid", "")))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=_AUDIENCES,
                issuer=f"{self.url}/{tenant}/v2.0",
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.PyJWTError as error:
            raise InvalidTokenError(str(error)) from error
        return claims

    async def redeem(self, tenant: str, form: Mapping[str, str]) -> str:
        """The ID token for an authorization code. Raises IdentityProviderError."""
        url = f"{self.url}/{tenant}/oauth2/v2.0/token"
        credentials = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        answer = await self._exchange("POST", url, data={**form, **credentials})
        token = answer.get("id_token")
        if not isinstance(token, str):
            message = f"the code was not redeemed: {answer.get('error_description', 'no ID token')}"
            raise IdentityProviderError(message)
        return token

    async def _key(self, tenant: str, key_id: str) -> jwt.PyJWK:
        async with self._fetching:
            known = self._keys.get(tenant)
            age = time.monotonic() - known.fetched_at if known else _KEYS_LAST
            missing = known is None or key_id not in known.by_id
            if known is None or age >= _KEYS_LAST or (missing and age >= _KEYS_REST):
                known = _Keys(await self._fetch_keys(tenant), time.monotonic())
                self._keys[tenant] = known
        if key_id not in known.by_id:
            message = "the token is signed with a key that the identity provider does not know"
            raise InvalidTokenError(message)
        return known.by_id[key_id]

    async def _fetch_keys(self, tenant: str) -> dict[str, jwt.PyJWK]:
        document = await self._exchange("GET", f"{self.url}/{tenant}/discovery/v2.0/keys")
        try:
            keys = jwt.PyJWKSet.from_dict(document).keys
        except jwt.PyJWTError as error:
            message = f"the keys of the identity provider are not usable: {error}"
            raise IdentityProviderError(message) from error
        return {key.key_id: key for key in keys if key.key_id}

    async def _exchange(
        self, method: str, url: str, data: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._tls), timeout=_PATIENCE
            )
        try:
            async with self._session.request(method, url, data=data) as response:
                document = await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            message = f"the identity provider did not answer {method} {url}: {error}"
            raise IdentityProviderError(message) from error
        if not isinstance(document, dict):
            message = f"the identity provider answered {method} {url} with something else than JSON"
            raise IdentityProviderError(message)
        return document
