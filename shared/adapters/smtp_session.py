"""A dialogue with a mail server over a checked, bounded connection: smtplib, made safe.

smtplib reads a reply for as long as lines come, starts its time-out anew with each byte, and throws
away in silence what a man in the middle slipped in before the TLS handshake.
"""

import re
import smtplib
import ssl
import time
from collections.abc import Iterable
from typing import cast

from shared.adapters.connections import (
    BoundedSocket,
    BoundedTLSSocket,
    ConnectionFailedError,
    encrypt,
)

MAX_REPLY = 65_536
"""Bytes of one reply, all its lines together. RFC 5321 4.5.3.1.5 allows 512 a line."""
AT_THE_END = "the end of the message"
"""The step between the dot that ends a message and its reply."""
_CHUNK = 4096
_REPLY_LINE = re.compile(rb"([2-5]\d\d)(?:[ -]|$)")
_STEPS = frozenset(
    {"ehlo", "helo", "starttls", "auth", "mail", "rcpt", "data", "rset", "noop", "quit"}
)


class MailSession(smtplib.SMTP):
    """One connection to a mail server; what smtplib can do with it works here too.

    Raises smtplib's exceptions (a reply that is none has code -1), TimeoutError, and
    `ConnectionFailedError` where TLS fails. `step` tells how far the dialogue came.
    """

    def __init__(self, sock: BoundedSocket | BoundedTLSSocket, host_name: str) -> None:
        super().__init__(local_hostname=_address_literal(sock))
        self._host_name = host_name
        self._read = bytearray()
        self.sock = sock
        self.step = "the greeting"

    def bound(self, step: float, total: float) -> None:
        """Give each step at most `step` seconds from now on, and all together `total`."""
        if self.sock is not None:
            self._socket().bound(step, time.monotonic() + total)

    def greet(self) -> None:
        """Read the greeting and say EHLO. Raises SMTPConnectError, SMTPHeloError."""
        code, text = self.getreply()
        if code != 220:
            raise smtplib.SMTPConnectError(code, text)
        self._say_hello()

    def begin_tls(self, context: ssl.SSLContext) -> None:
        """STARTTLS (RFC 3207), and EHLO again: what was said before it does not count."""
        code, text = self.docmd("STARTTLS")
        if code != 220:
            raise smtplib.SMTPResponseException(code, text)
        if self._read:
            detail = f"{self._host_name}: the server sent text ahead of the TLS handshake"
            raise ConnectionFailedError.of("tls_failed", detail)
        self.sock = encrypt(cast("BoundedSocket", self.sock), context, self._host_name)
        self.esmtp_features = {}
        self._say_hello()

    def putcmd(self, cmd: str, args: str = "") -> None:
        """See smtplib. Remembers the step, never what is sent in it."""
        if cmd.lower() in _STEPS:
            self.step = cmd.upper()
        super().putcmd(cmd, args)

    def getreply(self) -> tuple[int, bytes]:
        """Read one reply: its code and the text of all its lines."""
        lines: list[bytes] = []
        budget = MAX_REPLY
        while True:
            line = self._line(budget)
            budget -= len(line)
            if not _REPLY_LINE.match(line):
                self.close()
                raise smtplib.SMTPResponseException(-1, line[:512])
            lines.append(line[4:].strip())
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(lines)

    def transmit(self, pieces: Iterable[bytes]) -> None:
        """Send the lines of a message; they end with the dot.

        Raises SMTPResponseException where the server gave up half-way and said why.
        """
        self.step = "the message"
        sock = self._socket()
        try:
            for piece in pieces:
                sock.sendall(piece)
        except TimeoutError:
            raise
        except OSError:
            code, text = self.getreply()  # what it said before it closed, if anything
            self.close()
            if code < 400:
                raise smtplib.SMTPServerDisconnected("connection closed by the server") from None
            raise smtplib.SMTPResponseException(code, text) from None
        self.step = AT_THE_END

    def leave(self, seconds: float) -> None:
        """Say QUIT and close. What goes wrong after the work is done does not matter."""
        try:
            self.bound(seconds, seconds)
            self.quit()
        except (smtplib.SMTPException, OSError):
            self.close()

    def _say_hello(self) -> None:
        code, text = self.ehlo()
        if code != 250:
            raise smtplib.SMTPHeloError(code, text)

    def _line(self, budget: int) -> bytes:
        """The next line without its end, of at most `budget` bytes."""
        while b"\n" not in self._read:
            if len(self._read) > budget:
                self.close()
                raise smtplib.SMTPResponseException(-1, b"a reply without an end")
            more = self._socket().recv(_CHUNK)
            if not more:
                self.close()
                raise smtplib.SMTPServerDisconnected("connection closed by the server")
            self._read += more
        line, _, rest = self._read.partition(b"\n")
        self._read = rest
        if len(line) >= budget:
            self.close()
            raise smtplib.SMTPResponseException(-1, b"a reply without an end")
        return bytes(line.rstrip(b"\r"))

    def _socket(self) -> BoundedSocket | BoundedTLSSocket:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        return cast("BoundedSocket | BoundedTLSSocket", self.sock)


def _address_literal(sock: BoundedSocket | BoundedTLSSocket) -> str:
    """Our name in EHLO: a function app has no host name of its own (RFC 5321 4.1.3)."""
    address = str(sock.getsockname()[0]).partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
