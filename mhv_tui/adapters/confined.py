"""Starts a program that reads a file which may be hostile: Linux (Landlock) lets it open that file and little else.

The program ends when mhv-tui ends. This file runs as a separate script, so that no thread of mhv-tui runs between fork
and exec. Without Landlock (before Linux 5.13, or disabled), the program runs without this limit; its caller has checked
the file before. Sources: prctl(2), landlock(7), and linux/landlock.h for the numbers, which are the same on every known
architecture.
"""

from __future__ import annotations

import ctypes
import os
import signal
import struct
import sys
from collections.abc import Sequence
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION, PATH_BENEATH = 1, 1

EXECUTE, WRITE, READ, READ_DIR, TRUNCATE = (1 << bit for bit in (0, 1, 2, 3, 14))
FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1}
"""Version of Landlock -> all file access rights of this version. Version 3 and later use ALL."""
ALL = (1 << 15) - 1
NETWORK_SINCE, NETWORK = 4, 0b11
"""First version of Landlock with network rights, and these rights: to bind and to connect TCP ports."""

SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/opt", "/nix/store", "/gnu/store", "/etc/ld.so.cache")
"""Paths from which a program and its libraries are read."""
DEVICES = ("/dev/null", "/dev/urandom")


def command(source: int, target: Path, argv: Sequence[str]) -> list[str]:
    """Returns the command that runs `argv`. It may read the open file `source` and write `target`; both must exist."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), str(source), str(target), *argv]


def version() -> int:
    """Returns the version of Landlock that Linux supports; 0 if it has none."""
    number = ctypes.CDLL(None, use_errno=True).syscall(CREATE_RULESET, None, ctypes.c_size_t(0), VERSION)
    return max(0, int(number))


def confine(source: int, target: str, program: str) -> None:
    """Lets this process only read `source`, write `target` and run `program`. Does nothing without Landlock."""
    libc = ctypes.CDLL(None, use_errno=True)
    known = version()
    if not known:
        return
    handled = FILE_RIGHTS.get(known, ALL)
    attributes = struct.pack("=QQ", handled, NETWORK) if known >= NETWORK_SINCE else struct.pack("=Q", handled)
    ruleset = libc.syscall(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)

    def allow(handle: int, rights: int) -> None:
        rule = struct.pack("=Qi", rights & handled, handle)
        if libc.syscall(ADD_RULE, ruleset, PATH_BENEATH, rule, 0):
            raise OSError(ctypes.get_errno(), "landlock_add_rule")

    allow(source, READ)
    rights = [(target, READ | WRITE | TRUNCATE), (program, READ | EXECUTE)]
    rights += [(name, READ | WRITE) for name in DEVICES]
    rights += [(name, READ | EXECUTE | (READ_DIR if Path(name).is_dir() else 0)) for name in SYSTEM]
    for name, right in rights:
        if Path(name).exists():
            handle = os.open(name, os.O_PATH | os.O_CLOEXEC)
            allow(handle, right)
            os.close(handle)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.syscall(RESTRICT_SELF, ruleset, 0):
        raise OSError(ctypes.get_errno(), "landlock_restrict_self")


def main(arguments: Sequence[str]) -> None:
    """Confines this process and becomes PROGRAM. Arguments: PARENT SOURCE TARGET PROGRAM ARGUMENTS..."""
    parent, source, target, *argv = arguments
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):  # it ended before we asked to end with it
        return
    confine(int(source), target, argv[0])
    os.execv(argv[0], argv)


if __name__ == "__main__":
    main(sys.argv[1:])
