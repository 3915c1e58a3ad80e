"""How the local function host starts, tells of mistakes, and ends."""

import signal
import socket
import time
from pathlib import Path

import pytest

from tests.support.local_host import RECORDING, LocalHost

HELLO = (
    RECORDING
    + """
@app.route(route="hello", methods=["GET"])
def hello(req: func.HttpRequest) -> func.HttpResponse:
    time.sleep(float(req.params.get("seconds", "0")))
    record(done="hello")
    return func.HttpResponse("hello")
"""
)


@pytest.mark.parametrize(
    ("app", "reason"),
    [
        ("import azure.functions as func\napp = func.FunctionApp()", "0 functions found"),
        (
            RECORDING
            + '@app.route(route="administration")\n'
            + "def f(req: func.HttpRequest) -> str: return ''",
            "the route 'administration' conflicts with one or more built in routes",
        ),
        (
            RECORDING
            + '@app.timer_trigger(arg_name="t", schedule="%WHEN%")\n'
            + "def f(t: func.TimerRequest) -> None: ...",
            "The app setting 'WHEN' that the schedule of 'f' names is not set.",
        ),
        (
            RECORDING
            + '@app.blob_trigger(arg_name="b", path="c/d", connection="MyStorage")\n'
            + "def f(b: func.InputStream) -> None: ...",
            "f: the local host does not know 'blobTrigger' bindings",
        ),
    ],
)
def test_a_mistake_is_told_to_every_request_and_in_the_log(
    tmp_path: Path, app: str, reason: str
) -> None:
    host = LocalHost(tmp_path, app).start()
    answer = host.get("/any/path")
    status = host.get("/admin/host/status").json()
    assert host.stop() == 0
    assert answer.status_code == 503
    assert reason in answer.text
    assert reason in host.log()
    assert status["state"] == "Error"


def test_an_import_error_is_shown_with_its_traceback(tmp_path: Path) -> None:
    host = LocalHost(tmp_path, "def f():\n    return 1 / 0\n\nf()\n").start()
    answer = host.get("/")
    assert host.stop() == 0
    assert "ZeroDivisionError" in answer.text
    assert "function_app.py" in answer.text


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    host = LocalHost(tmp_path, HELLO)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        host.launch("--port", str(port))
        assert host.wait() == 1
    assert f"Port {port} of 127.0.0.1 cannot be listened on" in host.log()
    assert "Traceback" not in host.log()


def test_a_malformed_host_json_is_one_sentence(tmp_path: Path) -> None:
    host = LocalHost(tmp_path, HELLO, host_json={"version": "1.0"})
    host.launch()
    assert host.wait() == 1
    assert 'must hold an object with "version": "2.0"' in host.log()


def test_it_ends_when_its_parent_is_gone(tmp_path: Path) -> None:
    host = LocalHost(tmp_path, HELLO).start("--workers", "2")
    host.hang_up()
    assert host.wait() == 0


def test_it_ends_on_an_interrupt(tmp_path: Path) -> None:
    host = LocalHost(tmp_path, HELLO).start()
    host.signal(signal.SIGINT)
    assert host.wait() == 0


def test_in_the_foreground_it_outlives_its_stdin(tmp_path: Path) -> None:
    host = LocalHost(tmp_path, HELLO).start("--foreground")
    host.hang_up()
    time.sleep(0.3)
    assert host.get("/hello").text == "hello"
    assert host.stop() == 0


def test_a_request_that_runs_is_finished_before_it_ends(tmp_path: Path) -> None:
    host = LocalHost(tmp_path, HELLO).start()
    port = int(host.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"GET /hello?seconds=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        host.wait_for_log("Executing 'Functions.hello'")
        assert host.stop() == 0
        with connection.makefile("rb") as answer:
            assert answer.read().endswith(b"hello")
    host.wait_for_records(1, done="hello")


def test_an_idle_connection_of_a_browser_does_not_hold_it_up(tmp_path: Path) -> None:
    host = LocalHost(tmp_path, HELLO).start()
    port = int(host.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        # Well before the 30 s that running functions get: `stop` does not wait that long.
        assert host.stop() == 0


def test_a_function_that_does_not_end_does_not_keep_the_process(tmp_path: Path) -> None:
    impatient = {"version": "2.0", "functionTimeout": "00:00:01"}
    host = LocalHost(tmp_path, HELLO, host_json=impatient).start()
    assert host.get("/api/hello?seconds=60").status_code == 500
    assert host.stop() == 0
