"""Bad input from outside: each gets its problem or its page, nothing is lost, nothing is 500."""

import base64
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.e2e.conftest import ApiSession
from tests.support.running_stack import RunningStack

OTHER_ORGANIZATION = "22222222-2222-2222-2222-222222222222"
ID = "0192f0c5-7c1e-4b7e-9d1f-3f0f5a3c2b11"
BASIC = {
    "authType": "basic",
    "hostName": "mail.contoso.example",
    "userName": "bad-input@contoso.example",
    "password": "correct horse",
}


@pytest.fixture
def config(api: ApiSession) -> Iterator[dict[str, Any]]:
    created: dict[str, Any] = api.post("/api/configs", json=BASIC).json()
    yield created
    api.delete(f"/api/configs/{created['id']}")


@pytest.fixture
def other(stack: RunningStack) -> Iterator[ApiSession]:
    """The administrator of another organization."""
    with ApiSession(stack.host_url, stack.token(org=OTHER_ORGANIZATION)) as session:
        yield session


def _problem(response: requests.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["code"] == code
    return problem


def _raw(url: str, content: bytes) -> bytes:
    """What is answered to bytes that no HTTP library would send."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 80), 10) as connection:
        connection.sendall(content)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"", "application/json", 400, "malformed_json"),
        (b"{", "application/json", 400, "malformed_json"),
        (b'{"port": NaN}', "application/json", 400, "malformed_json"),
        (b'{"userName": "\xff"}', "application/json", 400, "malformed_json"),
        (b"[" * 100_000, "application/json", 400, "malformed_json"),
        (b'{"a": "' + b"x" * 1_000_000 + b'"}', "application/json", 413, "body_too_large"),
        (b"a=b", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"{}", "application/json; charset=utf-16", 415, "unsupported_media_type"),
    ],
)
def test_a_wrong_body_is_told_and_changes_nothing(
    api: ApiSession,
    config: dict[str, Any],
    body: bytes,
    content_type: str,
    status: int,
    code: str,
) -> None:
    path, headers = f"/api/configs/{config['id']}", {"Content-Type": content_type}
    before = api.get(path)
    total = api.get("/api/configs").json()["total"]
    _problem(api.post("/api/configs", data=body, headers=headers), status, code)
    _problem(api.patch(path, data=body, headers=headers), status, code)
    assert api.get("/api/configs").json()["total"] == total
    # A check may have come in between: what the caller set is what must not have changed.
    for name in ("userName", "hostName", "updatedAt"):
        assert api.get(path).json()[name] == before.json()[name]


def test_line_ends_reach_no_header_and_no_command(api: ApiSession) -> None:
    fields = ("hostName", "userName", "fromAddress", "fromName", "replyTo", "password")
    for end in ("\r\n", "\n", "\r", "\x00", "\u2028"):
        evil = f"a@b.example{end}RCPT TO:<victim@contoso.example>"
        body = BASIC | dict.fromkeys(fields, evil)
        problem = _problem(api.post("/api/configs", json=body), 400, "invalid_input")
        assert {error["pointer"] for error in problem["errors"]} == {f"/{f}" for f in fields}
        assert "victim" not in json.dumps(problem)


def test_another_organizations_config_is_not_found(
    api: ApiSession, other: ApiSession, config: dict[str, Any]
) -> None:
    path = f"/api/configs/{config['id']}"
    for response in (
        other.get(path),
        other.patch(path, json={"fromName": "Mallory"}),
        other.delete(path),
        other.post(f"{path}/verify"),
        other.post(f"{path}/authorize"),
        other.get(f"{path}/events"),
    ):
        _problem(response, 404, "not_found")
    outcome = other.post("/api/configs/bulk-delete", json={"ids": [config["id"]]}).json()
    assert outcome == {"deleted": [], "notFound": [config["id"]], "failed": []}
    assert config["id"] not in other.get("/api/configs?pageSize=100").text
    assert api.get(path).status_code == 200


def test_a_cursor_of_another_organization_is_turned_down(
    api: ApiSession, other: ApiSession, config: dict[str, Any]
) -> None:
    second = api.post("/api/configs", json=BASIC).json()
    link = api.get("/api/configs?pageSize=1").json()["nextLink"]
    _problem(other.get(link), 400, "invalid_cursor")
    _problem(api.get(f"{link}x"), 400, "invalid_cursor")
    assert api.get(link).json()["total"] >= len((config, second))
    api.delete(f"/api/configs/{second['id']}")


def test_a_stale_etag_is_412(api: ApiSession, config: dict[str, Any]) -> None:
    path = f"/api/configs/{config['id']}"
    stale = {"If-Match": api.get(path).headers["ETag"]}
    assert api.patch(path, json={"fromName": "First"}).status_code == 200
    _problem(api.patch(path, json={"fromName": "Second"}, headers=stale), 412, "stale_etag")
    _problem(api.delete(path, headers=stale), 412, "stale_etag")
    assert api.get(path).json()["fromName"] == "First"


def test_a_forged_principal_is_nobody(stack: RunningStack) -> None:
    claims = [{"typ": "tid", "val": "x"}, {"typ": "roles", "val": "OutgoingMail.Manage"}]
    forged = base64.b64encode(json.dumps({"claims": claims}).encode()).decode()
    response = requests.get(
        f"{stack.host_url}/api/configs", headers={"X-MS-CLIENT-PRINCIPAL": forged}, timeout=30
    )
    _problem(response, 401, "unauthenticated")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_role_is_needed_for_each_operation(stack: RunningStack) -> None:
    with ApiSession(stack.host_url, stack.token(roles=["OutgoingMail.Read"])) as reader:
        assert reader.get("/api/configs").status_code == 200
        _problem(reader.post("/api/configs", json=BASIC), 403, "role_missing")
    with ApiSession(stack.host_url, stack.token(roles=["OutgoingMail.Send"])) as sender:
        _problem(sender.get("/api/configs"), 403, "role_missing")


def test_a_page_of_another_site_changes_nothing(api: ApiSession, config: dict[str, Any]) -> None:
    path = f"/api/configs/{config['id']}"
    for origin in ("https://evil.example", "null"):
        response = api.delete(path, headers={"Origin": origin})
        _problem(response, 403, "origin_not_allowed")
    assert api.get(path, headers={"Origin": "https://evil.example"}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/api/configs/1",
        "/api/configs/%00",
        "/api/configs/..%2f..%2fadmin",
        "/api/configs/~default",
        f"/api/configs/{ID}%0d%0aX:1",
        f"/api/configs/{ID}",
        f"/api/configs/{ID}/events",
    ],
)
def test_an_id_that_is_none_is_not_found(api: ApiSession, path: str) -> None:
    assert api.get(path).status_code == 404


@pytest.mark.parametrize(
    "query",
    ["pageSize=0", "pageSize=x", "cursor=x", "authType=x", "status=%00", "a=b", "search=%0d"],
)
def test_no_query_breaks_a_list(api: ApiSession, query: str) -> None:
    assert api.get(f"/api/configs?{query}").status_code in {200, 400}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E",
        "error=server_error&state=x",
        "code=x&state=forged",
        "code=x&state=",
        "state=a&state=b",
        "code=%00&state=%FF%FE",
        f"code={'x' * 4000}&state={'y' * 2000}",
    ],
)
def test_a_callback_that_nobody_asked_for_gets_a_page(stack: RunningStack, query: str) -> None:
    page = requests.get(f"{stack.host_url}/api/oauth/callback?{query}", timeout=30)
    assert page.status_code == 400
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "alert(1)" not in page.text
    assert "successful" not in page.text


def test_headers_that_are_none_do_not_break_it(stack: RunningStack) -> None:
    for header in (b"If-Match: \xff", b"Cookie: =;=;\xff", b"X-MS-CLIENT-PRINCIPAL: \xff"):
        request = b"GET /api/configs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        answer = _raw(stack.host_url, request + header + b"\r\n\r\n")
        assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 401")), answer[:80]


def test_wrong_methods_and_paths_are_404_or_405(api: ApiSession) -> None:
    assert api.put("/api/configs", json={}).status_code in {404, 405}
    assert api.post(f"/api/configs/{ID}", json={}).status_code in {404, 405}
    assert api.get("/api/nothing").status_code == 404
