"""AUTH (RFC 4954): XOAUTH2 with a token, PLAIN or LOGIN with a password."""

import base64
import binascii
import json
import smtplib
from collections.abc import Set as AbstractSet

from shared.adapters.smtp_session import MailSession
from shared.domain.failures import Failure, MailServerError
from shared.domain.reasons.words import tidy
from shared.ports import BearerToken, Password

_MAX_COMMAND = 512
"""Octets of a command line with its CR LF (RFC 5321 4.5.3.1.4). Microsoft's tokens are longer."""
_GOES_ON = 334
_SIGNED_IN = 235
_UNKNOWN_MECHANISM = 504


def check(credential: Password | BearerToken) -> None:
    """Turn down what could end a field or a line. Raises `MailServerError`."""
    if isinstance(credential, BearerToken):
        code, secret, forbidden = "sign_in_rejected", credential.access_token, "\0\1\r\n"
    else:
        code, secret, forbidden = "password_rejected", credential.password, "\0\r\n"
    if not credential.user_name.isprintable():
        raise MailServerError(Failure(code, detail="The user name holds a control character"))
    if not set(forbidden).isdisjoint(secret):
        raise MailServerError(Failure(code, detail="The secret holds a control character"))


def authenticate(session: MailSession, credential: Password | BearerToken) -> None:
    """Sign in. Raises SMTPAuthenticationError, and `MailServerError` with auth_not_offered."""
    offered = session.esmtp_features.get("auth", "").upper().split()
    if isinstance(credential, BearerToken):
        _require({"XOAUTH2"}, offered)
        _xoauth2(session, credential)
    else:
        _require({"PLAIN", "LOGIN"}, offered)
        _password(session, credential, offered)


def _require(wanted: AbstractSet[str], offered: list[str]) -> None:
    if wanted.isdisjoint(offered):
        listed = ", ".join(dict.fromkeys(offered)) or "no way of signing in"
        needed = " or ".join(sorted(wanted, reverse=True))
        detail = f"The server offers {listed}; {needed} is needed"
        raise MailServerError(Failure("auth_not_offered", detail=tidy(detail)))


def _xoauth2(session: MailSession, credential: BearerToken) -> None:
    """Microsoft's and Google's mechanism: a failure comes as 334 with JSON, which an empty line
    answers; the reply proper follows."""
    response = f"user={credential.user_name}\1auth=Bearer {credential.access_token}\1\1"
    code, text = _start(session, "XOAUTH2", response)
    if code == _GOES_ON:
        status = _status(text)
        code, text = session.docmd("")
        text += status
    _conclude(code, text)


def _password(session: MailSession, credential: Password, offered: list[str]) -> None:
    if "PLAIN" in offered:
        response = f"\0{credential.user_name}\0{credential.password}"
        code, text = _start(session, "PLAIN", response)
        if code != _UNKNOWN_MECHANISM or "LOGIN" not in offered:
            _conclude(code, text)
            return
    _conclude(*_login(session, credential))


def _login(session: MailSession, credential: Password) -> tuple[int, bytes]:
    code, text = session.docmd("AUTH", "LOGIN")
    for answer in (credential.user_name, credential.password):
        if code != _GOES_ON:
            break
        code, text = session.docmd(_encode(answer))
    return code, text


def _start(session: MailSession, mechanism: str, response: str) -> tuple[int, bytes]:
    """Send the response with the command where both fit a line, or else when the server asks."""
    encoded = _encode(response)
    if len(f"AUTH {mechanism} {encoded}\r\n") <= _MAX_COMMAND:
        return session.docmd("AUTH", f"{mechanism} {encoded}")
    code, text = session.docmd("AUTH", mechanism)
    return session.docmd(encoded) if code == _GOES_ON else (code, text)


def _conclude(code: int, text: bytes) -> None:
    if code != _SIGNED_IN:
        raise smtplib.SMTPAuthenticationError(code, text)


def _encode(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


def _status(challenge: bytes) -> bytes:
    """The status in XOAUTH2's JSON, as words to put behind the server's."""
    try:
        answer = json.loads(base64.b64decode(challenge))
        status = str(answer["status"])
    except (binascii.Error, ValueError, KeyError, TypeError, RecursionError):
        return b""
    return f" (XOAUTH2 status {status})".encode()[:64] if status.isalnum() else b""
