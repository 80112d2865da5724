"""The port core.ports.Node over SSH: each verb is a small POSIX script that needs nothing but a shell on the machine.

Refuses to put a secret on a command line there; the sudo password goes by the script's input.
"""

from __future__ import annotations

import hashlib
import shlex
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources

from mhv_tui.adapters import node_survey
from mhv_tui.adapters.ssh import Connection, Output
from mhv_tui.adapters.troubles import failure
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import Completed, Question, RemoteFile, Survey
from mhv_tui.core.secret import Revealed

SURVEY_TIMEOUT = 240.0
"""Seconds; dnf may read its repositories first."""
UNIT_TIMEOUT = 200.0
PACKAGES_TIMEOUT = 3600.0
LOST_TIMEOUT = 180.0
"""Seconds during which a dropped connection is made anew while a detached job goes on."""

UNIT_VERBS = frozenset({"enable", "disable", "start", "stop", "restart", "reset-failed", "daemon-reload"})

#: What the package tool says -> the code that tells of it; everything else is CN32.
PACKAGE_TROUBLES: Mapping[str, str] = {
    "Could not get lock": "CN03",
    "Unable to acquire the dpkg frontend lock": "CN03",
    "dpkg was interrupted": "CN04",
    "Unable to locate package": "CN05",
    "has no installation candidate": "CN05",
    "Failed to fetch": "CN05",
    "Temporary failure resolving": "CN05",
    "No match for argument": "CN05",
    "No space left on device": "CN17",
}


@cache
def script(name: str) -> str:
    """The text of node_scripts/`name`.sh."""
    return resources.files("mhv_tui.adapters").joinpath("node_scripts", f"{name}.sh").read_text(encoding="utf-8")


class SshNode:
    """One machine. `connect` makes the connection, again where it dropped; `sudo` gives the password, or None."""

    def __init__(self, name: str, connect: Callable[[], Connection], sudo: Callable[[], Revealed | None]) -> None:
        self.name = name
        self._connect = connect
        self._sudo = sudo
        self._kept: Connection | None = connect()
        self._lock = threading.Lock()
        self._refused: str | None = None

    def _connection(self) -> Connection:
        with self._lock:
            if self._kept is not None and not self._kept.alive:
                self._kept.close()
                self._kept = None
            if self._kept is None:
                self._kept = self._connect()
            return self._kept

    def _root(
        self, text: str, *arguments: str, stdin: bytes = b"", timeout: float = 120.0, need: str = "must"
    ) -> tuple[Output, str]:
        """Runs a script as root; returns what it answered and how we became root. Raises CN02."""
        # A sudo password that was wrong once is not tried again: it counts towards a lock-out.
        password = None if self._refused else self._sudo()
        given = root_input(self.name, password, stdin)
        command = shlex.join(["sh", "-c", script("become"), "mhv-tui", need, text, *arguments])
        output = self._connection().execute(command, given, timeout)
        way, rest = _way(output.err)
        if way.startswith("no") and password is not None and "ask" not in way:
            self._refused = way.removeprefix("no").strip()
        if way.startswith("no") and need == "must":
            reason = self._refused or way.removeprefix("no").strip()
            raise failure("CN02", f"{self._who()} does not become root on {self.name}: {reason}", subject=self.name)
        return Output(output.code, output.out, rest), way.split(" ")[0]

    def _who(self) -> str:
        return self._connection().target.username

    def _done(self, doing: str, text: str, *arguments: str, stdin: bytes = b"", timeout: float = 120.0) -> bytes:
        output, _ = self._root(text, *arguments, stdin=stdin, timeout=timeout)
        if output.code:
            raise failure("CN31", f"{self.name} did not {doing}: {_last_words(output)}", subject=self.name)
        return output.out

    def survey(self, question: Question) -> Survey:
        """One request; what only root may see stays unknown where we cannot become root."""
        arguments = node_survey.arguments(question)
        output, way = self._root(script("survey"), *arguments, timeout=SURVEY_TIMEOUT, need="may")
        text = output.out.decode("utf-8", "replace")
        if not node_survey.complete(text):
            raise failure("CN31", f"{self.name} did not answer the survey: {_last_words(output)}", subject=self.name)
        return node_survey.survey(text, self._who(), way or "no")

    def read(self, path: str) -> RemoteFile | None:
        """A file with mode and owner; None where there is none."""
        output, _ = self._root(script("read"), path)
        if output.code == 44:
            return None
        if output.code:
            raise failure("CN31", f"{self.name} did not read {path}: {_last_words(output)}", subject=path)
        head, _, content = output.out.partition(b"\n")
        mode, owner, group = head.decode().split(" ")
        return RemoteFile(content, int(mode, 8), owner, group)

    def write(self, path: str, file: RemoteFile) -> None:
        """Atomic: a file of its own beside the target, given mode and owner, then renamed."""
        arguments = (path, f"{file.mode:04o}", f"{file.owner}:{file.group}", str(len(file.content)))
        self._done(f"write {path}", script("write"), *arguments, stdin=file.content)

    def copy(self, source: str, target: str) -> None:
        """Copies a file with mode and owner."""
        self._done(f"copy {source} to {target}", script("copy"), source, target)

    def remove(self, path: str) -> None:
        """Removes a file; one that is not there is done already."""
        self._done(f"remove {path}", 'rm -f -- "$1"', path)

    def installed(self) -> Mapping[str, str]:
        """Every package that is there, half-configured ones among them, and its version."""
        text = self._done("list its packages", script("installed")).decode("utf-8", "replace")
        rows = (line.partition("\t") for line in text.splitlines())
        return {name: version for name, tab, version in rows if tab}

    def install(self, job: str, packages: Sequence[str], heard: Callable[[int, str], None]) -> None:
        """Installs as a detached job: it goes on without us, and is found again under the same name."""
        self._detached(job, "install", packages, heard)

    def brought(self, job: str) -> frozenset[str] | None:
        """From the job's own record, which is written before anything is unpacked."""
        names = self._done("show what its job brought", script("brought"), _job_id(job)).decode().split()
        return None if "?" in names else frozenset(names)

    def forget(self, job: str) -> None:
        """An end that nobody heard counts as heard, and the record goes."""
        self._done("forget its job", script("forget"), _job_id(job))

    def purge(self, packages: Sequence[str]) -> None:
        """Purges exactly these; refuses where others would go with them."""
        self._detached(purge_job(packages), "purge", packages, lambda percent, line: None)

    def refresh_packages(self) -> None:
        """Brings the package lists up to date."""
        self._detached("refresh", "refresh", (), lambda percent, line: None)

    def _detached(self, job: str, verb: str, packages: Sequence[str], heard: Callable[[int, str], None]) -> None:
        job = _job_id(job)
        doing = {"install": "install the packages", "purge": "purge the packages"}.get(
            verb, "refresh the package lists"
        )
        self._done(doing, script("start"), job, script("brought"), verb, *packages, stdin=script("job").encode())
        code = self._follow(job, heard)
        words = self._done(doing, script("told"), job).decode("utf-8", "replace")
        if code != "0":
            raise _package_trouble(self.name, doing, code, words)

    def _follow(self, job: str, heard: Callable[[int, str], None]) -> str:
        """Polls a job to its end, through dropped connections; its exit code, or "killed"."""
        end, lost, percent = time.monotonic() + PACKAGES_TIMEOUT, 0.0, 0
        while time.monotonic() < end:
            try:
                state, status, line = _three(self._done("look at its job", script("poll"), job, timeout=30.0))
                lost = 0.0
            except FindingError as dropped:
                lost = lost or time.monotonic()
                if dropped.finding.code != "CN29" or time.monotonic() - lost > LOST_TIMEOUT:
                    raise
                heard(percent, f"the connection dropped; the work goes on on {self.name}")
                time.sleep(3.0)
                continue
            percent = max(percent, progress(status))
            if not state.startswith("running"):
                return state.removeprefix("ended").strip() if state.startswith("ended") else "killed"
            heard(percent, line)
            time.sleep(1.0)
        raise failure("WZ07", f"the package tool on {self.name} has not ended after {PACKAGES_TIMEOUT / 60:.0f} min")

    def unit(self, name: str, verb: str) -> None:
        """systemctl VERB NAME."""
        if verb not in UNIT_VERBS:
            raise ValueError(f"systemctl {verb} is none of {', '.join(sorted(UNIT_VERBS))}")
        arguments = [verb, name] if name else [verb]
        self._done(f"{verb} {name}".strip(), 'exec systemctl "$@"', *arguments, timeout=UNIT_TIMEOUT)

    def journal(self, unit: str, lines: int = 200) -> str:
        """The last lines of a unit's journal and log."""
        return self._done(f"show the journal of {unit}", script("journal"), unit, str(lines)).decode("utf-8", "replace")

    def run(self, argv: Sequence[str], *, stdin: Revealed | None = None, timeout: float = 120.0) -> Completed:
        """Runs one command as root; a failing one is an answer, not a Trouble."""
        given = stdin.value.encode() if stdin else b""
        output, _ = self._root('exec "$@"', *argv, stdin=given, timeout=timeout)
        return Completed(output.code, output.out.decode("utf-8", "replace"), output.err.decode("utf-8", "replace"))

    def close(self) -> None:
        """Ends the connection; detached jobs go on."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()


def root_input(name: str, password: Revealed | None, stdin: bytes) -> bytes:
    """The input of become.sh: the sudo password as its first line, then the script's own input.

    Raises Trouble for a password of several lines: root's script would read the others as its input.
    """
    line = password.value.encode("utf-8", "surrogateescape") if password else b""
    if any(sign in line for sign in b"\n\r\0"):
        detail = f"the sudo password for {name} is not one line of text, so it is not sent"
        raise failure("CN02", detail, subject=name, remedy="Give a sudo password of one line.")
    return line + b"\n" + stdin


def _way(err: bytes) -> tuple[str, bytes]:
    """How the script became root ("root", "sudo", "password", "no REASON"), and stderr without that line."""
    lines = err.split(b"\n")
    ways = [line for line in lines if line.startswith(b"@@root ")]
    rest = b"\n".join(line for line in lines if not line.startswith(b"@@root "))
    return (ways[0].decode("utf-8", "replace").removeprefix("@@root ").strip() if ways else ""), rest


def _job_id(job: str) -> str:
    """A job's name as its directory's."""
    return "".join(c if c.isalnum() or c in "._-" else "-" for c in job)


def _last_words(output: Output) -> str:
    lines = (output.err or output.out).decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip() if lines else f"exit code {output.code}"


def _three(answer: bytes) -> tuple[str, str, str]:
    state, status, line = ([*answer.decode("utf-8", "replace").split("\n"), "", ""])[:3]
    return state, status, line


def purge_job(packages: Sequence[str]) -> str:
    """A list has a job of its own: the end of another list's job, heard by nobody, is no answer to this one."""
    return f"purge-{hashlib.sha256(' '.join(packages).encode()).hexdigest()[:12]}"


def progress(status: str) -> int:
    """Percent from a line of APT::Status-Fd ("dlstatus:1:33.3:..."); downloading is the first two fifths."""
    kind, _, rest = status.partition(":")
    # The package's name may hold a colon ("libc6:amd64"): the number is the first field that is one.
    numbers = [field for field in rest.split(":")[1:] if field.replace(".", "", 1).isdigit()]
    share = float(numbers[0]) if numbers else 0.0
    return int({"dlstatus": share * 0.4, "pmstatus": 40 + share * 0.6}.get(kind, 0.0))


def _package_trouble(name: str, doing: str, code: str, words: str) -> FindingError:
    found = next((c for said, c in PACKAGE_TROUBLES.items() if said in words), "CN32")
    errors = [line for line in words.splitlines() if line.startswith(("E:", "Error", "dpkg: error"))]
    lines = errors or [line for line in words.splitlines() if line.strip()]
    last = "; ".join(lines[-2:]) or "it said nothing"
    how = "was killed half-way" if code == "killed" else f"exit code {code}"
    return failure(found, f"{name} did not {doing} ({how}): {last}", subject=name)
