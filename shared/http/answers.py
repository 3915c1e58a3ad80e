"""Answers that show configs."""

import azure.functions as func

from shared.domain.config import Config
from shared.http.paging import Cursors
from shared.http.preconditions import is_known
from shared.http.represent import config_etag, represent
from shared.http.request import Request
from shared.http.responses import json_response, respond
from shared.http.urls import public_url
from shared.services.config_lists import ConfigPage


def config_answer(
    request: Request, config: Config, status: int = 200, **headers: str
) -> func.HttpResponse:
    """The config, with its ETag; 304 for a GET by who has this version already."""
    redirect_uri = request.container.settings.redirect_uri
    etag = config_etag(config, redirect_uri)
    if request.raw.method == "GET" and is_known(request, etag):
        return respond(304, headers={"ETag": etag})
    return json_response(represent(config, redirect_uri), status, {"ETag": etag, **headers})


def created_config(request: Request, config: Config) -> func.HttpResponse:
    """The new config, and where it is from now on."""
    return config_answer(request, config, 201, Location=f"{public_url(request.raw)}/{config.id}")


def config_page(
    request: Request, page: ConfigPage, cursors: Cursors, size: int
) -> func.HttpResponse:
    """A page of configs."""
    redirect_uri = request.container.settings.redirect_uri
    document = {
        "value": [represent(config, redirect_uri) for config in page.value],
        "total": page.total,
    }
    if page.next is not None:
        document["nextLink"] = cursors.next_link(page.next, size)
    return json_response(document)
