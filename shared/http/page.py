"""The settings page: serves the files that `web/` is built into, as they lie on disk."""

import hashlib
import mimetypes
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import azure.functions as func

from shared.http.responses import respond

BUILT = Path(__file__).resolve().parents[2] / "web" / "dist"
INDEX = "index.html"
NONCE = "%CSP_NONCE%"
"""What stands in the built index where each answer gets a nonce of its own (vite.config.ts)."""

_ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""The encodings that the build leaves beside a file, smallest first."""
_HASHED = "assets/"
"""The build names these files after their content."""
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
_FOREVER = "public, max-age=31536000, immutable"
# Fluent UI inserts its styles as elements that bear the nonce; nothing inline runs without it.
# Pictures in a signature are shown from the page's own data only: no third party hears of a reader.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE_HEADERS = {
    "Cache-Control": "no-cache",
    "Referrer-Policy": "same-origin",
    # The window of a sign-in must be able to tell this page how it went.
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
}


@dataclass(frozen=True)
class Asset:
    """One built file."""

    name: str
    path: Path

    @cached_property
    def content_type(self) -> str:
        """By the name's ending."""
        guessed, _ = mimetypes.guess_type(self.name)
        return _TYPES.get(self.path.suffix) or guessed or "application/octet-stream"

    def encoded_for(self, accepted: str) -> tuple[Path, str | None]:
        """The file to send to who sent this Accept-Encoding, and its encoding."""
        weights = _weights(accepted)
        for encoding, ending in _ENCODINGS.items():
            path = self.path.with_name(self.path.name + ending)
            if weights.get(encoding, weights.get("*", 0.0)) > 0 and path.exists():
                return path, encoding
        return self.path, None


@dataclass(frozen=True)
class Page:
    """The built page: its files by name. Only what was found at the start is ever served."""

    index: str
    assets: Mapping[str, Asset]

    def answer(self, path: str, headers: Mapping[str, str]) -> func.HttpResponse:
        """The file named `path` below /settings; any other path is a view of the page itself."""
        asset = self.assets.get(path)
        if asset is not None:
            return _file(asset, headers)
        if path.startswith(_HASHED) or "." in path.rpartition("/")[2]:
            return _plain(404, "There is no such file.")
        return self._view()

    def _view(self) -> func.HttpResponse:
        # No ETag: a 304 would pair the nonce of one answer with the page of another.
        nonce = secrets.token_urlsafe(18)
        policy = {"Content-Security-Policy": _POLICY.format(nonce=nonce)}
        html = self.index.replace(NONCE, nonce)
        return respond(200, html, "text/html; charset=utf-8", _PAGE_HEADERS | policy)


def settings_page(path: str, headers: Mapping[str, str], built: Path = BUILT) -> func.HttpResponse:
    """Answer a GET below /settings; 503 where the page was not built."""
    try:
        changed = (built / INDEX).stat().st_mtime_ns
    except FileNotFoundError:
        return _plain(503, "The settings page is not built: run `npm run build` in web/.")
    return _load(built, changed).answer(path, headers)


@lru_cache(maxsize=1)
def _load(built: Path, _changed: int) -> Page:
    """Read once for each build: `_changed` is when the index was written."""
    files = [path for path in built.rglob("*") if path.is_file() and _is_served(path.name)]
    named = {path.relative_to(built).as_posix(): path for path in files}
    index = named.pop(INDEX).read_text(encoding="utf-8")
    return Page(index, {name: Asset(name, path) for name, path in named.items()})


def _is_served(name: str) -> bool:
    """Compressed copies stand behind their originals; hidden files are the build's own."""
    return not name.startswith(".") and not name.endswith(tuple(_ENCODINGS.values()))


def _file(asset: Asset, headers: Mapping[str, str]) -> func.HttpResponse:
    path, encoding = asset.encoded_for(headers.get("Accept-Encoding", ""))
    body = path.read_bytes()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    answer = {
        "Cache-Control": _FOREVER if asset.name.startswith(_HASHED) else "no-cache",
        "ETag": etag,
        "Vary": "Accept-Encoding",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if _matches(headers.get("If-None-Match", ""), etag):
        return respond(304, headers=answer, content_type=asset.content_type)
    if encoding is not None:
        answer["Content-Encoding"] = encoding
    return respond(200, body, asset.content_type, answer)


def _plain(status: int, text: str) -> func.HttpResponse:
    return respond(status, text, "text/plain; charset=utf-8")


def _weights(accepted: str) -> dict[str, float]:
    """The codings of an Accept-Encoding with their weights (RFC 9110, 12.5.3)."""
    found = re.findall(r"([\w*-]+)\s*(?:;\s*q\s*=\s*([\d.]+))?\s*(?:,|$)", accepted.lower())
    return {coding: _weight(text) for coding, text in found}


def _weight(text: str) -> float:
    try:
        return float(text or "1")
    except ValueError:
        return 0.0


def _matches(condition: str, etag: str) -> bool:
    """If-None-Match compares weakly (RFC 9110, 13.1.2)."""
    tags = {tag.strip().removeprefix("W/") for tag in condition.split(",")}
    return etag in tags or "*" in tags
