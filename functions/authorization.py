"""Authorize: from the button to the page that says how it went."""

from typing import TYPE_CHECKING

import azure.functions as func

from shared import http
from shared.domain.principal import Role
from shared.http.endpoint import endpoint

if TYPE_CHECKING:
    from shared.http.problems import Problem
    from shared.http.request import Request

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]


def _page(problem: "Problem") -> func.HttpResponse:
    """A person reads this answer: a page, not a problem document."""
    return http.callback.failed_page(problem)


@blueprint.route(route="api/configs/{id}/authorize", methods=["POST"])
@endpoint(Role.MANAGE)
def start_authorization(request: "Request") -> func.HttpResponse:
    """Begin an authorization, and bind it to this browser."""
    started = request.container.authorization_service.start(request.principal, request.config_id)
    document = {
        "authorizationUrl": started.authorization_url,
        "expiresAt": http.represent.iso_time(started.expires_at),
    }
    cookie = http.flow_cookie.flow_cookie(request, started.cookie_name, started.cookie_value)
    return http.responses.json_response(document, headers={"Set-Cookie": cookie})


@blueprint.route(route="api/oauth/callback", methods=["GET"])
@endpoint(None, failed=_page)
def authorization_callback(request: "Request") -> func.HttpResponse:
    """Where Microsoft sends the browser back to."""
    outcome = request.container.authorization_service.finish(request.query, request.cookies)
    return http.callback.outcome_page(request, outcome)
