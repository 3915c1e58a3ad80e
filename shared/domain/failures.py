"""How signing in can fail: one class per failure, with what a caller needs to act on it."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a sign-in failed: a reason of the catalogue, and what the other side said.

    `passing` failures leave the status alone and are tried again. `ends_grant` says that the
    refresh token will never work again. `detail` is the provider's own text, freed of control
    characters and shortened; `reference` holds its trace and correlation ids.
    """

    code: str
    passing: bool = False
    ends_grant: bool = False
    detail: str | None = None
    reference: str | None = None
    retry_after: timedelta | None = None


class SignInError(Exception):
    """Signing in failed, at the identity provider or at the mail server."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure


class IdentityProviderError(SignInError):
    """The identity provider did not give what was asked for, or could not be reached."""


class MailServerError(SignInError):
    """The mail server turned the sign-in or a message down, or could not be reached."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A recipient whom the mail server did not take, and why. A passing one is a deferral."""

    recipient: str
    failure: Failure


class RecipientsRefusedError(MailServerError):
    """The mail server took none of the recipients, for reasons that are their own.

    The failure passes if one of them may be taken later.
    """

    def __init__(self, failure: Failure, refusals: tuple[Refusal, ...]) -> None:
        super().__init__(failure)
        self.refusals = refusals


class SessionEndedError(MailServerError):
    """The server takes no more messages over this connection; this one has not been tried."""
