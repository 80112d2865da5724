"""Replaces names and addresses in a document, each by the same pseudonym everywhere.

A pseudonym keeps what the checks judge: its length, its digits and punctuation, upper and lower case, whether it is
ASCII, and whether one name is a part of another. names.toml says which fields are names.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

from mhv_tui.core.changes import Json

_TABLE = tomllib.loads(resources.files("mhv_tui.export").joinpath("names.toml").read_text(encoding="utf-8"))
NAME_FIELDS, NAME_TABLES = frozenset(_TABLE["fields"]), frozenset(_TABLE["tables"])
NO_NAMES, COMMON_WORDS = frozenset(_TABLE["not_names"]), frozenset(_TABLE["common_words"])

SHORTEST = 3
"""Characters of the shortest name that is replaced inside other text; a shorter one only where it is alone."""

_LETTERS = re.compile(r"(?<!\\)[^\W\d_]+")
r"""A word of a name; not the letter of an escape in a regular expression, such as \d."""
_BEGIN = r"(?:(?<=%2F)|(?<![\w.~+]))"
"""Before an address: no part of a word or version; %2F is the slash of an encoded URL."""
_IPV4 = re.compile(_BEGIN + r"\d{1,3}(?:\.\d{1,3}){3}(?![\w.~+-]*\w)")
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:.]*\w)")
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_DOCUMENTATION = tuple(ipaddress.ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32"))


class Pseudonyms:
    """The pseudonyms of the names in one document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        names = sorted({name for name in _names(document) if _LETTERS.search(name)}, key=len, reverse=True)
        words = sorted({word.lower() for name in names for word in _LETTERS.findall(name)}, key=lambda w: (len(w), w))
        self._words: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        self._taken = set(COMMON_WORDS)
        for word in words:
            self._words[word] = word if word in COMMON_WORDS else self._new_word(word)
        self._names = {name: self._name(name) for name in names}
        inside = [name for name in names if len(name) >= SHORTEST and self._names[name] != name]
        pattern = "|".join(map(re.escape, inside))
        self._pattern = re.compile(rf"(?:(?<=%2F)|(?<![^\W_]))(?:{pattern})(?![^\W_])") if inside else None

    def document(self, value: Json) -> Json:
        """The document with every name and address replaced, in keys as well."""
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.document(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.document(item) for item in value]
        return self.text(value) if isinstance(value, str) else value

    def text(self, text: str) -> str:
        """One text with every name and address replaced, and without the content of PEM blocks."""
        if text in self._names:
            text = self._names[text]
        elif self._pattern:
            text = self._pattern.sub(lambda match: self._names[match.group(0)], text)
        text = _IPV6.sub(self._address, _IPV4.sub(self._address, text))
        return _PEM.sub(_pem, text)

    def _name(self, name: str) -> str:
        return _LETTERS.sub(lambda match: _same_case(self._words[match.group(0).lower()], match.group(0)), name)

    def _new_word(self, word: str) -> str:
        """A word of the same length that contains the pseudonym of each word that it contains."""
        part = max((w for w in self._words if w in word), key=len, default="")
        for number in range(26 ** min(len(word), 5)):
            before, after = word.split(part, 1) if part else (word, "")
            spelled = _spelling(number, len(before) + len(after), word.isascii())
            new = spelled[: len(before)] + self._words.get(part, "") + spelled[len(before) :]
            if new not in self._taken:
                break
        self._taken.add(new)
        return new

    def _address(self, match: re.Match[str]) -> str:
        try:
            address = ipaddress.ip_address(match.group(0))
        except ValueError:
            return match.group(0)
        if address.is_loopback or address.is_unspecified or any(address in net for net in _DOCUMENTATION):
            return match.group(0)
        number = len(self._addresses) + 1
        new = f"198.18.{number >> 8}.{number & 255}" if address.version == 4 else f"2001:db8::{number:x}"
        return self._addresses.setdefault(str(address), new)


def _names(value: Json, field: str = "") -> Iterator[str]:
    """Every name in a document. Parts of a path and of a user's name (user@domain) are names of their own."""
    if isinstance(value, Mapping):
        if field in NAME_TABLES:
            yield from (part for key in value for part in _parts(str(key)))
        for key, item in value.items():
            if key not in NO_NAMES:
                yield from _names(item, str(key))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _names(item, field)
    elif isinstance(value, str) and field in NAME_FIELDS:
        yield from _parts(value)


def _parts(name: str) -> Iterator[str]:
    yield from (name, re.escape(name))
    yield from (part for part in re.split(r"[/@\\:]", name) if part)
    if "." in name and "/" not in name:
        yield from (name.split(".")[0], name.partition(".")[2])


def _spelling(number: int, length: int, ascii_only: bool) -> str:
    """The word of that number: vowels follow consonants. The last letter is not ASCII if `ascii_only` is False."""
    letters, number = [], number * 6151
    for position in range(length):
        alphabet = "bdfgklmnprstvz" if position % 2 == 0 else "aeiou"
        number, index = divmod(number, len(alphabet))
        letters.append(alphabet[index])
    return "".join(letters) if ascii_only or not letters else "".join([*letters[:-1], "é"])


def _same_case(word: str, model: str) -> str:
    if word == model.lower():
        return model
    return "".join(new.upper() if old.isupper() else new for new, old in zip(word, model, strict=True))


def _pem(match: re.Match[str]) -> str:
    """The same block for the same certificate, without its content; nothing of a private key."""
    kind = match.group(1)
    content = "" if "PRIVATE" in kind else hashlib.sha256(match.group(0).strip().encode()).hexdigest()
    return f"-----BEGIN {kind}-----\n{content}\n-----END {kind}-----"
