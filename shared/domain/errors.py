"""What a use case can refuse, apart from failed sign-ins (see `failures`)."""

from dataclasses import dataclass


class OutgoingMailError(Exception):
    """Base of all errors that a caller is told about: a stable `code`, and words for people."""

    code = "error"


class NotFoundError(OutgoingMailError):
    """There is no such thing in the caller's organization."""

    code = "not_found"


class StaleError(OutgoingMailError):
    """The thing changed since the caller read it (`If-Match`)."""

    code = "stale_etag"


class ConflictError(OutgoingMailError):
    """The request cannot be carried out in the present state."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with the input; `pointer`: a JSON pointer (RFC 6901) or a parameter."""

    pointer: str
    message: str


class InvalidInputError(OutgoingMailError):
    """The input is wrong, with all its errors at once."""

    code = "invalid_input"

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("The request has errors; see `errors`.")
        self.errors = errors


class WriteConflictError(Exception):
    """A guarded write met a newer version. Services read again and decide; callers never see it."""


class AlreadyExistsError(Exception):
    """An insert met an entry of the same key."""


class ServiceUnavailableError(OutgoingMailError):
    """Table Storage, the queue or Key Vault did not answer; the same call may go through later."""

    code = "service_unavailable"

    def __init__(self, service: str, retry_after: int = 5) -> None:
        super().__init__(f"{service} did not answer as it should. Try again in a moment.")
        self.service = service
        self.retry_after = retry_after


class SecretMissingError(Exception):
    """The vault has no such secret, or it is disabled."""


class UpstreamError(OutgoingMailError):
    """The identity provider or the mail server refused; `reason` is a code of the catalogue."""

    code = "upstream_refused"

    def __init__(
        self, reason: str, mailbox: str, sender: str, detail: str | None, reference: str | None
    ) -> None:
        super().__init__("The other side refused; see `reason`.")
        self.reason = reason
        self.mailbox = mailbox
        self.sender = sender
        self.detail = detail
        self.reference = reference
