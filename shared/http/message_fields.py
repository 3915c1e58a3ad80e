"""The fields of a message: how they are checked, and how the OpenAPI document shows them."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, StrictStr, WithJsonSchema

from shared.http import addresses, text
from shared.http.base64_text import Base64Text, decode

MAX_RECIPIENTS = 500
MAX_LINE = 998
"""Characters of a subject or a header: RFC 5322, 2.1.1 allows no longer line."""
_MAX_HEADERS = 50
_MAX_ATTACHMENTS = 100

_NAMED_HEADERS = {
    name.lower(): name
    for name in (
        "Auto-Submitted",
        "Importance",
        "In-Reply-To",
        "List-Id",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "Precedence",
        "References",
        "X-Priority",
    )
}
_OTHER_HEADER = r"X-[A-Za-z0-9\-]{1,60}"
_OF_OTHERS = re.compile(_OTHER_HEADER, re.IGNORECASE)
_TOKEN = r"[A-Za-z0-9!#$&^_.+\-]{1,60}"
_CONTENT_TYPE = rf"{_TOKEN}/{_TOKEN}(; ?charset={_TOKEN})?"
_CONTENT_ID = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@\-]{1,200}"
_BASE64 = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
_PRINTABLE = rf"[^{text.UNPRINTABLE}]"
_IN_NAME = rf"[^/\\{text.UNPRINTABLE}]"


def _bounded(value: str, longest: int) -> str:
    if len(value) > longest:
        raise ValueError(f"may have {longest} characters at most")
    return value


def _address(value: str) -> str:
    return addresses.email_address(_bounded(value, addresses.MAX_ADDRESS))


def _subject(value: str) -> str:
    return text.printable(_bounded(value, MAX_LINE))


def _header_name(value: str) -> str:
    """The name as it is usually spelt."""
    named = _NAMED_HEADERS.get(value.lower())
    if named is None and not _OF_OTHERS.fullmatch(value):
        allowed = ", ".join(_NAMED_HEADERS.values())
        raise ValueError(f"is no header that can be set: those are {allowed} and X-...")
    return named or value


def _header_value(value: str) -> str:
    return text.line(_bounded(value, MAX_LINE))


def _body_text(value: str) -> str:
    if "\0" in value:
        raise ValueError("must not have the character NUL")
    return value


def _file_name(value: str) -> str:
    name = text.line(_bounded(value, 255))
    if "/" in name or "\\" in name or not name.strip(". "):
        raise ValueError("must be the name of a file, without a folder")
    return name


def _content_type(value: str) -> str:
    if not re.fullmatch(_CONTENT_TYPE, value):
        raise ValueError("must be a media type, like application/pdf")
    return value


def _content_id(value: str) -> str:
    if not re.fullmatch(_CONTENT_ID, value):
        raise ValueError("may have letters, digits and signs like . _ @ - only, 200 at most")
    return value


def _content(value: Any) -> bytes:
    if not isinstance(value, str | Base64Text):
        raise ValueError("must be text")
    return decode(value)


Address = Annotated[
    StrictStr,
    AfterValidator(_address),
    WithJsonSchema(
        {
            "type": "string",
            "minLength": 1,
            "maxLength": addresses.MAX_ADDRESS,
            "format": "idn-email",
        }
    ),
]
Addresses = Annotated[
    list[Address],
    Field(
        max_length=MAX_RECIPIENTS,
        description=f"E-mail addresses, without names. To, cc and bcc have {MAX_RECIPIENTS} at "
        "most, all together.",
        examples=[["someone@customer.com"]],
    ),
]
Subject = Annotated[
    StrictStr,
    AfterValidator(_subject),
    WithJsonSchema({"type": "string", "maxLength": MAX_LINE, "pattern": rf"^{_PRINTABLE}*$"}),
    Field(description="One line; may be empty.", examples=["Your report of March"]),
]
_Text = Annotated[
    StrictStr,
    AfterValidator(_body_text),
    WithJsonSchema({"type": "string", "pattern": r"^[^\x00]*$"}),
]
PlainText = Annotated[_Text, Field(description="What is shown where HTML is not.")]
Html = Annotated[
    _Text,
    Field(
        description="Goes out as it is. Pictures are attachments with a `contentId`, shown by "
        '`<img src="cid:...">`.'
    ),
]
FileName = Annotated[
    StrictStr,
    AfterValidator(_file_name),
    WithJsonSchema(
        {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "pattern": rf"^{_IN_NAME}*[^\s./\\{text.UNPRINTABLE}]{_IN_NAME}*$",
        }
    ),
    Field(description="Without a folder.", examples=["report.pdf"]),
]
ContentType = Annotated[
    StrictStr,
    AfterValidator(_content_type),
    WithJsonSchema({"type": "string", "pattern": rf"^{_CONTENT_TYPE}$"}),
    Field(description="The media type.", examples=["application/pdf"]),
]
ContentId = Annotated[
    StrictStr,
    AfterValidator(_content_id),
    WithJsonSchema({"type": "string", "pattern": rf"^{_CONTENT_ID}$"}),
    Field(
        description="For a picture that the HTML shows: what follows `cid:` there. Each once.",
        examples=["logo"],
    ),
]
Content = Annotated[
    bytes,
    PlainValidator(_content),
    WithJsonSchema({"type": "string", "contentEncoding": "base64", "pattern": _BASE64}),
    Field(description="The file in Base64 (RFC 4648), without line breaks."),
]
Headers = Annotated[
    dict[
        Annotated[StrictStr, AfterValidator(_header_name)],
        Annotated[StrictStr, AfterValidator(_header_value)],
    ],
    Field(
        max_length=_MAX_HEADERS,
        description="Further headers. Auto-Submitted is auto-generated unless given.",
        examples=[{"X-Report": "march", "List-Unsubscribe": "<mailto:off@contoso.com>"}],
    ),
    WithJsonSchema(
        {
            "type": "object",
            "maxProperties": _MAX_HEADERS,
            "propertyNames": {
                "pattern": f"^({'|'.join(_NAMED_HEADERS.values())}|{_OTHER_HEADER})$"
            },
            "additionalProperties": {
                "type": "string",
                "minLength": 1,
                "maxLength": MAX_LINE,
                "pattern": rf"^{_PRINTABLE}*[^\s{text.UNPRINTABLE}]{_PRINTABLE}*$",
            },
        }
    ),
]
AttachmentList = Field(max_length=_MAX_ATTACHMENTS)
