"""The checks of the vCenter pages while vCenter fails: each ends in findings with a sentence and a remedy, in time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import tomli_w

from mhv_tui.adapters.backend import RealBackend
from mhv_tui.core.answerfile import parse_text
from mhv_tui.core.answers import Trust
from mhv_tui.core.context import Context
from mhv_tui.core.secret import Vault
from mhv_tui.core.targets import Target
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.demo.scenes import answers_of
from mhv_tui.engine.check import check_steps
from mhv_tui.lab import simulator
from tests.faults.harness import (
    LIMITS,
    SECONDS,
    Authority,
    Ledger,
    Outcome,
    authority,
    by_fault,
    first_calls,
    tls_proxy,
)
from tests.faults.kinds import FAULTS
from tests.faults.names import name_service
from tests.faults.proxy import Fault, FaultProxy, to_server
from tests.faults.test_runs import Log, codes
from tests.faults.test_vcenter import NAME, OPTIONAL, call_of
from tests.steps.case_world import PAGES, SCHEMA
from tests.steps.test_simulator import SOUND, WORLD

pytestmark = [pytest.mark.vcenter, pytest.mark.slow]

CHECK = 12 * SECONDS
"""Seconds of a check of the five pages."""


class VcenterBackend:
    """The vCenter is real, everything else is simulated."""

    def __init__(self, real: RealBackend, demo: DemoBackend) -> None:
        self.certificate, self.vcenter, self.close = real.certificate, real.vcenter, real.close
        self.cloud, self.local, self.node, self.host_key = demo.cloud, demo.local, demo.node, demo.host_key
        self.reveal, self.now, self.sleep = demo.reveal, real.now, demo.sleep
        self.allow_login_retry = real.allow_login_retry


@dataclass(frozen=True)
class Pages:
    """The proxy in front of vCenter, and the simulated rest."""

    proxy: FaultProxy
    certificates: Authority
    directory: Path

    def context(self) -> Context:
        """A new connection to everything."""
        document = {k: v for k, v in answers_of("article").items() if k in SCHEMA or k == "mhv_answers"}
        answers = parse_text(tomli_w.dumps(document), SCHEMA)
        trust = Trust("ca_file", str(self.certificates.ca_file))
        username = "administrator@vsphere.local"
        answers = answers.replace("vcenter", host=NAME, port=self.proxy.port, username=username, trust=trust)
        vault = Vault()
        vault.put(answers.tables["vcenter"].password, "VMware1!")
        demo = DemoBackend(self.directory / "world.json")
        return Context(VcenterBackend(RealBackend(vault, limits=LIMITS), demo), Target("", answers), "s1")

    def checked(self) -> Log:
        """The findings of the five pages with a new connection."""
        ctx, log = self.context(), Log()
        try:
            check_steps(PAGES, ctx, log)
        finally:
            ctx.backend.close()
        return log


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    directory = tmp_path_factory.mktemp("vcenter")
    sim = simulator.start(simulator.SAMPLE, directory=directory)
    certificates = authority(NAME, directory)
    upstream = to_server(sim.host, sim.port, tls=True)
    try:
        simulator.control(sim, "POST", "/inventory", WORLD.format(**SOUND))
        with name_service() as names, tls_proxy(NAME, upstream, call_of, certificates) as proxy:
            names.proxies[NAME] = proxy
            yield Pages(proxy, certificates, directory)
    finally:
        simulator.stop(sim)


def check_with(pages: Pages, fault: Fault, number: int, usual: set[str], calls: list[str], ledger: Ledger) -> None:
    """Checks the pages with the fault from this call on."""
    pages.proxy.disarm()
    pages.proxy.arm(fault, number)
    began = time.monotonic()
    log = pages.checked()
    seconds = time.monotonic() - began
    wrong = log.problems() + [f"took {seconds:.1f} s"] * (seconds > CHECK)
    wrong += ["nothing is reported"] * (codes(log) <= usual and calls[number] not in OPTIONAL)
    ledger.add(f"{fault.name} at {calls[number]}", Outcome(None, seconds), wrong)
    ledger.longest = max(ledger.longest, log.seconds)
    pages.proxy.disarm()


def recorded(pages: Pages) -> tuple[list[str], set[str]]:
    """The calls and the codes of a check without a fault."""
    pages.proxy.disarm()
    usual = codes(pages.checked())
    return list(pages.proxy.calls), usual


@by_fault(FAULTS, ("silent", "web page"))
def test_a_check_of_the_pages_reports_a_vcenter_that_fails(
    pages: Pages, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    (calls, usual), ledger = recorded(pages), Ledger()
    check_with(pages, fault, calls.index("RetrievePropertiesEx"), usual, calls, ledger)
    ledger.report(record_property)


@pytest.mark.matrix
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_check_of_the_pages_meets_every_fault_at_every_call(
    pages: Pages, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    (calls, usual), ledger = recorded(pages), Ledger()
    for number in first_calls(calls):
        check_with(pages, fault, number, usual, calls, ledger)
    ledger.report(record_property)
