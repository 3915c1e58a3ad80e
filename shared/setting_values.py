"""Parsers of single settings. Each raises ValueError that says what is wrong and what to do."""

import ipaddress
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from shared.domain.principal import organization_of

CALLBACK_PATH = "/api/oauth/callback"

_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_CRON_FIELD = re.compile(r"[0-9A-Za-z*/,-]+")
_TRUE = {"true", "1", "yes", "on"}
_FALSE = {"false", "0", "no", "off"}
# A refresh token that is not used for 90 days dies: with 30, two checks in a row may fail.
_LONGEST_INTERVAL = timedelta(days=30)
_SHORTEST_INTERVAL = timedelta(seconds=1)
_LONGEST_RETENTION = timedelta(days=30)

type Host = tuple[str, int | None]
"""A host name or address in lower case, IPv6 without brackets; the port, or None for any."""


def https_url(value: str) -> str:
    """An https URL of a host alone, without a slash at the end."""
    parts = _split(value)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("must be an https:// URL")
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("must hold scheme and host alone, like https://name.vault.azure.net")
    return f"https://{parts.netloc.lower()}"


def service_url(value: str) -> str:
    """The https URL of a storage service; identities are not sent over plain HTTP."""
    parts = _split(value)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an https:// URL without a query")
    return value.rstrip("/")


def redirect_url(value: str) -> str:
    """Where Microsoft sends the browser back to; http for a loopback host alone (RFC 8252, 7.3)."""
    parts = _split(value)
    if parts.query or parts.fragment or "@" in parts.netloc or not parts.hostname:
        raise ValueError(f"must be https://<host>{CALLBACK_PATH}, without query and fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        raise ValueError("must begin with https:// (http:// for localhost alone)")
    if parts.path != CALLBACK_PATH:
        raise ValueError(f"must end in {CALLBACK_PATH}, where the callback function answers")
    return value


def origins(value: str) -> tuple[str, ...]:
    """Origins as browsers write them (RFC 6454, 6.2), separated by commas."""
    return tuple(dict.fromkeys(_origin(item) for item in _items(value)))


def hosts(value: str) -> tuple[Host, ...]:
    """`host` or `host:port`, separated by commas; IPv6 addresses in brackets."""
    return tuple(dict.fromkeys(_host(item) for item in _items(value)))


def schedule(value: str) -> str:
    """An NCRONTAB expression of six fields, seconds first."""
    fields = value.split()
    if len(fields) != 6 or not all(_CRON_FIELD.fullmatch(field) for field in fields):
        raise ValueError(
            "must be an NCRONTAB expression of six fields, seconds first, like 0 */5 * * * *"
        )
    return " ".join(fields)


def hours(value: str) -> timedelta:
    """A duration in hours, fractions allowed."""
    interval = _hours(value)
    if interval is None or not _SHORTEST_INTERVAL <= interval <= _LONGEST_INTERVAL:
        raise ValueError("must be a number of hours above 0 and up to 720, like 24 or 0.5")
    return interval


def retention_hours(value: str) -> timedelta:
    """How many hours something is kept, fractions allowed; 0 for not at all."""
    kept = _hours(value)
    if kept is None or not timedelta() <= kept <= _LONGEST_RETENTION:
        raise ValueError("must be a number of hours from 0 to 720, like 0 or 48")
    return kept


def number_up_to(most: int) -> Callable[[str], int]:
    """A parser of whole numbers from 1 to `most`."""

    def number(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", value) or not 1 <= int(value) <= most:
            raise ValueError(f"must be a whole number from 1 to {most}")
        return int(value)

    return number


def organization(value: str) -> str:
    """The id of an organization, as the organization claim has it."""
    try:
        return organization_of(value)
    except ValueError:
        raise ValueError("must be the id of one organization, as its claim has it") from None


def claim(value: str) -> str:
    """The type of a claim."""
    if any(character.isspace() for character in value):
        raise ValueError("must be the type of one claim, like tid")
    return value


def flag(value: str) -> bool:
    """True or false, as app settings spell them."""
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise ValueError("must be true or false")


def certificates(value: str) -> Path:
    """The path of a PEM file that holds certificates of authorities."""
    # Not at import: the module is needed only where the setting is given.
    import ssl  # noqa: PLC0415

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=value)
    except ssl.SSLError:
        raise ValueError("holds no certificates in PEM form (BEGIN CERTIFICATE)") from None
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}; give the path of a PEM file") from None
    return Path(value)


def storage_account(value: str) -> str:
    """The name of a storage account."""
    if not re.fullmatch(r"[a-z0-9]{3,24}", value):
        raise ValueError("must be the name of a storage account: 3 to 24 small letters and digits")
    return value


def connection_string(value: str) -> str:
    """A storage connection string. Errors never hold a part of it: it bears a key."""
    if value.rstrip(";").lower() == "usedevelopmentstorage=true":
        return "UseDevelopmentStorage=true"
    pairs = [part.partition("=") for part in value.strip(";").split(";")]
    parts = {name.strip().lower(): text.strip() for name, _, text in pairs}
    by_key = parts.get("accountname") and parts.get("accountkey")
    by_signature = parts.get("sharedaccesssignature")
    if not all(separator for _, separator, _ in pairs) or not (by_key or by_signature):
        raise ValueError(
            "is no storage connection string: copy it whole from Access keys in the portal,"
            " or use an identity (AzureWebJobsStorage__accountName)"
        )
    return value


def _hours(value: str) -> timedelta | None:
    try:
        return timedelta(hours=float(value))
    except (ValueError, OverflowError):
        return None


def _items(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]


def _split(value: str) -> SplitResult:
    if any(character.isspace() or not character.isprintable() for character in value):
        raise ValueError("must be a URL without spaces")
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError("is no valid URL") from None
    return parts


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _origin(item: str) -> str:
    parts = _split(item)
    is_origin = not (parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not is_origin:
        raise ValueError(f"{item!r} is no origin: write it like https://portal.contoso.com")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in {None, default} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _host(item: str) -> Host:
    if item.startswith("["):
        address, bracket, rest = item[1:].partition("]")
        if not bracket or not _is_ipv6(address):
            raise ValueError(f"{item!r} is no IPv6 address in brackets, like [::1] or [::1]:993")
        return str(ipaddress.IPv6Address(address)), _port(item, rest)
    if _is_ipv6(item):
        raise ValueError(f"{item!r}: write IPv6 addresses in brackets, like [::1] or [::1]:993")
    name, colon, port = item.partition(":")
    if not _HOST_NAME.fullmatch(name) or len(name) > 253:
        raise ValueError(f"{item!r} is no host name: write host or host:port, without a scheme")
    return name.lower(), _port(item, colon + port)


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _port(item: str, text: str) -> int | None:
    if not text:
        return None
    digits = text.removeprefix(":")
    if not (text.startswith(":") and re.fullmatch(r"[0-9]{1,5}", digits)):
        raise ValueError(f"{item!r} has no valid port: write host or host:port")
    if not 1 <= int(digits) <= 65535:
        raise ValueError(f"{item!r} has no valid port: 1 to 65535")
    return int(digits)
