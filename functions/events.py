"""The history of configs."""

from typing import TYPE_CHECKING

import azure.functions as func

from shared import http
from shared.domain.principal import Role
from shared.http.endpoint import endpoint

if TYPE_CHECKING:
    from shared.http.request import Request

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]


@blueprint.route(route="api/configs/{id}/events", methods=["GET"])
@endpoint(Role.READ)
def list_config_events(request: "Request") -> func.HttpResponse:
    """A page of a config's history, newest first."""
    config_id = request.config_id
    _, size = http.lists.list_parameters(request)
    cursors = http.paging.Cursors(request, "list_config_events")
    events, more = request.container.configs_service.events(
        request.principal.organization, config_id, size, cursors.read()
    )
    document: dict[str, object] = {
        "value": [http.represent.represent_event(event) for event in events]
    }
    if more:
        document["nextLink"] = cursors.next_link([events[-1].id], size)
    return http.responses.json_response(document)
