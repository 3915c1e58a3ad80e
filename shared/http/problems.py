"""Errors as RFC 9457 problem details, each with a stable `code`."""

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import azure.functions as func

from shared.domain.errors import (
    ConflictError,
    FieldError,
    InvalidInputError,
    NotFoundError,
    ServiceUnavailableError,
    StaleError,
    UpstreamError,
)
from shared.http.errors import HttpError
from shared.http.represent import represent_refusal
from shared.http.responses import respond
from shared.settings import SettingsError
from shared.unexpected import log_unexpected


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, as callers are told."""

    status: int
    code: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    instance: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    reason: dict[str, Any] | None = None
    """What the identity provider or the mail server said, with its remedy."""

    @property
    def title(self) -> str:
        """The status in words: with the type `about:blank`, RFC 9457 wants just that."""
        return HTTPStatus(self.status).phrase

    def document(self) -> dict[str, Any]:
        """The members of the problem document."""
        document: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.errors:
            document["errors"] = [{"pointer": e.pointer, "message": e.message} for e in self.errors]
        if self.reason:
            document["reason"] = self.reason
        if self.instance:
            document["instance"] = self.instance
        return document


def problem_response(problem: Problem) -> func.HttpResponse:
    """Answer with a problem document."""
    body = json.dumps(problem.document(), ensure_ascii=False)
    return respond(problem.status, body, "application/problem+json", problem.headers)


def problem_of(error: Exception) -> Problem:
    """What callers are told about an error; an unforeseen one is logged and told by its id."""
    match error:
        case HttpError():
            return Problem(error.status, error.code, str(error), headers=error.headers)
        case InvalidInputError():
            return Problem(400, error.code, str(error), tuple(error.errors))
        case NotFoundError():
            return Problem(404, error.code, str(error) or "There is no such thing here.")
        case StaleError():
            detail = "It was changed since you read it. Read it again, then decide."
            return Problem(412, error.code, str(error) or detail)
        case ConflictError():
            return Problem(409, error.code, str(error))
        case ServiceUnavailableError():
            headers = {"Retry-After": str(error.retry_after)}
            return Problem(503, error.code, str(error), headers=headers)
        case UpstreamError():
            reason = represent_refusal(error)
            return Problem(502, error.code, f"{reason['title']}. {reason['remedy']}", reason=reason)
        case SettingsError():
            errors = tuple(FieldError(found.name, found.message) for found in error.problems)
            return Problem(503, error.code, str(error), errors)
    return _unexpected(error)


def _unexpected(error: Exception) -> Problem:
    error_id = log_unexpected(error)
    detail = "Something went wrong here. The operators find the cause in the log by the instance."
    return Problem(500, "internal_error", detail, instance=f"urn:uuid:{error_id}")
