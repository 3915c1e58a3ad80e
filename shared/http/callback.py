"""What the browser shows after Microsoft sent it back: how the authorization went."""

import json
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import Any

import azure.functions as func

from shared.domain.config import Config, Status
from shared.domain.failures import Failure
from shared.domain.reasons import Owner, Reason, describe
from shared.http import callback_assets as assets
from shared.http.flow_cookie import cleared
from shared.http.problems import Problem
from shared.http.request import Request
from shared.http.responses import respond
from shared.http.urls import public_origin
from shared.services.authorization import AuthorizationOutcome

SUCCESS = "Authentication successful oauth redirect success"
_STATUS = {
    "authorization_used": 409,
    "authorization_expired": 410,
}
_AGAIN = "Nothing was changed. Press Authorize again in a few minutes."
_OWNERS = {
    Owner.APPLICATION_ADMIN: "whoever administers the app registration in Entra ID",
    Owner.MAILBOX_USER: "whoever signs in as the mailbox",
    Owner.TENANT_ADMIN: "an administrator of the Microsoft 365 organization",
    Owner.NETWORK: "whoever runs the mail server and the network before it",
    Owner.WAIT: "nobody: it is tried again by itself",
}


def outcome_page(request: Request, outcome: AuthorizationOutcome) -> func.HttpResponse:
    """The page for an authorization that came to an end, one way or the other."""
    config, settings = outcome.config, request.container.settings
    if outcome.ok:
        status, heading, parts = 200, SUCCESS, _checked(config, settings.redirect_uri)
    else:
        failure = outcome.failure or Failure("provider_refused")
        reason = _describe(failure.code, config, settings.redirect_uri)
        if failure.passing:
            # The reason's own remedy is about checks, which are tried again by themselves.
            reason = replace(reason, remedy=_AGAIN, owner=Owner.MAILBOX_USER, command=None)
        status = 503 if failure.passing else _STATUS.get(failure.code, 400)
        heading = reason.title
        parts = _explained(reason, failure.detail, failure.reference)
    origins = [*settings.allowed_origins, public_origin(request.raw)]
    response = _page(status, heading, parts, _message(outcome), origins)
    if outcome.cookie_name:
        response.headers.add_header("Set-Cookie", cleared(outcome.cookie_name))
    return response


def failed_page(problem: Problem) -> func.HttpResponse:
    """The page for an authorization that could not be finished on our side."""
    parts = [
        _paragraph(problem.detail),
        _paragraph("Go back to the settings and press Authorize again."),
    ]
    if problem.instance:
        parts.append(_definition({"Reference": problem.instance}))
    message = {"type": assets.MESSAGE_TYPE, "ok": False, "reasonCode": problem.code}
    page = _page(problem.status, "The authorization could not be finished", parts, message, [])
    for name, value in problem.headers.items():
        page.headers[name] = value
    return page


def _message(outcome: AuthorizationOutcome) -> dict[str, Any]:
    """What the page that opened this one is told: no address, no code, no state."""
    message: dict[str, Any] = {"type": assets.MESSAGE_TYPE, "ok": outcome.ok}
    if outcome.config:
        message["configId"] = outcome.config.id
        if outcome.ok and outcome.config.reason:
            message["reasonCode"] = outcome.config.reason.code
    if outcome.failure:
        message["reasonCode"] = outcome.failure.code
    return message


def _checked(config: Config | None, redirect_uri: str) -> list[str]:
    """What the check right after the authorization found."""
    if config is None:
        return [_paragraph("The authorization is stored.")]
    if config.status is Status.VERIFIED:
        return [_paragraph(f"{config.user_name} is verified: mail can be sent from it.")]
    stored = f"The authorization of {config.user_name} is stored, but it is not verified yet."
    if config.reason is None:
        return [_paragraph(stored)]
    reason = _describe(config.reason.code, config, redirect_uri)
    return [
        _paragraph(stored),
        f"<h2>{escape(reason.title)}</h2>",
        *_explained(reason, config.reason.detail, config.reason.reference),
    ]


def _describe(code: str, config: Config | None, redirect_uri: str) -> Reason:
    mailbox, sender = (config.user_name, config.sender) if config else ("", "")
    return describe(code, mailbox=mailbox, sender=sender, redirect_uri=redirect_uri)


def _explained(reason: Reason, detail: str | None, reference: str | None) -> list[str]:
    remedy = reason.remedy.removesuffix(reason.command or "").rstrip()
    parts = [_paragraph(line) for line in remedy.splitlines()]
    if reason.command:
        parts.append(f"<pre>{escape(reason.command)}</pre>")
    facts = {"Who can do it": _OWNERS[reason.owner], "Details": detail, "Reference": reference}
    return [*parts, _definition(facts)]


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _definition(facts: dict[str, Any]) -> str:
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items() if value
    )
    return f"<dl>{rows}</dl>"


def _page(
    status: int,
    heading: str,
    parts: Sequence[str],
    message: dict[str, Any],
    origins: Sequence[str],
) -> func.HttpResponse:
    body = assets.TEMPLATE.format(
        style=assets.STYLE,
        script=assets.SCRIPT,
        kind="ok" if message["ok"] else "failed",
        heading=escape(heading),
        parts="\n".join(parts),
        message=escape(json.dumps(message)),
        origins=escape(json.dumps(list(dict.fromkeys(origins)))),
    )
    return respond(status, body, "text/html; charset=utf-8", assets.HEADERS)
