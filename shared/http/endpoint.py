"""What every HTTP function has in common: who may call it, and how errors are told."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import azure.functions as func

from shared import http
from shared.domain.principal import Role

if TYPE_CHECKING:
    from shared.http.problems import Problem
    from shared.http.request import Request

type Handler = Callable[["Request"], func.HttpResponse]
type HttpFunction = Callable[[func.HttpRequest], func.HttpResponse]
type Teller = Callable[["Problem"], func.HttpResponse]
_NAMES = ("__module__", "__name__", "__qualname__", "__doc__")


def endpoint(role: Role | None, failed: Teller | None = None) -> Callable[[Handler], HttpFunction]:
    """Let in who has `role` (anybody if None), call the handler, and answer its errors.

    `failed` makes the answer; it is a problem document unless given.
    """

    def decorate(handler: Handler) -> HttpFunction:
        @functools.wraps(handler, assigned=_NAMES)
        def serve(req: func.HttpRequest) -> func.HttpResponse:
            try:
                return handler(http.request.let_in(req, role))
            except Exception as error:  # noqa: BLE001  each becomes an answer; unforeseen ones a log line too
                problem = http.problems.problem_of(error)
            return failed(problem) if failed else http.problems.problem_response(problem)

        # The worker binds the trigger to the signature it sees: that is `req`, not the handler's.
        del serve.__wrapped__
        return serve

    return decorate
