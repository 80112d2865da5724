"""A wizard that checks its pages for a long time with a simulated clock: prints what it uses after some checks.

Run it as `python -m tests.demo.long_life NUMBER...`: one line of JSON after each number of checks.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
import threading
import tracemalloc
from collections.abc import Callable
from typing import Any

from mhv_tui.cli.late_backend import LateBackend
from mhv_tui.cli.setup import DemoMode, logging_to, schema, set_up
from mhv_tui.core import answerfile
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.demo.scenes import answers_of
from mhv_tui.engine.run import Run
from mhv_tui.engine.session import Session, open_session
from mhv_tui.engine.stop import Stop
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.steps import FLOW

BETWEEN = 30.0
"""Simulated seconds between two checks."""
FAULTS: tuple[dict[str, str], ...] = (
    {},
    {"vcenter.inventory": "VC21 vCenter did not answer"},
    {"node.survey": "a defect"},
    {"world.cloud": "OS10 Keystone did not answer"},
)
"""The simulated systems fail in turn."""


def used() -> dict[str, int]:
    """Memory that Python objects use, memory of the process, threads and open files."""
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as file:
        resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return {
        "objects": tracemalloc.get_traced_memory()[0],
        "resident": resident,
        "threads": threading.active_count(),
        "descriptors": len(os.listdir("/proc/self/fd")),
    }


def wizard(session: Session) -> tuple[WizardState, DemoBackend, Callable[[], object]]:
    """The wizard's state with its simulated backend, and a whole check as `mhv-tui check` runs it."""
    answers = answerfile.parse_text(answerfile.dumps(answers_of("article")), schema())
    setup = set_up(DemoMode("article"), session, answers)
    assert isinstance(setup.backend, LateBackend)
    backend = setup.backend.backend
    assert isinstance(backend, DemoBackend)
    state = WizardState(FLOW, setup.context(), session, setup.vault, lambda: backend.now().date())

    def check_all() -> None:
        run = Run(FLOW, setup.context(), session, lambda event: None, Stop(), state.overrides())
        run.check()
        run.save_findings()

    return state, backend, check_all


def check(number: int, state: WizardState, backend: DemoBackend, check_all: Callable[[], object]) -> None:
    """One check of a page, after an answer was changed or the operator asked for it; each hundredth checks all."""
    backend.sleep(BETWEEN)
    backend.store.state["faults"] = dict(FAULTS[number // 50 % len(FAULTS)])
    page: Any = FLOW[number % len(FLOW)]
    if number % 100 == 99:
        check_all()
    elif number % 7 == 0:
        state.give("image", "name", f"image-{number % 5}")
        state.try_again()
    else:
        state.forget(page.id)
    state.check(page.id)


def main(measured: list[int]) -> None:
    session = open_session("long")
    tracemalloc.start()
    with logging_to(session):
        logging.getLogger().setLevel(logging.CRITICAL)  # the log is a file that may grow
        wizard_and_backend = wizard(session)
        for number in range(1, measured[-1] + 1):
            check(number, *wizard_and_backend)
            if number in measured:
                wizard_and_backend[0].flush()
                print(json.dumps({"checks": number, **used()}), flush=True)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]])
