"""Operations, answers and problems in the form that OpenAPI gives them."""

from http import HTTPStatus
from typing import Any

from shared.http.openapi.operations import HTML, Answer, Body, Operation
from shared.http.openapi.problems import example


def path_item_operation(operation: Operation) -> dict[str, Any]:
    """One operation of a path."""
    found: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
    }
    description = [operation.description] if operation.description else []
    if operation.role:
        description.append(f"Role: `{operation.role.value}`.")
    if description:
        found["description"] = " ".join(description)
    if operation.parameters:
        found["parameters"] = [_ref("parameters", name) for name in operation.parameters]
    if operation.body:
        found["requestBody"] = _request_body(operation.body)
    found["responses"] = {
        **{str(answer.status): _answer(answer) for answer in operation.answers},
        **{str(status): _problem(status, codes) for status, codes in operation.problems.items()},
    }
    if operation.role is None:
        found["security"] = []
    else:
        found["security"] = [{"bearer": []}, {"session": []}]
    return found


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def _request_body(body: Body) -> dict[str, Any]:
    content = {
        "schema": _ref("schemas", body.schema),
        "examples": {name: _ref("examples", name) for name in body.examples},
    }
    return {"required": True, "content": dict.fromkeys(body.media_types, content)}


def _answer(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = {"description": answer.description}
    if answer.headers:
        found["headers"] = {name: _ref("headers", name) for name in answer.headers}
    if answer.media_type == HTML:
        found["content"] = {HTML: {"schema": {"type": "string"}}}
    elif answer.schema:
        content: dict[str, Any] = {"schema": _ref("schemas", answer.schema)}
        if answer.example:
            content["examples"] = {answer.example: _ref("examples", answer.example)}
        found["content"] = {answer.media_type: content}
    if answer.links:
        found["links"] = {
            name: {"operationId": name, "parameters": {"id": "$response.body#/id"}}
            for name in answer.links
        }
    return found


def _problem(status: int, codes: tuple[str, ...]) -> dict[str, Any]:
    examples = {code: {"value": example(status, code)} for code in codes}
    found: dict[str, Any] = {
        "description": f"{HTTPStatus(status).phrase}: `{'`, `'.join(codes)}`.",
        "content": {
            "application/problem+json": {"schema": _ref("schemas", "Problem"), "examples": examples}
        },
    }
    if status == HTTPStatus.UNAUTHORIZED:
        found["headers"] = {"WWW-Authenticate": _ref("headers", "WWW-Authenticate")}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        found["headers"] = {"Retry-After": _ref("headers", "Retry-After")}
    return found
