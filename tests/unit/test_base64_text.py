"""Files in JSON bodies are lifted out of them, and nothing else changes."""

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.http.base64_text import Base64Text, decode, lifted

LONG = "QUJD" * 1024

values = st.recursive(
    st.none()
    | st.integers()
    | st.text(max_size=20)
    | st.just(LONG)
    | st.just(f'x"content":"{LONG}"')
    | st.just(f'\\"content":"{LONG}\\'),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["content", "a", 'b"', "\\"]), inner, max_size=3)
    ),
    max_leaves=10,
)


def _put_back(value: Any, texts: Any) -> Any:
    if isinstance(value, dict):
        return {name: _put_back(member, texts) for name, member in value.items()}
    if isinstance(value, list):
        return [_put_back(item, texts) for item in value]
    if isinstance(value, str) and value in texts:
        return bytes(texts[value].octets).decode()
    return value


@given(values, st.booleans(), st.booleans())
@example({"content": LONG}, True, True)
def test_with_what_was_lifted_put_back_the_body_says_what_it_said(
    value: Any, indented: bool, ascii_only: bool
) -> None:
    body = json.dumps(value, indent=2 if indented else None, ensure_ascii=ascii_only).encode()
    rest, texts = lifted(body)
    assert _put_back(json.loads(rest), texts) == value


@pytest.mark.parametrize(
    "body",
    [
        '{"content":"%s"',
        '{"content":"%s}',
        '{"a""content":"%s"}',
        '{"a:"content":"%s"}',
        '"content":"%s"',
        '{"content":"%s""b"}',
        '{"x":"\\"content":"%s"}',
    ],
)
def test_what_is_no_json_does_not_become_any(body: str) -> None:
    rest, _ = lifted((body % LONG).encode())
    with pytest.raises(json.JSONDecodeError):
        json.loads(rest)


def test_a_long_file_is_lifted_and_a_short_one_stays() -> None:
    rest, texts = lifted(json.dumps([{"content": LONG}, {"content": "QUJD"}]).encode())
    [mark] = texts
    assert json.loads(rest) == [{"content": mark}, {"content": "QUJD"}]
    assert decode(texts[mark]) == b"ABC" * 1024


def test_marks_cannot_be_foreseen() -> None:
    body = json.dumps({"content": LONG}).encode()
    assert lifted(body)[1].keys() != lifted(body)[1].keys()


def test_slashes_may_be_escaped_as_some_encoders_do() -> None:
    file = bytes(range(256)) * 64
    text = base64.b64encode(file).decode().replace("/", "\\/")
    _, texts = lifted(f'{{"content":"{text}"}}'.encode())
    [found] = texts.values()
    assert decode(found) == file


@pytest.mark.parametrize("escape", ["\\n", "\\u002f", "\\\\/", '\\"', "\\"])
def test_other_escapes_are_left_to_the_parser(escape: str) -> None:
    body = f'{{"content":"{LONG}{escape}{LONG}"}}'.encode()
    assert lifted(body) == (body, {})


@pytest.mark.parametrize(
    "text", ["A", "AAA", "AA=A", "AAAA\n", "AA-_", "====", " AAAA", "AAAA=", "é"]
)
def test_what_is_no_base64_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be Base64"):
        decode(text)


def test_a_file_is_not_shown_where_objects_are() -> None:
    assert "QUJD" not in repr(Base64Text(memoryview(b"QUJD")))
