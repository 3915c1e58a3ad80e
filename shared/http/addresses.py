"""Rules for the names of hosts and mailboxes. Each raises ValueError, in words for people."""

import ipaddress
import re
import unicodedata

import idna
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from shared.http.text import line

# Whether mail for .local or .test arrives is the mail server's business: in a network of its own it
# does. The library wants its list changed where another one is meant.
SPECIAL_USE_DOMAIN_NAMES.clear()

MAX_ADDRESS = 254
MAX_HOST_NAME = 253

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")


def email_address(value: str) -> str:
    """One e-mail address (RFC 5321, RFC 6531), its domain in lower case."""
    try:
        found = validate_email(
            line(value), check_deliverability=False, globally_deliverable=False, strict=True
        ).normalized
    except EmailNotValidError:
        raise ValueError("must be one e-mail address, like noreply@contoso.com") from None
    if len(found) > MAX_ADDRESS:
        raise ValueError(f"may have {MAX_ADDRESS} characters at most")
    return found


def host_name(value: str) -> str:
    """A DNS name in its ASCII form (RFC 5890), or an IP address."""
    trimmed = line(value)
    if "://" in trimmed or "/" in trimmed:
        raise ValueError("must be the name alone, without https:// and without a path")
    address = _ip_address(trimmed)
    if address:
        return address
    if ":" in trimmed:
        raise ValueError("must be the name alone; the port has a field of its own")
    ascii_name = _ascii_name(trimmed.removesuffix("."))
    if len(ascii_name) > MAX_HOST_NAME or not _HOST_NAME.fullmatch(ascii_name):
        raise ValueError("must be the name of a server, like smtp.office365.com")
    return ascii_name


def _ip_address(text: str) -> str | None:
    bracketed = re.fullmatch(r"\[(.*:.*)\]", text)
    try:
        address = ipaddress.ip_address(bracketed[1] if bracketed else text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id:
        raise ValueError("must not name a network interface (%...)")
    return str(address)


def _ascii_name(name: str) -> str:
    if name.isascii():
        return name.lower()
    try:
        return idna.encode(unicodedata.normalize("NFC", name), uts46=True).decode().lower()
    except idna.IDNAError:
        return ""
