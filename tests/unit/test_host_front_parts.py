"""Small parts of the local function host's front: answers, principals, sessions, polling, logs."""

import base64
import json
import logging
from datetime import timedelta
from pathlib import Path

import pytest

from infra.local.host import protos
from infra.local.host.cors import Cors
from infra.local.host.easyauth_claims import Principal
from infra.local.host.easyauth_sessions import LIFETIME, SessionStore
from infra.local.host.httpdata import InvalidResponseError, to_response, trace_of
from infra.local.host.keys import MasterKey
from infra.local.host.logs import CategoryFilter, LogLevelError, host_call
from infra.local.host.queues import PollingDelay, decode


def answer(status: str = "200", **fields: object) -> protos.TypedData:
    return protos.TypedData(http=protos.RpcHttp(status_code=status, **fields))  # type: ignore[arg-type]


def test_no_return_value_is_200() -> None:
    assert to_response(None).status == 200


@pytest.mark.parametrize("status", ["", "abc", "99", "101", "600"])
def test_a_status_that_no_response_can_have_is_an_error(status: str) -> None:
    with pytest.raises(InvalidResponseError, match="is not a status"):
        to_response(answer(status))


@pytest.mark.parametrize("header", [("X-A", "a\r\nX-B: c"), ("X A", "b"), ("X-A", "é"), ("", "a")])
def test_a_header_that_http_does_not_allow_is_an_error(header: tuple[str, str]) -> None:
    with pytest.raises(InvalidResponseError, match="does not allow"):
        to_response(answer(headers=dict([header])))


def test_headers_about_the_connection_are_the_servers_own() -> None:
    response = to_response(answer(headers={"Content-Length": "3", "Connection": "close"}))
    assert "Connection" not in response.headers
    assert response.body == b""


def test_a_cookie_with_an_expiry_is_written_with_it() -> None:
    cookie = protos.RpcHttpCookie(
        name="a",
        value="b c",
        expires=protos.NullableTimestamp(value=protos.Timestamp(seconds=0)),
        path=protos.NullableString(value="/"),
        same_site=3,
    )
    response = to_response(answer(cookies=[cookie]))
    assert response.headers["Set-Cookie"] == (
        "a=b%20c; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/; samesite=none"
    )


def test_the_callers_trace_goes_on_and_a_malformed_one_does_not() -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    given = trace_of({"traceparent": parent, "tracestate": "a=1"})
    assert (given.trace_parent, given.trace_state) == (parent, "a=1")
    made = trace_of({"traceparent": "00-x", "tracestate": "a=1"})
    assert made.trace_parent.startswith("00-")
    assert made.trace_state == ""


def test_lists_become_a_claim_for_each_value_and_numbers_become_text() -> None:
    principal = Principal({"roles": ["a", "b"], "exp": 17, "email_verified": True, "tid": "t"})
    assert principal.user_claims() == [
        {"typ": "roles", "val": "a"},
        {"typ": "roles", "val": "b"},
        {"typ": "exp", "val": "17"},
        {"typ": "email_verified", "val": "true"},
        {"typ": "http://schemas.microsoft.com/identity/claims/tenantid", "val": "t"},
    ]


def test_an_application_has_an_id_but_no_name() -> None:
    headers = Principal({"oid": "app-object", "sub": "other", "idtyp": "app"}).headers()
    assert headers["x-ms-client-principal-id"] == "app-object"
    assert "x-ms-client-principal-name" not in headers
    assert json.loads(base64.b64decode(headers["x-ms-client-principal"]))["auth_typ"] == "aad"


def test_a_session_ends_after_eight_hours_and_leaves_nothing(tmp_path: Path) -> None:
    now = [1000.0]
    store = SessionStore(tmp_path, clock=lambda: now[0])
    handle = store.create({"oid": "1"})
    now[0] += LIFETIME - 1
    assert store.read(handle) == {"oid": "1"}
    assert SessionStore(tmp_path, clock=lambda: now[0]).read(handle) == {"oid": "1"}
    now[0] += 1
    assert store.read(handle) is None
    store.create({"oid": "2"})
    assert len(list(tmp_path.iterdir())) == 1


def test_the_cookie_is_not_what_is_kept(tmp_path: Path) -> None:
    handle = SessionStore(tmp_path).create({"oid": "1"})
    [file] = tmp_path.iterdir()
    assert handle not in file.name + file.read_text()
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("handle", ["", "x", "../../etc/passwd", "é" * 43])
def test_what_is_no_session_handle_is_nobody(tmp_path: Path, handle: str) -> None:
    assert SessionStore(tmp_path).read(handle) is None


def test_the_master_key_is_the_same_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "host-keys.json"
    MasterKey(path)
    key = json.loads(path.read_text())["masterKey"]
    again = MasterKey(path)
    assert again.admits({}, {"code": key})
    assert again.admits({"x-functions-key": key}, {})
    assert not again.admits({}, {})
    assert not again.admits({}, {"code": "é"})


def test_polling_slows_down_to_the_longest_interval_and_is_quick_again() -> None:
    delay = PollingDelay(timedelta(seconds=2))
    first, *_, last = [delay.next() for _ in range(12)]
    assert first <= 0.11
    assert 1.8 <= last <= 2
    delay.reset()
    assert delay.next() <= 0.11


def test_message_content_that_is_not_text_stays_bytes() -> None:
    assert decode("/w==", "base64") == protos.TypedData(bytes=b"\xff")
    assert decode("aGk=", "base64") == protos.TypedData(string="hi")
    assert decode("aGk=", "none") == protos.TypedData(string="aGk=")
    assert decode("a", "base64") is None


def test_all_origins_are_allowed_by_a_star_but_named_where_cookies_go_along() -> None:
    anyone = Cors(("*",), credentials=False).response_headers("https://a.example")
    assert anyone == {"Access-Control-Allow-Origin": "*"}
    with_cookies = Cors(("*",), credentials=True).response_headers("https://a.example")
    assert with_cookies["Access-Control-Allow-Origin"] == "https://a.example"


def test_without_origins_a_preflight_is_the_functions_own_business() -> None:
    asked = {"origin": "https://a.example", "access-control-request-method": "GET"}
    assert not Cors((), credentials=False).is_preflight("OPTIONS", asked)


def passes(levels: dict[str, str], name: str, level: int) -> bool:
    record = logging.LogRecord(name, level, "", 0, "text", None, None)
    return CategoryFilter(levels, lambda _: None).filter(record)


def test_the_longest_category_decides_what_is_logged() -> None:
    levels = {"default": "Warning", "Function": "Information", "Function.noisy": "None"}
    assert passes(levels, "Function.quiet", logging.INFO)
    assert not passes(levels, "Function.noisy", logging.CRITICAL)
    assert not passes(levels, "Host.Startup", logging.INFO)
    assert passes(levels, "Host.Startup", logging.WARNING)


def test_requests_that_the_host_itself_makes_are_not_logged() -> None:
    marker = host_call.set(True)
    try:
        assert not passes({}, "azure.core.pipeline.policies.http_logging_policy", logging.INFO)
        assert passes({}, "azure.core.pipeline", logging.WARNING)
    finally:
        host_call.reset(marker)


def test_an_unknown_log_level_is_told() -> None:
    with pytest.raises(LogLevelError, match=r"logLevel\.default is 'Loud'"):
        CategoryFilter({"default": "Loud"}, lambda _: None)
