"""The parts of the parser for the commands, except export and record."""

from __future__ import annotations

import argparse

from mhv_tui.cli.options import LAB_RELEASES
from mhv_tui.cli.parser_export import add_export, add_record
from mhv_tui.cli.usage import add_command, add_demo, add_session


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds all commands, in the order in which --help lists them."""
    _run(commands)
    _undo(commands)
    _sessions(commands)
    _answers(commands)
    _explain(commands)
    add_export(commands)
    _bundle(commands)
    add_record(commands)
    _shell(commands)
    _lab(commands)


def _repeated(command: argparse.ArgumentParser, option: str, dest: str, metavar: str, text: str) -> None:
    command.add_argument(option, dest=dest, action="append", default=[], metavar=metavar, help=f"{text} (repeatable)")


RUN_HELP = {
    "check": "run all checks; change nothing and boot no server",
    "plan": "run all checks and show the missing changes, each with a preview",
    "apply": "make the missing changes, check again, and boot one test server on each hypervisor",
}


FILE_HELP = "the answer file (default: the answers of --session, and with --demo those of the scene)"

STEP_HELP = (
    "run only the step ID: cloud, vcenter, cluster, datastore, network, node, register, image, prove or finish; "
    "the steps that it requires are checked too"
)


def _run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    for name, text in RUN_HELP.items():
        command = add_command(commands, name, text)
        command.add_argument("file", nargs="?", default="", metavar="FILE", help=FILE_HELP)
        _repeated(command, "--step", "steps", "ID", STEP_HELP)
        _repeated(command, "--target", "targets", "NAME", "run only the target NAME of a [[target]] table")
        _repeated(command, "--accept", "accepts", "CODE=REASON", "accept the problem CODE, for this reason")
        forms = command.add_mutually_exclusive_group()
        forms.add_argument("--json", action="store_true", help="print one JSON object per line")
        if name == "check":
            text = "text, or one JUnit XML document with a test case for each finding (default: text)"
            forms.add_argument("--format", choices=("text", "junit"), default="text", help=text)
            text = "print a systemd service and timer that run this check every hour, instead of running it"
            command.add_argument("--print-timer", action="store_true", help=text)
        else:
            _repeated(command, "--fix", "fixes", "CODE", "add the fix of the finding CODE to the plan")
        if name == "apply":
            command.add_argument("--prove", action="store_true", help="boot the test servers even without a change")
            command.add_argument("--yes", action="store_true", help="do not ask for approval")
        else:
            command.add_argument(
                "--all", dest="all_checks", action="store_true", help="also list the checks that passed or were skipped"
            )
        add_session(command)
        add_demo(command)


def _undo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "undo only the changes of one session, newest first"
    undo = add_command(commands, "undo", text)
    undo.add_argument("session", metavar="SESSION", help="the name of the session, as `mhv-tui sessions` shows it")
    _repeated(undo, "--target", "targets", "NAME", "undo only the changes of the target NAME")
    undo.add_argument("--yes", action="store_true", help="do not ask for approval")
    undo.add_argument("--json", action="store_true", help="print one JSON object per line")
    add_demo(undo, fresh=argparse.SUPPRESS)  # hidden; cli/undo.py refuses it with the reason


def _sessions(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "list the sessions and how the last run of each ended; forget some, or rename one"
    sessions = add_command(commands, "sessions", text)
    sessions.usage = "mhv-tui sessions [-h] [--json] [forget|rename ...]"
    sessions.add_argument("--json", action="store_true", help="print one JSON object per line")
    sessions.set_defaults(action="")
    actions = sessions.add_subparsers(dest="action", metavar="forget|rename", prog="mhv-tui sessions")
    text = "delete sessions with their answers and journals, unless changes of them are in place"
    forget = add_command(actions, "forget", text)
    forget.add_argument("names", nargs="+", metavar="NAME", help="the name of a session")
    forget.add_argument("--yes", action="store_true", help="do not ask for approval")
    text = "do not ask, show the changes in place, and forget them: undo is no longer possible"
    forget.add_argument("--force", action="store_true", help=text)
    rename = add_command(actions, "rename", "give a session another name, unless changes of it are in place")
    rename.add_argument("names", action="append", metavar="OLD", help="the present name")
    rename.add_argument("names", action="append", metavar="NEW", help="the new name")


def _answers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "print the template or schema of the answer file, check a file, explain a key"
    answers = add_command(commands, "answers", text)
    actions = answers.add_subparsers(dest="action", metavar="template|schema|check|explain", required=True)
    add_command(actions, "template", "print an answer file with every key, its help and its default")
    add_command(actions, "schema", "print a JSON Schema of the answer file")
    check = add_command(actions, "check", "print every error in an answer file, each with its line number")
    check.add_argument("file", metavar="FILE", help="the answer file")
    explain = add_command(actions, "explain", "print the meaning of a key")
    explain.add_argument("key", metavar="KEY", help="a key of the answer file, such as vcenter.trust")


def _explain(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "print the cause, check and remedy of a finding, or the known errors in a nova-compute log"
    explain = add_command(commands, "explain", text)
    text = "the code of a finding, such as CL06; needed without --log"
    explain.add_argument("code", nargs="?", default="", metavar="CODE", help=text)
    explain.add_argument("--log", metavar="FILE", default="", help="search this log, and print the known errors in it")


def _bundle(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "write a support bundle: secrets masked, names and addresses replaced; it is shown first"
    bundle = add_command(commands, "bundle", text, " `mhv-tui --demo --scene FILE` opens it.")
    text = "the name of a session, as `mhv-tui sessions` lists it, or an answer file"
    bundle.add_argument("source", metavar="SESSION|FILE", help=text)
    bundle.add_argument("--target", metavar="NAME", default="", help="the target NAME, if the answers have several")
    text = "do not check the systems again: then --scene cannot open the bundle, and its findings have no text"
    bundle.add_argument("--no-check", dest="check", action="store_false", help=text)
    text = "the file to write, after a question (default: only show the bundle)"
    bundle.add_argument("--output", metavar="PATH", default="", help=text)
    bundle.add_argument("--yes", action="store_true", help="do not ask; an existing file stays")
    bundle.add_argument("--force", action="store_true", help="with --yes: replace the file if it exists")


def _shell(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "print a script that completes commands, options and their values in a shell"
    epilog = "Load it with `source <(mhv-tui completion bash)`, in fish with `mhv-tui completion fish | source`."
    completion = add_command(commands, "completion", text, f" {epilog}")
    completion.add_argument("shell", choices=("bash", "zsh", "fish"), metavar="bash|zsh|fish", help="the shell")
    text = "print the manual page; read it with `mhv-tui manual | man -l -`"
    add_command(commands, "manual", text)


LAB_HELP = {
    "up": "start a lab; the first start also builds it",
    "status": "show the running parts of a lab and their addresses",
    "answers": "print an answer file for a lab",
    "down": "stop a lab and keep its files",
    "destroy": "stop a lab and delete its files; delete the cache too, if no other lab needs it",
}


def _lab(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "run a test lab on this machine: vCenter, cloud and nodes (needs root on Debian or Ubuntu)"
    lab = add_command(commands, "lab", text)
    actions = lab.add_subparsers(dest="action", metavar="|".join(LAB_HELP), required=True)
    for name, text in LAB_HELP.items():
        command = add_command(actions, name, text)
        command.add_argument("--name", default="default", help="the lab's name (default: default)")
        if name == "up":
            profiles = "fleet has two vCenters and three nodes, no-dvs no network back end, plain no TLS, rpm has dnf"
            inventory = "a file with the inventory of the first vCenter (default: the lab's previous one)"
            command.add_argument(
                "--profile", default="", choices=("dvs", "plain", "no-dvs", "rpm", "fleet"),
                help=f"what the lab consists of: {profiles} (default: as before, else dvs)",
            )  # fmt: skip
            release = "the release of cloud and nodes (default: as before, else this machine's)"
            command.add_argument("--debian", default="", choices=LAB_RELEASES, help=release)
            command.add_argument("--vcenter", metavar="FILE", default="", help=inventory)
            recording = "a recording by `mhv-tui record` or `govc object.save`: a directory or a .tar.xz file"
            command.add_argument("--recording", metavar="PATH", default="", help=recording)
            all_parts = "vcenter,cloud,node"
            parts = f"the parts to start, with commas between them (default: {all_parts})"
            command.add_argument("--parts", default=all_parts, help=parts)
        if name == "answers":
            kinds = ("distributed", "standard")
            command.add_argument(
                "--kind", default="distributed", choices=kinds, help="the kind of port group (default: distributed)"
            )
