"""The settings page, at /settings/outgoing-mail."""

import azure.functions as func

from shared import http

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]


@blueprint.route(route="settings/{*path}", methods=["GET"])
def settings_page(req: func.HttpRequest) -> func.HttpResponse:
    """The page and its files. Anybody may load them: what they show comes from the API."""
    return http.page.settings_page(req.route_params.get("path") or "", req.headers)
