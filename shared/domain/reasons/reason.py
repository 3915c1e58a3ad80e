"""What a reason is, and how its text is fitted to one config."""

import re
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum


class Owner(StrEnum):
    """Who can act on a reason."""

    APPLICATION_ADMIN = "application admin"
    """Whoever keeps the registration in Entra ID, and this config."""
    MAILBOX_USER = "mailbox user"
    """The person who signs in as the mailbox."""
    TENANT_ADMIN = "tenant admin"
    """Whoever keeps Exchange Online and the policies of Entra ID."""
    NETWORK = "network"
    """Whoever keeps the mail server's name, port, certificate and firewall."""
    WAIT = "wait"
    """Nobody: it is tried again by itself."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a config is not verified, or soon will not be.

    In the catalogue `remedy` and `command` hold placeholders; `describe` fills them. `command` is
    one line of PowerShell, and `remedy` then ends with the same line.
    """

    code: str
    title: str
    remedy: str
    owner: Owner
    command: str | None = None


_PLACEHOLDER = re.compile(r"\{(mailbox|sender|redirect_uri|expires_on)\}")
_UNKNOWN = {
    "mailbox": "the mailbox",
    "sender": "the sender address",
    "redirect_uri": "the redirect URI that this config shows",
    "expires_on": "soon",
}
_POWERSHELL_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")


def fill(
    reason: Reason,
    *,
    mailbox: str,
    sender: str,
    redirect_uri: str | None = None,
    expires_on: date | None = None,
) -> Reason:
    """The reason with its placeholders filled; values are quoted where they stand in a command."""
    values = {
        "mailbox": mailbox,
        "sender": sender,
        "redirect_uri": redirect_uri or "",
        "expires_on": f"on {expires_on.isoformat()}" if expires_on else "",
    }
    values = {name: _one_line(value) or _UNKNOWN[name] for name, value in values.items()}
    remedy = _PLACEHOLDER.sub(lambda found: values[found[1]], reason.remedy)
    if reason.command is None:
        return replace(reason, remedy=remedy)
    command = _PLACEHOLDER.sub(lambda found: quote(values[found[1]]), reason.command)
    return replace(reason, remedy=f"{remedy}\n{command}", command=command)


def quote(value: str) -> str:
    """A literal string of PowerShell, which takes the typographic quotes for straight ones too."""
    return "'" + _POWERSHELL_QUOTES.sub(r"\1\1", value) + "'"


def _one_line(value: str) -> str:
    """Without what could break a command's line in two, or hide a part of it."""
    return "".join(character for character in value if character.isprintable()).strip()
