"""The correction of a line of nova's code, on the simulated node and with a real Python."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mhv_tui.changes.code import CorrectCode
from mhv_tui.changes.files import BACKUPS
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import RemoteFile
from mhv_tui.domain.nova_bugs import BUGS
from tests.changes.helpers import HOST, Make, again, held, row

BUG = BUGS["CN33"]
SITE = f"/usr/lib/python3.9/site-packages/{BUG.file}"
BROKEN = f"# kept \udcff\r\n        finally:\n            {BUG.line}\n                image_chunks.iterable.close()\n"
ORIGINAL = RemoteFile(BROKEN.encode("utf-8", "surrogateescape"), 0o604, "nova", "root")
CHANGE = CorrectCode(
    host=HOST, code="CN33", bug=BUG.bug, file=BUG.file, line=BUG.line, corrected=BUG.corrected, unit="nova-compute"
)
UNIT = {"load": "loaded", "active": "active", "enabled": "enabled", "since": 1.0}


@pytest.fixture(autouse=True)
def node(ctx: Context) -> None:
    ctx.backend.node(HOST).write(SITE, ORIGINAL)


def test_only_the_line_is_corrected_and_undo_restores_every_byte(ctx: Context, make: Make) -> None:
    receipt = make(CHANGE)
    assert held(ctx, SITE) == replace(
        ORIGINAL, content=ORIGINAL.content.replace(BUG.line.encode(), BUG.corrected.encode())
    )
    for _ in range(2):
        again(CHANGE).undo(ctx, receipt)
        assert held(ctx, SITE) == ORIGINAL
    assert not [path for path in row(ctx)["files"] if path.startswith(BACKUPS)]


def test_the_preview_is_a_diff_of_the_file_or_else_of_the_line() -> None:
    known = replace(CHANGE, path=SITE, current=BROKEN).preview().splitlines()
    assert known[:2] == [f"--- {SITE}", f"+++ {SITE}"]
    changed = [f"-{' ' * 12}{BUG.line}", f"+{' ' * 12}{BUG.corrected}"]
    assert [line for line in known[3:] if line[0] in "+-"] == changed
    new = CHANGE.preview().splitlines()
    assert new[0].startswith("The packages create ") and new[-2:] == [f"-{BUG.line}", f"+{BUG.corrected}"]


@pytest.mark.parametrize("applied", [False, True])
def test_a_killed_correction_is_undone_from_its_intent(ctx: Context, applied: bool) -> None:
    before = CHANGE.before(ctx)
    if applied:
        CHANGE.apply(ctx, before)
    again(CHANGE).undo(ctx, before)
    assert held(ctx, SITE) == ORIGINAL


def test_a_correction_continues_after_it_was_killed(ctx: Context) -> None:
    before = CHANGE.before(ctx)
    receipts = [{**before, **CHANGE.apply(ctx, before)} for _ in range(2)]
    assert receipts[0] == receipts[1]
    again(CHANGE).undo(ctx, receipts[1])
    assert held(ctx, SITE) == ORIGINAL


@pytest.mark.parametrize("content", [b"# another version of nova\n", ORIGINAL.content, None])
def test_a_file_that_a_package_has_replaced_is_kept(ctx: Context, make: Make, content: bytes | None) -> None:
    receipt = make(CHANGE)
    new = replace(ORIGINAL, content=content) if content is not None else None
    ctx.backend.node(HOST).write(SITE, new) if new else ctx.backend.node(HOST).remove(SITE)
    again(CHANGE).undo(ctx, receipt)
    assert held(ctx, SITE) == new
    assert not [path for path in row(ctx)["files"] if path.startswith(BACKUPS)]


def test_a_file_that_an_operator_edited_is_kept_and_reported(ctx: Context, make: Make) -> None:
    receipt = make(CHANGE)
    corrected = held(ctx, SITE)
    assert corrected
    edited = replace(corrected, content=corrected.content + b"# mine\n")
    ctx.backend.node(HOST).write(SITE, edited)
    with pytest.raises(FindingError, match="was edited after mhv-tui wrote it") as refused:
        again(CHANGE).undo(ctx, receipt)
    assert refused.value.finding.code == "CN24" and held(ctx, SITE) == edited


def test_a_file_that_changes_before_the_correction_is_kept(ctx: Context) -> None:
    before = CHANGE.before(ctx)
    ctx.backend.node(HOST).write(SITE, replace(ORIGINAL, content=b"new"))
    with pytest.raises(FindingError, match="was edited after the check"):
        CHANGE.apply(ctx, before)


def test_a_package_with_the_correction_stays_as_it_is(ctx: Context, make: Make) -> None:
    fixed = replace(ORIGINAL, content=b"if may_close_iterator:\n")
    ctx.backend.node(HOST).write(SITE, fixed)
    receipt = make(CHANGE)
    assert held(ctx, SITE) == fixed
    again(CHANGE).undo(ctx, receipt)
    assert held(ctx, SITE) == fixed


def test_nova_must_be_installed(ctx: Context) -> None:
    ctx.backend.node(HOST).remove(SITE)
    with pytest.raises(FindingError, match=r"does not find nova/image/glance\.py"):
        CHANGE.before(ctx)


def test_undo_restarts_the_service_only_if_it_runs_and_the_file_was_restored(ctx: Context, make: Make) -> None:
    receipt = make(CHANGE)
    units = row(ctx)["units"]
    units["nova-compute"] = dict(UNIT)
    again(CHANGE).undo(ctx, receipt)
    assert (restarted := units["nova-compute"].get("since")) != 1.0
    again(CHANGE).undo(ctx, receipt)
    assert units["nova-compute"].get("since") == restarted
    receipt = make(CHANGE)
    units["nova-compute"] = {**UNIT, "active": "inactive"}
    again(CHANGE).undo(ctx, receipt)
    assert units["nova-compute"]["active"] == "inactive"


def test_python_never_uses_old_byte_code(tmp_path: Path) -> None:
    """The correction and the undo write the file like write.sh: a new file with the time of now, renamed."""
    source = "def reads(data, image_chunks, glance_utils):\n    {}\n        return 'closed'\n    return 'open'\n"
    code = "import module, types\nprint(module.reads(None, [], types.SimpleNamespace(IterableWithLength=list)))"
    module, results = tmp_path / "module.py", []
    for line, age in ((BUG.line, 1000), (BUG.corrected, 0), (BUG.line, 0)):
        (tmp_path / "new").write_text(source.format(line))
        (tmp_path / "new").rename(module)
        if age:
            os.utime(module, (age, age))
        command = [sys.executable, "-c", code]
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
        result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=30)
        results.append(result.stdout.strip())
    assert list((tmp_path / "__pycache__").iterdir())
    assert results == ["closed", "open", "closed"]
