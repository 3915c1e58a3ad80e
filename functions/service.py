"""What the app says about itself."""

from typing import TYPE_CHECKING

import azure.functions as func

from shared import http
from shared.domain.principal import Role
from shared.http.endpoint import endpoint

if TYPE_CHECKING:
    from shared.http.request import Request

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]


@blueprint.route(route="api/options", methods=["GET"])
@endpoint(Role.READ)
def get_options(request: "Request") -> func.HttpResponse:
    """What the form for a new config is filled in with."""
    redirect_uri = request.container.settings.redirect_uri
    return http.responses.json_response(
        {"redirectUri": redirect_uri, "providers": http.providers.PROVIDERS}
    )


@blueprint.route(route="api/openapi.json", methods=["GET"])
@endpoint(None)
def openapi(_request: "Request") -> func.HttpResponse:
    """This API as an OpenAPI 3.1 document."""
    return http.responses.respond(200, http.openapi.document_bytes())


@blueprint.route(route="api/health", methods=["GET"])
@endpoint(None)
def health(request: "Request") -> func.HttpResponse:
    """Whether the app's settings are in order: 503 names those that are not."""
    _ = request.container.settings
    return http.responses.json_response({"status": "healthy"})
