"""Rules for single texts. Each raises ValueError with what is wrong, in words for people."""

import ipaddress
import re
import unicodedata
from datetime import date

UNPRINTABLE = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
"""Control characters (Cc) and the separators of lines and paragraphs (Zl, Zp), for a class of a
regular expression: they break out of headers and commands."""

_UNPRINTABLE = re.compile(f"[{UNPRINTABLE}]")
_CLIENT_ID = re.compile(r"[A-Za-z0-9._~-]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_YEARS = range(2000, 2101)

MAX_ADDRESS = 254
MAX_HOST_NAME = 253
MAX_SIGNATURE = 20_000


def secret(value: str) -> str:
    """A password, exactly as it was given."""
    if not value:
        raise ValueError("must not be empty")
    return printable(value)


def line(value: str) -> str:
    """One line of text, without the spaces around it."""
    trimmed = printable(value).strip()
    if not trimmed:
        raise ValueError("must not be empty")
    return trimmed


def printable(value: str) -> str:
    """The text as it is."""
    if _UNPRINTABLE.search(value):
        raise ValueError("must be one line, without control characters")
    return value


def client_id(value: str) -> str:
    """The id of an application: a GUID in Entra ID, other providers are freer."""
    trimmed = line(value)
    if not _CLIENT_ID.fullmatch(trimmed):
        raise ValueError("may have letters, digits and . _ ~ - only; copy it from the portal")
    return trimmed


def config_id(value: str) -> str:
    """The id of a config, in lower case."""
    if not _UUID.fullmatch(value.lower()):
        raise ValueError("must be the id of a config")
    return value.lower()


def email_address(value: str) -> str:
    """One e-mail address (RFC 5321, RFC 6531), its domain in lower case."""
    # Not at import: only what writes addresses needs it.
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415

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


def day(value: str) -> date:
    """A date of the calendar (RFC 3339 full-date), in the years in which secrets can expire."""
    try:
        found = date.fromisoformat(value) if _DATE.fullmatch(value) else None
    except ValueError:
        found = None
    if found is None or found.year not in _YEARS:
        raise ValueError("must be a date like 2027-12-31, from the years 2000 to 2100")
    return found


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
    import idna  # noqa: PLC0415  as above

    try:
        return idna.encode(unicodedata.normalize("NFC", name), uts46=True).decode().lower()
    except idna.IDNAError:
        return ""
