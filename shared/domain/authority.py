"""Where a config signs in: what the two URLs from the Azure portal say together."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.domain.errors import FieldError

type HostRule = tuple[str, int | None]
"""A host that is allowed beside Microsoft's, in lower case: with one port, or any (None)."""

_PUBLIC = "https://outlook.office.com"
_US_GOVERNMENT = "https://outlook.office365.us"
_CHINA = "https://partner.outlook.cn"

MICROSOFT_HOSTS = {
    "login.microsoftonline.com": _PUBLIC,
    "login.microsoft.com": _PUBLIC,
    "login.windows.net": _PUBLIC,
    "sts.windows.net": _PUBLIC,
    "login-us.microsoftonline.com": _PUBLIC,
    "login.microsoftonline.us": _US_GOVERNMENT,
    "login.usgovcloudapi.net": _US_GOVERNMENT,
    "login.partner.microsoftonline.cn": _CHINA,
    "login.chinacloudapi.cn": _CHINA,
    "login.microsoftonline.de": "https://outlook.office.de",
    "login.sovcloud-identity.fr": _PUBLIC,
    "login.sovcloud-identity.de": _PUBLIC,
    "login.sovcloud-identity.sg": _PUBLIC,
}
"""Sign-in hosts of all clouds of Microsoft, as MSAL knows them, and the Exchange Online of each."""

_PERMISSIONS = ("SMTP.Send", "IMAP.AccessAsUser.All")
_SHARED_TENANTS = {
    "common": "is for applications of several directories",
    "organizations": "is for applications of several directories",
    "consumers": "is for personal accounts",
    "9188040d-6c67-4c5b-b112-36a304b66dad": "is for personal accounts",
}
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"({_LABEL}\.)+{_LABEL}")
_MAX_LENGTH = 2048
_PATH = re.compile(r"/([^/]*)/oauth2/v2\.0/(authorize|token)")
_V1_PATH = re.compile(r"/([^/]+)/oauth2/(authorize|token)/?")


@dataclass(frozen=True, slots=True)
class Authority:
    """One directory at one sign-in host, and what is asked of it."""

    host: str
    """In lower case, with the port where one was given."""
    tenant: str
    """A GUID or a domain name, in lower case."""
    authority: str
    """`https://{host}/{tenant}`"""
    scopes: tuple[str, ...]
    rotates_refresh_tokens: bool
    """Whether a refresh token may be dead once a newer one was given. Microsoft's stay alive."""


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """One of the two URLs: the field it came in, and how it should end."""

    pointer: str
    leaf: str
    url: str


def parse_authority(
    authorization_url: str, token_url: str, extra_hosts: Sequence[HostRule]
) -> Authority | list[FieldError]:
    """The authority that both URLs name, or all that is wrong with them."""
    errors = url_errors(authorization_url, token_url, extra_hosts)
    if errors:
        return errors
    (host, tenant), (token_host, token_tenant) = map(_place, (authorization_url, token_url))
    if host != token_host:
        errors.append(_disagreement("host", host, token_host))
    if tenant != token_tenant:
        errors.append(_disagreement("tenant", tenant, token_tenant))
    return errors or _authority(host, tenant)


def url_errors(
    authorization_url: str | None, token_url: str | None, extra_hosts: Sequence[HostRule]
) -> list[FieldError]:
    """What is wrong with each of the URLs by itself. None is a URL that is not there."""
    endpoints = (
        _Endpoint("/authorizationUrl", "authorize", authorization_url or ""),
        _Endpoint("/tokenUrl", "token", token_url or ""),
    )
    return [
        FieldError(endpoint.pointer, message)
        for endpoint, given in zip(endpoints, (authorization_url, token_url), strict=True)
        if given is not None
        for message in _problems(endpoint, extra_hosts)
    ]


def _authority(host: str, tenant: str) -> Authority:
    resource = MICROSOFT_HOSTS.get(host, _PUBLIC)
    return Authority(
        host=host,
        tenant=tenant,
        authority=f"https://{host}/{tenant}",
        scopes=tuple(f"{resource}/{permission}" for permission in _PERMISSIONS),
        rotates_refresh_tokens=host not in MICROSOFT_HOSTS,
    )


def _place(url: str) -> tuple[str, str]:
    """(host with port, tenant) of a URL that is in order."""
    parts = urlsplit(url.lower())
    return parts.netloc, parts.path.split("/")[1]


def _disagreement(what: str, ours: str, theirs: str) -> FieldError:
    return FieldError(
        "/tokenUrl",
        f"must name the same {what} as authorizationUrl: there it is {ours}, here {theirs}",
    )


def _problems(endpoint: _Endpoint, extra_hosts: Iterable[HostRule]) -> Iterator[str]:
    url = endpoint.url
    # urlsplit drops blanks and line ends in silence: what is checked must be what is used.
    if len(url) > _MAX_LENGTH or not url.isascii() or not url.isprintable() or " " in url:
        yield f"must be a URL of at most {_MAX_LENGTH} ASCII characters, without blanks"
        return
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        yield "must be a URL"
        return
    if parts.scheme != "https":
        yield "must begin with https://"
    if "@" in parts.netloc:
        yield "must not hold a user name or password"
    if "?" in url or "#" in url:
        yield "must not hold a query (?) or a fragment (#)"
    yield from _host_problems(parts.netloc, host, port, extra_hosts)
    yield from _path_problems(endpoint, parts.path, host)


def _host_problems(
    netloc: str, host: str, port: int | None, extra_hosts: Iterable[HostRule]
) -> Iterator[str]:
    if any(host == name and own_port in (None, port or 443) for name, own_port in extra_hosts):
        return
    if host not in MICROSOFT_HOSTS:
        yield (
            f"must name a sign-in host of Microsoft, like login.microsoftonline.com; {host!r} is"
            " none, and not in EXTRA_AUTHORITY_HOSTS"
        )
    elif ":" in netloc.rpartition("@")[2]:
        yield "must not hold a port"


def _path_problems(endpoint: _Endpoint, path: str, host: str) -> Iterator[str]:
    found = _PATH.fullmatch(path)
    if found is None:
        yield _wrong_path(endpoint, path, host)
        return
    if found[2] != endpoint.leaf:
        yield f"must end in /oauth2/v2.0/{endpoint.leaf}: this is the other of the two URLs"
    tenant = found[1].lower()
    if tenant in _SHARED_TENANTS:
        yield (
            f"must name the directory itself: /{tenant} {_SHARED_TENANTS[tenant]}. Put the"
            " Directory (tenant) ID in its place, from Overview of the app registration"
        )
    elif not _GUID.fullmatch(tenant) and not _DOMAIN.fullmatch(tenant):
        yield "must name the tenant by its ID (a GUID) or by a domain name"


def _wrong_path(endpoint: _Endpoint, path: str, host: str) -> str:
    version_1 = _V1_PATH.fullmatch(path)
    if version_1:
        right = f"https://{host}/{version_1[1]}/oauth2/v2.0/{endpoint.leaf}"
        return f"is a v1.0 endpoint; use the v2.0 one: {right}"
    return f"must have the path /(tenant)/oauth2/v2.0/{endpoint.leaf}"
