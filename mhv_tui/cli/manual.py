"""`mhv-tui manual`: prints the manual page as roff. It is made from the command line and the tables below."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mhv_tui import __version__
from mhv_tui.cli.exits import EXIT_CODES
from mhv_tui.cli.options import ManualOptions
from mhv_tui.cli.syntax import ArgumentSyntax, CommandSyntax, all_commands, command_line
from mhv_tui.core.text import with_capital

NAME = "add VMware vCenter to an OpenStack cloud as its second hypervisor"

FILES: Mapping[str, str] = {
    "$XDG_STATE_HOME/mhv-tui/sessions/NAME/": "A session: answers, journal, findings, log and lock. With --demo also "
    "the simulated world. Without XDG_STATE_HOME, the directory is below ~/.local/state.",
    "$XDG_STATE_HOME/mhv-tui/machines/": "Locks: which process and session change a machine.",
    "$XDG_STATE_HOME/mhv-tui/crash.log": "The lines of code of the last crash, without values.",
    "clouds.yaml": "The clouds of OpenStack's clients, which cloud.name names: in the working directory, in "
    "~/.config/openstack or in /etc/openstack.",
    "~/.ssh/config, ~/.ssh/known_hosts": "The settings and host keys of SSH, as ssh uses them.",
    "/etc/nova/": "On the compute node: the edited files, and vCenter's certificate.",
    "/var/lib/mhv-tui/": "On the compute node: copies of the edited files, and logs of installations.",
}
"""The files that mhv-tui reads and writes."""

ENVIRONMENT: Mapping[str, str] = {
    "XDG_STATE_HOME": "The directory of the state (default: ~/.local/state).",
    "OS_CLIENT_CONFIG_FILE": "The path of clouds.yaml, before all other places.",
    "OS_CLOUD_NAME": "The name of the login in the environment, if it is not envvars.",
    "SNAP_REAL_HOME": "In a snap: the home directory with ~/.config/openstack.",
    "OS_AUTH_URL, OS_USERNAME, OS_PASSWORD, ...": "The login to the cloud, if cloud.name is envvars.",
    "TERM": "If it is dumb or empty, the wizard runs as line prompts, as with --plain.",
    "NO_COLOR": "If it is set, the wizard uses no colours.",
    "MHV_THEME": "The colours of the wizard, as with --theme.",
    "MHV_DEMO_PACE": "With --demo: the seconds of one unit of slow work, from 0 to 60 (default: 0.4).",
    "any name": 'An answer { env = "NAME" } is the secret in the variable NAME.',
}
"""The variables of the environment that mhv-tui reads."""

EXAMPLES: Mapping[str, str] = {
    "mhv-tui --demo": "Try the wizard in a simulated world.",
    "mhv-tui answers template > prod.toml": "Begin an answer file.",
    "mhv-tui check prod.toml": "Run all checks; change nothing.",
    "mhv-tui apply prod.toml --fix CL05": "Make the missing changes, and turn DRS on.",
    "mhv-tui undo prod": "Undo what the session prod changed.",
    "mhv-tui record prod.toml --output vc.tar.xz --anonymize": "Record the vCenter, without its names.",
    "mhv-tui --demo --scene ./vc.tar.xz": "Try the wizard on a recording of a vCenter.",
    "source <(mhv-tui completion bash)": "Complete commands and options in this shell.",
}


def run(options: ManualOptions) -> int:
    """Prints the manual page; returns the exit code."""
    print(page())
    return 0


def page() -> str:
    """Returns the manual page as roff."""
    top = command_line()
    return "\n".join(
        [
            r".\" Made by `mhv-tui manual`. Read it with: mhv-tui manual | man -l -",
            f'.TH MHV-TUI 1 "" "mhv-tui {__version__}" "User Commands"',
            *_section("NAME", [f"mhv\\-tui \\- {_text(NAME)}"]),
            *_section("SYNOPSIS", _synopsis(top)),
            *_section("DESCRIPTION", [_text(top.help)]),
            *_section("OPTIONS", _arguments(top)),
            *_section("COMMANDS", _commands(top)),
            *_section("EXIT STATUS", _table({str(code): f"{text}." for code, text in EXIT_CODES.items()})),
            *_section("FILES", _table(FILES)),
            *_section("ENVIRONMENT", _table(ENVIRONMENT)),
            *_section("EXAMPLES", _table(EXAMPLES)),
            *_section("SEE ALSO", [r"\fBopenstack\fR(1), \fBnova\-compute\fR(1), \fBnova\-manage\fR(1)"]),
        ]
    )


def _section(title: str, lines: Iterator[str] | list[str]) -> Iterator[str]:
    yield f".SH {title}"
    yield from lines


def _synopsis(top: CommandSyntax) -> Iterator[str]:
    for command in (command for command in all_commands(top) if command.is_complete):
        if command.words:
            yield ".br"
        yield _usage(command)


def _usage(command: CommandSyntax) -> str:
    words = [rf"\fB{_text(' '.join(['mhv-tui', *command.words]))}\fR"]
    words += [_value(argument) for argument in command.arguments]
    return " ".join([*words, *([r"[\fIOPTION\fR]..."] if _options(command) else [])])


def _options(command: CommandSyntax) -> list[ArgumentSyntax]:
    """The options of a command without --help, which every command has."""
    return [option for option in command.options if "--help" not in option.names]


def _value(argument: ArgumentSyntax) -> str:
    value = rf"\fI{_text('|'.join(argument.choices) or argument.metavar)}\fR"
    repeated = f"{value}..." if argument.repeatable else value
    return f"[{repeated}]" if argument.optional else repeated


def _commands(top: CommandSyntax) -> Iterator[str]:
    for command in all_commands(top):
        if command.words:
            yield f".SS {_text(command.name)}"
            yield _text(f"{with_capital(command.help)}.")
            yield from _arguments(command)


def _arguments(command: CommandSyntax) -> Iterator[str]:
    for argument in command.arguments:
        if argument.help:
            yield from _row(_value(argument), argument.help)
    for option in _options(command):
        names = ", ".join(rf"\fB{_text(name)}\fR" for name in option.names)
        value = f" {_option_value(option)}" if option.metavar else ""
        yield from _row(f"{names}{value}", option.help)


def _option_value(option: ArgumentSyntax) -> str:
    return rf"\fI{_text('|'.join(option.choices) or option.metavar)}\fR"


def _table(rows: Mapping[str, str]) -> Iterator[str]:
    for name, text in rows.items():
        yield from _row(rf"\fB{_text(name)}\fR", text)


def _row(head: str, text: str) -> Iterator[str]:
    yield ".TP"
    yield head
    yield _text(text)


def _text(text: str) -> str:
    """A text in which roff interprets nothing: backslashes, hyphens, quotes and a point at the beginning."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-").replace("`", r"\(ga").replace("'", r"\(aq")
    escaped = escaped.replace("~", r"\(ti").replace("^", r"\(ha").replace('"', r"\(dq")
    return rf"\&{escaped}" if escaped.startswith((".", "\\(aq")) else escaped
