"""Remedies in the words of the wizard: keys and fields of a page instead of options and rows of an answer file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

WORDS: tuple[tuple[str, str], ...] = (
    (
        r'run mhv-tui on a terminal, or write ([a-z_.]+) = \{ env = "NAME" \} or \{ file = "PATH" \}',
        r"type it into \1, or write there env NAME or file PATH, which is saved",
    ),
    (r",? or request the fix [A-Z]{2}\d\d", ""),
    (r"mhv-tui fixes this problem if you request it with --fix [A-Z]{2}\d\d", "press f to plan the fix"),
    (r"without --fix [A-Z]{2}\d\d it does not", "press f to cancel it"),
    (r"--accept [A-Z]{2}\d\d accepts it", "press a to accept it, with a reason"),
    (r"accept [A-Z]{2}\d\d(?= with a reason)", "press a to accept it"),
    (r"; cannot be accepted", "; it cannot be accepted"),
    (r"; in the answer file a reference such as \{[^}]*\}", ""),
    (r"[Ss]et trust = \{ sha256 = '[^']*' \}", 'choose "pin" from the list of the field "trust"'),
    (r"Set trust = \{ ca_file = 'PATH' \} to", 'Write ca_file and a path into the field "trust": the path of'),
    (r"""write [a-z_.]*password = \{ env = "NAME" \}""", "type the password, or env and the name of a variable"),
    (r"""\{ (\w+) = ["']([^"']*)["'] \}""", r"\1 \2"),
    (r"trust = '(\w+)'", r"trust \1"),
    (
        r'"system", (ca_file PATH), (sha256 \S+) to pin a self-signed one, or "insecure"',
        r'"system" or "pin" from the list, or type \1, \2 or insecure',
    ),
    (r"\b([Ss]et [a-z_.]+ to) true\b", r"\1 yes"),
    (r"\b([Ss]et [a-z_.]+ to) false\b", r"\1 no"),
    (r": if true,", ": if yes,"),
    (r"--accept", "a"),
    (r"Then check again\.", "Then press Ctrl+R to check again."),
    (r"\brun apply again\b", "apply again (Ctrl+G)"),
    (r", in the wizard or in the answer file", ""),
    (r" in the answers(?=[.,;]|$)", ""),
)
"""Pattern of a remedy -> the wizard's words for the same action."""

NAMED, FIELD = re.compile(r"\b([a-z]+)\.([a-z_]+)\b"), re.compile(r'\bfield "?([a-z_]+)\b')
"""How a remedy names an answer, and how it does so in the wizard's words."""

HIDDEN = " (^T shows it)"
"""What follows the name of a field that the page does not show."""

FILL_IN = "fill in"
"""What the key `f` is for on a problem without a fix whose remedy names an answer; a row also names its field."""


def in_wizard(text: str, step: str = "", keys: Iterable[str] = (), hidden: Collection[str] = ()) -> str:
    """Returns a text about what to do in the wizard's words.

    `keys`: the fields of the page `step`; `hidden`: those of them that the page does not show at present.
    """
    for pattern, words in WORDS:
        text = re.sub(pattern.replace(" ", r"\s+"), words, text)
    names = "|".join(keys)
    if not (step and names):
        return text
    return re.sub(rf"\b{step}\.({names})\b", lambda m: f'the field "{m[1]}"{HIDDEN if m[1] in hidden else ""}', text)


def with_fields(text: str, step: str, keys: Iterable[str]) -> str:
    """Returns a text in which the answers of the page `step` have the names of its fields: "name", not "cloud.name"."""
    names = "|".join(keys)
    return re.sub(rf"\b{step}\.({names})\b", r"\1", text) if names else text


def named_answer(remedy: str, step: str, keys: Mapping[str, Collection[str]], edited: str = "") -> str:
    """Returns the first answer of the page `step` that a remedy names, such as "names"; else that of another page.

    The latter has its page, such as "node.host"; "" if the remedy names no answer. `keys`: page -> its keys;
    `edited`: the answer of the page that was edited last, which precedes the others that the remedy names.
    """
    named = [match.groups() for match in NAMED.finditer(remedy) if match[2] in keys.get(match[1], ())]
    own = [key for page, key in named if page == step]
    fields = [key for key in FIELD.findall(in_wizard(remedy)) if key in keys[step]]
    named_here = sorted([*own, *fields], key=lambda key: key != edited)
    return next(iter([*named_here, *(f"{page}.{key}" for page, key in named)]), "")


def fill_in(answer: str) -> str:
    """What `f` is for on a problem whose remedy names this answer: "names", or "node.host" of another page."""
    page, _, key = answer.rpartition(".")
    return f"{FILL_IN}: {key} on page {page}" if page else f"{FILL_IN}: {key}"


def without_repetition(explanation: str) -> str:
    """Returns the explanation of a finding without what its row in the list shows: its sentence, remedy and result."""
    paragraphs = re.split(r"(?m)^(?=[A-Z][a-z]+: )", explanation.partition("\n\n")[2])
    return "".join(p for p in paragraphs if not p.startswith(("Remedy:", "Step:", "Accepted:", "Result:")))
