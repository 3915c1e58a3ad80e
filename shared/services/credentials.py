"""What a mailbox is signed in with, to send."""

from shared.domain.config import AuthType, Config, SecretKind, Status
from shared.domain.errors import SecretMissingError
from shared.domain.event import SYSTEM
from shared.domain.failures import Failure, IdentityProviderError, SignInError
from shared.ports import BearerToken, Password, SecretVault
from shared.services.leases import Leases
from shared.services.tokens import AccessTokens
from shared.services.verification import VerificationService


class Credentials:
    """Passwords from the vault; access tokens from memory, or by way of a check.

    A check refreshes the grant under its lease, writes what it finds, and leaves the access token
    in memory: once in the life of a token for each mailbox and process.
    """

    def __init__(
        self,
        vault: SecretVault,
        tokens: AccessTokens,
        leases: Leases,
        verification: VerificationService,
    ) -> None:
        self._vault = vault
        self._tokens = tokens
        self._leases = leases
        self._verification = verification

    def of(self, config: Config) -> Password | BearerToken:
        """Raises `SignInError`, whose failure the config knows of already if it is a permanent one;
        `ConflictError` while others hold the mailbox; `NotFoundError`."""
        if config.auth_type is AuthType.BASIC:
            return self._password(config)
        token = self._tokens.of(config)
        if token is None:
            token = self._fresh(config)
        return BearerToken(config.user_name, token)

    def drop(self, config: Config) -> None:
        """The mail server did not take the access token."""
        self._tokens.drop(config)

    def _password(self, config: Config) -> Password:
        try:
            password = self._vault.get(config.id, SecretKind.PASSWORD)
        except SecretMissingError:
            raise SignInError(Failure("secret_missing")) from None
        return Password(config.user_name, password)

    def _fresh(self, config: Config) -> str:
        held, taken = self._leases.wait(
            config.organization, config.id, done=lambda c: self._tokens.of(c) is not None
        )
        checked = self._verification.check(held, SYSTEM) if taken else held.value
        token = self._tokens.of(checked)
        if token is not None:
            return token
        raise IdentityProviderError(_why(checked))


def _why(config: Config) -> Failure:
    """Why there is no token: the reason, or the warning of a passing failure."""
    passing = config.status is Status.VERIFIED
    if passing and config.failing_since is None:
        return Failure("check_held_up", passing=True)
    last = config.warnings[-1] if passing else config.reason
    if last is None:
        return Failure("check_held_up", passing=True)
    return Failure(last.code, passing=passing, detail=last.detail, reference=last.reference)
