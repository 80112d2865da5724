"""The command line as data: one frozen class of options per command. Only `parser` creates such objects."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal

from mhv_tui.core.frozen import dataclass
from mhv_tui.engine.commands import DEFAULT_SCENE as DEFAULT_SCENE

LIST = "list"
"""The word that lists all scenes instead of naming one."""


@dataclass(frozen=True, kw_only=True)
class BackendOptions:
    """Selects the session, the answers and the backend of a run."""

    session: str = ""
    """The session's name. If empty, the session is named after the answer file or the scene."""
    file: str = ""
    """The path of the answer file. If empty, the run uses the answers of the session or of the scene."""
    demo: bool = False
    scene: str = DEFAULT_SCENE
    fresh: bool = False


THEMES = ("dark", "light", "contrast", "16", "mono")
"""The names of the wizard's colour themes."""

LAB_RELEASES = ("bullseye", "bookworm", "trixie", "sid")
"""The releases of Debian that `lab up` offers."""


@dataclass(frozen=True, kw_only=True)
class WizardOptions(BackendOptions):
    plain: bool = False
    theme: str = ""
    """One of THEMES; if empty, the wizard chooses one that suits the terminal."""

    @property
    def is_plain(self) -> bool:
        """True if the wizard is line prompts instead of a screen."""
        return self.plain or os.environ.get("TERM", "dumb") in ("dumb", "")


@dataclass(frozen=True, kw_only=True)
class RunOptions(BackendOptions):
    """Options of check, plan and apply.

    `fixes` is for plan and apply, `prove` and `yes` for apply, `all_checks` for check and plan, `format` and
    `print_timer` for check.
    """

    command: Literal["check", "plan", "apply"]
    steps: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    """The names of the targets to run; if empty, all of them."""
    accepts: tuple[str, ...] = ()
    """The values of --accept, each CODE=REASON."""
    fixes: tuple[str, ...] = ()
    prove: bool = False
    yes: bool = False
    json: bool = False
    all_checks: bool = False
    format: Literal["text", "junit"] = "text"
    print_timer: bool = False
    """Print systemd units that run this check, instead of running it."""


@dataclass(frozen=True, kw_only=True)
class UndoOptions(BackendOptions):
    targets: tuple[str, ...] = ()
    """The names of the targets to undo; if empty, all of them."""
    yes: bool = False
    json: bool = False


@dataclass(frozen=True, kw_only=True)
class SessionsOptions:
    action: Literal["", "forget", "rename"] = ""
    """What to do; "" lists the sessions."""
    names: tuple[str, ...] = ()
    """The sessions to forget, or the old and the new name."""
    yes: bool = False
    force: bool = False
    json: bool = False


@dataclass(frozen=True, kw_only=True)
class AnswersOptions:
    action: Literal["template", "schema", "check", "explain"]
    file: str = ""
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class ExplainOptions:
    code: str = ""
    log: str = ""


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    source: str
    """What to export: the name of a session, or the path of an answer file."""
    to: str
    """A name of `export.EXPORTERS`."""
    format: Literal["text", "md", "json", "html", "junit"] = "text"
    output: str = ""
    force: bool = False
    """Replace the file `output` if it exists."""


@dataclass(frozen=True, kw_only=True)
class BundleOptions:
    source: str
    """The name of a session, or the answer file that it runs with."""
    target: str = ""
    """The name of the target, if the answers have several."""
    check: bool = True
    """Check once more, so that the bundle has the world that the checks read."""
    output: str = ""
    yes: bool = False
    force: bool = False
    """Replace the file also if no question is asked."""


@dataclass(frozen=True, kw_only=True)
class RecordOptions:
    source: str = ""
    """The path of the answer file, or the name of a session."""
    session: str = ""
    target: str = ""
    """The name of the target whose vCenter to record; "" if there is only one vCenter."""
    output: str
    anonymize: bool = False
    force: bool = False
    """Replace the recording `output` if it exists."""


@dataclass(frozen=True, kw_only=True)
class CompletionOptions:
    shell: Literal["bash", "zsh", "fish"]


@dataclass(frozen=True, kw_only=True)
class ManualOptions:
    """`mhv-tui manual` has no options."""


@dataclass(frozen=True, kw_only=True)
class LabOptions:
    action: Literal["up", "status", "answers", "down", "destroy"]
    name: str
    profile: str = ""
    """What the lab consists of. If empty, the lab keeps its previous profile."""
    debian: str = ""
    """One of LAB_RELEASES. If empty, the lab keeps its release; a new lab has this machine's."""
    vcenter: str = ""
    """The path of a file with vCenter's inventory. If empty, the lab keeps its previous inventory."""
    recording: str = ""
    """The path of a recording of a vCenter's inventory. If empty, the lab keeps its previous one."""
    parts: str = ""
    """The parts of the lab to start, separated by commas."""
    kind: str = ""
    """The kind of port group in the lab's answers: distributed or standard."""


Options = (
    WizardOptions
    | RunOptions
    | UndoOptions
    | SessionsOptions
    | AnswersOptions
    | ExplainOptions
    | ExportOptions
    | BundleOptions
    | RecordOptions
    | CompletionOptions
    | ManualOptions
    | LabOptions
)

COMMANDS: Mapping[str, tuple[type[Options], str]] = {
    "": (WizardOptions, "wizard"),
    "check": (RunOptions, "run"),
    "plan": (RunOptions, "run"),
    "apply": (RunOptions, "run"),
    "undo": (UndoOptions, "undo"),
    "sessions": (SessionsOptions, "sessions"),
    "answers": (AnswersOptions, "answers"),
    "explain": (ExplainOptions, "explain"),
    "export": (ExportOptions, "export"),
    "bundle": (BundleOptions, "bundle"),
    "record": (RecordOptions, "record"),
    "completion": (CompletionOptions, "completion"),
    "manual": (ManualOptions, "manual"),
    "lab": (LabOptions, "lab"),
}
"""The options of each command, and the module whose function `run` takes them and returns the exit code; "" is the
wizard."""
