"""What HTTP itself can refuse, before a use case is asked."""

from collections.abc import Mapping

from shared.domain.errors import FieldError, InvalidInputError, OutgoingMailError
from shared.domain.principal import Role


class HttpError(OutgoingMailError):
    """Base of the refusals that have a status of their own."""

    status = 400

    def __init__(self, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.headers = dict(headers or {})


class UnauthenticatedError(HttpError):
    """Nobody is signed in, or the platform does not vouch for who says so."""

    status = 401
    code = "unauthenticated"

    def __init__(self) -> None:
        super().__init__(
            "Sign in first, or send a bearer token of this API.", {"WWW-Authenticate": "Bearer"}
        )


class NoOrganizationError(HttpError):
    """The caller is signed in, but it is not known for which organization."""

    status = 403
    code = "no_organization"


class RoleMissingError(HttpError):
    """The caller lacks the application role that the operation needs."""

    status = 403
    code = "role_missing"

    def __init__(self, role: Role) -> None:
        super().__init__(f"This needs the role {role.value}. An administrator can assign it.")


class OriginNotAllowedError(HttpError):
    """A page of another site asked for a change."""

    status = 403
    code = "origin_not_allowed"

    def __init__(self) -> None:
        super().__init__(
            "The page that sent this request is neither served by this app nor named in "
            "ALLOWED_ORIGINS."
        )


class UnsupportedMediaTypeError(HttpError):
    """The body is not of a type that the operation reads."""

    status = 415
    code = "unsupported_media_type"


class BodyTooLargeError(HttpError):
    """The body is larger than any valid one."""

    status = 413
    code = "body_too_large"


class MessageTooLargeError(HttpError):
    """The message is larger than mail servers take."""

    status = 413
    code = "message_too_large"


class MalformedJsonError(HttpError):
    """The body is no JSON object (RFC 8259), or one that readers disagree about."""

    code = "malformed_json"


class InvalidCursorError(InvalidInputError):
    """The cursor was not given out for this list, with these filters, to this organization."""

    code = "invalid_cursor"

    def __init__(self) -> None:
        super().__init__(
            [FieldError("cursor", "is not one that this list gave out; begin at the first page")]
        )
