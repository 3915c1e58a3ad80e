"""The managed identity of App Service: tokens for whoever knows the header's value.

https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from pathlib import Path
from typing import Any

from infra.local.serving.httpd import Request, Response, json_response

IDENTITY_HEADER = "local-identity-header"
CLIENT_ID = "00000000-0000-0000-0000-00000000a0ff"
LIFETIME = 24 * 3600  # seconds, as long as Azure's
VAULT_RESOURCE = "https://vault.azure.net"


class ManagedIdentity:
    """Issues tokens, and knows its own again, after a restart too."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / "identity.key"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32))
        self._key = bytes.fromhex(path.read_text())

    def answer(self, request: Request) -> Response:
        """Answer `GET /msi/token`."""
        if not hmac.compare_digest(request.headers.get("x-identity-header", ""), IDENTITY_HEADER):
            return _refusal(401, "The X-IDENTITY-HEADER is missing or wrong.")
        if request.query.get("api-version") != "2019-08-01":
            return _refusal(400, "The api-version has to be 2019-08-01.")
        resource = request.query.get("resource", "")
        if not resource:
            return _refusal(400, "The resource is missing.")
        expires = int(time.time()) + LIFETIME
        return json_response(
            {
                "access_token": self.issue(resource, expires),
                "expires_on": str(expires),
                "resource": resource,
                "token_type": "Bearer",
                "client_id": CLIENT_ID,
            }
        )

    def issue(self, resource: str, expires: int) -> str:
        """A token for a resource, until a moment (seconds since 1970)."""
        claims = {"aud": resource.rstrip("/"), "exp": expires, "appid": CLIENT_ID}
        signed = f"{_encode({'typ': 'JWT', 'alg': 'HS256'})}.{_encode(claims)}"
        return f"{signed}.{self._signature(signed)}"

    def audience(self, token: str) -> str | None:
        """The resource that a token is for; None where it is not ours, or has expired."""
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            return None
        claims: dict[str, Any] = json.loads(_decode(signed.partition(".")[2]))
        return str(claims["aud"]) if claims["exp"] > time.time() else None

    def _signature(self, signed: str) -> str:
        digest = hmac.new(self._key, signed.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _encode(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _refusal(status: int, message: str) -> Response:
    return json_response({"statusCode": status, "message": message}, status)
