"""Implements core.ports.Node over SSH. Each method runs a small POSIX script that needs only a shell on the machine.

No secret appears on a command line: the sudo password is sent on the script's standard input.
"""

from __future__ import annotations

import shlex
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources

from mhv_tui.adapters import node_survey
from mhv_tui.adapters.failures import failure
from mhv_tui.adapters.node_packages import dnf_progress, package_failure, progress, purge_job
from mhv_tui.adapters.ssh import Connection, Output
from mhv_tui.adapters.ssh_errors import node_edge
from mhv_tui.adapters.ssh_limits import LIMITS, MIB, Bounds, SshLimits
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import Completed, RemoteFile, Survey, SurveyRequest
from mhv_tui.core.secret import Revealed

SURVEY = Bounds("report its state", seconds=240.0, output=16 * MIB)
"""Limits of a survey. dnf may download its repository data first; the output contains whole files."""
FILE_OUTPUT = 16 * MIB
UNIT_TIMEOUT = 200.0
PACKAGES_TIMEOUT = 3600.0
LOST = ("CN29", "CN31")
"""Codes of a question about a detached job that failed because the connection dropped or is silent."""

MISSING_FILE = 44
"""Exit code of read.sh if the file does not exist."""

PACKAGE_ACTIONS = {
    "install": "install the packages",
    "purge": "purge the packages",
    "refresh": "refresh the package lists",
}
"""Verb of job.sh -> its action in the sentence "MACHINE did not ..."."""

UNIT_VERBS = frozenset({"enable", "disable", "start", "stop", "restart", "reset-failed", "daemon-reload"})


@cache
def script(name: str) -> str:
    """Returns the text of the script node_scripts/`name`.sh."""
    return resources.files("mhv_tui.adapters").joinpath("node_scripts", f"{name}.sh").read_text(encoding="utf-8")


@node_edge
class SshNode:
    """One machine over SSH. `connect` opens a connection, again after a drop; `sudo` returns the sudo password."""

    def __init__(
        self,
        name: str,
        connect: Callable[[], Connection],
        sudo: Callable[[], Revealed | None],
        limits: SshLimits = LIMITS,
    ) -> None:
        self.name = name
        self._limits = limits
        self._connect = connect
        self._sudo = sudo
        self._current: Connection | None = connect()
        self._lock = threading.Lock()
        self._sudo_error = ""
        """Why sudo refused the given password; empty if it did not."""

    def _connection(self) -> Connection:
        with self._lock:
            if self._current is not None and not self._current.alive:
                self._current.close()
                self._current = None
            if self._current is None:
                self._current = self._connect()
            return self._current

    def _run_as_root(
        self, bounds: Bounds, text: str, *arguments: str, stdin: bytes = b"", need: str = "must"
    ) -> tuple[Output, str]:
        """Runs a script as root; returns its output and how it became root (see `Survey.root`). Raises CN02.

        With `need` = "may", the script runs without root if it cannot become root.
        """
        # A wrong sudo password is never tried again: each attempt counts towards a lock-out.
        password = None if self._sudo_error else self._sudo()
        become_input = root_input(self.name, password, stdin)
        command = shlex.join(["sh", "-c", script("become"), "mhv-tui", need, text, *arguments])
        output = self._connection().execute(command, bounds, become_input)
        method, stderr = _root_method(output.err)
        if method.startswith("no") and password is not None and "ask" not in method:
            self._sudo_error = method.removeprefix("no").strip()
        if method.startswith("no") and need == "must":
            reason = self._sudo_error or method.removeprefix("no").strip()
            raise failure("CN02", f"{self._username()} cannot become root on {self.name}: {reason}", subject=self.name)
        return Output(output.code, output.out, stderr), method.split(" ")[0]

    def _username(self) -> str:
        return self._connection().target.username

    def _run_script(self, action: str, text: str, *arguments: str, stdin: bytes = b"", timeout: float = 120.0) -> bytes:
        """Runs a script as root and returns its standard output. Raises CN31 if it fails.

        `action` completes the sentence "MACHINE did not ..." of the error.
        """
        output, _ = self._run_as_root(Bounds(action, timeout), text, *arguments, stdin=stdin)
        if output.code:
            raise failure("CN31", f"{self.name} did not {action}: {_last_line(output)}", subject=self.name)
        return output.out

    def survey(self, request: SurveyRequest) -> Survey:
        """Surveys the machine. Facts that need root stay unknown if the login cannot become root."""
        arguments = node_survey.arguments(request)
        output, method = self._run_as_root(SURVEY, script("survey"), *arguments, need="may")
        text = output.out.decode("utf-8", "replace")
        if not node_survey.complete(text):
            raise failure("CN31", f"{self.name} did not report its state: {_last_line(output)}", subject=self.name)
        try:
            return node_survey.survey(text, self._username(), method or "no", request)
        except ValueError as error:
            raise failure("CN31", f"{self.name} reported an unreadable state: {error}", subject=self.name) from None

    def read(self, path: str) -> RemoteFile | None:
        output, _ = self._run_as_root(Bounds(f"read {path}", output=FILE_OUTPUT), script("read"), path)
        if output.code == MISSING_FILE:
            return None
        if output.code:
            raise failure("CN31", f"{self.name} did not read {path}: {_last_line(output)}", subject=path)
        head, _, content = output.out.partition(b"\n")
        try:
            return node_survey.remote_file(head.decode(), content)
        except ValueError as error:
            raise failure("CN31", f"{self.name} did not read {path}: {error}", subject=path) from None

    def write(self, path: str, file: RemoteFile) -> None:
        """Writes a file: first a temporary file beside it with mode and owner, which is then renamed."""
        arguments = (path, f"{file.mode:04o}", f"{file.owner}:{file.group}", str(len(file.content)))
        self._run_script(f"write {path}", script("write"), *arguments, stdin=file.content)

    def copy(self, source: str, target: str) -> None:
        self._run_script(f"copy {source} to {target}", script("copy"), source, target)

    def remove(self, path: str) -> None:
        self._run_script(f"remove {path}", 'rm -f -- "$1"', path)

    def installed(self) -> Mapping[str, str]:
        text = self._run_script("list its packages", script("installed")).decode("utf-8", "replace")
        rows = (line.partition("\t") for line in text.splitlines())
        return {name: version for name, tab, version in rows if tab}

    def install(self, job: str, packages: Sequence[str], on_progress: Callable[[int, str], None]) -> None:
        """Installs packages in a detached job, which continues without a connection; its name attaches again."""
        self._run_detached(job, "install", packages, on_progress)

    def unpacked_packages(self, job: str) -> frozenset[str] | None:
        """Returns the packages in the job's record, which the job writes before it unpacks the first package."""
        action = "list the packages that its job unpacked"
        names = self._run_script(action, script("unpacked"), _job_id(job)).decode().split()
        return None if "?" in names else frozenset(names)

    def discard_job(self, job: str) -> None:
        """Acknowledges the end of a job and empties the job's record."""
        self._run_script("discard its job", script("discard"), _job_id(job))

    def purge(self, packages: Sequence[str]) -> None:
        """Purges packages. Raises CN32 and purges nothing if the package tool would purge other packages as well."""
        self._run_detached(purge_job(packages), "purge", packages, lambda percent, line: None)

    def refresh_packages(self) -> None:
        self._run_detached("refresh", "refresh", (), lambda percent, line: None)

    def _run_detached(
        self, job: str, verb: str, packages: Sequence[str], on_progress: Callable[[int, str], None]
    ) -> None:
        job = _job_id(job)
        action = PACKAGE_ACTIONS[verb]
        arguments = (job, script("unpacked"), verb, *packages)
        self._run_script(action, script("start"), *arguments, stdin=script("job").encode())
        code = self._follow(job, on_progress)
        log = self._run_script(action, script("ack"), job).decode("utf-8", "replace")
        if code != "0":
            raise package_failure(self.name, action, code, log)

    def _follow(self, job: str, on_progress: Callable[[int, str], None]) -> str:
        """Polls a job until it ends and returns its exit code, or "killed". Reconnects if the connection drops."""
        end, lost, was_running = time.monotonic() + PACKAGES_TIMEOUT, 0.0, False
        percent, lines = 0, 0
        while time.monotonic() < end:
            try:
                answer = self._run_script("show the state of its job", script("poll"), job, str(lines), timeout=30.0)
                state, status, lines, output = job_state(answer)
                lost = 0.0
            except FindingError as error:
                lost = lost or time.monotonic()
                if error.finding.code not in LOST or time.monotonic() - lost > self._limits.lost:
                    raise
                on_progress(percent, f"the connection dropped; the job continues on {self.name}")
                time.sleep(3.0)
                continue
            percent = max(percent, progress(status), dnf_progress(output))
            is_running = state.startswith("running")
            if is_running or (was_running and output):
                on_progress(percent, output)
            if not is_running:
                return state.removeprefix("ended").strip() if state.startswith("ended") else "killed"
            was_running = True
            time.sleep(1.0)
        raise failure("WZ07", f"the package tool on {self.name} has not ended after {PACKAGES_TIMEOUT / 60:.0f} min")

    def unit(self, name: str, verb: str) -> None:
        """Runs systemctl with a verb of UNIT_VERBS. Raises CN31 for any other verb."""
        if verb not in UNIT_VERBS:
            raise failure("CN31", f"systemctl {verb} is not allowed; use one of {', '.join(sorted(UNIT_VERBS))}")
        arguments = [verb, name] if name else [verb]
        self._run_script(f"{verb} {name}".strip(), 'exec systemctl "$@"', *arguments, timeout=UNIT_TIMEOUT)

    def journal(self, unit: str, lines: int = 200) -> str:
        text = self._run_script(f"show the journal of {unit}", script("journal"), unit, str(lines))
        return text.decode("utf-8", "replace")

    def run(self, argv: Sequence[str], *, stdin: Revealed | None = None, timeout: float = 120.0) -> Completed:
        """Runs a command. Returns exit code and output, also if the command fails."""
        data = stdin.value.encode() if stdin else b""
        output, _ = self._run_as_root(Bounds(f"run {argv[0]}", timeout), 'exec "$@"', *argv, stdin=data)
        return Completed(output.code, output.out.decode("utf-8", "replace"), output.err.decode("utf-8", "replace"))

    def close(self) -> None:
        """Closes the connection; detached jobs continue."""
        connection, self._current = self._current, None
        if connection is not None:
            connection.close()


def root_input(name: str, password: Revealed | None, stdin: bytes) -> bytes:
    """Returns the input of become.sh: the sudo password as the first line, then the input of the script.

    Raises CN02 for a password of several lines, because the root script would read the other lines as its input.
    """
    line = password.value.encode("utf-8", "surrogateescape") if password else b""
    if any(sign in line for sign in b"\n\r\0"):
        detail = f"the sudo password for {name} is not one line of text, so it is not sent"
        raise failure("CN02", detail, subject=name, remedy="Give a sudo password of one line.")
    return line + b"\n" + stdin


def _root_method(err: bytes) -> tuple[str, bytes]:
    """Returns how become.sh became root ("root", "sudo", "password", "no REASON"), and the other lines of stderr."""
    lines = err.split(b"\n")
    reports = [line for line in lines if line.startswith(b"@@root ")]
    rest = b"\n".join(line for line in lines if not line.startswith(b"@@root "))
    return (reports[0].decode("utf-8", "replace").removeprefix("@@root ").strip() if reports else ""), rest


def _job_id(job: str) -> str:
    """Returns a job's name with only the characters that are safe in a directory name."""
    return "".join(c if c.isalnum() or c in "._-" else "-" for c in job)


def _last_line(output: Output) -> str:
    lines = (output.err or output.out).decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip() if lines else f"exit code {output.code}"


def job_state(answer: bytes) -> tuple[str, str, int, str]:
    """Returns from an answer of poll.sh: state, status, number of lines in the log, and the new lines of the log.

    Of a line that the package tool has overwritten with carriage returns, only the last text is returned.
    """
    state, status, number, *lines = [*answer.decode("utf-8", "replace").split("\n"), "", ""]
    texts = (line.rstrip("\r").rpartition("\r")[2] for line in lines)
    return state, status, int(number) if number.isdecimal() else 0, "\n".join(text for text in texts if text)
