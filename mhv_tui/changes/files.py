"""Changes to a node's files: write a file, edit options of a configuration file; both keep a copy of the earlier file.

A file that others edited meanwhile (its hash differs) is neither overwritten nor restored. Secrets are only in files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import ClassVar

from mhv_tui.changes.masking import diff, remember_secrets
from mhv_tui.core.changes import NOT_JOURNALLED, Change, Effect, Receipt, change_id
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import RemoteFile, SshHost, SurveyRequest
from mhv_tui.core.ports import Node
from mhv_tui.core.redaction import BULLETS
from mhv_tui.core.secret import Revealed
from mhv_tui.core.text import as_lines, count, join_names
from mhv_tui.domain import ini, ini_editor
from mhv_tui.domain.catalogue import finding

BACKUPS = "/var/lib/mhv-tui/backup"
"""The directory on the node for copies of earlier files, one subdirectory per session; only root can read it."""


@dataclass(frozen=True)
class ConfOption:
    """The new values of a configuration option, as written in the file (`$$` for a dollar): plain values or secrets."""

    section: str
    option: str
    values: tuple[str, ...] = ()
    """The plain values; more than one if the option is a list."""
    secrets: tuple[Revealed | None, ...] = ()
    """The secret values, used instead of `values`; never written to the journal, nor to a preview unless `plain`."""
    plain: bool = field(default=False, compare=False, metadata=NOT_JOURNALLED)
    """True if a preview may show `secrets`: they are copied from another file, and no password is in them."""

    @property
    def written(self) -> tuple[str, ...]:
        """The values to write to the file; bullets for a secret that is read from the journal, which has no secrets."""
        return tuple(secret.value if secret else BULLETS for secret in self.secrets) or self.values


def edited(text: str, settings: Sequence[ConfOption], removals: Sequence[tuple[str, str]] = ()) -> str:
    """The text of a configuration file with `settings` set and the options in `removals` removed.

    Raises ValueError if oslo.config cannot read the text.
    """
    rows = [(s.section, s.option, s.written if len(s.written) != 1 else s.written[0]) for s in settings]
    return ini_editor.set_values(ini_editor.remove(text, removals), rows)


def decoded(content: bytes) -> str:
    """Bytes as text, without loss: `encoded` returns the same bytes."""
    return content.decode("utf-8", "surrogateescape")


def encoded(text: str) -> bytes:
    """The bytes of a text that `decoded` returned."""
    return text.encode("utf-8", "surrogateescape")


@dataclass(frozen=True, kw_only=True)
class EditConfig(Change):
    """Edits options of a configuration file; comments, order and all other lines stay the same."""

    host: SshHost
    path: str
    settings: tuple[ConfOption, ...]
    removals: tuple[tuple[str, str], ...] = ()
    mode: int = 0o640
    owner: str = "root"
    group: str = "nova"
    unit: str = ""
    """The systemd unit that undo restarts, if it runs, so that it reads the restored file; "" for none."""
    current: Revealed | None = None
    """The text of the file when the plan was made, for the preview; None if the file did not exist."""
    present: tuple[str, ...] = field(default=(), compare=False, metadata=NOT_JOURNALLED)
    """The options that have their planned values already, such as `[DEFAULT] host`."""
    previews_diff: ClassVar[bool] = True

    @property
    def id(self) -> str:
        return change_id("config", self.host.system, self.path)

    @property
    def summary(self) -> str:
        options = count(len(self.settings) + len(self.removals), "option")
        already = f" ({len(self.present)} set already)" if self.present else ""
        return f"set {options} in {self.path} on {self.host}{already}"

    def undo_summary(self, receipt: Receipt) -> str:
        return _restoration(self.path, self.host, receipt)

    @property
    def effect(self) -> Effect:
        return "edit"

    def preview(self) -> str:
        """A unified diff with masked secrets, compared with an empty file if the packages create the file first."""
        old = self.current.value if self.current else ""
        note = "" if self.current else "The packages create this file; then mhv-tui sets these options:\n"
        note += as_lines(f"Set already, with the planned value: {join_names(self.present)}.") if self.present else ""
        secrets = {(s.section, s.option) for s in self.settings if s.secrets and not s.plain}
        shown = diff(old, edited(old, self.settings, self.removals), self.path, secrets)
        return note + (
            shown
            or as_lines(
                f"mode {self.mode:04o}, owner {self.owner}:{self.group}; the text of {self.path} stays the same"
            )
        )

    def before(self, ctx: Context) -> Receipt:
        """The state of the earlier file, and the hash of the new file."""
        current = ctx.backend.node(self.host).read(self.path)
        return state_before(ctx.session, self.path, current, self._new_file(current))

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Copies the earlier file, then writes the new one. Raises FindingError if the file changed after `before`."""
        node = ctx.backend.node(self.host)
        current = node.read(self.path)
        if before["sha256"] != before["wrote"] and hash_of(current) == before["wrote"]:
            return {"backup": backup_of(ctx.session, self.path, before)}
        raise_if_changed(current, before["sha256"], self.path, self.host)
        new = self._new_file(current)
        return {"wrote": sha256(new.content), "backup": replace_file(node, ctx.session, self.path, new, before)}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Restores the earlier file from its copy, byte for byte, with mode and owner."""
        node = ctx.backend.node(self.host)
        if restore_file(node, ctx.session, self.path, self.host, receipt) and self.unit:
            restart_running(node, self.unit)

    def _new_file(self, current: RemoteFile | None) -> RemoteFile:
        """Returns the edited file. Raises FindingError if nova cannot read the present one.

        A file that a package brought since the plan keeps its owner and mode, unless that lets other users do more: a
        plan that is made after the packages are installed says the same.
        """
        text = decoded(current.content) if current else ""
        if problem := ini.unreadable_line(text):
            detail = f"{self.path}:{problem.number} {problem.reason}, so nova cannot read the file; it is left as it is"
            raise FindingError(finding("CN21", "failure", detail, subject=str(self.host)))
        content = encoded(edited(text, self.settings, self.removals))
        if self.current is None and current is not None and not current.mode & 0o007 & ~self.mode:
            return replace(current, content=content)
        return RemoteFile(content, self.mode, self.owner, self.group)


@dataclass(frozen=True, kw_only=True)
class WriteFile(Change):
    """Writes a whole file without secrets, such as a certificate."""

    host: SshHost
    path: str
    content: str
    mode: int = 0o644
    owner: str = "root"
    group: str = "root"
    replaces: bool = field(default=False, compare=False, metadata=NOT_JOURNALLED)
    """True if the file existed when the plan was made."""

    @property
    def id(self) -> str:
        return change_id("file", self.host.system, self.path)

    @property
    def summary(self) -> str:
        return f"write {self.path} on {self.host}"

    def undo_summary(self, receipt: Receipt) -> str:
        return _restoration(self.path, self.host, receipt)

    @property
    def effect(self) -> Effect:
        return "edit" if self.replaces else "create"

    def preview(self) -> str:
        return as_lines(f"{self.path}, mode {self.mode:04o}, owner {self.owner}:{self.group}") + self.content

    def before(self, ctx: Context) -> Receipt:
        return state_before(ctx.session, self.path, ctx.backend.node(self.host).read(self.path), self._new_file())

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Copies the earlier file, then writes the new one."""
        node = ctx.backend.node(self.host)
        new = self._new_file()
        if hash_of(node.read(self.path)) != before["wrote"]:
            raise_if_changed(node.read(self.path), before["sha256"], self.path, self.host)
        return {"wrote": sha256(new.content), "backup": replace_file(node, ctx.session, self.path, new, before)}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Restores the earlier file; removes the file if there was no earlier one."""
        restore_file(ctx.backend.node(self.host), ctx.session, self.path, self.host, receipt)

    def _new_file(self) -> RemoteFile:
        return RemoteFile(encoded(self.content), self.mode, self.owner, self.group)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def hash_of(file: RemoteFile | None) -> str:
    return sha256(file.content) if file else ""


def _state(file: RemoteFile | None) -> dict[str, str | int]:
    """The hash, mode, owner and group of a file; the hash is empty if there is no file."""
    if file is None:
        return {"sha256": "", "mode": 0, "owner": "", "group": ""}
    return {"sha256": hash_of(file), "mode": file.mode, "owner": file.owner, "group": file.group}


def state_before(session: str, path: str, file: RemoteFile | None, new: RemoteFile) -> dict[str, str | int]:
    """Returns the state of the file before the change, the hash of the new file, and the path of the backup copy.

    The path is "" if the new file equals the old one. Each change has a copy of its own, because undo removes the copy.
    """
    state = _state(file)
    is_kept = file is not None and file != new
    backup = f"{backup_path(session, path, state)}.{token_hex(4)}" if is_kept else ""
    return {**state, "wrote": sha256(new.content), "backup": backup}


def backup_path(session: str, path: str, before: Receipt) -> str:
    """The path of a file's copy as earlier versions named it, without recording it; "" if there was no file.

    Several edits of one session share this copy if the file had the same text before each edit.
    """
    return f"{BACKUPS}/{session}{path}.{before['sha256'][:12]}" if before["sha256"] else ""


def backup_of(session: str, path: str, receipt: Receipt) -> str:
    return str(receipt["backup"]) if "backup" in receipt else backup_path(session, path, receipt)


def replace_file(node: Node, session: str, path: str, new: RemoteFile, before: Receipt) -> str:
    """Writes the file `new`; first copies the earlier file if it has no copy yet. Returns the copy's path."""
    backup = backup_of(session, path, before)
    current = node.read(path)
    if backup and hash_of(current) == before["sha256"] and node.read(backup) is None:
        node.copy(path, backup)
    if current != new:
        node.write(path, new)
    return backup


def _restoration(path: str, host: SshHost, receipt: Receipt) -> str:
    """What `restore_file` does with this receipt. The file before the change may be one that a package brought."""
    file = f"{path} on {host}"
    return f"restore {file} as it was before this change" if receipt.get("sha256") else f"delete {file}"


def restore_file(node: Node, session: str, path: str, host: SshHost, receipt: Receipt) -> bool:
    """Restores a file. Returns False if it is restored already. Raises FindingError CN24 if others edited it."""
    current = node.read(path)
    remember_secrets(decoded(current.content) if current else "")
    backup = backup_of(session, path, receipt)
    shared = backup == backup_path(session, path, receipt)
    if _state(current) == {key: receipt[key] for key in ("sha256", "mode", "owner", "group")}:
        node.remove(backup) if backup and not shared else None
        return False
    if hash_of(current) not in (receipt["wrote"], receipt["sha256"]):
        raise _edited_since(path, host, backup)
    if not receipt["sha256"]:
        node.remove(path)
        return True
    copy = node.read(backup) if backup else current
    if hash_of(copy) != receipt["sha256"]:
        raise _edited_since(path, host, f"{backup} (this copy was changed, too)")
    assert copy is not None
    node.write(path, replace(copy, mode=receipt["mode"], owner=receipt["owner"], group=receipt["group"]))
    node.remove(backup) if backup and not shared else None
    return True


def raise_if_changed(file: RemoteFile | None, expected: str, path: str, host: SshHost) -> None:
    if hash_of(file) != expected:
        detail = f"{path} was edited after the check and before this change"
        remedy = f"find out who edits {path}, then apply again in a new session"
        raise FindingError(finding("CN24", "failure", detail, subject=str(host), remedy=remedy))


def _edited_since(path: str, host: SshHost, backup: str) -> FindingError:
    detail = f"{path} was edited after mhv-tui wrote it, so undo does not restore it"
    compare = f"compare {path} with the copy of the earlier file, {backup}, and keep the lines that you need"
    remedy = compare if backup else f"remove {path} by hand if you do not need it"
    return FindingError(finding("CN24", "failure", detail, subject=str(host), remedy=remedy))


def restart_running(node: Node, unit: str) -> None:
    state = node.survey(SurveyRequest(units=(unit,))).units.get(unit)
    if state is not None and state.active == "active":
        node.unit(unit, "restart")
