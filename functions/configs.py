"""The configs of the caller's organization."""

from typing import TYPE_CHECKING

import azure.functions as func

from shared import http
from shared.domain.principal import Role
from shared.http.endpoint import endpoint

if TYPE_CHECKING:
    from shared.http.request import Request

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]


@blueprint.route(route="api/configs", methods=["GET"])
@endpoint(Role.READ)
def list_configs(request: "Request") -> func.HttpResponse:
    """A page of configs, by user name."""
    filters, size = http.lists.list_parameters(request, http.lists.CONFIG_FILTERS)
    cursors = http.paging.Cursors(request, "list_configs", filters)
    page = request.container.configs_service.page(
        request.principal.organization, http.lists.config_query(filters), size, cursors.read_pair()
    )
    return http.answers.config_page(request, page, cursors, size)


@blueprint.route(route="api/configs", methods=["POST"])
@endpoint(Role.MANAGE)
def create_config(request: "Request") -> func.HttpResponse:
    """Add a config."""
    fields = http.bodies.new_config(request)
    config = request.container.configs_service.create(request.principal, fields)
    return http.answers.created_config(request, config)


@blueprint.route(route="api/configs/{id}", methods=["GET"])
@endpoint(Role.READ)
def get_config(request: "Request") -> func.HttpResponse:
    """One config."""
    config = request.container.configs_service.get(
        request.principal.organization, request.config_id
    )
    return http.answers.config_answer(request, config)


@blueprint.route(route="api/configs/{id}", methods=["PATCH"])
@endpoint(Role.MANAGE)
def update_config(request: "Request") -> func.HttpResponse:
    """Change a config."""
    config_id, matches = request.config_id, http.preconditions.if_match(request)
    fields = http.bodies.config_changes(request)
    config = request.container.configs_service.update(request.principal, config_id, fields, matches)
    return http.answers.config_answer(request, config)


@blueprint.route(route="api/configs/{id}", methods=["DELETE"])
@endpoint(Role.MANAGE)
def delete_config(request: "Request") -> func.HttpResponse:
    """Delete a config and its secrets."""
    request.container.configs_service.delete(
        request.principal, request.config_id, http.preconditions.if_match(request)
    )
    return http.responses.respond(204)


@blueprint.route(route="api/configs/bulk-delete", methods=["POST"])
@endpoint(Role.MANAGE)
def bulk_delete_configs(request: "Request") -> func.HttpResponse:
    """Delete several configs."""
    ids = http.bodies.ids_to_delete(request)
    result = request.container.configs_service.bulk_delete(request.principal, ids)
    return http.responses.json_response(
        {"deleted": result.deleted, "notFound": result.not_found, "failed": result.failed}
    )


@blueprint.route(route="api/configs/{id}/verify", methods=["POST"])
@endpoint(Role.MANAGE)
def verify_config(request: "Request") -> func.HttpResponse:
    """Check a config now."""
    http.preconditions.check_if_match(request)
    config = request.container.verification_service.check_now(request.principal, request.config_id)
    return http.answers.config_answer(request, config)
