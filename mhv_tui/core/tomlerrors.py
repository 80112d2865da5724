"""Finds every line of a text that is not TOML, with advice, and parses the other lines.

No sentence repeats a value of the text, because it may be a password without quotes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Any

from mhv_tui.core.tomllines import deep_line, long_number_line, without_texts

MOST_ERRORS = 20
LONG = 1 << 18
"""Characters of a text in which only the first error is searched, because each error needs one more pass."""

TEMPLATE = "`mhv-tui answers template` prints a file in TOML"
WHOLE_FILE = (
    (r"\s*\{", f"the file is JSON; {TEMPLATE}"),
    (r"---\s*$", f"the file is YAML; {TEMPLATE}"),
)
"""(pattern of the first line, sentence) of files in another notation: no other line is judged."""

ADVICE = (
    ("<<<<<<<|=======|>>>>>>>", "", "a merge conflict is not resolved; keep one of the two versions"),
    (".*[\u201c\u201d\u201e\u2018\u2019]", "", 'the quotes are typographic; write straight quotes, such as "prod"'),
    (".*\\r", "", "the line ends with a carriage return alone; save the file with the line ends of Unix"),
    (r"\s*[;/]", "Invalid statement", "a comment begins with #"),
    ("", "Cannot declare|Cannot create|Cannot mutate|Cannot redefine", "this table appears twice; join both"),
    ("", "Cannot overwrite|Duplicate inline", "this key appears twice in its table; keep one"),
    ("", "Unescaped", "a backslash in double quotes has a meaning of its own; write the text in single quotes"),
    ("", "Unterminated|Illegal character '\\\\n'", "the quotes are not closed; write them at both ends of the text"),
    ("", "Illegal character", "the line has a control character; remove it"),
    ("", "Unclosed array", "the list is not closed; write ] at its end"),
    (r"[^#]*\{[^}]*$", "", "a table in braces has to be in one line"),
    (r"\s*\[", "", "the name of a table is in brackets; write [vcenter], or [[accept]] for a row"),
    (r"""\s*[\w."'-]+\s*:""", "Expected '='", "a key and its value have = between them, not a colon"),
    ("", "Expected '='", "a key and its value have = between them; write key = value"),
    (r"[^=]*=\s*(#.*)?$", "", "the value is missing; write one, or remove the line"),
    (r"[^=]*=\s*(?i:true|false|yes|no|on|off)\b", "", "write true or false, in lower case"),
    (r"[^=]*=\s*0\d", "", "a number has no leading zeros"),
    ("", "Invalid date", "this day does not exist; write an existing day, such as 2027-03-01"),
    (r"[^=]*=\s*[\[{]", "", "text in a list or table needs quotes, and a comma behind each value but the last"),
    ("[^=]*=", "Invalid value|Expected newline", 'text needs quotes, such as "prod"; write one key in each line'),
)
"""(pattern of the line, pattern of tomllib's message, sentence): the first row that fits both is the advice."""


def parsed(text: str) -> tuple[dict[str, Any], list[tuple[int, str]]]:
    """Returns the document of the lines that are TOML, and (line, sentence) of each error.

    A table with a wrong header is left out.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    first = next((line for line in lines if line.strip()), "")
    errors: list[tuple[int, str]] = []
    for _ in range(MOST_ERRORS if len(text) < LONG else 1):
        try:
            document = tomllib.loads("\n".join(lines))
        except tomllib.TOMLDecodeError as error:
            if foreign := [sentence for pattern, sentence in WHOLE_FILE if re.match(pattern, first)]:
                return {}, [(lines.index(first) + 1, foreign[0])]
            errors.append(_removed(lines, _exact(lines, str(error))))
        except RecursionError:
            return {}, [*errors, (deep_line(text), f"the tables or lists are nested too deeply; {TEMPLATE}")]
        except ValueError:  # from int(), which tomllib does not translate
            sentence = "this line has a number with too many digits; write a shorter number"
            return {}, [*errors, (long_number_line(text), sentence)]
        else:
            return {key: value for key, value in document.items() if not key.startswith(SKIPPED)}, errors
    return {}, errors


SKIPPED = "\N{INVISIBLE SEPARATOR}"
"""How the name of a table begins whose own header is wrong."""


def _exact(lines: Sequence[str], error: str) -> str:
    """tomllib's message; at the end of a list that is not closed, it says only that a value is invalid."""
    if "end of document" in error and "Unterminated" not in error:
        rest = "".join(without_texts(line) for line in lines[_opened(lines, "[") - 1 :])
        return "Unclosed array (at end of document)" if rest.count("[") > rest.count("]") else error
    return error


def _removed(lines: list[str], error: str) -> tuple[int, str]:
    """Replaces the lines of an error by lines without meaning; returns the number of its first line, and the advice."""
    number = _number(lines, error)
    first, last = _extent(lines, number, error)
    line = lines[first - 1]
    sentence = _advice(line, error)
    for n in range(first, last + 1):
        lines[n - 1] = ""
    if line.lstrip().startswith("["):
        lines[first - 1] = f'["{SKIPPED}{first}"]'
    return first, f"this line is not TOML: {sentence}"


def _number(lines: Sequence[str], error: str) -> int:
    """The line of tomllib's error; at the end of the document, the last line with a text."""
    position = re.search(r"at line (\d+), column", error)
    if position:
        return min(int(position[1]), len(lines))
    return max((n for n, line in enumerate(lines, 1) if line.strip()), default=1)


def _extent(lines: Sequence[str], number: int, error: str) -> tuple[int, int]:
    """The first and the last line of the value in which the error is."""
    if "Unclosed array" in error or "Unterminated" in error:
        first = _opened(lines[:number], "[" if "array" in error else '"')
        return first, number - 1 if first < number and "end of document" not in error else number
    depth = 0
    for n in range(number, len(lines) + 1):
        bare = without_texts(lines[n - 1])
        depth += bare.count("{") - bare.count("}")
        if depth <= 0:
            return number, n
    return number, number


def _opened(lines: Sequence[str], sign: str) -> int:
    """The line in which the last list, or the last text over several lines, begins."""
    if sign == '"':
        return max((n for n, line in enumerate(lines, 1) if '"""' in line or "'''" in line), default=len(lines))
    return max((n for n, line in enumerate(lines, 1) if re.match(r"[^#=]+=\s*\[", line)), default=len(lines))


def _advice(line: str, error: str) -> str:
    for line_pattern, problem, sentence in ADVICE:
        if re.match(line_pattern, line) and re.search(problem, error):
            return sentence
    problem = re.sub(r" \(at .*\)", "", error)
    return f"{problem}; {TEMPLATE}"
