"""How the local function host takes HTTP requests to functions, and their answers back."""

import gzip
import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.support.local_host import QUICK_HOST_JSON, RECORDING, LocalHost

APP = (
    RECORDING
    + """
def echo(name, req):
    return func.HttpResponse(
        json.dumps({
            "function": name, "method": req.method, "url": req.url,
            "route": dict(req.route_params), "query": dict(req.params),
            "headers": dict(req.headers), "size": len(req.get_body()),
        }),
        mimetype="application/json",
    )

@app.route(route="api/items/{id}", methods=["GET", "PATCH"])
def item(req: func.HttpRequest) -> func.HttpResponse:
    return echo("item", req)

@app.route(route="api/items/special", methods=["GET"])
def z_special(req: func.HttpRequest) -> func.HttpResponse:
    return echo("z_special", req)

@app.route(route="api/items", methods=["POST"])
def create(req: func.HttpRequest) -> func.HttpResponse:
    return echo("create", req)

@app.route(route="api/numbers/{n:int}", methods=["GET"])
def number(req: func.HttpRequest) -> func.HttpResponse:
    return echo("number", req)

@app.route(route="pages/{*path}", methods=["GET"])
def page(req: func.HttpRequest) -> func.HttpResponse:
    return echo("page", req)

@app.route(route="api/bytes", methods=["POST"])
def octets(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.get_body(), mimetype="application/octet-stream")

@app.route(route="api/cookies", methods=["GET"])
def cookies(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse("ok")
    response.headers.add("Set-Cookie", "one=1; Path=/api; HttpOnly; SameSite=Lax; Max-Age=600")
    response.headers.add("Set-Cookie", "two=a/b; Secure")
    return response

@app.route(route="api/status/{code}", methods=["GET"])
def status(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(status_code=int(req.route_params["code"]), headers={"X-A": "b"})

@app.route(route="api/fail", methods=["GET"])
def fail(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("the reason is in the log")

@app.route(route="api/accent", methods=["GET"])
def accent(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("x", headers={"X-Bad": "caf\\u00e9"})

@app.route(route="api/text", methods=["GET"])
async def text(req: func.HttpRequest) -> str:
    logging.info("from an async function")
    return "gr\\u00fc\\u00dfe"

@app.route(route="api/slow", methods=["GET"])
def slow(req: func.HttpRequest) -> func.HttpResponse:
    time.sleep(30)
    return func.HttpResponse("late")

@app.route(route="api/secret", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
def secret(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("known")

@app.route(route="api/env", methods=["GET"])
def env(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(os.environ.get(req.params["name"], "-") + " " + os.getcwd())
"""
)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHost]:
    running = LocalHost(
        tmp_path_factory.mktemp("http"),
        APP,
        values={"GREETING": "hello"},
        host_json={**QUICK_HOST_JSON, "functionTimeout": "00:00:02"},
    ).start()
    yield running
    assert running.stop() == 0


def test_a_route_parameter_is_decoded_but_an_encoded_slash_stays(host: LocalHost) -> None:
    seen = host.get("/api/items/a%20b%2Fc%C3%A9").json()
    assert (seen["function"], seen["route"]) == ("item", {"id": "a b%2Fcé"})


def test_literals_match_in_any_case_and_one_trailing_slash_is_ignored(host: LocalHost) -> None:
    assert host.get("/API/Items/Seven/").json()["route"] == {"id": "Seven"}


def test_a_literal_segment_goes_before_a_parameter(host: LocalHost) -> None:
    assert host.get("/api/items/special").json()["function"] == "z_special"


def test_a_shadowed_method_falls_through_to_the_parameter(host: LocalHost) -> None:
    assert host.request("PATCH", "/api/items/special").json()["function"] == "item"


def test_the_log_warns_of_routes_that_azure_would_order_otherwise(host: LocalHost) -> None:
    assert "In Azure 'item' takes requests that 'z_special' gets here" in host.log()


def test_a_catch_all_takes_the_rest_of_the_path_or_nothing(host: LocalHost) -> None:
    assert host.get("/pages/a/b.js").json()["route"] == {"path": "a/b.js"}
    assert host.get("/pages").json()["route"] == {}


def test_a_constraint_that_is_not_met_is_404(host: LocalHost) -> None:
    assert host.get("/api/numbers/12").json()["route"] == {"n": "12"}
    assert host.get("/api/numbers/twelve").status_code == 404


def test_an_unknown_path_is_404(host: LocalHost) -> None:
    answer = host.get("/api/nothing")
    assert (answer.status_code, answer.content) == (404, b"")


def test_another_method_of_a_known_path_is_405_with_the_allowed_ones(host: LocalHost) -> None:
    answer = host.request("DELETE", "/api/items/7")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, PATCH")


def test_a_repeated_parameter_is_joined_by_a_comma(host: LocalHost) -> None:
    seen = host.get("/api/items/1?a=1&a=2&b=%C3%A4+x&c=").json()
    assert seen["query"] == {"a": "1,2", "b": "ä x", "c": ""}


def test_the_url_is_the_one_that_was_asked_for(host: LocalHost) -> None:
    assert host.get("/api/items/1?a=b%20c").json()["url"] == f"{host.url}/api/items/1?a=b%20c"


def test_header_names_are_lower_case_and_repeated_ones_joined(host: LocalHost) -> None:
    port = urlsplit(host.url).port
    with socket.create_connection(("127.0.0.1", port or 0), timeout=10) as connection:
        connection.sendall(
            b"GET /api/items/1 HTTP/1.1\r\nHost: localhost\r\nX-One: a\r\nx-one: b\r\n"
            b"Connection: close\r\n\r\n"
        )
        with connection.makefile("rb") as answer:
            body = answer.read().partition(b"\r\n\r\n")[2]
    assert json.loads(body)["headers"]["x-one"] == "a,b"


def test_a_body_comes_and_goes_as_bytes(host: LocalHost) -> None:
    octets = bytes(range(256)) * 4000
    answer = host.request("POST", "/api/bytes", data=octets)
    assert answer.content == octets
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_a_body_without_length_is_read_to_its_end(host: LocalHost) -> None:
    answer = host.request("POST", "/api/bytes", data=iter([b"one", b"two"]))
    assert answer.content == b"onetwo"


def test_a_compressed_body_comes_as_it_was_sent(host: LocalHost) -> None:
    packed = gzip.compress(b"hello")
    answer = host.request("POST", "/api/bytes", data=packed, headers={"Content-Encoding": "gzip"})
    assert answer.content == packed


def test_a_caller_that_waits_to_send_its_body_is_asked_for_it(host: LocalHost) -> None:
    port = urlsplit(host.url).port
    with socket.create_connection(("127.0.0.1", port or 0), timeout=10) as connection:
        connection.sendall(
            b"POST /api/bytes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
            b"Expect: 100-continue\r\nConnection: close\r\n\r\n"
        )
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"hello")
        with connection.makefile("rb") as answer:
            whole = answer.read()
    assert whole.startswith(b"HTTP/1.1 200 ")
    assert whole.endswith(b"\r\n\r\nhello")


def test_a_body_over_the_limit_is_413_before_it_is_sent(host: LocalHost) -> None:
    port = urlsplit(host.url).port
    with socket.create_connection(("127.0.0.1", port or 0), timeout=10) as connection:
        connection.sendall(
            b"POST /api/bytes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 104857601\r\n\r\n"
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_several_cookies_are_several_headers_as_asp_net_writes_them(host: LocalHost) -> None:
    with host.session.get(f"{host.url}/api/cookies", timeout=10) as answer:
        cookies = answer.raw.headers.getlist("Set-Cookie")
    assert cookies == [
        "one=1; max-age=600; path=/api; samesite=lax; httponly",
        "two=a%2Fb; secure",
    ]


@pytest.mark.parametrize("code", [204, 304])
def test_a_status_without_body_has_none(host: LocalHost, code: int) -> None:
    answer = host.get(f"/api/status/{code}")
    assert (answer.status_code, answer.content) == (code, b"")
    assert answer.headers["X-A"] == "b"
    assert "Content-Type" not in answer.headers


def test_an_exception_is_500_with_an_empty_body_and_told_in_the_log(host: LocalHost) -> None:
    answer = host.get("/api/fail?token=not-for-the-log")
    assert (answer.status_code, answer.content) == (500, b"")
    assert "RuntimeError: the reason is in the log" in host.log()
    assert "not-for-the-log" not in host.log()


def test_a_response_header_that_is_not_ascii_is_500(host: LocalHost) -> None:
    assert host.get("/api/accent").status_code == 500
    assert "The response of 'accent' cannot be sent" in host.log()


def test_an_async_function_may_return_text(host: LocalHost) -> None:
    answer = host.get("/api/text")
    assert (answer.text, answer.headers["Content-Type"]) == ("grüße", "text/plain; charset=utf-8")
    assert "Function.text.User: from an async function" in host.log()


def test_a_function_that_outlives_its_time_is_500(host: LocalHost) -> None:
    assert host.get("/api/slow").status_code == 500
    assert "Timeout value of 2 s was exceeded by slow" in host.log()


def test_a_function_with_a_key_needs_the_key(host: LocalHost) -> None:
    key = json.loads((host.data / "host-keys.json").read_text())["masterKey"]
    assert host.get("/api/secret").status_code == 401
    assert host.get("/api/secret?code=wrong").status_code == 401
    assert host.get("/api/secret", params={"code": key}).text == "known"
    assert host.get("/api/secret", headers={"x-functions-key": key}).text == "known"


def test_settings_are_the_environment_and_the_app_folder_is_current(host: LocalHost) -> None:
    assert host.get("/api/env?name=GREETING").text == f"hello {host.app_dir}"


def test_it_listens_to_what_localhost_is(host: LocalHost) -> None:
    port = urlsplit(host.url).port
    assert host.session.get(f"http://127.0.0.1:{port}/", timeout=10).status_code == 200
