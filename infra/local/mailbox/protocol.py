"""One SMTP connection: aiosmtpd's, with XOAUTH2, Exchange Online's answers, and ordered failures.

RFC 5321 (SMTP), RFC 4954 (AUTH), RFC 3207 (STARTTLS), and for XOAUTH2
https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
"""

import asyncio
import base64
import binascii
import datetime as dt
import json
import re
import ssl
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiosmtpd.smtp import MISSING, SMTP, AuthResult, LoginPassword

from infra.local.mailbox.accounts import IdentityUnavailableError, knows_password
from infra.local.mailbox.limits import TOO_MANY_CONNECTIONS
from infra.local.mailbox.server import MailServer
from infra.local.mailbox.submission import Submission

SIZE_LIMIT = 35 * 1024 * 1024  # bytes: Exchange Online's default for a message that is sent
COMMAND_LIMIT = 510  # octets before CR LF (RFC 5321 section 4.5.3.1.4), AUTH included
AUTH_RESPONSE_LIMIT = 12288  # octets of a line that answers a 334 (RFC 4954 section 4)
IDENT = "ESMTP local stand-in, not Microsoft"

SIGNED_IN = "235 2.7.0 Authentication successful"
SIGN_IN_FAILED = "535 5.7.3 Authentication unsuccessful"
NOT_SIGNED_IN = "530 5.7.57 Client not authenticated to send mail. Error: 535 5.7.3 Not signed in"
NOT_NOW = "454 4.7.0 Temporary authentication failure"
BAD_BASE64 = "501 5.5.2 Cannot decode base64"
CHALLENGE = {"status": "401", "schemes": "bearer", "scope": "https://outlook.office.com/SMTP.Send"}

# Failures at these points are seen to elsewhere: when it is known who signs in, or what is sent.
WHOSE_FAILURES_WAIT = {"AUTH"}
WITH_ARGUMENT = {"EHLO", "HELO", "MAIL", "RCPT"}

Method = Callable[[str | None], Awaitable[None]]


class MailboxProtocol(SMTP):
    """A dialogue with one client. `implicit_tls` says that TLS was there from the first byte."""

    # Long enough for an answer to a 334; what is shorter is checked where it is read.
    line_length_limit = AUTH_RESPONSE_LIMIT + 2
    AuthLoginUsernameChallenge = "Username:"
    AuthLoginPasswordChallenge = "Password:"

    def __init__(self, server: MailServer, *, starttls: ssl.SSLContext | None, loop: Any) -> None:
        self._server = server
        self._implicit_tls = starttls is None
        self._user: str | None = None
        self._mute = False
        self._hung_up = False
        self._command: dict[str, Any] = {}
        self._entry: dict[str, Any] | None = None
        # aiosmtpd's own is shared by all connections.
        self.command_size_limits = defaultdict(lambda: COMMAND_LIMIT)
        super().__init__(
            Submission(server, self),
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident=IDENT,
            tls_context=starttls,
            auth_require_tls=not self._implicit_tls,
            loop=loop,
        )
        for name, method in self._smtp_methods.items():
            self._smtp_methods[name] = self._observed(name, method)

    @property
    def user(self) -> str | None:
        """The mailbox that is signed in to."""
        return self._user

    def connection_made(self, transport: Any) -> None:
        """Begin the record of the dialogue, once: STARTTLS comes through here again."""
        if self._entry is None:
            self._entry = self._server.sessions.add(
                peer="{}:{}".format(*transport.get_extra_info("peername")[:2]),
                port=transport.get_extra_info("sockname")[1],
                tls=self._implicit_tls,
                user=None,
                mechanism=None,
                authenticated=False,
                commands=[],
                ended=None,
            )
        else:
            self._entry["tls"] = True
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Complete the record."""
        if self._entry is not None and self._entry["ended"] is None:
            self._entry["ended"] = _now()
            if self._user is not None:
                self._server.pace.leave(self._user)
        super().connection_lost(error)

    def eof_received(self) -> bool | None:
        """The client has nothing more to say; TLS cannot stay half open."""
        still_open: bool | None = super().eof_received()
        return False if self._implicit_tls else still_open

    async def _handle_client(self) -> None:
        self._begin_command("connect", None)
        if await self.carry_out(await self._server.failure("connect")):
            if self.transport is not None:
                self.transport.close()
            return
        await super()._handle_client()

    def _observed(self, name: str, method: Method) -> Method:
        """A command's method that is recorded, and that fails to order."""

        async def run(argument: str | None) -> None:
            self._begin_command(name, argument)
            if name not in WHOSE_FAILURES_WAIT:
                failure = await self._server.failure(
                    name.lower(), username=self._user, recipient=_address(argument)
                )
                if await self.carry_out(failure):
                    return
            await method(argument)

        return run

    def _begin_command(self, name: str, argument: str | None) -> None:
        self._command = {"at": _now(), "command": name, "replies": []}
        if name in WITH_ARGUMENT and argument:
            self._command["argument"] = argument
        if self._entry is not None:
            self._entry["commands"].append(self._command)

    async def carry_out(self, failure: Mapping[str, Any]) -> bool:
        """Fail as ordered. True where the command is done with."""
        if failure.get("drop") == "before":
            self.hang_up()
            return True
        if failure.get("drop") == "after":
            self.lose_reply()
        if "reply" not in failure:
            return False
        await self.push(str(failure["reply"]))
        return True

    def hang_up(self) -> None:
        """Close the connection without a word."""
        self._command["replies"].append("dropped")
        self._hung_up = True
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    def lose_reply(self) -> None:
        """Go on, and close the connection in place of the final reply."""
        self._mute = True

    async def push(self, status: Any) -> None:
        """Send a reply, and record its code; a 421 ends the connection (RFC 5321 section 3.8)."""
        text = status.decode("ascii", "replace") if isinstance(status, bytes) else str(status)
        if self._hung_up:
            return
        if self._mute and not text.startswith("3"):
            self.hang_up()
            return
        if text[3:4] != "-":
            self._record_reply(int(text[:3]))
        await super().push(status)
        if text.startswith("421") and self.transport is not None:
            self.transport.close()

    def _record_reply(self, code: int) -> None:
        replies = self._command["replies"]
        if replies and not 300 <= replies[-1] < 400:
            # The command before was answered: this is for a line that was no command.
            self._begin_command("?", None)
        self._command["replies"].append(code)

    async def check_auth_needed(self, caller_method: str) -> bool:  # noqa: ARG002
        """Mail is taken from those who signed in alone."""
        if self._user is None:
            await self.push(NOT_SIGNED_IN)
        return self._user is None

    async def auth_PLAIN(self, server: Any, args: list[str]) -> AuthResult:  # noqa: N802
        """RFC 4616."""
        return await self._decide_password("PLAIN", await super().auth_PLAIN(server, args))

    async def auth_LOGIN(self, server: Any, args: list[str]) -> AuthResult:  # noqa: N802
        """The mechanism that Exchange Online offers for passwords; never standardized."""
        return await self._decide_password("LOGIN", await super().auth_LOGIN(server, args))

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:  # noqa: ARG002, N802
        """A bearer token, in the AUTH command or in answer to an empty challenge."""
        response = await self._initial_response(args)
        if response is None:
            return AuthResult(success=False)
        match = re.fullmatch(rb"user=([^\x01]+)\x01auth=Bearer ([^\x01]+)\x01\x01", response)
        if match is None:
            return AuthResult(success=False, handled=False, message="501 5.5.4 Malformed XOAUTH2")
        user, token = (part.decode("utf-8", "replace") for part in match.groups())
        user = user.lower()
        if (failed := await self._failed_to_order("XOAUTH2", user)) is not None:
            return failed
        try:
            accepted = await self._accepts(user, token)
        except IdentityUnavailableError:
            return AuthResult(success=False, handled=False, message=NOT_NOW)
        if accepted:
            return self._signed_in("XOAUTH2", user)
        return await self._turn_down_token()

    def _authenticate(self, mechanism: str, auth_data: Any) -> AuthResult:  # noqa: ARG002
        """aiosmtpd asks here in the middle of PLAIN and LOGIN; `_decide_password` decides."""
        return AuthResult(success=False, handled=False, auth_data=auth_data)

    async def _decide_password(self, mechanism: str, result: AuthResult) -> AuthResult:
        if not isinstance(result.auth_data, LoginPassword):
            return result  # aborted, or not even Base64: the client was told
        user = result.auth_data.login.decode("utf-8", "replace").lower()
        password = result.auth_data.password.decode("utf-8", "replace")
        if (failed := await self._failed_to_order(mechanism, user)) is not None:
            return failed
        if knows_password(user, password):
            return self._signed_in(mechanism, user)
        return AuthResult(success=False, handled=False, message=SIGN_IN_FAILED)

    async def _failed_to_order(self, mechanism: str, user: str) -> AuthResult | None:
        if self._entry is not None:
            self._entry |= {"user": user, "mechanism": mechanism}
        failure = await self._server.failure("auth", username=user, mechanism=mechanism)
        return AuthResult(success=False) if await self.carry_out(failure) else None

    def _signed_in(self, mechanism: str, user: str) -> AuthResult:
        if not self._server.pace.enter(user):
            return AuthResult(success=False, handled=False, message=TOO_MANY_CONNECTIONS)
        self._user = user
        if self._entry is not None:
            self._entry |= {"user": user, "mechanism": mechanism, "authenticated": True}
        return AuthResult(success=True, message=SIGNED_IN)

    async def _initial_response(self, args: list[str]) -> bytes | None:
        """The client's first response, asked for where it is missing; None where it is no good."""
        if len(args) == 1:
            answer = await self.challenge_auth("")
            return None if answer is MISSING else bytes(answer)
        try:
            return base64.b64decode(args[1], validate=True)
        except binascii.Error:
            await self.push(BAD_BASE64)
            return None

    async def _accepts(self, user: str, token: str) -> bool:
        """Whether a token opens a mailbox: its owner's, or one that the owner may send from."""
        found = await self._server.read_token(token)
        if found is None or not found.may_submit:
            return False
        return self._server.permissions.may_send_as(found.username, user)

    async def _turn_down_token(self) -> AuthResult:
        """Say why in a challenge, which the client answers with an empty line; then fail."""
        answer = await self.challenge_auth(json.dumps(CHALLENGE))
        if answer is MISSING:
            return AuthResult(success=False)
        return AuthResult(success=False, handled=False, message=SIGN_IN_FAILED)


def _address(argument: str | None) -> str | None:
    match = re.search(r"<([^>]*)>", argument or "")
    return match[1] if match else None


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
