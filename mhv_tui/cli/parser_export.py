"""The part of the parser for commands that write files: export and record."""

from __future__ import annotations

import argparse

from mhv_tui.cli.export import EXPORTERS
from mhv_tui.cli.usage import add_command


def add_export(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = (
        "write a session or an answer file as an answer file, a report, an Ansible project or files for Kolla-Ansible"
    )
    export = add_command(commands, "export", text)
    text = "the name of a session, as `mhv-tui sessions` lists it, or an answer file"
    export.add_argument("source", metavar="SESSION|FILE", help=text)
    export.add_argument("--to", required=True, choices=tuple(EXPORTERS), help="what to write")
    export.add_argument(
        "--format",
        choices=("text", "md", "json", "html", "junit"),
        default="text",
        help="the format of a report (default: text)",
    )
    export.add_argument(
        "--output",
        metavar="PATH",
        default="",
        help="write to the new file PATH instead of stdout; ansible and kolla: to the new directory PATH",
    )
    export.add_argument("--force", action="store_true", help="with --output: replace what exists")


def add_record(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "record the inventory of a vCenter, read-only: for a rehearsal in lab or demo, or for a bug report"
    more = " Sessions, tasks, events, guest data, vApp properties and extra configuration are left out. "
    more += "`--demo --scene PATH` opens the recording, `lab up --recording PATH` loads it into the lab's vCenter."
    record = add_command(commands, "record", text, more)
    text = "the answer file, or the name of a session, with the address, the login and the trust of the vCenter"
    record.add_argument("source", nargs="?", default="", metavar="FILE", help=text)
    record.add_argument("--session", metavar="NAME", default="", help="the name of the session, instead of FILE")
    record.add_argument("--target", metavar="NAME", default="", help="record the vCenter of the target NAME")
    text = "write the new directory PATH, or one file if its name ends with .tar.xz"
    record.add_argument("--output", metavar="PATH", required=True, help=text)
    text = "replace the names of hosts, machines, datastores, networks, folders and users, domains and addresses"
    record.add_argument("--anonymize", action="store_true", help=text)
    record.add_argument("--force", action="store_true", help="replace a recording that exists")
