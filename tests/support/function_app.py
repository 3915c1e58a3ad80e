"""The functions without a host: requests by method and path, over services with fakes."""

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import azure.functions as func

import function_app
from shared.domain.principal import Role
from shared.services.authorization import AuthorizationService
from shared.services.configs import ConfigService
from shared.services.delivery import DeliveryService
from shared.services.maintenance import MaintenanceService
from shared.services.progress import ProgressService
from shared.services.submission import SubmissionService
from shared.services.trial_messages import TrialMessages
from shared.services.verification import VerificationService
from shared.settings import Settings
from tests.support.world import ORG, World

HOST = "https://app.example"
PORTAL = "https://portal.example"
ALL_ROLES = tuple(role.value for role in Role)


class App:
    """The function app over a `World`. Fulfils what handlers ask of the container."""

    def __init__(self) -> None:
        self.world = World()
        self.world.settings = replace(
            self.world.settings, auth_enabled=True, allowed_origins=(PORTAL,)
        )
        self.failure: Exception | None = None
        """Raised by the next call of any service."""

    @property
    def settings(self) -> Settings:
        return self.world.settings

    @property
    def configs_service(self) -> ConfigService:
        return self._or_failure(self.world.services.configs)

    @property
    def authorization_service(self) -> AuthorizationService:
        return self._or_failure(self.world.services.authorization)

    @property
    def verification_service(self) -> VerificationService:
        return self._or_failure(self.world.services.verification)

    @property
    def maintenance_service(self) -> MaintenanceService:
        return self._or_failure(self.world.services.maintenance)

    @property
    def progress_service(self) -> ProgressService:
        return self._or_failure(self.world.services.progress)

    @property
    def submission_service(self) -> SubmissionService:
        return self._or_failure(self.world.services.submission)

    @property
    def delivery_service(self) -> DeliveryService:
        return self._or_failure(self.world.services.delivery)

    @property
    def test_message_service(self) -> TrialMessages:
        return self._or_failure(self.world.services.trial_messages)

    def _or_failure[S](self, service: S) -> S:
        if self.failure is not None:
            raise self.failure
        return service

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        roles: Iterable[str] = ALL_ROLES,
        org: str = ORG,
        headers: Mapping[str, str] | None = None,
        signed_in: bool = True,
    ) -> func.HttpResponse:
        """The answer to a request. A body that is not bytes is sent as JSON."""
        handler, route_params = _route(method, urlsplit(path).path)
        sent = {"Host": "app.example", "X-Forwarded-Proto": "https"}
        if signed_in:
            sent["X-MS-CLIENT-PRINCIPAL"] = principal_header(org, roles)
        if body is not None:
            sent["Content-Type"] = "application/json"
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = func.HttpRequest(
            method,
            f"{HOST}{path}",
            headers={**sent, **(headers or {})},
            route_params=route_params,
            body=b"" if body is None else content,
        )
        return handler(request)


def principal_header(org: str, roles: Iterable[str], **claims: str) -> str:
    """The header as App Service Authentication makes it."""
    entries = {"tid": org, "preferred_username": "admin@contoso.example", **claims}
    listed = [{"typ": typ, "val": val} for typ, val in entries.items()]
    listed += [{"typ": "roles", "val": role} for role in roles]
    return encoded_principal({"auth_typ": "aad", "role_typ": "roles", "claims": listed})


def encoded_principal(document: Any) -> str:
    """Any JSON in the header's form."""
    return base64.b64encode(json.dumps(document).encode()).decode()


def payload(response: func.HttpResponse) -> Any:
    """The response's JSON."""
    return json.loads(response.get_body())


def pointers(response: func.HttpResponse) -> dict[str, str]:
    """The errors of a problem: message by pointer; none is told twice."""
    errors = payload(response).get("errors", [])
    told = [(error["pointer"], error["message"]) for error in errors]
    assert len(set(told)) == len(told), told
    return dict(told)


@cache
def registered() -> tuple[Any, ...]:
    """The functions as the worker indexes them."""
    return tuple(function_app.app.get_functions())


def _route(
    method: str, path: str
) -> tuple[Callable[[func.HttpRequest], func.HttpResponse], dict[str, str]]:
    """The function of a path; a literal route goes before one with a parameter."""
    found = []
    for function in registered():
        binding = function.get_trigger().get_dict_repr()
        if binding["type"] != "httpTrigger" or method not in _methods(binding):
            continue
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", binding["route"])
        match = re.fullmatch(f"/{pattern}", path)
        if match:
            found.append((len(match.groupdict()), function.get_user_function(), match.groupdict()))
    _, handler, route_params = min(found, key=lambda one: one[0])
    return handler, route_params


def _methods(binding: Mapping[str, Any]) -> set[str]:
    return {method.value for method in binding["methods"]}
