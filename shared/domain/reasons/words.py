"""What the other side said, made safe to keep and to show."""

import re
import unicodedata

MAX_DETAIL = 500
"""Characters."""

CUT = "[cut]"

_SECRETS = re.compile(
    r"""
      eyJ[\w-]{8,}(?:\.[\w-]*)*                # a JWT
    | [\w.~-]{2,4}\dQ~[\w.~-]{20,}             # a client secret of Entra ID
    | (?<=auth=)\s*Bearer\s+\S+                # an XOAUTH2 response
    | (?<=\bBearer\s)[\w.~+/=-]{16,}
    """,
    re.VERBOSE,
)
_NAMED = re.compile(
    r"(?i)\b((?:client_secret|client_assertion|assertion|refresh_token|access_token|id_token|"
    r"code_verifier|code|password|state|nonce)=)[^\s&]+"
)
_LONG = re.compile(r"[A-Za-z0-9+/_~=-]{40,}")
_URL = re.compile(r"https?://[^\s?#]+")
_IDS = re.compile(r"(?i)\b(trace|correlation) id:\s*([0-9a-f-]{8,64})")
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_TRAILER = re.compile(r"(?i)\s*\bTrace ID:.*", re.DOTALL)


def tidy(text: str | None, *secrets: str) -> str | None:
    """The provider's words on one line, without control characters, `secrets` and what looks like
    a token, and at most `MAX_DETAIL` characters; None if nothing remains."""
    if not text:
        return None
    # More than is kept, so that a token at the border is seen whole, and no more work than needed.
    cut = _without_secrets(text[: 40 * MAX_DETAIL], secrets)
    words = " ".join(_printable(cut).split())
    if len(words) > MAX_DETAIL:
        words = words[: MAX_DETAIL - 1] + "…"
    return words or None


def without_trailer(description: str) -> str:
    """A description of Entra ID without the ids and the time at its end."""
    return _TRAILER.sub("", description)


def reference(
    trace_id: str | None, correlation_id: str | None, description: str | None
) -> str | None:
    """`Trace ID ..., correlation ID ...`, from the answer's fields or else its description."""
    found = {name.lower(): value for name, value in _IDS.findall(description or "")}
    trace = _identifier(trace_id) or found.get("trace")
    correlation = _identifier(correlation_id) or found.get("correlation")
    parts = [f"trace ID {trace}"] if trace else []
    parts += [f"correlation ID {correlation}"] if correlation else []
    joined = ", ".join(parts)
    return joined[0].upper() + joined[1:] if joined else None


def _identifier(value: str | None) -> str | None:
    """An id as it may be shown: a provider's answer can hold anything."""
    return value if value and re.fullmatch(r"[\w.:-]{1,64}", value) else None


def _without_secrets(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        if secret:
            text = text.replace(secret, CUT)
    text = _NAMED.sub(rf"\g<1>{CUT}", _SECRETS.sub(CUT, text))
    kept = [(found.start(), found.end()) for found in _URL.finditer(text)]
    return _LONG.sub(lambda found: _long_run(found, kept), text)


def _long_run(found: re.Match[str], urls: list[tuple[int, int]]) -> str:
    """A long run of base64's characters is a secret, unless it is the path of a URL."""
    in_url = any(start <= found.start() and found.end() <= end for start, end in urls)
    if in_url and all(len(part) < 40 for part in found[0].split("/")):
        return found[0]
    return CUT


def _printable(text: str) -> str:
    """Without control, format and surrogate characters, which could forge lines or text order."""
    return "".join(
        " " if unicodedata.category(character) in _UNPRINTABLE else character for character in text
    )
