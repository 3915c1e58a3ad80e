"""From a request's body to what is submitted. Everything that is wrong is told at once."""

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

from shared.domain.errors import FieldError, InvalidInputError
from shared.domain.message import Attachment, Content
from shared.http.base64_text import lifted
from shared.http.errors import MessageTooLargeError
from shared.http.json_body import JSON, object_of, octets_of, read_object
from shared.http.message_fields import MAX_RECIPIENTS
from shared.http.message_models import NewMessage, NewTestMessage
from shared.http.request import Request
from shared.http.validation import check
from shared.services.submission import Submission

MAX_SIZE = 25 * 1024 * 1024
"""Octets: texts and attachments, before they are encoded for the way."""
_MAX_BODY = 36
"""Megabytes: `MAX_SIZE` in Base64, and what goes with it."""
_KEY_HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_RECIPIENTS = ("to", "cc", "bcc")


def new_submission(request: Request) -> Submission:
    """What the caller wants sent.

    Raises `InvalidInputError`, `MessageTooLargeError`, and `HttpError` for no JSON.
    """
    key = request.raw.headers.get(_KEY_HEADER)
    body = _body(request)
    found, errors = check(NewMessage, body, "a message")
    errors += _across(body, {error.pointer for error in errors})
    if key is not None and not _KEY.fullmatch(key):
        errors.append(FieldError(_KEY_HEADER, "must be 1 to 255 characters of visible ASCII"))
    if found is None or errors:
        raise InvalidInputError(errors)
    content = _content(found)
    if _size(content) > MAX_SIZE:
        raise MessageTooLargeError(
            f"Texts and attachments may have {MAX_SIZE // 1024**2} MB at most, all together."
        )
    return Submission(
        content=content,
        content_hash=_digest(content, found),
        config_id=found.config_id,
        idempotency_key=key,
        allow_platform_sender=found.allow_platform_sender,
    )


def test_recipient(request: Request) -> str:
    """Whom a test message goes to. Raises `InvalidInputError`, and `HttpError` for no JSON."""
    found, errors = check(NewTestMessage, read_object(request.raw, JSON), "this request")
    if found is None:
        raise InvalidInputError(errors)
    return found.to


def _body(request: Request) -> dict[str, Any]:
    """The body; the contents of its attachments are `Base64Text` where they are long."""
    octets, long_texts = lifted(octets_of(request.raw, JSON, megabytes=_MAX_BODY))
    body = object_of(octets)
    for attachment in _attachments(body):
        content = attachment.get("content")
        if isinstance(content, str) and content in long_texts:
            attachment["content"] = long_texts[content]
    return body


def _attachments(body: dict[str, Any]) -> list[dict[str, Any]]:
    given = body.get("attachments")
    return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []


def _across(body: dict[str, Any], known: set[str]) -> list[FieldError]:
    """What no field is wrong with by itself."""
    found = (*_about_recipients(body), *_about_texts(body), *_about_repetitions(body))
    return [error for error in found if error.pointer not in known]


def _about_recipients(body: dict[str, Any]) -> Iterator[FieldError]:
    if all(body.get(name, []) == [] for name in _RECIPIENTS):
        yield FieldError("/to", "is required, unless cc or bcc have a recipient")
    count = 0
    for name in _RECIPIENTS:
        given = body.get(name)
        before, count = count, count + (len(given) if isinstance(given, list) else 0)
        if before <= MAX_RECIPIENTS < count:
            message = f"is more than {MAX_RECIPIENTS} recipients, together with the others"
            yield FieldError(f"/{name}", message)


def _about_texts(body: dict[str, Any]) -> Iterator[FieldError]:
    if "text" not in body and "html" not in body:
        yield FieldError("/text", "is required, unless there is html")


def _about_repetitions(body: dict[str, Any]) -> Iterator[FieldError]:
    headers = body.get("headers")
    seen: set[str] = set()
    for name in headers if isinstance(headers, dict) else ():
        if name.lower() in seen:
            yield FieldError(f"/headers/{name}", "is given twice; case does not count")
        seen.add(name.lower())
    seen.clear()
    for number, attachment in enumerate(_attachments(body)):
        content_id = attachment.get("contentId")
        if isinstance(content_id, str) and content_id in seen:
            pointer = f"/attachments/{number}/contentId"
            yield FieldError(pointer, "is the contentId of another attachment too")
        if isinstance(content_id, str):
            seen.add(content_id)


def _content(message: NewMessage) -> Content:
    return Content(
        to=tuple(message.to),
        cc=tuple(message.cc),
        bcc=tuple(message.bcc),
        subject=message.subject,
        text=message.text,
        html=message.html,
        attachments=tuple(
            Attachment(one.name, one.content_type, one.content, one.content_id)
            for one in message.attachments
        ),
        headers=tuple(message.headers.items()),
    )


def _size(content: Content) -> int:
    texts = sum(len(text.encode()) for text in (content.text, content.html) if text)
    return texts + sum(len(attachment.data) for attachment in content.attachments)


def _digest(content: Content, message: NewMessage) -> str:
    """SHA-256 over all that was submitted; the same whatever the order of members was."""
    files = [
        [one.name, one.content_type, one.content_id, hashlib.sha256(one.data).hexdigest()]
        for one in content.attachments
    ]
    whole = {
        **{name: getattr(content, name) for name in (*_RECIPIENTS, "subject", "text", "html")},
        "headers": sorted(content.headers),
        "attachments": files,
        "configId": message.config_id,
        "allowPlatformSender": message.allow_platform_sender,
    }
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
