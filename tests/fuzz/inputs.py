"""Strategies for hostile input: right documents with some bytes replaced, and any bytes at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

SIGNS = (
    b"\0",
    b"\n",
    b"\r",
    b"\t",
    b" ",
    b'"',
    b"'",
    b"\\",
    b"[",
    b"]",
    b"{",
    b"}",
    b"=",
    b":",
    b"#",
    b"$",
    b"%",
    b"|",
)
NUMBERS = (b"0", b"-1", b"1e999", b"nan", b"9" * 40, b"18446744073709551615", b"\xff" * 8, b"\0" * 8, b"\x80", b"\xff")
WORDS = (b"null", b"true", b"../", b"/dev/zero", b"\xe2\x80\xa8", b"\xed\xa0\x80", b"\x1b]0;x\x07", b"[[" * 600)


@st.composite
def mutated(draw: st.DrawFn, corpus: Sequence[bytes], words: Sequence[bytes] = ()) -> bytes:
    """One of the right documents, or any bytes, with up to six pieces replaced, repeated or removed."""
    data = draw(st.one_of(st.sampled_from(list(corpus)), st.binary(max_size=200)))
    pieces = st.one_of(st.binary(max_size=8), st.sampled_from([*words, *SIGNS, *NUMBERS, *WORDS]))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        length = draw(st.sampled_from((0, 0, 1, 2, 8, 40)))
        again = data[at : at + 40] if draw(st.booleans()) else b""
        data = data[:at] + draw(pieces) + again + data[at + length :]
    return data


JSON_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 70), 1 << 70),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["", "\ud800", "\0", "1.0", "v2.1", "1e9", "-", "0" * 30, "http://[", "2026-01-01T00:00:00Z"]),
)
JSON = st.recursive(
    JSON_LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=4)),
    max_leaves=6,
)


@st.composite
def reshaped(draw: st.DrawFn, documents: Sequence[Any]) -> Any:
    """One of the right JSON documents in which up to three values, at any depth, are replaced or removed."""
    document = json.loads(json.dumps(draw(st.sampled_from(list(documents)))))
    for _ in range(draw(st.integers(0, 3))):
        document = _with_change(draw, document)
    return document


def _with_change(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, Mapping) and value and draw(st.integers(0, 4)):
        key = draw(st.sampled_from(sorted(value)))
        if draw(st.integers(0, 6)) == 0:
            return {name: row for name, row in value.items() if name != key}
        return {**value, key: _with_change(draw, value[key])}
    if isinstance(value, list) and value and draw(st.integers(0, 4)):
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], _with_change(draw, value[at]), *value[at + 1 :]]
    return draw(JSON)
