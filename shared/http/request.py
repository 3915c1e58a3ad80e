"""A request that has been let in, and what handlers want to know of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl, urlsplit

import azure.functions as func

from shared import container as process
from shared.domain.errors import FieldError, InvalidInputError, NotFoundError
from shared.domain.principal import Principal, Role
from shared.http.errors import RoleMissingError, UnauthenticatedError
from shared.http.principal import read_principal
from shared.http.text import config_id
from shared.http.urls import check_origin


@dataclass(frozen=True)
class Request:
    """One HTTP request."""

    raw: func.HttpRequest
    caller: Principal | None = None
    """None where an operation is open to anybody."""

    @property
    def principal(self) -> Principal:
        """The signed-in caller. Raises `UnauthenticatedError`."""
        if self.caller is None:
            raise UnauthenticatedError
        return self.caller

    @property
    def container(self) -> process.Container:
        """The process's services. Raises `SettingsError`."""
        return process.get_container()

    @property
    def config_id(self) -> str:
        """The config that the route names. Raises `NotFoundError` for what cannot be an id."""
        try:
            return config_id(self.raw.route_params.get("id", ""))
        except ValueError:
            raise NotFoundError("There is no such config.") from None

    @property
    def message_id(self) -> str:
        """The message that the route names. Raises `NotFoundError` for what cannot be an id."""
        try:
            return config_id(self.raw.route_params.get("id", ""))
        except ValueError:
            raise NotFoundError("There is no such message.") from None

    @cached_property
    def query(self) -> Mapping[str, str]:
        """The parameters of the URL. Raises `InvalidInputError` if one is given twice."""
        text = urlsplit(self.raw.url).query
        pairs = parse_qsl(text, keep_blank_values=True) or list(self.raw.params.items())
        names = [name for name, _ in pairs]
        repeated = [name for name in dict.fromkeys(names) if names.count(name) > 1]
        if repeated:
            raise InvalidInputError(
                [FieldError(name[:64], "is given more than once") for name in repeated]
            )
        return dict(pairs)

    @cached_property
    def cookies(self) -> Mapping[str, str]:
        """The cookies. Of several with one name the first counts: it has the longest path."""
        pairs = [part.partition("=") for part in self.raw.headers.get("Cookie", "").split(";")]
        return {name.strip(): value.strip() for name, _, value in reversed(pairs)}


def let_in(req: func.HttpRequest, role: Role | None) -> Request:
    """The request of a caller who has `role`, or of anybody if None.

    Raises `SettingsError`, and what `read_principal` and `check_origin` raise; `RoleMissingError`.
    """
    request = Request(req)
    if role is None:
        return request
    settings = request.container.settings
    principal = read_principal(
        req.headers, settings.organization_claim, vouched_for=settings.auth_enabled
    )
    if not principal.has(role):
        raise RoleMissingError(role)
    check_origin(req, settings.allowed_origins)
    return Request(req, principal)
