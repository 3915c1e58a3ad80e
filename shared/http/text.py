"""Rules for single texts. Each raises ValueError with what is wrong, in words for people."""

import re
from datetime import date

UNPRINTABLE = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
"""Control characters (Cc) and the separators of lines and paragraphs (Zl, Zp), for a class of a
regular expression: they break out of headers and commands."""

_UNPRINTABLE = re.compile(f"[{UNPRINTABLE}]")
_CLIENT_ID = re.compile(r"[A-Za-z0-9._~-]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_YEARS = range(2000, 2101)

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


def day(value: str) -> date:
    """A date of the calendar (RFC 3339 full-date), in the years in which secrets can expire."""
    try:
        found = date.fromisoformat(value) if _DATE.fullmatch(value) else None
    except ValueError:
        found = None
    if found is None or found.year not in _YEARS:
        raise ValueError("must be a date like 2027-12-31, from the years 2000 to 2100")
    return found
