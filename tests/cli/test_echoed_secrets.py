"""A far side that echoes a secret: it is in no output, log, journal, report or screen. The search itself is tested."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.cli.exits import exit_code_of
from mhv_tui.core.errors import MhvError
from mhv_tui.core.redaction import BULLETS
from mhv_tui.core.secret import SecretRef, Vault
from mhv_tui.demo.scenes import state_of
from mhv_tui.engine.session import open_session
from mhv_tui.export.report import FORMATS
from tests.core.test_redaction import SPELLINGS
from tests.hostile_world import begin, output_of
from tests.tui.terminals import terminal

pytestmark = pytest.mark.slow

SECRET = "VMware1!"
"""The password of the vCenter in the default scene."""

KEYSTONE = {"auth": {"identity": {"password": {"user": {"name": "admin", "password": SECRET}}}}}

ECHOES = {
    "the password in a SOAP fault": f"VC21 vCenter did not log in: SystemError, bad password {SECRET}",
    "a Keystone body": f"OS10 identity did not log in (500): {json.dumps(KEYSTONE)}",
    "a Keystone body in JSON": f"OS10 identity did not log in (500): {json.dumps(json.dumps(KEYSTONE))}",
    "a URL": f"OS01 nothing answers at http://admin:{SECRET}/x@cloud.example.org:5000/v3",
    "a crash": SECRET,
    "lines of its own": f"VC21 bad\n{SECRET}\n{SECRET}",
}
FAULTS = {"vcenter.inventory": "a crash", "node.survey": "a Keystone body", "cloud.create_aggregate": "a crash"}
FAULTS |= {"node.install": "the password in a SOAP fault"}
"""By operation, what it echoes: in checks and in changes."""


def secret_world(faults: Mapping[str, str]) -> dict[str, Any]:
    return {**state_of("article"), "faults": dict(faults)}


def places(directory: Path, outputs: Mapping[str, bytes]) -> dict[str, bytes]:
    """Everything that a session leaves but its world, which has the faults, and all that its commands printed."""
    home = directory.parents[1]
    files = {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}
    return {**{name: content for name, content in files.items() if path_is_ours(name)}, **outputs}


def path_is_ours(name: str) -> bool:
    return not name.endswith("world.json")


def leaking(texts: Mapping[str, bytes], secret: str = SECRET) -> list[str]:
    """The places that have the secret, in any of its spellings."""
    spelled = [spell(secret).encode().lower() for spell in SPELLINGS.values()]
    return [name for name, text in texts.items() if any(spelling in text.lower() for spelling in spelled)]


COMMANDS = (
    ("check", "--demo", "--all"),
    ("check", "--demo", "--json"),
    ("plan", "--demo"),
    ("apply", "--demo", "--yes"),
    ("apply", "--demo", "--yes", "--json"),
    ("sessions",),
    *(("export", "demo", "--to", "report", "--format", form) for form in FORMATS),
    ("undo", "demo", "--yes", "--json"),
)


def session(faults: Mapping[str, str], commands: Sequence[tuple[str, ...]] = COMMANDS) -> dict[str, bytes]:
    """These commands over a session with these faults, and what they left."""
    directory = begin(secret_world(faults))
    return places(directory, {" ".join(command): output_of(*command) for command in commands})


@pytest.mark.parametrize("fault", FAULTS)
def test_an_echoed_password_is_nowhere(fault: str) -> None:
    echo = FAULTS[fault]
    texts = session({fault: ECHOES[echo]})
    assert leaking(texts) == []
    assert BULLETS.encode() in texts["apply --demo --yes"]
    assert (b"Traceback" in texts["sessions/demo/mhv-tui.log"]) == (echo == "a crash")


@pytest.mark.parametrize("echo", [name for name in ECHOES if name not in ("the password in a SOAP fault", "a crash")])
def test_no_form_of_an_echo_leaks(echo: str) -> None:
    texts = session({"vcenter.inventory": ECHOES[echo]}, COMMANDS[:2])
    assert leaking(texts) == [] and BULLETS.encode() in texts["check --demo --all"]


@pytest.mark.parametrize("name", SPELLINGS)
def test_the_search_finds_a_planted_secret(name: str) -> None:
    """A search that finds nothing anywhere would pass every test above."""
    directory = open_session("demo").directory
    (directory / "findings.json").write_text(f"planted {SPELLINGS[name](SECRET)}")
    assert leaking(places(directory, {})) == ["sessions/demo/findings.json"]
    assert leaking({"stdout": f"planted {SPELLINGS[name](SECRET)}".encode(), "stderr": b""}) == ["stdout"]


def test_the_search_finds_a_value_that_no_vault_has_revealed() -> None:
    """The same session with a secret that is nobody's: it is shown everywhere, so the faults do reach these places."""
    secret = "N0body's"
    texts = session({"cloud.create_aggregate": f"RG04 bad {secret}"})
    found = leaking(texts, secret)
    assert {"apply --demo --yes", "apply --demo --yes --json", "sessions/demo/journal.jsonl"} <= set(found)
    with_changes = set(FORMATS) - {"junit"}
    assert {f"export demo --to report --format {form}" for form in with_changes} <= set(found)
    crash = leaking(session({"node.survey": secret}, COMMANDS[:1]), secret)
    assert {"sessions/demo/mhv-tui.log", "sessions/demo/findings.json", "check --demo --all"} <= set(crash)


@pytest.mark.parametrize("echo", ["the password in a SOAP fault", "a crash"])
def test_the_screen_shows_no_echoed_password(echo: str) -> None:
    directory = begin(secret_world({"vcenter.inventory": ECHOES[echo]}))
    with terminal("--demo") as term:
        term.wait_for(r"── \d")
        term.press(b"\x0e")
        term.wait_for("2 of 10(?s:.)*1 problem")
        term.wait_until_idle()
        term.press(b"\x07")
        shown = term.wait_for(rf"Plan(?s:.)*{BULLETS}")
        assert leaking(places(directory, {"bytes": term.raw, "screen": shown.encode()})) == []


def reveal(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    monkeypatch.setenv("VC_PASSWORD", secret)
    Vault().reveal(SecretRef("env", "VC_PASSWORD"))


def test_an_error_that_ends_a_command_is_masked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reveal(monkeypatch, "S3cr3t-VC")

    def fails() -> int:
        raise MhvError("the answer was S3cr3t-VC\n  forged", "try S3cr3t-VC")

    assert exit_code_of(fails) == 3
    assert capsys.readouterr().err == "mhv-tui: the answer was ••••\\n  forged\n  remedy: try ••••\n"


def test_a_crash_is_reported_without_the_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reveal(monkeypatch, "S3cr3t-VC")
    kind = type("S3cr3t-VC", (Exception,), {})

    def fails() -> int:
        raise kind("S3cr3t-VC")

    assert exit_code_of(fails) == 1
    home = Path(os.environ["XDG_STATE_HOME"])
    crash = {path.name: path.read_bytes() for path in home.rglob("crash.log")}
    assert crash and leaking({**crash, "stderr": capsys.readouterr().err.encode()}, "S3cr3t-VC") == []
