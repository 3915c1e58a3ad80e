"""Every body that is wrong gets its problem, and so does what goes wrong on our side."""

from typing import Any

import pytest

from shared.domain.errors import ServiceUnavailableError
from tests.functions.test_bad_input import BASIC
from tests.support.function_app import App, payload, pointers


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nope",
        b"[]",
        b'"text"',
        b"null",
        b"1",
        b"{} {}",
        b"{'a': 1}",
        b'{"port": NaN}',
        b'{"port": Infinity}',
        b'{"port": 1e999}',
        b'{"port": -1e999}',
        b'{"port": ' + b"9" * 5000 + b"}",
        b'{"port": 1, "port": 2}',
        b'{"x": {"a": 1, "a": 2}}',
        b'{"userName": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"userName": "\xff"}',
        b"\xef\xbb\xbf{}",
        '{"userName": "ä"}'.encode("utf-16"),
        b'{"x": ' + b"[" * 30 + b"]" * 30 + b"}",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b"",
        b" ",
    ],
    ids=lambda body: ascii(body[:24]),
)
def test_a_body_that_is_no_json_object_is_malformed(app: App, body: bytes) -> None:
    for method, path in (
        ("POST", "/api/configs"),
        ("PATCH", "/api/configs/0192f0c5-7c1e-4b7e-9d1f-3f0f5a3c2b11"),
        ("POST", "/api/configs/bulk-delete"),
    ):
        response = app.send(method, path, body)
        assert response.status_code == 400
        assert payload(response)["code"] == "malformed_json"


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/jsonx",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
        "application/merge-patch+json",
    ],
)
def test_a_body_of_another_type_is_refused(app: App, content_type: str) -> None:
    response = app.send("POST", "/api/configs", BASIC, headers={"Content-Type": content_type})
    assert response.status_code == 415
    assert payload(response)["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"'],
)
def test_json_in_utf_8_is_taken_however_it_is_written(app: App, content_type: str) -> None:
    response = app.send("POST", "/api/configs", BASIC, headers={"Content-Type": content_type})
    assert response.status_code == 201


def test_a_refused_patch_says_what_it_takes(app: App) -> None:
    path = "/api/configs/0192f0c5-7c1e-4b7e-9d1f-3f0f5a3c2b11"
    response = app.send("PATCH", path, {}, headers={"Content-Type": "text/plain"})
    assert response.headers["Accept-Patch"] == "application/json, application/merge-patch+json"


def test_a_body_over_one_megabyte_is_too_large(app: App) -> None:
    body = b'{"signature": "' + b"x" * 1_000_000 + b'"}'
    response = app.send("POST", "/api/configs", body)
    assert (response.status_code, payload(response)["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/ids"),
        ({"ids": []}, "/ids"),
        ({"ids": "all"}, "/ids"),
        ({"ids": None}, "/ids"),
        ({"ids": [1]}, "/ids/0"),
        ({"ids": ["0192f0c5-7c1e-4b7e-9d1f-3f0f5a3c2b11", "*"]}, "/ids/1"),
        ({"ids": ["0192f0c5-7c1e-4b7e-9d1f-3f0f5a3c2b11"] * 101}, "/ids"),
        ({"ids": ["0192f0c5-7c1e-4b7e-9d1f-3f0f5a3c2b11"], "all": True}, "/all"),
    ],
)
def test_a_list_of_ids_that_is_none_is_refused(app: App, body: Any, pointer: str) -> None:
    response = app.send("POST", "/api/configs/bulk-delete", body)
    assert response.status_code == 400
    assert list(pointers(response)) == [pointer]


def test_a_service_that_does_not_answer_is_503_and_says_when_to_come_back(app: App) -> None:
    app.failure = ServiceUnavailableError("Key Vault", 7)
    response = app.send("GET", "/api/configs")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "7"
    assert payload(response)["code"] == "service_unavailable"
    assert "Key Vault" in payload(response)["detail"]


def test_an_unforeseen_error_is_told_by_its_id_alone(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        raise ValueError("https://vault.example/?token=hunter2")
    except ValueError as error:
        app.failure = RuntimeError("password=hunter2")
        app.failure.__cause__ = error
    response = app.send("GET", "/api/configs")
    problem = payload(response)
    assert (response.status_code, problem["code"]) == (500, "internal_error")
    assert "hunter2" not in response.get_body().decode() + caplog.text
    assert problem["instance"].removeprefix("urn:uuid:") in caplog.text
    assert "RuntimeError" in caplog.text
    assert "<- ValueError" in caplog.text


def test_problems_have_all_members_of_the_rfc(app: App) -> None:
    response = app.send("GET", "/api/configs?pageSize=0")
    assert payload(response) == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "code": "invalid_input",
        "detail": "The request has errors; see `errors`.",
        "errors": [{"pointer": "pageSize", "message": "must be a whole number from 1 to 100"}],
    }
    assert response.headers["Cache-Control"] == "no-store"
