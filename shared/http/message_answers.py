"""Answers that show messages."""

import azure.functions as func

from shared.domain.message import Message
from shared.http.preconditions import is_known
from shared.http.represent import etag_of
from shared.http.represent_message import represent_accepted, represent_message, represent_trial
from shared.http.request import Request
from shared.http.responses import json_response, respond
from shared.http.urls import public_url
from shared.services.progress import Progress
from shared.services.trial_messages import TrialOutcome


def accepted_message(request: Request, message: Message) -> func.HttpResponse:
    """The message will be sent; `Location` is where it can be looked at."""
    location = f"{public_url(request.raw)}/{message.id}"
    return json_response(represent_accepted(message), 202, {"Location": location})


def message_answer(request: Request, progress: Progress) -> func.HttpResponse:
    """The message, with its ETag; 304 for who has this version already."""
    document = represent_message(progress, request.container.settings.redirect_uri)
    etag = etag_of(document)
    if is_known(request, etag):
        return respond(304, headers={"ETag": etag})
    return json_response(document, headers={"ETag": etag})


def trial_answer(request: Request, outcome: TrialOutcome) -> func.HttpResponse:
    """What became of a test message."""
    redirect_uri = request.container.settings.redirect_uri
    return json_response(represent_trial(outcome, redirect_uri))
