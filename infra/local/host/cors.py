"""Cross-origin requests, answered by the platform before a function sees them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Cors:
    """The allowed origins (`*` for all), as in the Function App's CORS settings."""

    origins: tuple[str, ...]
    credentials: bool

    def is_preflight(self, method: str, headers: Mapping[str, str]) -> bool:
        """Whether the request asks for permission (Fetch standard, 4.8) and is ours to answer."""
        asks = "origin" in headers and "access-control-request-method" in headers
        return bool(self.origins) and method == "OPTIONS" and asks

    def preflight_headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The answer to a preflight; without any header where the origin is not allowed."""
        granted = self.response_headers(headers.get("origin", ""))
        if not granted:
            return {}
        granted["Access-Control-Allow-Methods"] = headers["access-control-request-method"]
        if wanted := headers.get("access-control-request-headers"):
            granted["Access-Control-Allow-Headers"] = wanted
        return granted

    def response_headers(self, origin: str) -> dict[str, str]:
        """What lets a page of this origin read the response."""
        known = {allowed.rstrip("/").lower() for allowed in self.origins}
        if not origin or (origin.lower() not in known and "*" not in known):
            return {}
        if "*" in known and not self.credentials:
            return {"Access-Control-Allow-Origin": "*"}
        granted = {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
        if self.credentials:
            granted["Access-Control-Allow-Credentials"] = "true"
        return granted
