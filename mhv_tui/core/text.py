"""Formats parts of sentences: lists of names, plurals, sizes, endpoints, the first letter, printable text."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

GIB = 1 << 30

UNITS = ((1 << 40, "TiB"), (GIB, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))
"""Each unit of a size in a sentence, with its name."""

FIRST_WORDS = {
    *("a", "an", "the", "this", "these", "that", "there", "it", "its", "our", "each", "every", "all", "both"),
    *("no", "none", "neither", "not", "nothing", "one", "only", "several", "some", "any", "another"),
    *("at", "in", "of", "on", "with", "without", "whether", "which", "last"),
}
"""Words at the beginning of a sentence that get a capital letter. Other first words may be names."""


def join_names(names: Iterable[object], most: int = 5) -> str:
    """Joins names for a sentence: `a, b and c`, or `a, b, c, d, e and 4 more` if there are more than `most`."""
    words = [str(name) for name in names]
    if len(words) > most:
        return f"{', '.join(words[:most])} and {len(words) - most} more"
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else "none"


def count(number: int, noun: str) -> str:
    """A number with its noun: `1 host`, `2 hosts`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def these(number: int, noun: str) -> str:
    """A noun with "this" or "these": `this change`, `these 2 changes`."""
    return f"this {noun}" if number == 1 else f"these {count(number, noun)}"


def be(number: int) -> str:
    """The verb "is" for the number 1, "are" for other numbers."""
    return "is" if number == 1 else "are"


def have(number: int) -> str:
    """The verb "has" for the number 1, "have" for other numbers."""
    return "has" if number == 1 else "have"


def with_capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def without_capital(text: str) -> str:
    """The text with a small first letter, to continue a sentence."""
    return text[:1].lower() + text[1:]


def capitalised(sentence: str) -> str:
    """The sentence with a capital first letter; the same sentence if it begins with a name."""
    first = sentence.partition(" ")[0].rstrip(",:;")
    return with_capital(sentence) if first in FIRST_WORDS else sentence


def at_step(step: str, sentence: str) -> str:
    """`register: ...`: a sentence with the step that it is about, unless its subject names the step already."""
    words = sentence.lower().split()
    subject = words[1:] if words[:1] in (["a"], ["an"], ["the"]) else words
    return sentence if subject and subject[0].rstrip(",:;") == step else f"{step}: {sentence}"


def imperative(sentence: str) -> str:
    """A sentence about what to do, with a capital first letter unless it begins with a name such as qemu-img."""
    first = sentence.partition(" ")[0].rstrip(",:;")
    return with_capital(sentence) if first.isalpha() and first != "nova" else sentence


def nearest(wanted: str, candidates: Iterable[str], cutoff: float = 0.6) -> str:
    """The candidate that `wanted` most probably means; "" if none is like it. Upper and lower case do not matter.

    Names may be paths: one with the same last part is nearer than one with the same folders.
    """
    by_folded = {name.casefold(): name for name in candidates}
    folded = wanted.casefold()
    last = folded.rpartition("/")[2]
    same = {name: text for name, text in by_folded.items() if last and name.rpartition("/")[2] == last}
    near = get_close_matches(folded, same or by_folded, 1, 0.0 if same else cutoff)
    return by_folded[near[0]] if near else ""


def size(number: int) -> str:
    """A number of bytes as text: `650 MiB`, `1.5 GiB`, `6.0 TiB`."""
    unit, name = _unit(number)
    return f"{_in(number, unit)} {name}"


def share(part: int, whole: int) -> str:
    """A part of a number of bytes, both in the unit of the whole: `6.0 of 8.0 TiB`."""
    unit, name = _unit(whole)
    return f"{part / unit:.{_digits(whole, unit)}f} of {_in(whole, unit)} {name}"


def _unit(number: int) -> tuple[int, str]:
    return next((row for row in UNITS if number >= row[0]), UNITS[-1])


def _in(number: int, unit: int) -> str:
    return f"{number / unit:.{_digits(number, unit)}f}"


def _digits(number: int, unit: int) -> int:
    return 0 if number >= 100 * unit else 1


def host_port(host: str, port: int) -> str:
    """An endpoint `host:port`; an IPv6 address is in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def printable(text: str) -> str:
    """The text in one line, with a visible escape for each character that is not printable.

    Not printable are newlines, control, bidirectional and other format characters, and all blanks except the space.
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in text)


def as_lines(*rows: str) -> str:
    """Joins rows to a text with exactly one line for each row; a newline inside a row is escaped."""
    return "".join(f"{printable(row)}\n" for row in rows)


def quoted(text: str) -> str:
    """A text that a problem names, in double quotes, with a visible escape for each character that is not printable."""
    return f'"{printable(text)}"'


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
