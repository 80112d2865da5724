"""Runs one operation against a fault at one of its calls, and judges how it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from mhv_tui.adapters.limits import MIB, Limit, Limits
from mhv_tui.adapters.trust import fingerprint
from mhv_tui.core.errors import FindingError
from mhv_tui.domain.catalogue import ENTRIES
from tests.adapters.raw_server import http_context
from tests.adapters.servers import Identity, identity
from tests.faults.proxy import Fault, FaultProxy, ProxiedRequest, Upstream, fault_proxy

SECONDS = 2.0
SHORT = Limit(SECONDS, 8 * MIB)
LIMITS = Limits(
    first_contact=SHORT,
    login=Limit(2 * SECONDS, 8 * MIB),
    call=Limit(2 * SECONDS, 8 * MIB),
    soap=SHORT,
    operation=Limit(4 * SECONDS, 8 * MIB),
    task=SHORT,
    stall=SHORT,
    stored=SHORT,
    repeats=Limit(1.0),
    close=Limit(0.3),
)
"""Limits that a test waits for."""

LONGEST = 6 * SECONDS + 3
"""Seconds until a sentence, with LIMITS: an operation, its task, the close of its connection, and a busy machine."""

CRASHES = ("WZ09", "WZ11")
"""Codes of a crash."""


ONE_OF_EACH_KIND = (
    "name gone",
    "connection refused",
    "connection limit",
    "certificate changed",
    "silent",
    "silent after the headers",
    "reset in the answer",
    "dripping body",
    "garbage",
    "web page",
    "status 503",
    "redirect 307",
    "session ended",
)
"""The faults of every run; the others belong to the matrix."""


def by_fault(faults: Iterable[Fault], chosen: Sequence[str] = ONE_OF_EACH_KIND) -> pytest.MarkDecorator:
    """Parametrizes a test by `fault`. Those that are not chosen belong to the matrix."""
    rows = [pytest.param(f, id=f.name, marks=() if f.name in chosen else pytest.mark.matrix) for f in faults]
    return pytest.mark.parametrize("fault", rows)


@dataclass(frozen=True)
class Outcome:
    """How an operation ended: its error or None, and the seconds that it took."""

    error: FindingError | None
    seconds: float


def outcome_of(operation: Callable[[], object]) -> Outcome:
    """Runs an operation. Any other exception than ours is a defect, and passes."""
    began = time.monotonic()
    try:
        operation()
    except FindingError as error:
        return Outcome(error, time.monotonic() - began)
    return Outcome(None, time.monotonic() - began)


def problems(outcome: Outcome, secrets: Sequence[str], longest: float = LONGEST) -> list[str]:
    """What is wrong with how an operation ended; empty if it is as it should be."""
    wrong = [] if outcome.seconds < longest else [f"took {outcome.seconds:.1f} s"]
    error = outcome.error
    if error is None:
        return wrong
    finding = error.finding
    text = f"{finding.detail} {finding.remedy} {finding.subject}"
    if finding.code not in ENTRIES or finding.code in CRASHES:
        wrong.append(f"has the code {finding.code}")
    if not error.message or not error.remedy:
        wrong.append("lacks a sentence or a remedy")
    wrong += [f"has the text {sign!r}" for sign in ("Traceback", "object at 0x", "Error(", "\n") if sign in text]
    wrong += ["has a secret"] * any(secret in text for secret in secrets)
    return [f"{finding.code} {error.message}: {problem}" for problem in wrong]


def recorded(proxy: FaultProxy, operation: Callable[[], object]) -> list[str]:
    """The calls of an operation without a fault."""
    proxy.disarm()
    operation()
    return list(proxy.calls)


def first_calls(calls: Sequence[str]) -> list[int]:
    """The position of each different call."""
    return [number for number, name in enumerate(calls) if name not in calls[:number]]


@dataclass(frozen=True)
class Authority:
    """Two test authorities, each with a certificate for the same name; a client trusts the first."""

    ca_file: Path
    trusted: Identity
    own: tuple[str, str]
    other: tuple[str, str]

    @property
    def sha256(self) -> str:
        """The fingerprint of the trusted certificate."""
        return fingerprint(self.trusted.certificate.public_bytes(Encoding.PEM).decode())


def authority(name: str, directory: Path) -> Authority:
    """Creates both in a directory."""
    trusted, foreign = (identity(f"{kind} authority", authority=True) for kind in ("test", "foreign"))
    ca_file, _ = trusted.files(directory, "authority")
    shown = identity(name, issuer=trusted)
    return Authority(
        Path(ca_file),
        shown,
        shown.files(directory, "shown"),
        identity(name, issuer=foreign).files(directory, "changed"),
    )


@contextmanager
def tls_proxy(
    name: str, upstream: Upstream, name_of: Callable[[ProxiedRequest], str], certificates: Authority
) -> Iterator[FaultProxy]:
    """A proxy with TLS, which shows the second certificate if its certificate changes."""
    with fault_proxy(
        name, upstream, name_of, http_context(*certificates.own), http_context(*certificates.other)
    ) as proxy:
        yield proxy


def armed(proxy: FaultProxy, fault: Fault, first: int, operation: Callable[[], object], once: bool = False) -> Outcome:
    """The outcome of an operation with a fault from a call on, or at this call only."""
    proxy.disarm()
    proxy.arm(fault, first, once)
    return outcome_of(operation)


@dataclass
class Ledger:
    """What a series of cases measured: their number, the longest time to a sentence, and what was wrong."""

    cases: int = 0
    longest: float = 0.0
    slowest: str = ""
    wrong: list[str] = field(default_factory=list)

    def add(self, case: str, outcome: Outcome, problems: Sequence[str]) -> None:
        """Counts a case."""
        self.cases += 1
        if outcome.error is not None and outcome.seconds > self.longest:
            self.longest, self.slowest = outcome.seconds, f"{case}: {outcome.error.message}"
        self.wrong += [f"{case}: {problem}" for problem in problems]

    def report(self, record: Callable[[str, object], None]) -> None:
        """Adds the figures to the test report (junit), and fails if a case was wrong."""
        for name in ("cases", "longest", "slowest"):
            record(name, getattr(self, name))
        assert self.cases and self.wrong == [], "\n".join(self.wrong)
