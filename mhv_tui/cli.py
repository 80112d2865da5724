"""The command line: arguments, exit codes, and which command runs. Imports nothing heavy before a command is chosen.

Exit codes (contract): 0 done or nothing to do, 1 a change failed, 2 wrong usage or answers, 3 a check stopped us,
4 verification failed, 130 cancelled, 129/143 hangup/terminated.
"""

from __future__ import annotations

import argparse
import codecs
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import TextIO

from mhv_tui import __version__
from mhv_tui.core.errors import Cancelled, MhvError, SecretMissing, UsageError


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; the only place that turns our errors into sentences and exit codes."""
    _any_text(sys.stdout, sys.stderr)
    arguments = _parsed(argv)
    from mhv_tui import commands

    try:
        return commands.run(arguments)
    except Cancelled as cancelled:
        return cancelled.exit_code
    except KeyboardInterrupt:
        return 130
    except UsageError as error:
        return _tell(error, 2, error.lines)
    except SecretMissing as error:
        return _tell(error, 2)
    except MhvError as error:
        return _tell(error, 3)
    except BrokenPipeError:
        # The reader has what it wanted; what the interpreter flushes at its end must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _tell(MhvError(f"{where}{error.strerror or error}", "see to the disk or the mode, then try again"), 1)
    except Exception as error:
        return _crashed(error)


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    """An option that a command does not have is told with that command's own usage, not with the top's."""
    top = parser()
    arguments, unknown = top.parse_known_args(argv)
    if unknown:
        option = next((word for word in unknown if word.startswith("-")), unknown[0])
        said = f"{arguments.command} takes no {option}" if arguments.command else f"there is no {option}"
        told: argparse.ArgumentParser = getattr(arguments, "own", top)
        told.error(said + (": it changes nothing; plan and apply take it" if said == "check takes no --fix" else ""))
    return arguments


SIGNS = {"✓": "v", "✗": "x", "·": ".", "…": "...", "–": "-"}
"""What stands for our glyphs where a stream's encoding lacks them; the word beside each says the same."""


def _any_text(out: TextIO | None, err: TextIO | None) -> None:
    """What a stream's encoding lacks is written as its sign or its escape: no line is lost for it."""
    codecs.register_error("mhv-signs", _signs)
    for stream, errors in ((out, "mhv-signs"), (err, "backslashreplace")):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=errors)


def _signs(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(SIGNS.get(c) or c.encode("ascii", "backslashreplace").decode() for c in lacking), error.end


def _crashed(error: Exception) -> int:
    """The last net: a sentence for the operator, the traceback for whoever mends it. Its lines hold no values."""
    import traceback

    from mhv_tui.engine.session import state_home

    what = f"a defect of mhv-tui ({type(error).__name__})"
    try:
        path = state_home() / "crash.log"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w") as file:
            file.write("".join(traceback.format_tb(error.__traceback__)) + type(error).__name__ + "\n")
    except (UsageError, OSError):
        last = traceback.extract_tb(error.__traceback__)[-1]
        return _tell(MhvError(what, f"report it with its place, {last.filename}:{last.lineno}"), 1)
    return _tell(MhvError(what, f"report it with {path}"), 1)


def _tell(error: MhvError, code: int, lines: tuple[str, ...] = ()) -> int:
    for line in (f"mhv-tui: {error.message}", *(f"  {line}" for line in lines)):
        print(line, file=sys.stderr)
    if error.remedy:
        print(f"  remedy: {error.remedy}", file=sys.stderr)
    return code


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="mhv-tui",
        description="Adds VMware vCenter to a running OpenStack cloud as its second hypervisor, with a live check at "
        "every step. Without a command it is the wizard; it offers to resume an unfinished session.",
        epilog="Try it without a cloud: mhv-tui --demo. Exit codes: 0 done, 1 a change failed, 2 wrong usage or "
        "answers, 3 a check stopped us, 4 verification failed, 130 cancelled.",
    )
    top.add_argument("--version", action="version", version=f"mhv-tui {__version__}")
    top.add_argument("--answers", metavar="FILE", help="start from this answer file")
    top.add_argument("--plain", action="store_true", help="line prompts, no screen control")
    _session(top, None)
    _demo(top, False, "article")
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    _road(commands)
    _readings(commands)
    _lab(commands)
    for command in commands.choices.values():
        command.set_defaults(own=command)
    return top


Commands = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _session(command: argparse.ArgumentParser, default: str | None = argparse.SUPPRESS) -> None:
    text = "the session to use (default: named after the answer file)"
    command.add_argument("--session", metavar="NAME", default=default, help=text)


def _demo(
    command: argparse.ArgumentParser,
    default: str | bool = argparse.SUPPRESS,
    scene: str = "",
    fresh: str = "with --demo: forget what earlier runs left",
) -> None:
    """On a command nothing is set by default: `--demo` before the command must not be forgotten behind it."""
    text = "a simulated world: no network, nothing is touched"
    command.add_argument("--demo", action="store_true", default=default, help=text)
    command.add_argument(
        "--scene",
        metavar="NAME",
        default=scene or argparse.SUPPRESS,
        help="with --demo: which world (default: article; a name that is none lists them)",
    )
    command.add_argument("--fresh", action="store_true", default=default, help=fresh)


def _road(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    helps = {
        "check": "look only: every probe and check; nothing is changed, nothing booted",
        "plan": "the changes that are missing, each with its preview",
        "apply": "make what is missing, look again, and boot one server on each hypervisor as proof",
    }
    for name, text in helps.items():
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("file", nargs="?", metavar="FILE", help="the answer file")
        command.add_argument("--step", action="append", default=[], metavar="ID", help="only this step (repeatable)")
        command.add_argument("--accept", action="append", default=[], metavar="CODE=REASON", help="accept a finding")
        command.add_argument("--json", action="store_true", help="one JSON object a line")
        if name != "check":
            command.add_argument("--fix", action="append", default=[], metavar="CODE", help="make this finding's fix")
        if name == "apply":
            command.add_argument("--prove", action="store_true", help="boot the proof even where nothing changed")
            command.add_argument("--yes", action="store_true", help="do not ask")
        else:
            command.add_argument("--all", action="store_true", help="show the checks that passed, one by one")
        _session(command)
        _demo(command)
    undo = commands.add_parser("undo", help="take back, newest first, only what a session made")
    undo.add_argument("session", metavar="SESSION", help="its name, as `mhv-tui sessions` lists it")
    undo.add_argument("--yes", action="store_true", help="do not ask")
    undo.add_argument("--json", action="store_true", help="one JSON object a line")
    _demo(undo, fresh=argparse.SUPPRESS)  # refused with its own sentence, and so not offered


def _readings(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sessions = commands.add_parser("sessions", help="every session, and how its last run ended")
    sessions.add_argument("--json", action="store_true")
    answers = commands.add_parser("answers", help="the answer file: its template, its schema, its errors, its keys")
    kinds = answers.add_subparsers(dest="what", metavar="template|schema|check|explain", required=True)
    kinds.add_parser("template", help="every key with its help and default")
    kinds.add_parser("schema", help="a JSON Schema of the answer file")
    kinds.add_parser("check", help="every error of a file, each with its line").add_argument("file", metavar="FILE")
    kinds.add_parser("explain", help="what a key means").add_argument(
        "key", metavar="KEY", help="such as vcenter.trust"
    )
    explain = commands.add_parser(
        "explain", help="a finding's cause, evidence and remedy; or the known causes in a log"
    )
    explain.add_argument("code", nargs="?", metavar="CODE")
    explain.add_argument("--log", metavar="FILE", help="a nova-compute log")
    export = commands.add_parser("export", help="a session or answer file as answers or report")
    export.add_argument("source", metavar="SESSION|FILE")
    export.add_argument("--to", required=True, choices=("answers", "report"))
    export.add_argument("--format", choices=("text", "md", "json"), default="text", help="of a report (default: text)")
    export.add_argument("--output", metavar="PATH", help="write this file instead of stdout")


def _lab(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    lab = commands.add_parser(
        "lab", help="real parts to rehearse against: a vCenter, a cloud, nodes (root, Debian or Ubuntu)"
    )
    verbs = lab.add_subparsers(dest="verb", metavar="up|status|answers|down|destroy", required=True)
    for verb, text in {
        "up": "start a lab; the first start builds it",
        "status": "show what runs, and its addresses",
        "answers": "print the answer file for a lab",
        "down": "stop a lab; its files stay",
        "destroy": "stop a lab and delete its files; the last one deletes the cache too",
    }.items():
        command = verbs.add_parser(verb, help=text)
        command.add_argument("--name", default="default", help="the lab's name (default: default)")
        if verb == "up":
            command.add_argument(
                "--profile", default="dvs", choices=("dvs", "no-dvs"), help="network back end (default: dvs)"
            )
            command.add_argument("--vcenter", metavar="FILE", help="vCenter inventory (default: the previous one)")
            command.add_argument(
                "--parts", default="vcenter,cloud,node", help="some of vcenter,cloud,node (default: all)"
            )
        if verb == "answers":
            command.add_argument(
                "--kind", default="distributed", choices=("distributed", "standard"), help="of the port group"
            )
