"""The change that corrects one line of nova's code on a node, in the file that nova's own Python imports.

Python compiles the file again by itself: its byte-code records the size and the time of the source, and both differ.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar

from mhv_tui.changes.files import (
    backup_of,
    decoded,
    encoded,
    hash_of,
    raise_if_changed,
    replace_file,
    restart_running,
    restore_file,
    sha256,
    state_before,
)
from mhv_tui.core.changes import NOT_JOURNALLED, Change, Effect, Receipt, change_id
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import RemoteFile, SshHost, SurveyRequest
from mhv_tui.core.text import as_lines, printable
from mhv_tui.domain import nova_bugs
from mhv_tui.domain.catalogue import finding


@dataclass(frozen=True, kw_only=True)
class CorrectCode(Change):
    """Corrects one line of nova's code, a row of `domain.nova_bugs`; the other lines stay the same."""

    host: SshHost
    code: str
    """The code of the check that reports the line."""
    bug: str
    """The number of the bug on Launchpad."""
    file: str
    """The source file, from the directory of its Python package on."""
    line: str
    """The wrong line without its indentation."""
    corrected: str
    unit: str = ""
    """The systemd unit that undo restarts, if it runs, so that it loads the restored code; "" for none."""
    path: str = field(default="", compare=False, metadata=NOT_JOURNALLED)
    """The path of the file when the plan was made; "" if the packages of the same plan create it."""
    current: str = field(default="", compare=False, metadata=NOT_JOURNALLED)
    """The text of this file, for the preview."""
    previews_diff: ClassVar[bool] = True
    undoes: ClassVar[str] = "restore the earlier {file} on {host}"

    @property
    def id(self) -> str:
        return change_id("code", self.host.system, self.file)

    @property
    def summary(self) -> str:
        return f"correct the line of bug {self.bug} in {self.file} on {self.host}"

    @property
    def effect(self) -> Effect:
        return "edit"

    @property
    def consequence(self) -> str:
        return f"A later upgrade of nova's package replaces {self.file}; {self.code} then reports the line again."

    def preview(self) -> str:
        """A unified diff; if the packages create the file first, only of the line."""
        old = self.current or f"{self.line}\n"
        note = "" if self.path else as_lines(f"The packages create {self.file}; then this line is changed:")
        rows = "".join(_diff(old, self._new_text(old), self.path or self.file))
        return note + (rows or as_lines(f"the text of {self.file} stays the same"))

    def before(self, ctx: Context) -> Receipt:
        """The path and the state of the file, and the hash of the corrected file. Raises CN33 if nova has no file."""
        survey = ctx.backend.node(self.host).survey(SurveyRequest(sources=(self.file,)))
        path = survey.sources.get(self.file, "")
        current = survey.files.get(path)
        if current is None:
            detail = f"nova's Python does not find {self.file}, so no line is corrected"
            remedy = f"find out which nova {self.host} runs, then apply again"
            raise FindingError(finding(self.code, "failure", detail, subject=str(self.host), remedy=remedy))
        return {"path": path, **state_before(ctx.session, path, current, self._new_file(current))}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Copies the earlier file, then writes the corrected one. Raises CN24 if the file changed after `before`."""
        node, path = ctx.backend.node(self.host), before["path"]
        current = node.read(path)
        if hash_of(current) != before["wrote"]:
            raise_if_changed(current, before["sha256"], path, self.host)
        if current is None or before["sha256"] == before["wrote"]:
            return {}
        new = self._new_file(current)
        return {"wrote": sha256(new.content), "backup": replace_file(node, ctx.session, path, new, before)}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Restores the earlier file, byte for byte, with mode and owner.

        A file without the corrected line is kept: an upgrade or a removal of the package has replaced it. Raises CN24
        if others edited the file that has this line.
        """
        node, path = ctx.backend.node(self.host), receipt["path"]
        current = node.read(path)
        if current is None or self.corrected not in decoded(current.content):
            if backup := backup_of(ctx.session, path, receipt):
                node.remove(backup)
        elif restore_file(node, ctx.session, path, self.host, receipt) and self.unit:
            restart_running(node, self.unit)

    def _new_file(self, file: RemoteFile) -> RemoteFile:
        return replace(file, content=encoded(self._new_text(decoded(file.content))))

    def _new_text(self, text: str) -> str:
        return nova_bugs.corrected(text, self.line, self.corrected)


def _diff(old: str, new: str, path: str) -> Iterator[str]:
    rows = difflib.unified_diff(old.splitlines(), new.splitlines(), path, path, n=3, lineterm="")
    return (f"{printable(row)}\n" for row in rows)
