"""Which bearer tokens the local function host believes."""

import asyncio
import json
import ssl
import time
from collections.abc import Iterator, Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from infra.local.host.easyauth_tokens import (
    CLIENT_ID,
    IdentityProvider,
    IdentityProviderError,
    InvalidTokenError,
)

TENANT = "11111111-1111-1111-1111-111111111111"
ISSUER = "https://localhost:8443"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider(IdentityProvider):
    """Has one key, and counts how often it is asked for it."""

    def __init__(self) -> None:
        super().__init__(ISSUER, ssl.create_default_context())
        self.asked: list[str] = []

    async def _exchange(
        self,
        method: str,
        url: str,
        data: Mapping[str, str] | None = None,  # noqa: ARG002 - the interface's
    ) -> dict[str, Any]:
        self.asked.append(f"{method} {url}")
        jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
        return {"keys": [{**jwk, "kid": "one", "use": "sig"}]}


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    asyncio.run(made.close())


def token(
    key: rsa.RSAPrivateKey = KEY, kid: str = "one", leave_out: str = "", **claims: Any
) -> str:
    now = int(time.time())
    body = {"iss": f"{ISSUER}/{TENANT}/v2.0", "aud": CLIENT_ID, "tid": TENANT, "exp": now + 60}
    body.update(claims)
    body.pop(leave_out, None)
    return jwt.encode(body, key, algorithm="RS256", headers={"kid": kid})


def claims_of(provider: Provider, value: str) -> dict[str, Any]:
    return asyncio.run(provider.claims_of(value))


def test_a_good_token_gives_its_claims(provider: Provider) -> None:
    assert claims_of(provider, token(roles=["a"]))["roles"] == ["a"]
    assert claims_of(provider, token(aud=f"api://{CLIENT_ID}"))["tid"] == TENANT


def test_the_keys_are_asked_for_once(provider: Provider) -> None:
    for _ in range(3):
        claims_of(provider, token())
    assert provider.asked == [f"GET {ISSUER}/{TENANT}/discovery/v2.0/keys"]


def test_unknown_keys_do_not_make_it_ask_each_time(provider: Provider) -> None:
    for kid in ("two", "three", "four"):
        with pytest.raises(InvalidTokenError, match="does not know"):
            claims_of(provider, token(kid=kid))
    assert len(provider.asked) == 1


@pytest.mark.parametrize(
    "bad",
    [
        {"exp": int(time.time()) - 1},
        {"nbf": int(time.time()) + 600},
        {"aud": "00000000-0000-0000-0000-00000000a001"},
        {"iss": f"https://elsewhere.example/{TENANT}/v2.0"},
        {"iss": f"{ISSUER}/22222222-2222-2222-2222-222222222222/v2.0"},
        {"tid": "22222222-2222-2222-2222-222222222222"},
        {"tid": "../../evil"},
        {"tid": ""},
        {"leave_out": "exp"},
        {"leave_out": "aud"},
        {"leave_out": "iss"},
        {"leave_out": "tid"},
        {"key": OTHER_KEY},
    ],
    ids=lambda bad: next(iter(bad)),
)
def test_a_token_that_is_not_for_us_is_not_believed(
    provider: Provider, bad: dict[str, Any]
) -> None:
    with pytest.raises(InvalidTokenError):
        claims_of(provider, token(**bad))


def test_a_token_without_signature_or_with_a_shared_secret_is_not_believed(
    provider: Provider,
) -> None:
    body = jwt.decode(token(), options={"verify_signature": False})
    unsigned = jwt.encode(body, "", algorithm="none", headers={"kid": "one"})
    secret = jwt.encode(body, "x" * 32, algorithm="HS256", headers={"kid": "one"})
    for forged in (unsigned, secret):
        with pytest.raises(InvalidTokenError):
            claims_of(provider, forged)


def test_a_provider_that_does_not_answer_is_not_the_tokens_fault() -> None:
    async def ask() -> None:
        provider = IdentityProvider("https://127.0.0.1:9", ssl.create_default_context())
        try:
            await provider.claims_of(token(iss=f"https://127.0.0.1:9/{TENANT}/v2.0"))
        finally:
            await provider.close()

    with pytest.raises(IdentityProviderError, match="did not answer GET"):
        asyncio.run(ask())
