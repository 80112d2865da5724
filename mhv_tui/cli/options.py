"""The command line as data: one frozen class per command. `parser` creates them and nothing changes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DEFAULT_SCENE = "article"


@dataclass(frozen=True, kw_only=True)
class BackendOptions:
    """Selects the session, the answers and the backend of a run."""

    session: str = ""
    """Empty: the name of the answer file or of the scene."""
    file: str = ""
    """The answer file; empty: the answers of the session, or of the scene."""
    demo: bool = False
    scene: str = DEFAULT_SCENE
    fresh: bool = False


@dataclass(frozen=True, kw_only=True)
class WizardOptions(BackendOptions):
    plain: bool = False


@dataclass(frozen=True, kw_only=True)
class RunOptions(BackendOptions):
    """Options of check, plan and apply. `check` has no fixes, prove and yes; `apply` has no all_checks."""

    command: Literal["check", "plan", "apply"]
    steps: tuple[str, ...] = ()
    accepts: tuple[str, ...] = ()
    """As typed: CODE=REASON."""
    fixes: tuple[str, ...] = ()
    prove: bool = False
    yes: bool = False
    json: bool = False
    all_checks: bool = False


@dataclass(frozen=True, kw_only=True)
class UndoOptions(BackendOptions):
    yes: bool = False
    json: bool = False


@dataclass(frozen=True, kw_only=True)
class SessionsOptions:
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
    """The name of a session, or the path of an answer file."""
    to: str
    """A name of `export.EXPORTERS`."""
    format: Literal["text", "md", "json"] = "text"
    output: str = ""


@dataclass(frozen=True, kw_only=True)
class BundleOptions:
    source: str
    """The name of a session, or the answer file that it runs with."""
    check: bool = True
    """Check once more, so that the bundle has the world that the checks read."""
    output: str = ""
    yes: bool = False


@dataclass(frozen=True, kw_only=True)
class LabOptions:
    action: Literal["up", "status", "answers", "down", "destroy"]
    name: str
    profile: str = ""
    vcenter: str = ""
    """A file with the vCenter's inventory; empty: the lab's previous one."""
    parts: str = ""
    """Comma-separated."""
    kind: str = ""
    """The kind of the port group: distributed or standard."""


Options = (
    WizardOptions
    | RunOptions
    | UndoOptions
    | SessionsOptions
    | AnswersOptions
    | ExplainOptions
    | ExportOptions
    | BundleOptions
    | LabOptions
)
