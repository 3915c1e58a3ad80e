"""The types of single fields: how they are checked, and how the OpenAPI document shows them.

What was sent is measured before it is trimmed, so that the document can say how long it may be.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StrictStr, WithJsonSchema

from shared.http import addresses, text
from shared.http.signature import sanitize

_ANY = rf"[^{text.UNPRINTABLE}]*"
_LINE = rf"^{_ANY}[^\s{text.UNPRINTABLE}]{_ANY}$"
_SECRET = rf"^[^{text.UNPRINTABLE}]+$"
_HTTPS = r"^[Hh][Tt][Tt][Pp][Ss]://[^/?#@\s]+/[^/?#@\s]+/oauth2/v2\.0"
_TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
_SIGN_IN = f"https://login.microsoftonline.com/{_TENANT}/oauth2/v2.0"


def _checked(check: Callable[[str], Any], longest: int) -> AfterValidator:
    """A text of at most `longest` characters that `check` accepts."""

    def bounded(value: str) -> Any:
        if len(value) > longest:
            raise ValueError(f"may have {longest} characters at most")
        return check(value)

    return AfterValidator(bounded)


def _shown(longest: int, **schema: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "minLength": 1, "maxLength": longest, **schema})


_Address = Annotated[
    StrictStr,
    _checked(addresses.email_address, addresses.MAX_ADDRESS),
    _shown(addresses.MAX_ADDRESS, format="idn-email"),
]
_Name = Annotated[StrictStr, _checked(text.line, 128), _shown(128, pattern=_LINE)]
_Html = Annotated[
    StrictStr,
    AfterValidator(sanitize),
    WithJsonSchema({"type": "string", "maxLength": text.MAX_SIGNATURE, "pattern": r"^[^\x00]*$"}),
]
_Day = Annotated[
    StrictStr,
    AfterValidator(text.day),
    WithJsonSchema(
        {"type": "string", "format": "date", "pattern": "^(20[0-9]{2}|2100)-[0-9]{2}-[0-9]{2}$"}
    ),
]

AuthTypeField = Annotated[
    Literal["basic", "oauth2.0"],
    Field(description="How the mailbox is signed in to: with a password, or with OAuth 2.0."),
]
HostName = Annotated[
    StrictStr,
    _checked(addresses.host_name, addresses.MAX_HOST_NAME),
    _shown(
        addresses.MAX_HOST_NAME,
        anyOf=[{"format": "idn-hostname"}, {"format": "ipv4"}, {"format": "ipv6"}],
    ),
    Field(
        description="The mail server: a DNS name or an IP address.",
        examples=["smtp.office365.com"],
    ),
]
Port = Annotated[
    StrictInt,
    Field(ge=1, le=65535, description="The port of the mail server.", examples=[587]),
]
SecurityField = Annotated[
    Literal["starttls", "tls"],
    Field(
        description="`starttls` begins in the clear and then encrypts (port 587); `tls` encrypts "
        "from the first byte (port 465)."
    ),
]
UserName = Annotated[
    StrictStr,
    _checked(text.line, addresses.MAX_ADDRESS),
    _shown(addresses.MAX_ADDRESS, pattern=_LINE),
    Field(
        description="The account that signs in; for oauth2.0 it is an e-mail address.",
        examples=["noreply@contoso.com"],
    ),
]
FromAddress = Annotated[
    _Address | None,
    Field(
        description="The address that mail is sent from, where it is not userName.",
        examples=["reports@contoso.com"],
    ),
]
ReplyTo = Annotated[
    _Address | None, Field(description="Where answers go.", examples=["support@contoso.com"])
]
FromName = Annotated[
    _Name | None,
    Field(description="The name shown beside the address.", examples=["Contoso Reports"]),
]
Signature = Annotated[
    _Html | None,
    Field(
        description="HTML. What is not safe to show is removed before it is stored; the length is "
        "that of what is left.",
        examples=["<p>Kind regards<br><b>Contoso</b></p>"],
    ),
]
Password = Annotated[
    StrictStr,
    _checked(text.secret, 1024),
    _shown(1024, pattern=_SECRET, format="password", writeOnly=True),
    Field(description="Of the mailbox (basic). Never sent back.", examples=["correct horse"]),
]
ClientSecret = Annotated[
    StrictStr,
    _checked(text.line, 1024),
    _shown(1024, pattern=_LINE, format="password", writeOnly=True),
    Field(
        description="The secret's Value in the Azure portal, not its Secret ID. Never sent back.",
        examples=["Qx~8Q~xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"],
    ),
]
ClientId = Annotated[
    StrictStr,
    _checked(text.client_id, 128),
    _shown(128, pattern=r"^ *[A-Za-z0-9._~\-]+ *$"),
    Field(
        description="The Application (client) ID in the Azure portal.",
        examples=["6a1c2f6e-3d0b-4b0e-9f57-0d9c3f6c1a11"],
    ),
]
AuthorizationUrl = Annotated[
    StrictStr,
    _checked(text.line, 2048),
    _shown(2048, pattern=rf"{_HTTPS}/authorize$", format="uri"),
    Field(
        description="The OAuth 2.0 authorization endpoint (v2) of the registration's own tenant, "
        "at a sign-in host of Microsoft or one named in EXTRA_AUTHORITY_HOSTS. Host and tenant "
        "are those of tokenUrl.",
        examples=[f"{_SIGN_IN}/authorize"],
    ),
]
TokenUrl = Annotated[
    StrictStr,
    _checked(text.line, 2048),
    _shown(2048, pattern=rf"{_HTTPS}/token$", format="uri"),
    Field(
        description="The OAuth 2.0 token endpoint (v2). Host and tenant are those of "
        "authorizationUrl.",
        examples=[f"{_SIGN_IN}/token"],
    ),
]
Day = Annotated[
    _Day | None,
    Field(
        description="The day on which the client secret stops working; warnings come before it.",
        examples=["2027-12-31"],
    ),
]
DefaultFlag = Annotated[
    StrictBool,
    Field(
        description="Whether mail that names no config goes out through this one. Setting it "
        "takes it from the one that was."
    ),
]
ConfigId = Annotated[
    StrictStr,
    _checked(text.config_id, 36),
    _shown(36, format="uuid"),
    Field(examples=["0192f0c5-7c1e-4b7e-9d1f-3f0f5a3c2b11"]),
]
