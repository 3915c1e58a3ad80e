"""What goes wrong in a dialogue with a mail server becomes a failure with a reason."""

import base64
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from shared.adapters.callers_words import NONE, CallersWords
from shared.adapters.connections import ConnectionFailedError
from shared.adapters.smtp_session import MailSession
from shared.domain.failures import Failure, MailServerError
from shared.domain.reasons import classify_smtp
from shared.domain.reasons.words import CUT, tidy
from shared.ports import BearerToken, MailServer, Password

_QUIT_SECONDS = 2.0


class OutOfStepError(smtplib.SMTPServerDisconnected):
    """A reply to something else: what follows cannot be understood."""


@contextmanager
def failures_of(
    session: MailSession, server: MailServer, credential: Password | BearerToken
) -> Iterator[None]:
    """Raise `MailServerError` for whatever the dialogue inside ends with.

    The original exception is not chained: a server's reply can repeat the secret.
    """
    try:
        yield
    except MailServerError:
        session.leave(_QUIT_SECONDS)
        raise
    except smtplib.SMTPResponseException as error:
        step = session.step
        session.leave(_QUIT_SECONDS)
        raise MailServerError(failure_of(error, step, server, credential)) from None
    except (smtplib.SMTPException, ConnectionFailedError, OSError) as error:
        session.close()
        raise MailServerError(failure_of(error, session.step, server, credential)) from None


def failure_of(
    error: Exception,
    step: str,
    server: MailServer,
    credential: Password | BearerToken,
    repeated: CallersWords = NONE,
) -> Failure:
    """The failure behind an error that ended a dialogue at `step`. `repeated`: what in a reply is
    not to be taken for the server's own words."""
    place = f"{server.host_name}:{server.port}"
    if isinstance(error, ConnectionFailedError):
        return error.failure
    if isinstance(error, smtplib.SMTPResponseException):
        return _refusal(error, credential, repeated)
    if isinstance(error, TimeoutError):
        detail = f"{place}: no answer in time at {step}"
        return Failure("connection_timed_out", passing=True, detail=detail)
    words = str(error) if isinstance(error, OutOfStepError) else f"the connection ended at {step}"
    detail = f"{place}: {words}"
    return Failure("connection_lost", passing=True, detail=detail)


def _refusal(
    error: smtplib.SMTPResponseException,
    credential: Password | BearerToken,
    repeated: CallersWords,
) -> Failure:
    code, text = error.smtp_code, without_secret(text_of(error.smtp_error), credential)
    if code == -1:
        return Failure("not_a_mail_server", detail=tidy(text))
    own_words = repeated.removed_from(text)
    failure = classify_smtp(code, own_words, oauth=isinstance(credential, BearerToken))
    return replace(failure, detail=tidy(f"{code} {text}"))


def text_of(reply: bytes | str) -> str:
    """A reply's text: UTF-8 or not."""
    return reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply


def without_secret(text: str, credential: Password | BearerToken) -> str:
    """A server's words without what was told to it."""
    secret = credential.access_token if isinstance(credential, BearerToken) else credential.password
    if not secret:
        return text
    encoded = base64.b64encode(secret.encode("utf-8", "replace")).decode("ascii")
    return text.replace(secret, CUT).replace(encoded, CUT)
