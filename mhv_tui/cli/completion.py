"""`mhv-tui completion`: prints a script that completes commands, options and their values in bash, zsh or fish.

The script lists the words that this version knows. It reads the names of sessions from the state directory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mhv_tui import __version__
from mhv_tui.cli.options import CompletionOptions
from mhv_tui.cli.shells import BASH, FISH, ZSH
from mhv_tui.cli.syntax import ArgumentSyntax, all_commands, command_line


@dataclass(frozen=True)
class Candidates:
    """What can follow: words, each with its help, the names of sessions, and files."""

    words: Mapping[str, str]
    sessions: bool = False
    files: bool = False

    @property
    def is_prefix(self) -> bool:
        """True if the operator continues a completed word, as CODE= is continued with a reason."""
        return any(word.endswith("=") for word in self.words)


@dataclass(frozen=True)
class Place:
    """A place in a command line: behind the words of a command, or behind an option that takes a value."""

    command: str
    option: str
    """The option whose value is next; "" at the other places."""
    candidates: Candidates
    flags: Mapping[str, str]
    """The options of the command with their help; none behind an option."""


def run(options: CompletionOptions) -> int:
    """Prints the script of a shell; returns the exit code."""
    print(script(options.shell), end="")
    return 0


def script(shell: str) -> str:
    """Returns the completion script of bash, zsh or fish."""
    template, separator, branches = SHELLS[shell]
    everything = list(places())
    commands = [p.command for p in everything if p.command and not p.option]
    options = [f"{p.command} {p.option}" for p in everything if p.option]
    parts = {
        "@VERSION@": __version__,
        "@COMMANDS@": _patterns([word if " " in word else f" {word}" for word in commands], separator),
        "@OPTIONS@": _patterns(options, separator),
    }
    for name, text in parts.items():
        template = template.replace(name, text)
    before, indent, after = re.split(r"( *)@BRANCHES@", template)
    return f"{before}{indent}{f'{chr(10)}{indent}'.join(branches(everything))}{after}"


def places() -> Iterator[Place]:
    """Yields every place of a command line."""
    for command in all_commands(command_line()):
        below = {sub.words[-1]: sub.help for sub in command.commands}
        rows = [_candidates(argument) for argument in command.arguments]
        words = below | {word: text for row in rows for word, text in row.words.items()}
        behind = Candidates(words, any(row.sessions for row in rows), any(row.files for row in rows))
        flags = {name: option.help for option in command.options for name in option.names}
        yield Place(command.name, "", behind, flags)
        for option in (option for option in command.options if option.metavar):
            for name in option.names:
                yield Place(command.name, name, _candidates(option), {})


def _candidates(argument: ArgumentSyntax) -> Candidates:
    if argument.choices:
        return Candidates(dict.fromkeys(argument.choices, ""))
    named = VALUES.get((*argument.names, argument.metavar)[0])
    return named() if named else VALUES[argument.metavar]()


def _steps() -> Candidates:
    from mhv_tui.steps import FLOW

    return Candidates({step.id: step.title for step in FLOW})


def _codes() -> Candidates:
    from mhv_tui.domain import catalogue

    return Candidates({code: row.title for code, row in catalogue.ENTRIES.items()})


def _fixable_codes() -> Candidates:
    from mhv_tui.steps import FIXED

    return Candidates({code: text for code, text in _codes().words.items() if code in FIXED})


def _acceptable_codes() -> Candidates:
    from mhv_tui.domain import catalogue

    return Candidates({f"{code}=": row.title for code, row in catalogue.ENTRIES.items() if row.can_be_accepted})


def _scenes() -> Candidates:
    from mhv_tui.demo.scenes import ALL_SCENES

    return Candidates({name: scene.title for name, scene in ALL_SCENES.items()}, files=True)


def _keys() -> Candidates:
    from mhv_tui.cli.setup import schema
    from mhv_tui.core.answertemplate import described

    return Candidates({key: "" for key, _, _ in described(schema())})


VALUES: Mapping[str, Callable[[], Candidates]] = {
    "FILE": lambda: Candidates({}, files=True),
    "PATH": lambda: Candidates({}, files=True),
    "NAME|FILE": _scenes,
    "--session": lambda: Candidates({}, sessions=True),
    "SESSION": lambda: Candidates({}, sessions=True),
    "NAME": lambda: Candidates({}, sessions=True),
    "OLD": lambda: Candidates({}, sessions=True),
    "NEW": lambda: Candidates({}),
    "SESSION|FILE": lambda: Candidates({}, sessions=True, files=True),
    "ID": _steps,
    "--fix": _fixable_codes,
    "CODE": _codes,
    "CODE=REASON": _acceptable_codes,
    "KEY": _keys,
    "--name": lambda: Candidates({"default": "the lab's default name"}),
    "--parts": lambda: Candidates(dict.fromkeys(("vcenter,cloud,node", "vcenter", "cloud", "node"), "")),
}
"""The candidates of each value without choices, by the name of its option, else by its metavar."""


def _patterns(words: Sequence[str], separator: str) -> str:
    """The words as patterns of a `case`, each once."""
    return separator.join(dict.fromkeys(f"'{word}'" for word in words))


def _kinds(row: Candidates) -> str:
    return "".join(f" {name}" for name in ("sessions", "files", "is_prefix") if getattr(row, name))


def _quoted(text: str) -> str:
    """A text as one word of bash and zsh."""
    return "'" + text.replace("'", "'\\''") + "'"


def _bash(everything: Sequence[Place]) -> Iterator[str]:
    for place in everything:
        words, flags = _quoted(" ".join(place.candidates.words)), _quoted(" ".join(place.flags))
        yield f"'{place.command} {place.option}') _mhv_tui_offer {words} {flags}{_kinds(place.candidates)} ;;"


def _zsh(everything: Sequence[Place]) -> Iterator[str]:
    for place in everything:
        yield f"'{place.command} {place.option}')"
        yield f"    words_here=({_described(place.candidates.words)})"
        yield f"    flags_here=({_described(place.flags)})"
        yield f"    kinds=({_kinds(place.candidates).strip()}) ;;"


def _described(words: Mapping[str, str]) -> str:
    return " ".join(_quoted(f"{word}:{text}" if text else word) for word, text in words.items())


def _fish(everything: Sequence[Place]) -> Iterator[str]:
    values = {(place.command, place.option): place.candidates for place in everything}
    for place in (place for place in everything if not place.option):
        at = f"complete -c mhv-tui -n '__mhv_tui_at \"{place.command}\"'"
        yield from (f"{at} {row}" for row in _fish_rows(place.candidates))
        for name, text in place.flags.items():
            option = f"{at} {'-l' if name.startswith('--') else '-s'} {name.lstrip('-')} -d {_fish_quoted(text)}"
            row = values.get((place.command, name))
            yield from (f"{option} -r {part}" for part in _fish_rows(row)) if row else [option]


def _fish_rows(row: Candidates) -> Iterator[str]:
    """The options of fish's `complete` that offer candidates, one text for each kind of candidates."""
    if row.words:
        texts = {word: text.translate({ord(c): f"\\{c}" for c in '\\"$'}) for word, text in row.words.items()}
        yield "-a " + _fish_quoted(" ".join(f'{word}\\t"{text}"' if text else word for word, text in texts.items()))
    if row.sessions:
        yield "-a '(__mhv_tui_sessions)'"
    if row.files:
        yield "-F"


def _fish_quoted(text: str) -> str:
    """A text as one word of fish, which has its own rules for quotes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


SHELLS: Mapping[str, tuple[str, str, Callable[[Sequence[Place]], Iterator[str]]]] = {
    "bash": (BASH, " | ", _bash),
    "zsh": (ZSH, " | ", _zsh),
    "fish": (FISH, " ", _fish),
}
"""The template of each shell's script, what separates the patterns of its `case`, and the writer of its branches."""
