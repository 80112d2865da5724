"""What is done to a node's files: a file written, lines of a configuration edited, each with a copy of what was there.

Refuses to overwrite or to take back what somebody edited since: the file's hash decides. Secrets reach the file only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from secrets import token_hex

from mhv_tui.changes.masking import diff
from mhv_tui.core.changes import Change, Receipt, change_id
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import RemoteFile, SshHost, SurveyRequest
from mhv_tui.core.ports import Node
from mhv_tui.core.secret import Revealed
from mhv_tui.domain import ini
from mhv_tui.domain.catalogue import finding

BACKUPS = "/var/lib/mhv-tui/backup"
"""Where copies of what was there are kept on the node, by session; root's alone."""


@dataclass(frozen=True)
class ConfOption:
    """An option as it is to stand in a file, in the file's spelling (`$$` for a dollar): values or secrets."""

    section: str
    option: str
    values: tuple[str, ...] = ()
    """Several where the option collects them."""
    secrets: tuple[Revealed, ...] = ()
    """As values; in no journal and no preview."""

    @property
    def written(self) -> tuple[str, ...]:
        """The values, secret or not."""
        return tuple(secret.value for secret in self.secrets) or self.values


def edited(text: str, settings: Sequence[ConfOption], removals: Sequence[tuple[str, str]] = ()) -> str:
    """The text with every setting as wanted, and nothing else changed."""
    rows = [(s.section, s.option, s.written if len(s.written) != 1 else s.written[0]) for s in settings]
    return ini.set_values(ini.remove(text, removals), rows)


def decoded(content: bytes) -> str:
    """A file's bytes as text that can be encoded back to the same bytes, whatever they are."""
    return content.decode("utf-8", "surrogateescape")


def encoded(text: str) -> bytes:
    """The bytes that `decoded` had."""
    return text.encode("utf-8", "surrogateescape")


@dataclass(frozen=True, kw_only=True)
class EditConfig(Change):
    """Lines of a configuration file; comments, order and every other line survive."""

    host: SshHost
    path: str
    settings: tuple[ConfOption, ...]
    removals: tuple[tuple[str, str], ...] = ()
    mode: int = 0o640
    owner: str = "root"
    group: str = "nova"
    unit: str = ""
    """Restarted by undo where it runs, so that it reads what is there again."""
    current: Revealed | None = None
    """The file as the plan saw it, for the preview; None where it is not there yet."""

    @property
    def id(self) -> str:
        return change_id("config", self.host.system, self.path)

    @property
    def summary(self) -> str:
        count = len(self.settings) + len(self.removals)
        return f"set {count} option{'s' if count != 1 else ''} in {self.path} on {self.host}"

    def preview(self) -> str:
        """A unified diff, secrets masked; against an empty file where the packages bring it first."""
        old = self.current.value if self.current else ""
        note = "" if self.current else "the packages bring this file; these options are set in it:\n"
        secrets = {(s.section, s.option) for s in self.settings if s.secrets}
        shown = diff(old, edited(old, self.settings, self.removals), self.path, secrets)
        return note + (shown or f"mode {self.mode:04o}, owner {self.owner}:{self.group}; no line changes\n")

    def before(self, ctx: Context) -> Receipt:
        """What is there, and the hash of what will be."""
        there = ctx.backend.node(self.host).read(self.path)
        return {**_looked(ctx.session, self.path, there), "wrote": sha256(self._made(there).content)}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Keeps a copy, then writes; refuses where the file is not the one that was looked at."""
        node = ctx.backend.node(self.host)
        there = node.read(self.path)
        if before["sha256"] != before["wrote"] and _sha(there) == before["wrote"]:
            return {"backup": _backup_of(ctx.session, self.path, before)}
        _refuse_other(there, before["sha256"], self.path, self.host)
        made = self._made(there)
        return {"wrote": sha256(made.content), "backup": _replace(node, ctx.session, self.path, made, before)}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Puts the copy back, byte for byte, with its mode and owner."""
        node = ctx.backend.node(self.host)
        if _restore(node, ctx.session, self.path, self.host, receipt) and self.unit:
            _restart_running(node, self.unit)

    def _made(self, there: RemoteFile | None) -> RemoteFile:
        text = decoded(there.content) if there else ""
        content = encoded(edited(text, self.settings, self.removals))
        return RemoteFile(content, self.mode, self.owner, self.group)


@dataclass(frozen=True, kw_only=True)
class WriteFile(Change):
    """A whole file that holds no secret, such as a certificate."""

    host: SshHost
    path: str
    content: str
    mode: int = 0o644
    owner: str = "root"
    group: str = "root"

    @property
    def id(self) -> str:
        return change_id("file", self.host.system, self.path)

    @property
    def summary(self) -> str:
        return f"write {self.path} on {self.host}"

    def preview(self) -> str:
        return f"{self.path}, mode {self.mode:04o}, owner {self.owner}:{self.group}\n{self.content}"

    def before(self, ctx: Context) -> Receipt:
        """What is there."""
        there = ctx.backend.node(self.host).read(self.path)
        return {**_looked(ctx.session, self.path, there), "wrote": sha256(encoded(self.content))}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Keeps a copy of what was there, then writes."""
        node = ctx.backend.node(self.host)
        made = RemoteFile(encoded(self.content), self.mode, self.owner, self.group)
        if _sha(node.read(self.path)) != before["wrote"]:
            _refuse_other(node.read(self.path), before["sha256"], self.path, self.host)
        return {"wrote": sha256(made.content), "backup": _replace(node, ctx.session, self.path, made, before)}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Puts back what was there, or removes the file."""
        _restore(ctx.backend.node(self.host), ctx.session, self.path, self.host, receipt)


def sha256(content: bytes) -> str:
    """Hex digest."""
    return hashlib.sha256(content).hexdigest()


def _sha(there: RemoteFile | None) -> str:
    return sha256(there.content) if there else ""


def _state(there: RemoteFile | None) -> dict[str, str | int]:
    """A file's hash, mode and owner; an empty hash where there is none."""
    if there is None:
        return {"sha256": "", "mode": 0, "owner": "", "group": ""}
    return {"sha256": _sha(there), "mode": there.mode, "owner": there.owner, "group": there.group}


def _looked(session: str, path: str, there: RemoteFile | None) -> dict[str, str | int]:
    """A file's state, and where its copy is to be kept: each intent has a copy of its own, for its undo removes it."""
    state = _state(there)
    return {**state, "backup": f"{backup_path(session, path, state)}.{token_hex(4)}" if there else ""}


def backup_path(session: str, path: str, before: Receipt) -> str:
    """Where earlier journals, which do not say it, kept the copy of a file; "" where there was none.

    Edits of one session that found the same text shared this copy.
    """
    return f"{BACKUPS}/{session}{path}.{before['sha256'][:12]}" if before["sha256"] else ""


def _backup_of(session: str, path: str, receipt: Receipt) -> str:
    return str(receipt.get("backup") or backup_path(session, path, receipt))


def _replace(node: Node, session: str, path: str, made: RemoteFile, before: Receipt) -> str:
    """Copies what is there aside, unless a killed run has done so, and writes. Returns the copy's path."""
    backup = _backup_of(session, path, before)
    there = node.read(path)
    if backup and _sha(there) == before["sha256"] and node.read(backup) is None:
        node.copy(path, backup)
    if there != made:
        node.write(path, made)
    return backup


def _restore(node: Node, session: str, path: str, host: SshHost, receipt: Receipt) -> bool:
    """Brings a file back to what it was. False where nothing had to be done; Trouble CN24 where it was edited since."""
    there = node.read(path)
    backup = _backup_of(session, path, receipt)
    shared = backup == backup_path(session, path, receipt)
    if _state(there) == {key: receipt[key] for key in ("sha256", "mode", "owner", "group")}:
        node.remove(backup) if backup and not shared else None
        return False
    if _sha(there) not in (receipt["wrote"], receipt["sha256"]):
        raise _edited_since(path, host, backup)
    if not backup:
        node.remove(path)
        return True
    kept = node.read(backup)
    if _sha(kept) != receipt["sha256"]:
        raise _edited_since(path, host, f"{backup}, which is not as it was left either")
    assert kept is not None
    node.write(path, replace(kept, mode=receipt["mode"], owner=receipt["owner"], group=receipt["group"]))
    node.remove(backup) if not shared else None
    return True


def _refuse_other(there: RemoteFile | None, expected: str, path: str, host: SshHost) -> None:
    if _sha(there) != expected:
        detail = f"{path} changed between the look and the work"
        remedy = f"see who edits {path}, then apply again in a new session"
        raise FindingError(finding("CN24", "failure", detail, subject=str(host), remedy=remedy))


def _edited_since(path: str, host: SshHost, backup: str) -> FindingError:
    detail = f"{path} was edited since mhv-tui wrote it, so it is left as it is"
    remedy = (
        f"compare it with the copy of the earlier file, {backup}, and keep what you need"
        if backup
        else "remove it by hand"
    )
    return FindingError(finding("CN24", "failure", detail, subject=str(host), remedy=remedy))


def _restart_running(node: Node, unit: str) -> None:
    state = node.survey(SurveyRequest(units=(unit,))).units.get(unit)
    if state is not None and state.active == "active":
        node.unit(unit, "restart")
