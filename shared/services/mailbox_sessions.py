"""Connections to mail servers, signed in as a config says."""

from shared.delivery_ports import MailSession, MailSubmission
from shared.domain.config import AuthType, Config
from shared.domain.failures import MailServerError
from shared.ports import MailServer
from shared.services.credentials import Credentials

_TOKEN_REFUSED = "sign_in_rejected"


class MailboxSessions:
    """Opens connections over which messages are sent."""

    def __init__(self, submission: MailSubmission, credentials: Credentials) -> None:
        self._submission = submission
        self._credentials = credentials

    def open(self, config: Config) -> MailSession:
        """Connect, encrypt, sign in.

        An access token can be refused before its time is up, though the grant is alive. So it is
        the answer to a fresh one that counts, which a check gets. Raises `MailServerError`, of
        which the config does not know yet; else what `Credentials.of` raises.
        """
        try:
            return self._open(config)
        except MailServerError as error:
            if error.failure.passing:
                raise
            self._credentials.drop(config)
            if config.auth_type is not AuthType.OAUTH2 or error.failure.code != _TOKEN_REFUSED:
                raise
        return self._open(config)

    def _open(self, config: Config) -> MailSession:
        server = MailServer(config.host_name, config.port, config.security)
        return self._submission.open(server, self._credentials.of(config))
