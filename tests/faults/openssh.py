"""OpenSSH's server on this machine, in a mount namespace of its own. Needs root on Debian or Ubuntu.

Its packages are unpacked, not installed, because an installation would start a server for everyone. In the namespace
it has its system user, its own /run, and tools in place of those that change the machine. What it creates in /var/lib
disappears with it.
"""

from __future__ import annotations

import base64
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mhv_tui.adapters.ssh_login import Secrets, digest
from mhv_tui.lab import host

PACKAGES = ("openssh-server", "libwrap0")
TOOLS = ("apt-get", "systemctl", "systemd-run")
"""Programs that do nothing in the namespace."""

START = """
set -e
mount --make-rprivate /
cp /etc/passwd {directory}/passwd
grep -q ^sshd: /etc/passwd || echo 'sshd:x:33:65534::/run/sshd:/usr/sbin/nologin' >>{directory}/passwd
mount --bind {directory}/passwd /etc/passwd
mount --bind {directory}/run /run
mkdir /run/sshd
mount --rbind /var/lib {directory}/lib
mount -t tmpfs tmpfs /var/lib
for entry in {directory}/lib/*; do ln -s "$entry" /var/lib/; done
for tool in {tools}; do
    path=$(command -v $tool) && mount --bind /bin/true "$path" || true
done
exec env LD_LIBRARY_PATH="$(echo {root}/usr/lib/*-linux-gnu)" {root}/usr/sbin/sshd -D -e -f {directory}/sshd_config
"""

CONFIG = """
Port {port}
ListenAddress 127.0.0.1
HostKey {directory}/host_key
AuthorizedKeysFile {directory}/user_key.pub
PermitRootLogin yes
StrictModes no
UsePAM no
PidFile none
"""


@dataclass(frozen=True)
class Openssh:
    """A running server: its port, the key of its user root, and the pin of its host key."""

    port: int
    key_file: Path
    secrets: Secrets


def unpacked() -> Path:
    """The directory with the unpacked packages; downloads them once."""
    root = host.cache_dir() / "openssh"
    if not (root / "usr/sbin/sshd").exists():
        root.mkdir(exist_ok=True)
        host.run(["sh", "-c", f"cd {root} && apt-get download {' '.join(PACKAGES)}"], timeout=300)
        for package in root.glob("*.deb"):
            host.run(["dpkg", "-x", str(package), str(root)])
    return root


@contextmanager
def openssh(directory: Path) -> Iterator[Openssh]:
    """Runs the server during the `with` block. Its files are in a directory."""
    root = unpacked()
    for name in ("run", "lib"):
        (directory / name).mkdir()
    for name in ("host_key", "user_key"):
        host.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / name)])
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    (directory / "sshd_config").write_text(CONFIG.format(port=port, directory=directory))
    script = START.format(directory=directory, root=root, tools=" ".join(TOOLS))
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(["unshare", "-m", "sh", "-c", script], stderr=log)
    try:
        _wait_for(port, directory / "log")
        blob = base64.b64decode((directory / "host_key.pub").read_text().split()[1])
        secrets = Secrets(lambda: None, lambda: None, digest(blob))
        yield Openssh(port, directory / "user_key", secrets)
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int, log: Path) -> None:
    """Waits until the port answers. Raises AssertionError with the log."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text(errors="replace"))
