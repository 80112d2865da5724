"""A client of one flooding system in a process of its own: prints how it ended, its seconds, and its peak of memory.

Run it as `python -m tests.adapters.flood_client cloud|vcenter|ssh PORT` or `... command ARGUMENTS`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from mhv_tui.core.errors import FindingError
from mhv_tui.core.secret import Revealed
from tests.adapters.servers import HOST

MIB = 1 << 20


def peak() -> int:
    """MiB of resident memory at its largest. getrusage would also count the parent before exec."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) >> 10 for line in lines if line.startswith("VmHWM:"))


def cloud(port: int) -> None:
    from mhv_tui.adapters.cloud import SdkCloud
    from mhv_tui.core.openstack import CloudLogin

    url = f"http://{HOST}:{port}/v3"
    login = CloudLogin(auth_url=url, username="admin", project_name="admin", region_name="R")
    with_token = SdkCloud(login, Revealed("p4ssw0rd"))
    try:
        with_token.services()
    finally:
        with_token.close()


def vcenter(port: int) -> None:
    from mhv_tui.adapters.vsphere import PyvmomiVcenter
    from mhv_tui.core.vsphere import VcenterLogin

    login = VcenterLogin(HOST, port, "u", "insecure", "")
    session = PyvmomiVcenter(login, Revealed("p4ssw0rd"))
    try:
        session.clock()
        session._references = {"": session.session.content.rootFolder}
        session.missing_privileges({"": ("System.Read",)})
    finally:
        session.close()


def ssh(port: int) -> None:
    from mhv_tui.adapters import ssh as client
    from mhv_tui.adapters.ssh_limits import Bounds
    from tests.adapters.ssh_servers import secrets_of, target_of

    connection = client.connect(target_of(port), secrets_of(pinned=sys.argv[3]))
    connection.execute("dpkg-query -W", Bounds("list its packages", seconds=30.0), b"\n")


SYSTEMS: dict[str, Callable[[int], None]] = {"cloud": cloud, "vcenter": vcenter, "ssh": ssh}


def main(system: str, *arguments: str) -> None:
    start, error = time.monotonic(), ""
    if system == "command":
        from mhv_tui import cli

        error = f"exit {cli.main(arguments)}"
    else:
        try:
            SYSTEMS[system](int(arguments[0]))
        except FindingError as failed:
            error = f"{failed.finding.code} {failed.message}"
    print(json.dumps({"error": error, "seconds": time.monotonic() - start, "peak": peak()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
