"""SMTP submission (RFC 6409): connect, encrypt, sign in."""

import os
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.adapters.connections import (
    BoundedSocket,
    ConnectionFailedError,
    Host,
    bounded_context,
    encrypt,
    open_connection,
)
from shared.adapters.smtp_auth import authenticate, check
from shared.adapters.smtp_reply import failures_of
from shared.adapters.smtp_session import MailSession
from shared.adapters.trust import ssl_context
from shared.domain.config import Security
from shared.domain.failures import Failure, MailServerError
from shared.ports import BearerToken, MailServer, Password

_PROBE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How long signing in may take, in seconds."""

    connect: float = 10.0
    step: float = 15.0
    """From a command to the end of its reply."""
    total: float = 45.0
    """Everything together: a server that drips its replies holds no worker for longer."""
    quit: float = 3.0


class MailSettings(Protocol):
    """The settings that matter here."""

    @property
    def extra_mail_hosts(self) -> Sequence[Host]:
        """Hosts that may be private."""
        ...

    @property
    def extra_ca_file(self) -> str | os.PathLike[str] | None:
        """Authorities beside the system's, as PEM."""
        ...


class SmtpSignIn:
    """See `shared.ports.MailSignIn`. Safe for threads; one per process."""

    def __init__(self, settings: MailSettings, limits: Limits | None = None) -> None:
        self._context = bounded_context(ssl_context(settings.extra_ca_file))
        self._allowed = tuple(settings.extra_mail_hosts)
        self._limits = limits or Limits()

    def sign_in(self, server: MailServer, credential: Password | BearerToken) -> None:
        """One real sign-in, and nothing else."""
        self.connect_and_authenticate(server, credential).leave(self._limits.quit)

    def connect_and_authenticate(
        self, server: MailServer, credential: Password | BearerToken
    ) -> MailSession:
        """A session that is signed in and takes messages; the caller ends it with `leave`.

        Raises `MailServerError`. The session's own limits go on; `MailSession.bound` sets new ones.
        """
        check(credential)
        session = self._connect(server)
        with failures_of(session, server, credential):
            _greet(session, server, self._context)
            if server.security is Security.STARTTLS:
                _start_tls(session, self._context)
            authenticate(session, credential)
        return session

    def _connect(self, server: MailServer) -> MailSession:
        limits = self._limits
        deadline = time.monotonic() + limits.total
        try:
            sock = open_connection(server.host_name, server.port, limits.connect, self._allowed)
            sock.bound(limits.step, deadline)
            if server.security is Security.TLS:
                encrypted = encrypt(sock, self._context, server.host_name)
                return MailSession(encrypted, server.host_name)
            return MailSession(sock, server.host_name)
        except ConnectionFailedError as error:
            raise MailServerError(_explained(error.failure, server)) from None


def _greet(session: MailSession, server: MailServer, context: ssl.SSLContext) -> None:
    try:
        session.greet()
    except TimeoutError:
        if server.security is Security.STARTTLS and _speaks_tls(session, server, context):
            detail = f"{server.host_name}:{server.port} expects TLS from the first byte: use tls"
            raise ConnectionFailedError.of("tls_failed", detail) from None
        raise


def _speaks_tls(session: MailSession, server: MailServer, context: ssl.SSLContext) -> bool:
    """Whether a server that says nothing waits for a TLS handshake."""
    sock = session.sock
    if not isinstance(sock, BoundedSocket) or session.step != "the greeting":
        return False
    try:
        sock.bound(_PROBE_SECONDS, time.monotonic() + _PROBE_SECONDS)
        encrypt(sock, context, server.host_name).close()
    except ConnectionFailedError as error:
        return error.failure.code == "tls_certificate_invalid"
    except TimeoutError:
        return False
    return True


def _start_tls(session: MailSession, context: ssl.SSLContext) -> None:
    if not session.has_extn("starttls"):
        raise MailServerError(Failure("starttls_missing"))
    session.begin_tls(context)


def _explained(failure: Failure, server: MailServer) -> Failure:
    """OpenSSL calls a greeting in plain text a "wrong version number"."""
    if failure.code != "tls_failed" or "wrong version" not in (failure.detail or ""):
        return failure
    detail = f"{server.host_name}:{server.port} does not begin with TLS: use starttls"
    return Failure(failure.code, detail=detail)
