"""Who may sign in to the mailbox server, and as whom they may send."""

import http.client
import json
import ssl
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

PASSWORD = "local-password"
SHARED_MAILBOX = "shared@contoso.example"
EVERYONE = "*"

AUDIENCE = "https://outlook.office.com"
PERMISSION = "SMTP.Send"
TIMEOUT = 10.0  # seconds to wait for the identity provider


class IdentityUnavailableError(Exception):
    """The identity provider does not answer, so that nothing is known about a token."""


@dataclass(frozen=True)
class Token:
    """What the identity provider says about an access token that is valid now."""

    username: str
    scopes: frozenset[str]
    audience: str

    @property
    def may_submit(self) -> bool:
        """Whether it is for Exchange Online, and for sending."""
        return self.audience.rstrip("/") == AUDIENCE and PERMISSION in self.scopes


class TokenReader:
    """Asks the identity provider about tokens; to be used from threads."""

    def __init__(self, identity: str, ca: str) -> None:
        self._host = urlsplit(identity).netloc
        self._tls = ssl.create_default_context(cafile=ca)
        self._local = threading.local()

    def read(self, token: str) -> Token | None:
        """What a token says; None where it is not valid. Raises IdentityUnavailableError."""
        try:
            answer = self._ask(token)
        except (http.client.HTTPException, OSError):
            self._forget()  # the connection that was kept may have ended meanwhile
            try:
                answer = self._ask(token)
            except (http.client.HTTPException, OSError) as error:
                self._forget()
                raise IdentityUnavailableError(type(error).__name__) from error
        if not answer.get("active"):
            return None
        scopes = frozenset(str(answer["scope"]).split())
        return Token(str(answer["username"]).lower(), scopes, str(answer["aud"]))

    def _ask(self, token: str) -> dict[str, Any]:
        connection = self._connection()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/local/introspect", urlencode({"token": token}), kind)
        with connection.getresponse() as response:
            body = response.read()
            if response.status != 200:
                raise http.client.HTTPException(f"status {response.status}")
        answer: dict[str, Any] = json.loads(body)
        return answer

    def _connection(self) -> http.client.HTTPSConnection:
        if not hasattr(self._local, "connection"):
            self._local.connection = http.client.HTTPSConnection(
                self._host, timeout=TIMEOUT, context=self._tls
            )
        connection: http.client.HTTPSConnection = self._local.connection
        return connection

    def _forget(self) -> None:
        self._connection().close()
        del self._local.connection


class Permissions:
    """Send As, as `Add-RecipientPermission` gives it: which users may send from a mailbox."""

    def __init__(self) -> None:
        self._send_as: dict[str, frozenset[str]] = {SHARED_MAILBOX: frozenset({EVERYONE})}

    def grant(self, mailbox: str, users: Iterable[str]) -> None:
        """Let these users alone send from a mailbox that is not theirs; `*` is everyone."""
        self._send_as[mailbox.lower()] = frozenset(user.lower() for user in users)

    def may_send_as(self, user: str, mailbox: str) -> bool:
        """Whether a user may send from a mailbox: their own, or one that they were given."""
        if user.lower() == mailbox.lower():
            return True
        users = self._send_as.get(mailbox.lower(), frozenset())
        return EVERYONE in users or user.lower() in users

    def listed(self) -> dict[str, list[str]]:
        """Mailboxes and the users who may send from them."""
        return {mailbox: sorted(users) for mailbox, users in self._send_as.items()}


def knows_password(username: str, password: str) -> bool:
    """Whether Basic authentication accepts the two: any address, with the one password."""
    return "@" in username and password == PASSWORD
