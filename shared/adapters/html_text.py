"""The text that an HTML body or signature says, for those who read mail as text."""

import re

from inscriptis import Inscriptis
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from lxml import html as lxml_html
from lxml.etree import ParserError

LIMIT = 200_000
"""Characters of HTML that are read: its text can be a hundred times as large, and takes seconds."""

_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_LINK = re.compile(r"https?:", re.IGNORECASE)
_MANY_EMPTY_LINES = re.compile(r"\n{3,}")
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Cells one after the other: aligned columns pad each row to the longest, and most tables of mail
# are there for the layout.
_TABLES = {"table": "div", "tr": "div", "td": "span", "th": "span", "caption": "div"}
_LEFT_OUT = ("script", "style", "title", "head")


def to_text(html: str) -> str:
    """Lines without Markdown; a link's address follows its text. Empty if nothing is said, or if
    there are more than `LIMIT` characters."""
    if len(html) > LIMIT or not html.strip():
        return ""
    try:
        tree = lxml_html.document_fromstring(_NOT_XML.sub("", html).encode(), parser=_parser())
    except ParserError:  # nothing but comments
        return ""
    for element in list(tree.iter()):
        _simplify(element)
    profile = ParserConfig(css=CSS_PROFILES["strict"].copy())
    lines = Inscriptis(tree, profile).get_text().splitlines()
    text = "\n".join(line.rstrip() for line in lines)
    return _MANY_EMPTY_LINES.sub("\n\n", text).strip("\n")


def _parser() -> lxml_html.HTMLParser:
    return lxml_html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True)


def _simplify(element: lxml_html.HtmlElement) -> None:
    """Leave out what is not shown, and what the library takes for a measure: margins and widths of
    any number of lines and columns."""
    if element.tag in _LEFT_OUT or _HIDDEN.search(element.get("style", "")):
        _leave_out(element)
        return
    for name in ("style", "width", "height", "align", "valign"):
        element.attrib.pop(name, None)
    if element.tag in {"td", "th"}:
        element.tail = f"  {(element.tail or '').strip()}"
    elif element.tag == "hr":
        element.tag, element.text = "div", "-" * 20
    elif element.tag == "a":
        _show_address(element)
    element.tag = _TABLES.get(element.tag, element.tag)


def _leave_out(element: lxml_html.HtmlElement) -> None:
    if element.getparent() is None:
        element.clear()
    else:
        element.drop_tree()  # what follows it stays


def _show_address(link: lxml_html.HtmlElement) -> None:
    address = link.get("href", "").strip()
    shown = "".join(link.itertext()).strip()
    if shown and _LINK.match(address) and address.rstrip("/") != shown.rstrip("/"):
        link.tail = f" ({address}){link.tail or ''}"
