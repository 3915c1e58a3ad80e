"""Signatures: HTML that is safe to show and to send."""

import re

import nh3

from shared.http.text import MAX_SIGNATURE

_TEXT = {"p", "br", "div", "span", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"}
_MARKS = {"b", "strong", "i", "em", "u", "a", "img"}
_LISTS = {"ul", "ol", "li"}
_TABLES = {"table", "thead", "tbody", "tr", "th", "td"}
_TAGS = _TEXT | _MARKS | _LISTS | _TABLES
_SIZES = {"width", "height"}
_CELLS = {"colspan", "rowspan", "align", "valign"} | _SIZES
_ATTRIBUTES = {
    "*": {"style"},
    "a": {"href"},
    "img": {"src", "alt"} | _SIZES,
    "table": {"cellpadding", "cellspacing", "border", "align"} | _SIZES,
    "td": _CELLS,
    "th": _CELLS,
}
# None that fetches (background-image) or leaves its place (position) and could cover a page.
_STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left",
    "border-right", "border-spacing", "border-style", "border-top", "border-width", "color",
    "font-family", "font-size", "font-style", "font-weight", "height", "letter-spacing",
    "line-height", "list-style-type", "margin", "margin-bottom", "margin-left", "margin-right",
    "margin-top", "max-width", "padding", "padding-bottom", "padding-left", "padding-right",
    "padding-top", "text-align", "text-decoration", "vertical-align", "width",
}  # fmt: skip
_LINK = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)
_PICTURE = re.compile(r"https:|cid:|data:image/(?:png|jpeg|gif);base64,", re.IGNORECASE)
_BREAKING = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")


def sanitize(html: str) -> str | None:
    """The signature with what is safe of it; None if nothing is left.

    Raises ValueError if it holds NUL, or has more than 20,000 characters afterwards.
    """
    if "\x00" in html:
        raise ValueError("must not hold the character NUL")
    clean = nh3.clean(
        _BREAKING.sub("", html),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_kept,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        link_rel="noopener noreferrer",
        filter_style_properties=_STYLES,
        strip_comments=True,
    ).strip()
    if len(clean) > MAX_SIGNATURE:
        raise ValueError(f"may have {MAX_SIGNATURE} characters at most")
    return clean if _says_something(clean) else None


def _kept(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "href":
        return value if _LINK.match(value) else None
    if attribute == "src":
        return value if tag == "img" and _PICTURE.match(value) else None
    return value


def _says_something(html: str) -> bool:
    """Whether anything is left to see: editors leave `<p><br></p>` where nothing was written."""
    if re.search(r"<hr|<img[^>]* src=", html):
        return True
    text = re.sub(r"<[^>]*>", "", html).replace("&nbsp;", " ")
    return bool(text.strip())
