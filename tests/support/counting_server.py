"""A mail server that counts errors, recipients and messages, and ends the dialogue at its limits,
as Postfix, Exim and Haraka do."""

import re
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO, cast

UNKNOWN = "550 5.1.1 User unknown"


class _EndedError(Exception):
    """The server closes the connection."""


@dataclass
class CountingServer:
    """Addresses that begin with `bad` are refused."""

    errors: int = 1000
    """So many refusals in a connection; the next one is `last_word`, or with none the last one is
    followed by the end of the connection."""
    last_word: str = "421 4.7.0 Error: too many errors"
    refusal: str = UNKNOWN
    recipients: int = 1000
    too_many: str = "552 too many recipients"
    overshoot: int = 1000
    """How many more may be named in vain, as Postfix's smtpd_recipient_overshoot_limit."""
    too_many_at_data: bool = False
    """Where there were more recipients than that, no message is wanted at all."""
    most_at_data: int = 1000
    """More recipients are taken, but no message for them."""
    replies: int = 1
    """To each command after the sign-in."""
    messages: int = 1000
    """In a connection, whether somebody could get them or not, as Exim counts."""
    delay: float = 0.0
    """Seconds for each recipient."""
    taken: list[list[str]] = field(default_factory=list)
    """The recipients of each message."""

    def serve(self, connection: socket.socket) -> None:
        """One connection."""
        with suppress(_EndedError), connection.makefile("rwb") as stream:
            _Dialogue(self, cast("BinaryIO", stream)).run()


class _Dialogue:
    def __init__(self, server: CountingServer, stream: BinaryIO) -> None:
        self._server = server
        self._stream = stream
        self._named: list[str] = []
        self._too_many = self._errors = self._messages = 0
        self._commands: dict[bytes, Callable[[bytes], None]] = {
            b"MAIL": self._mail,
            b"RCPT": self._rcpt,
            b"DATA": self._data,
            b"EHLO": lambda _: self._answer("250-mail.example\r\n250 AUTH PLAIN"),
            b"AUTH": lambda _: self._answer("235 welcome"),
        }

    def run(self) -> None:
        """Answer until the connection ends."""
        self._answer("220 mail.example ESMTP")
        for line in self._stream:
            command = self._commands.get(line[:4].upper())
            if command is None:
                self._answer("250 ok")
            else:
                command(line)

    def _answer(self, text: str) -> None:
        self._stream.write(text.encode() + b"\r\n")
        self._stream.flush()

    def _mail(self, _: bytes) -> None:
        if self._messages >= self._server.messages:
            self._answer("421 too many messages in this connection")
            raise _EndedError
        self._messages += 1
        self._named, self._too_many = [], 0
        self._answer("\r\n".join(["250 ok"] * self._server.replies))

    def _rcpt(self, line: bytes) -> None:
        recipient = re.findall(rb"<(.+)>", line)[0].decode()
        if recipient.startswith("bad"):
            self._refuse()
        elif len(self._named) >= self._server.recipients:
            self._too_many += 1
            if self._too_many > self._server.overshoot:
                self._answer("421 4.7.0 Error: too many errors")
                raise _EndedError
            self._answer(self._server.too_many)
        else:
            time.sleep(self._server.delay)
            self._named.append(recipient)
            self._answer("250 ok")

    def _refuse(self) -> None:
        server = self._server
        self._errors += 1
        if server.last_word and self._errors > server.errors:
            self._answer(server.last_word)
            raise _EndedError
        self._answer(server.refusal)
        if not server.last_word and self._errors >= server.errors:
            raise _EndedError

    def _data(self, _: bytes) -> None:
        if self._too_many and self._server.too_many_at_data:
            self._answer("554 Too many recipients")
            return
        if len(self._named) > self._server.most_at_data:
            self._answer("550 5.5.3 Too many recipients")
            return
        self._answer("354 go on")
        while self._stream.readline() not in {b".\r\n", b""}:
            pass
        self._server.taken.append(self._named)
        self._answer("250 2.0.0 queued")
