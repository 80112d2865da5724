"""Names of the far side in everything that a command prints or writes: they act on no terminal and forge no line."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest

from mhv_tui import cli
from mhv_tui.cli.setup import logging_to
from mhv_tui.engine.session import open_session
from mhv_tui.export.report import FORMATS
from tests.hostile_world import (
    FORGED,
    HOSTILE,
    HTML,
    NAMES,
    SEQUENCES,
    STOPPING,
    attacks,
    begin,
    hostile_world,
    output_of,
)

pytestmark = pytest.mark.slow

COMMANDS = [
    ("check", "--demo", "--all"),
    ("plan", "--demo", "--all"),
    ("apply", "--demo", "--yes"),
    ("check", "--demo", "--json"),
    ("sessions",),
    ("sessions", "--json"),
    *(("export", "demo", "--to", "report", "--format", form) for form in FORMATS),
    ("export", "demo", "--to", "answers"),
    ("undo", "demo", "--yes"),
    ("export", "demo", "--to", "report", "--format", "md"),
]


def test_a_whole_session_prints_no_attack() -> None:
    directory = begin(hostile_world(without=STOPPING))
    outputs = {" ".join(command): output_of(*command) for command in COMMANDS}
    assert {name: attacks(output) for name, output in outputs.items() if attacks(output)} == {}
    shown = b"".join(outputs.values()).decode()
    assert shown.count(r"\x1b]0;PWNED\x07") > 10 and r"\u202e" in shown and r"\n  ✓ ok      ALL GOOD" in shown
    assert b"\ndone: 10 changes made" in outputs["apply --demo --yes"]
    assert b"\ndone: 10 undone" in outputs["undo demo --yes"]
    kept = [path for path in directory.iterdir() if path.name not in ("world.json", "lock")]
    assert {path.name: attacks(path.read_bytes()) for path in kept if attacks(path.read_bytes())} == {}


def test_the_hostile_names_are_shown_with_escapes() -> None:
    begin(hostile_world())
    output = output_of("check", "--demo", "--all")
    unseen = {name for number, name in enumerate(NAMES) if f"[{number}]" not in output.decode()}
    assert attacks(output) == [] and unseen <= PICKED


PICKED = {"a datastore", "a network", "the other cluster", "another image", "a hypervisor", "a flavor"}
"""Names that only a picker of the wizard or a count has."""

FAULTS: dict[str, dict[str, Any]] = {
    "a lock's holder": {"lock_holder": HOSTILE},
    "a fault of vCenter": {"faults": {"vcenter.inventory": f"VC21 {HOSTILE}"}},
    "a fault of the cloud": {"faults": {"cloud.hypervisors": f"OS10 {HOSTILE}"}},
    "a failed change": {"faults": {"cloud.create_aggregate": f"RG04 {HOSTILE}"}},
    "a login's banner": {"faults": {"world.node": f"CN01 {HOSTILE}"}},
    "a crash": {"faults": {"node.survey": HOSTILE}},
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_prints_no_attack(name: str) -> None:
    directory = begin(hostile_world(without=STOPPING, **FAULTS[name]))
    report = ("export", "demo", "--to", "report", "--format", "md")
    outputs = [output_of("apply", "--demo", "--yes"), output_of(*report), output_of("undo", "demo", "--yes")]
    log = directory / "mhv-tui.log"
    outputs += [log.read_bytes(), (directory / "findings.json").read_bytes(), output_of("sessions")]
    assert [attacks(output) for output in outputs if attacks(output)] == []
    assert rb"\x1b]0;PWNED" in outputs[0]
    assert (b"Traceback" in log.read_bytes()) == (name == "a crash")


def test_the_markdown_report_has_no_heading_html_or_link_of_a_name() -> None:
    begin(hostile_world())
    output_of("check", "--demo")
    text = output_of("export", "demo", "--to", "report", "--format", "md").decode()
    headings = [line.removeprefix("## ") for line in text.split("\n") if line.startswith("#")][1:]
    assert [line for line in headings if not line.startswith(("Host", "Hypervisors of the cloud"))] == [
        *("Problems and warnings", "Missing changes", "The cloud", "Made", "Tested", "For the cloud's users"),
        *("For the cloud's operators", "Checks", "Undo and repeat"),
    ]
    assert len(headings) == 13 and not [line for line in headings if "<img" in line.replace(r"\<img", "")]
    blocks = re.findall(r"^(`{3,})text\n(.*?)^\1$", text, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 2 and "`code`" in blocks[0][1]
    for fence, block in blocks:
        text = text.replace(f"{fence}text\n{block}", "")
    assert r"\<img src=x onerror=alert(1)\>\[link\](javascript:1)`code`\|\*bold\*" in text
    assert "<img" not in text.replace(r"\<img", "") and "](" not in text.replace(r"\](", "")


def test_a_record_of_the_log_cannot_forge_another() -> None:
    session = open_session("demo")
    with logging_to(session):
        logging.getLogger("mhv_tui.x").warning("%s", f"a\n2026-11-26 ERROR mhv_tui: forged{SEQUENCES}")
        try:
            raise ValueError(f"b\n2026-11-26 ERROR mhv_tui: forged\n{HOSTILE}")
        except ValueError:
            logging.getLogger("mhv_tui.x").exception("it crashed")
    text = (session.directory / "mhv-tui.log").read_text(encoding="utf-8")
    assert all(line.isprintable() for line in text.split("\n"))
    records = [line for line in text.splitlines() if not line.startswith("    ")]
    assert len(records) == 2 and "    ValueError: b" in text.splitlines() and "ERROR mhv_tui: forged" in text


def test_an_explained_log_prints_no_attack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / f"nova{SEQUENCES.replace(chr(0), '')}.log"
    log.write_text(f"VimException: Cannot complete login due to an incorrect user name or password. {HOSTILE}\n")
    assert cli.main(["explain", "--log", str(log)]) == 0
    output = capsys.readouterr().out
    assert "VC07" in output and attacks(output.encode()) == []


def test_answers_are_written_with_escapes_and_read_back(tmp_path: Path) -> None:
    name = f"{SEQUENCES}{HTML}".replace("\x00", "").replace("\r", "")
    path = tmp_path / "a.toml"
    path.write_text(f"mhv_answers = 1\n[network]\nport_group = {json.dumps(name)}\n")
    output = output_of("export", str(path), "--to", "answers")
    assert attacks(output) == []


def test_an_edited_journal_prints_no_attack() -> None:
    session = open_session("demo")
    session.journal.note("started", command="apply")
    session.journal.note("finished", outcome=f"done{HOSTILE}", exit=0, step=HOSTILE)
    row = {"id": f"tag:{HOSTILE}", "code": "RG04", "error": HOSTILE, "remedy": HOSTILE}
    session.journal.note("intent", ("", "register"), kind="Unknown", fields={}, before={}, **row)
    session.journal.note("failed", ("", "register"), **row)
    reports = [output_of("export", "demo", "--to", "report", "--format", form) for form in FORMATS]
    assert [attacks(output) for output in (output_of("sessions"), *reports)] == [[]] * (1 + len(FORMATS))
    assert FORGED.split("\n")[1].strip() in reports[0].decode()
