"""The messages that arrived: each an .eml and a .json file in the data directory."""

import datetime as dt
import email.policy
import json
import threading
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from functools import cached_property
from pathlib import Path
from typing import Any

POLICY = email.policy.SMTPUTF8


@dataclass(frozen=True)
class Envelope:
    """How a message came: `user` signed in, and gave the sender and the recipients."""

    id: str
    received_at: str
    user: str
    mail_from: str
    rcpt_tos: tuple[str, ...]
    subject: str
    header_from: str
    size: int

    def concerns(self, sender: str, recipient: str) -> bool:
        """Whether an address (any, where empty) sent it, and another one gets it."""
        senders = f"{self.mail_from} {self.header_from}".lower()
        recipients = {address.lower() for address in self.rcpt_tos}
        return sender.lower() in senders and (not recipient or recipient.lower() in recipients)


class Message:
    """One message that arrived, taken apart for people and for tests."""

    def __init__(self, envelope: Envelope, raw: bytes) -> None:
        self.envelope = envelope
        self.raw = raw

    @cached_property
    def parsed(self) -> EmailMessage:
        """The message's headers and parts."""
        return BytesParser(EmailMessage, policy=POLICY).parsebytes(self.raw)

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The headers, in their order, decoded."""
        return [(name, str(text)) for name, text in self.parsed.items()]

    @property
    def text(self) -> str | None:
        """The plain text, where there is one."""
        return self._body("plain")

    @property
    def html(self) -> str | None:
        """The HTML, where there is some."""
        return self._body("html")

    @property
    def attachments(self) -> list[tuple[str, str, bytes]]:
        """Name, content type and content of each attachment."""
        return [
            (part.get_filename() or f"part-{number}", part.get_content_type(), _payload(part))
            for number, part in enumerate(self.parsed.iter_attachments(), 1)
        ]

    def as_json(self) -> dict[str, Any]:
        """Everything about it, for tests."""
        attachments = [
            {"name": name, "content_type": kind, "size": len(content)}
            for name, kind, content in self.attachments
        ]
        return asdict(self.envelope) | {
            "headers": self.headers,
            "text": self.text,
            "html": self.html,
            "attachments": attachments,
        }

    def _body(self, kind: str) -> str | None:
        part = self.parsed.get_body((kind,))
        if part is None:
            return None
        try:
            return str(part.get_content())
        except LookupError:  # a character set that does not exist
            return _payload(part).decode("utf-8", "replace")


class MessageStore:
    """Keeps messages in a directory; the newest come first."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory / "messages"
        self._directory.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._envelopes = {one.id: one for one in self._load()}

    def add(self, raw: bytes, user: str, mail_from: str, rcpt_tos: list[str]) -> Envelope:
        """Keep a message that was accepted."""
        now = dt.datetime.now(dt.UTC)
        parsed = BytesParser(EmailMessage, policy=POLICY).parsebytes(raw, headersonly=True)
        envelope = Envelope(
            id=f"{now:%Y%m%d%H%M%S%f}-{uuid.uuid4().hex[:8]}",
            received_at=now.isoformat(timespec="milliseconds"),
            user=user,
            mail_from=mail_from,
            rcpt_tos=tuple(rcpt_tos),
            subject=str(parsed.get("Subject", "")),
            header_from=str(parsed.get("From", "")),
            size=len(raw),
        )
        # The index entry comes last: a message without one was never acknowledged.
        self._path(envelope.id, ".eml").write_bytes(raw)
        self._path(envelope.id, ".json").write_text(json.dumps(asdict(envelope)))
        with self._lock:
            self._envelopes[envelope.id] = envelope
        return envelope

    def find(self, sender: str = "", recipient: str = "") -> list[Envelope]:
        """The messages of a sender, to a recipient; of all and to all where these are empty."""
        with self._lock:
            envelopes = list(self._envelopes.values())
        return [one for one in reversed(envelopes) if one.concerns(sender, recipient)]

    def get(self, message_id: str) -> Message | None:
        """One message; None where there is none."""
        with self._lock:
            envelope = self._envelopes.get(message_id)
        if envelope is None:
            return None
        return Message(envelope, self._path(envelope.id, ".eml").read_bytes())

    def clear(self) -> None:
        """Delete all messages."""
        with self._lock:
            removed = list(self._envelopes)
            self._envelopes.clear()
        for message_id in removed:
            for suffix in (".json", ".eml"):
                self._path(message_id, suffix).unlink(missing_ok=True)

    def _load(self) -> Iterator[Envelope]:
        for path in sorted(self._directory.glob("*.json")):
            try:
                values = json.loads(path.read_text())
            except ValueError:  # cut where the machine went down
                continue
            yield Envelope(**values | {"rcpt_tos": tuple(values["rcpt_tos"])})

    def _path(self, message_id: str, suffix: str) -> Path:
        return self._directory / f"{message_id}{suffix}"


def _payload(part: MIMEPart) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else part.as_bytes()
