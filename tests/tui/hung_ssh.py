"""Connects in the wizard's worker to an SSH server that never answers, at 127.0.0.1:PORT; ends when a line is typed."""

import logging
import sys

from mhv_tui.adapters.backend import RealBackend
from mhv_tui.cli.exits import leave
from mhv_tui.cli.open_state import close_soon
from mhv_tui.core.machine import SshHost, SurveyRequest
from mhv_tui.core.secret import Vault
from mhv_tui.tui.worker import LatestOnlyWorker

BACKEND = RealBackend(Vault())
HOST = SshHost("127.0.0.1", int(sys.argv[1]), "root", host_key="SHA256:x")


def survey() -> None:
    BACKEND.node(HOST).survey(SurveyRequest())


def read_host_key() -> None:
    BACKEND.host_key(HOST)


if __name__ == "__main__":
    logging.getLogger().addHandler(logging.NullHandler())  # as the wizard does
    worker = LatestOnlyWorker()
    worker.submit("node", survey)
    worker.submit("key", read_host_key)
    input()
    close_soon(BACKEND)
    leave(0)
