"""The settings page as files: what is served, how it is cached, and what its policy allows."""

import re
from pathlib import Path

import azure.functions as func
import pytest

from functions.page import settings_page as registered
from shared.http.page import settings_page

SCRIPT = "console.log('page');" * 50
HASHED = "assets/index-A1b2C3d4.js"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A page as the build leaves it."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text(
        '<meta property="csp-nonce" nonce="%CSP_NONCE%">'
        '<script type="module" src="/settings/assets/index-A1b2C3d4.js" nonce="%CSP_NONCE%">'
        "</script>"
    )
    (tmp_path / HASHED).write_text(SCRIPT)
    (tmp_path / f"{HASHED}.br").write_bytes(b"brotli")
    (tmp_path / f"{HASHED}.gz").write_bytes(b"gzip")
    (tmp_path / "icon.svg").write_text("<svg/>")
    (tmp_path.parent / "secret.txt").write_text("not part of the page")
    return tmp_path


def get(built: Path, path: str, **headers: str) -> func.HttpResponse:
    return settings_page(path, {k.replace("_", "-"): v for k, v in headers.items()}, built)


@pytest.mark.parametrize("path", ["", "outgoing-mail", "outgoing-mail/5a7cba3c", "anything/else"])
def test_every_view_is_the_page(built: Path, path: str) -> None:
    answer = get(built, path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"/settings/assets/index-A1b2C3d4.js" in answer.get_body()


def test_the_page_is_asked_for_anew_each_time(built: Path) -> None:
    answer = get(built, "outgoing-mail")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "ETag" not in answer.headers


def test_each_answer_has_a_nonce_of_its_own_in_its_policy_and_its_page(built: Path) -> None:
    nonces = []
    for _ in range(2):
        answer = get(built, "outgoing-mail")
        policy = answer.headers["Content-Security-Policy"]
        (nonce,) = re.findall(r"'nonce-([\w-]{20,})'", policy)
        assert answer.get_body().decode().count(f'nonce="{nonce}"') == 2
        nonces.append(nonce)
    assert nonces[0] != nonces[1]


def test_the_policy_lets_in_nothing_inline_and_nobody_else(built: Path) -> None:
    answer = get(built, "outgoing-mail")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "*" not in policy
    assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} < {
        part.strip() for part in policy.split(";")
    }
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_hashed_files_are_kept_for_good_and_others_are_not(built: Path) -> None:
    assert get(built, HASHED).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert get(built, "icon.svg").headers["Cache-Control"] == "no-cache"


def test_files_have_their_types(built: Path) -> None:
    assert get(built, HASHED).headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert get(built, "icon.svg").headers["Content-Type"] == "image/svg+xml"


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [
        ("gzip, deflate, br", "br", b"brotli"),
        ("gzip", "gzip", b"gzip"),
        ("br;q=0, gzip;q=0.5", "gzip", b"gzip"),
        ("BR", "br", b"brotli"),
        ("*", "br", b"brotli"),
        ("*;q=0", None, SCRIPT.encode()),
        ("identity", None, SCRIPT.encode()),
        ("gzip;q=high", None, SCRIPT.encode()),
        ("", None, SCRIPT.encode()),
    ],
)
def test_a_file_is_sent_as_small_as_the_caller_can_read(
    built: Path, accepted: str, encoding: str | None, body: bytes
) -> None:
    answer = get(built, HASHED, Accept_Encoding=accepted)
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.get_body() == body
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_a_file_that_was_not_compressed_is_sent_as_it_is(built: Path) -> None:
    answer = get(built, "icon.svg", Accept_Encoding="br")
    assert "Content-Encoding" not in answer.headers
    assert answer.get_body() == b"<svg/>"


def test_a_file_that_the_caller_has_is_not_sent_again(built: Path) -> None:
    etag = get(built, HASHED, Accept_Encoding="br").headers["ETag"]
    assert (
        get(built, HASHED, Accept_Encoding="br", If_None_Match=f'"x", W/{etag}').status_code == 304
    )
    assert get(built, HASHED, Accept_Encoding="gzip", If_None_Match=etag).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "assets/index-00000000.js",
        "assets/",
        "assets/../../secret.txt",
        "../secret.txt",
        "assets/../index.html.br",
        "/etc/passwd.txt",
        "index.html",
        f"{HASHED}.br",
        "favicon.ico",
    ],
)
def test_nothing_else_is_a_file(built: Path, path: str) -> None:
    answer = get(built, path)
    assert answer.status_code == 404
    assert b"secret" not in answer.get_body()


def test_a_new_build_is_served_without_a_restart(built: Path) -> None:
    assert b"A1b2C3d4" in get(built, "").get_body()
    (built / "index.html").write_text("a later build")
    assert get(built, "").get_body() == b"a later build"


def test_a_page_that_was_not_built_says_so(tmp_path: Path) -> None:
    answer = get(tmp_path, "outgoing-mail")
    assert answer.status_code == 503
    assert b"npm run build" in answer.get_body()


def test_the_page_is_open_to_anybody() -> None:
    request = func.HttpRequest(
        "GET", "https://mail.example/settings/outgoing-mail", route_params={}, body=b""
    )
    serve = registered.build().get_user_function()
    assert serve(request).status_code in (200, 503)
