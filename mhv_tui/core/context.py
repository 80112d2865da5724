"""The context of a probe or change: the backend, the target with its answers, progress and cancellation."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from mhv_tui.core.answers import Answers
from mhv_tui.core.findings import Finding
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.targets import Target

if TYPE_CHECKING:
    from mhv_tui.core.identities import ObjectIdentity
    from mhv_tui.core.ports import Backend

T = TypeVar("T")


class ProgressCallback(Protocol):
    """A callback for the progress of a change; the arguments are the fields of `core.events.Progress`."""

    def __call__(self, done: int, total: int, unit: str, note: str, phase: str = "", /) -> None: ...


LogCallback = Callable[[str, Sequence[str]], None]
"""A callback for new lines in the log of a remote program: the program with its place, and the lines."""


def ignore_progress(done: int, total: int, unit: str, note: str, phase: str = "", /) -> None:
    """A ProgressCallback for callers that do not show progress."""


def ignore_log(source: str, lines: Sequence[str]) -> None:
    """A LogCallback for callers that do not show logs."""


class Same:
    """A key that is equal only for the same object, which it keeps alive."""

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


class Once(Protocol):
    """Returns the result of `work`, or the result of an earlier call with the same key."""

    def __call__(self, key: Hashable, work: Callable[[], T], /) -> T: ...


def each_time(key: Hashable, work: Callable[[], T], /) -> T:
    """An Once that remembers nothing."""
    return work()


@dataclass(frozen=True)
class ProvenPort:
    """A port of a test server that ran on vCenter: its network, the compute service, and the day (ISO 8601)."""

    host: str
    network: str
    day: str


@dataclass(frozen=True)
class Trial:
    """How Neutron bound a port to the node's host name."""

    network: str
    host: str
    vif_type: str
    details: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    day: str = ""
    """The day of the trial (ISO 8601) if an earlier run made it; "" if this run or wizard did."""


TrialKey = tuple[str, ...]
"""What the result of a trial depends on: its kind, the system and the objects."""


@dataclass(frozen=True)
class Context:
    """Everything that a probe or a change needs for its I/O, for one target."""

    backend: Backend
    target: Target
    session: str
    """The name of the session."""
    on_progress: ProgressCallback = ignore_progress
    on_log: LogCallback = ignore_log
    stop: Callable[[], None] = lambda: None
    """A function that long waits call; raises Cancelled if the operator stops the run."""
    earlier: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Step id -> facts of an earlier step of this target, without steps that were not checked."""
    completed_ids: frozenset[str] = frozenset()
    """Ids of the changes that this session completed and did not undo, because no probe can detect some of them."""
    begun: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=lambda: MappingProxyType({}))
    """Id of each change that this session began and did not complete -> the state before it, once for each intent."""
    identities: Mapping[str, Sequence[ObjectIdentity]] = field(default_factory=lambda: MappingProxyType({}))
    """Step id -> the identities that this session has recorded for its objects."""
    failed_tests: Mapping[str, tuple[Finding, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Step id -> a finding for each smoke test of this target whose last run failed."""
    awaits_tests: bool = False
    """True if the session has changed something after its last smoke tests."""
    last_tests: Mapping[str, Finding] = field(default_factory=lambda: MappingProxyType({}))
    """Step id -> the result of the last smoke tests of this target, if it still holds."""
    proven_ports: tuple[ProvenPort, ...] = ()
    """The ports of the last test servers on vCenter; none if a change was made or undone since."""
    once: Once = each_time
    """Runs a probe; the runs of several targets share the result of the probes that they have in common."""
    machine_locks: Path | None = None
    """The directory with the locks of machines; None if no other run can reach them, as in a simulated world."""
    trial_allowed: bool = False
    """True if a probe may create a test object, such as a port, and delete it at once. False in `mhv-tui check`."""
    trials: dict[TrialKey, Trial] = field(default_factory=dict)
    """The results of the last test objects, for probes that may create none. The operator's next check clears them."""
    past_trials: Mapping[TrialKey, Trial] = field(default_factory=lambda: MappingProxyType({}))
    """The results that the session's runs recorded; none if a change was undone since, or servers proved more."""

    @property
    def answers(self) -> Answers:
        return self.target.answers

    def facts_of(self, kind: type[T]) -> T | None:
        """The facts of the earlier step whose facts have this type; None if it has no facts."""
        return facts_of(self.earlier, kind)

    def answers_of(self, kind: type[T]) -> T:
        """The answers of the step whose answers have this type."""
        return self.answers.of(kind)


def facts_of(earlier: Mapping[str, Any], kind: type[T]) -> T | None:
    """The facts that have this type; None if there are none. Every step has its own type of facts."""
    return next((facts for facts in earlier.values() if isinstance(facts, kind)), None)
