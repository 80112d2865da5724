"""Words for sentences: plurals, and the first letter of a sentence."""

from __future__ import annotations

FIRST_WORDS = {
    *("a", "an", "the", "this", "these", "that", "there", "it", "its", "our", "each", "every", "all", "both"),
    *("no", "none", "not", "nothing", "one", "only", "several", "some", "any", "another"),
    *("at", "in", "of", "on", "with", "without", "whether", "which", "last"),
}
"""Lower-case words that begin a sentence. Any other first word may be a name, whose case has a meaning."""


def count(number: int, noun: str) -> str:
    """`1 host`, `2 hosts`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def be(number: int) -> str:
    """`is` for one thing, `are` for several."""
    return "is" if number == 1 else "are"


def capitalised(sentence: str) -> str:
    """The sentence with a capital first letter; one that begins with a name stays as it is."""
    first = sentence.partition(" ")[0].rstrip(",:;")
    return sentence[:1].upper() + sentence[1:] if first in FIRST_WORDS else sentence
