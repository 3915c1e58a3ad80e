"""Mail that goes out through the organization's configs."""

from typing import TYPE_CHECKING

import azure.functions as func

from shared import http
from shared.domain.principal import Role
from shared.http.endpoint import endpoint

if TYPE_CHECKING:
    from shared.http.request import Request

blueprint = func.Blueprint()  # type: ignore[no-untyped-call]


@blueprint.route(route="api/messages", methods=["POST"])
@endpoint(Role.SEND)
def submit_message(request: "Request") -> func.HttpResponse:
    """Accept a message for delivery."""
    submission = http.message_input.new_submission(request)
    message = request.container.submission_service.submit(request.principal, submission)
    return http.message_answers.accepted_message(request, message)


@blueprint.route(route="api/messages/{id}", methods=["GET"])
@endpoint(Role.SEND)
def get_message(request: "Request") -> func.HttpResponse:
    """What became of a message."""
    organization = request.principal.organization
    progress = request.container.progress_service.of(organization, request.message_id)
    return http.message_answers.message_answer(request, progress)


@blueprint.route(route="api/configs/{id}/test-message", methods=["POST"])
@endpoint(Role.MANAGE)
def send_test_message(request: "Request") -> func.HttpResponse:
    """Send one message through a config, now."""
    config_id, recipient = request.config_id, http.message_input.test_recipient(request)
    outcome = request.container.test_message_service.send(request.principal, config_id, recipient)
    return http.message_answers.trial_answer(request, outcome)
