"""What the local function host and the platform answer themselves: administration and CORS."""

from collections.abc import Iterator

import pytest

from tests.support.local_host import RECORDING, LocalHost

APP = (
    RECORDING
    + """
@app.route(route="api/items/{id}", methods=["GET", "PATCH"])
def item(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("item")

@app.route(route="api/fail", methods=["GET"])
def fail(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("no")

@app.timer_trigger(arg_name="timer", schedule="0 0 0 1 1 *")
def yearly(timer: func.TimerRequest) -> None:
    record(ran="yearly", past_due=timer.past_due)
"""
)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHost]:
    running = LocalHost(
        tmp_path_factory.mktemp("admin"),
        APP,
        cors={"CORS": "https://portal.example", "CORSCredentials": True},
    ).start()
    yield running
    assert running.stop() == 0


def test_a_preflight_is_answered_by_the_platform(host: LocalHost) -> None:
    asked = {
        "Origin": "https://portal.example",
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "content-type,if-match",
    }
    answer = host.request("OPTIONS", "/api/items/1", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "https://portal.example"
    assert answer.headers["Access-Control-Allow-Methods"] == "PATCH"
    assert answer.headers["Access-Control-Allow-Headers"] == "content-type,if-match"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"


def test_an_origin_that_is_not_listed_gets_no_permission(host: LocalHost) -> None:
    elsewhere = {"Origin": "https://evil.example", "Access-Control-Request-Method": "PATCH"}
    preflight = host.request("OPTIONS", "/api/items/1", headers=elsewhere)
    simple = host.get("/api/items/1", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in preflight.headers
    assert "Access-Control-Allow-Origin" not in simple.headers
    assert simple.status_code == 200


def test_a_listed_origin_may_read_also_an_error(host: LocalHost) -> None:
    answer = host.get("/api/fail", headers={"Origin": "https://portal.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "https://portal.example"


def test_admin_runs_a_timer_function_now(host: LocalHost) -> None:
    answer = host.request("POST", "/admin/functions/yearly", json={"input": ""})
    assert answer.status_code == 202
    host.wait_for_records(1, ran="yearly", past_due=False)


def test_admin_knows_no_other_functions(host: LocalHost) -> None:
    assert host.request("POST", "/admin/functions/nobody", json={}).status_code == 404


@pytest.mark.parametrize("body", ["[]", "{", '"text"'])
def test_admin_turns_down_what_is_not_a_json_object(host: LocalHost, body: str) -> None:
    assert host.request("POST", "/admin/functions/yearly", data=body).status_code == 400


def test_admin_does_not_obey_pages_of_other_sites(host: LocalHost) -> None:
    for headers in ({"Origin": "https://portal.example"}, {"Host": "rebound.example"}):
        answer = host.request("POST", "/admin/functions/yearly", headers=headers)
        assert answer.status_code == 403


def test_admin_lists_the_functions_with_their_bindings(host: LocalHost) -> None:
    listed = {entry["name"]: entry for entry in host.get("/admin/functions").json()}
    assert len(listed) == 3
    bindings = listed["item"]["config"]["bindings"]
    assert [binding["type"] for binding in bindings] == ["httpTrigger", "http"]
    assert host.get("/admin/functions/item").json() == listed["item"]


def test_admin_tells_how_the_host_is(host: LocalHost) -> None:
    status = host.get("/admin/host/status").json()
    assert status["state"] == "Running"
    assert status["version"].startswith("4.")
