"""Bodies of requests as what the services take."""

from shared.domain.changes import ConfigFields
from shared.domain.errors import FieldError
from shared.http import config_input
from shared.http.json_body import JSON, MERGE_PATCH, read_object
from shared.http.request import Request


def new_config(request: Request) -> ConfigFields:
    """The fields of a new config. Raises `InvalidInputError`, and `HttpError` for no JSON."""
    return config_input.new_config(
        read_object(request.raw, JSON), lambda fields: _preview(request, None, fields)
    )


def config_changes(request: Request) -> ConfigFields:
    """The fields to change. Raises `InvalidInputError`, and `HttpError` for no JSON."""
    config_id = request.config_id
    return config_input.config_changes(
        read_object(request.raw, JSON, MERGE_PATCH),
        lambda fields: _preview(request, config_id, fields),
    )


def ids_to_delete(request: Request) -> list[str]:
    """The ids of configs. Raises `InvalidInputError`, and `HttpError` for no JSON."""
    return config_input.ids_to_delete(read_object(request.raw, JSON))


def _preview(request: Request, config_id: str | None, fields: ConfigFields) -> list[FieldError]:
    service = request.container.configs_service
    return service.preview_errors(request.principal.organization, config_id, fields)
