"""An audit: a distinct secret in every field, every command with debugging, faults that echo secrets, every place.

A secret may be in the operator's variables and files, in the accounts of the simulated world and in nova.conf there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mhv_tui.cli.options import COMMANDS
from mhv_tui.export.report import FORMATS
from tests.cli.audit import SESSION, Audit
from tests.cli.audited import LEAKS
from tests.cli.planted import set_faults

pytestmark = pytest.mark.slow


def exports(audit: Audit) -> Iterator[tuple[str, ...]]:
    """Every form of an export and of a bundle of the session, one of each into a file."""
    yield from (("export", SESSION, "--to", "report", "--format", form) for form in FORMATS)
    (audit.directory / "written").mkdir(exist_ok=True)
    yield ("export", SESSION, "--to", "answers", "--output", str(audit.directory / "written" / "answers.toml"))
    yield ("bundle", SESSION)
    yield ("bundle", SESSION, "--no-check", "--yes", "--output", str(audit.directory / "written" / "bundle.toml"))


def demo(command: str, audit: Audit, *more: str) -> tuple[str, ...]:
    """A command on the simulated session; the answer file is given once, then the session has it."""
    file = [] if command == "undo" else [str(audit.file)]
    return (command, *file, "--demo", "--scene", audit.scene, "--session", SESSION, *more)


def others(audit: Audit) -> Iterator[tuple[str, ...]]:
    """The commands that need no world."""
    yield ("sessions",)
    yield ("sessions", "--json")
    yield ("answers", "check", str(audit.file))
    yield ("answers", "explain", "vcenter.password")
    yield ("answers", "template")
    yield ("explain", "--log", str(audit.log))
    yield ("explain", "CN24")
    yield ("record", str(audit.file), "--output", str(audit.directory / "written" / "recording"))
    yield ("completion", "bash")
    yield ("manual",)


def undo(audit: Audit, *more: str) -> tuple[str, ...]:
    return ("undo", SESSION, "--demo", "--yes", *more)


def test_no_secret_leaves_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A representative session: faults in a check, a plan and an apply, then each kind of command."""
    audit = Audit("article", "env", tmp_path)
    audit.run(*demo("check", audit, "--all"), faults={"vcenter.inventory": audit.crash("vcenter.inventory")})
    audit.run(*demo("plan", audit, "--json"), faults={"node.survey": audit.echo("node.survey", "CN01")})
    applied = audit.run(
        *demo("apply", audit, "--yes", "--json"), faults={"node.write": audit.echo("node.write", "CN24")}
    )
    assert b'"failed"' in applied
    assert b"done" in audit.run(*demo("apply", audit, "--yes"), faults={})
    for command in (*exports(audit), *others(audit)):
        assert audit.run(*command) or "--output" in command
    audit.run(*undo(audit), faults={"node.write": audit.echo("undo", "CN24")})
    with capsys.disabled():
        print(f"\n{audit.figures()}")
    assert audit.found() == []
    assert audit.names == set(COMMANDS) - {"", "lab"}  # "" is the wizard, which has a test below


FAULTS: tuple[dict[str, str], ...] = (
    {},
    {"vcenter.inventory": "crash"},
    {"world.certificate": "VC21", "cloud.identity": "crash"},
    {"world.cloud": "OS10", "node.run": "CN24"},
    {"node.survey": "crash"},
    {"node.install": "CN03", "cloud.upload_image": "OS10"},
    {"node.write": "CN24", "node.journal": "CN24"},
    {"cloud.create_aggregate": "crash", "cloud.create_server": "OS10"},
    {"vcenter.add_distributed_port_group": "crash", "vcenter.add_port_group": "VC21"},
)
"""Operations that fail in one session, and how: with the text of a finding of this code, or with a defect."""

KINDS = ("env", "file", "prompt")
SCENES = ("article", "nova-network", "wrong-password", "no-archive")


@pytest.mark.matrix
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", range(len(FAULTS)), ids=lambda number: " ".join(FAULTS[number]) or "none")
def test_no_secret_leaves_its_place_in_any_session(
    number: int, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every kind of reference with every set of faults; the scenes take turns, so each meets every kind."""
    faults = FAULTS[number]
    audit = Audit(SCENES[(number + KINDS.index(kind)) % len(SCENES)], kind, tmp_path)
    echoes = {o: audit.crash(o) if how == "crash" else audit.echo(o, how) for o, how in faults.items()}
    set_faults(SESSION, None, echoes)
    if kind == "prompt":
        audit.wizard()
        echoes = {}  # the far side of a later process was not sent what was typed in this one
        set_faults(SESSION, None, echoes)
    else:
        for command, more in (("check", "--all"), ("plan", "--json"), ("apply", "--yes")):
            audit.run(*demo(command, audit, more))
        audit.run(*demo("apply", audit, "--yes", "--json"), faults={})
    for other in (*exports(audit), *others(audit)):
        audit.run(*other)
    audit.run(*undo(audit, "--json"), faults=echoes if "node.write" not in faults else {})
    audit.run(*undo(audit), faults={})
    with capsys.disabled():
        print(f"\n{audit.figures()}")
    assert audit.found() == []


def test_no_typed_secret_leaves_the_wizard(tmp_path: Path) -> None:
    audit = Audit("article", "prompt", tmp_path)
    set_faults(SESSION, None, {"node.write": audit.echo("node.write", "CN24")})
    assert b"Page 10 of 10" in audit.wizard()
    assert audit.found() == []


@pytest.mark.parametrize("place", LEAKS)
def test_a_planted_leak_is_reported(place: str, tmp_path: Path) -> None:
    audit = Audit("article", "env", tmp_path)
    audit.run("sessions", leak=place)
    (finding,) = audit.found()
    assert place in finding and finding.endswith(": vcenter.password")
