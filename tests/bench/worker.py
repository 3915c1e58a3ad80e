"""This process as a worker of the function app: real adapters, whose requests are counted."""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import azure.functions as func

from shared import container as process
from shared.container import Container
from shared.settings import Settings
from tests.support.function_app import ALL_ROLES, principal_header, registered

_BASE = "https://app.example"


class Requests:
    """Counts requests to Azure's services: what the container's `observer` is told."""

    def __init__(self) -> None:
        self._counter: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, service: str, _method: str, _url: str) -> None:
        with self._lock:
            self._counter[service] += 1

    def take(self) -> Counter[str]:
        """Requests by service since the last take."""
        with self._lock:
            taken, self._counter = self._counter, Counter()
        return taken


class Worker:
    """Functions over a container of their own."""

    def __init__(self, container: Container, requests: Requests) -> None:
        self.container = container
        self.requests = requests

    def get(self, function: str, path: str, org: str, **route_params: str) -> func.HttpResponse:
        """What an HTTP function answers an administrator of `org`."""
        request = func.HttpRequest(
            "GET", f"{_BASE}{path}", headers=_headers(org), route_params=route_params, body=b""
        )
        response: func.HttpResponse = _function(function)(request)
        assert response.status_code == 200, response.get_body()
        return response

    def post(self, function: str, path: str, org: str, body: bytes) -> func.HttpResponse:
        """What an HTTP function answers to JSON."""
        headers = {**_headers(org), "Content-Type": "application/json"}
        request = func.HttpRequest("POST", f"{_BASE}{path}", headers=headers, body=body)
        response: func.HttpResponse = _function(function)(request)
        assert response.status_code in (201, 202), response.get_body()
        return response

    def take_message(self, function: str, text: str) -> None:
        """Run a queue's function with a message."""
        _function(function)(func.QueueMessage(body=text.encode()))


@contextmanager
def worker(settings: Mapping[str, str]) -> Iterator[Worker]:
    """A worker with the stack's app settings."""
    environment = {**settings, "WEBSITE_AUTH_ENABLED": "True"}
    requests = Requests()
    container = Container(Settings.from_environment(environment), requests)
    with (
        patch.dict(os.environ, _of_identity(environment)),
        patch.object(process, "get_container", lambda: container),
    ):
        yield Worker(container, requests)


def _headers(org: str) -> dict[str, str]:
    return {
        "Host": "app.example",
        "X-Forwarded-Proto": "https",
        "X-MS-CLIENT-PRINCIPAL": principal_header(org, ALL_ROLES),
    }


def _of_identity(environment: Mapping[str, str]) -> dict[str, str]:
    """azure-identity reads these from the environment by itself."""
    return {name: environment[name] for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER")}


def _function(name: str) -> Callable[[Any], Any]:
    (found,) = (f for f in registered() if f.get_function_name() == name)
    function: Callable[[Any], Any] = found.get_user_function()
    return function
