"""Changes to a node's packages: refresh the lists, add an archive, install packages, configure half-configured ones.

Undo purges only the packages that the installation unpacked. It keeps earlier ones, even if upgraded, and later ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar

from mhv_tui.core.changes import Change, Effect, Receipt, change_id
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import Job, SshHost, SurveyRequest
from mhv_tui.core.ports import Node
from mhv_tui.core.text import as_lines
from mhv_tui.domain.catalogue import finding

ARCHIVE_WITHIN, CONFIGURED_WITHIN, ENDS_WITHIN = 300.0, 600.0, 3600.0
"""Seconds within which add-apt-repository, dpkg, and an installation of mhv-tui for which undo waits must end."""

PAUSE = 5.0
"""Seconds between two checks of a running installation."""


def job_name(session: str, change_id: str) -> str:
    """The name of a change's detached job on the node; always the same for the same session and change."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", f"{session}-{change_id}")


def packages_id(host: SshHost) -> str:
    """The id of the change that installs packages on a node."""
    return change_id("packages", host.system)


@dataclass(frozen=True, kw_only=True)
class InstallPackages(Change):
    """Installs packages and their dependencies in a detached job on the node, to which a later run re-attaches."""

    host: SshHost
    packages: tuple[str, ...]
    resumes_any_intent: ClassVar[bool] = True
    """True: after an interrupted installation fewer packages are missing, so `packages` differs."""
    undoes: ClassVar[str] = "remove {packages} from {host}"

    @property
    def id(self) -> str:
        return packages_id(self.host)

    @property
    def summary(self) -> str:
        return f"install {', '.join(self.packages)} on {self.host}"

    @property
    def effect(self) -> Effect:
        return "create"

    def preview(self) -> str:
        head = f"on {self.host}, in a detached job that starts no services:"
        return as_lines(head, f"  install {' '.join(self.packages)}")

    def before(self, ctx: Context) -> Receipt:
        """The names of all packages installed before this change; undo purges none of them."""
        return {"installed": sorted(ctx.backend.node(self.host).installed())}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Installs the packages, or re-attaches to the installation that an interrupted run started.

        The receipt lists the packages that the job unpacked; it has no list if the job kept no record of them.
        """
        node = ctx.backend.node(self.host)
        job = job_name(ctx.session, self.id)
        state = node.survey(SurveyRequest(jobs=(job,))).jobs.get(job)
        if not _running(state):
            if state and node.unpacked_packages(job) is None and not _appeared(node, before["installed"]):
                node.discard_job(job)  # the packages of its earlier runs were removed
            ctx.on_progress(0, 0, "", f"updating the package lists of {self.host}")
            node.refresh_packages()
        on_progress = self._reporter(ctx)
        node.install(job, self.packages, on_progress)
        if not set(self.packages) <= set(node.installed()):
            # The finished job had an earlier, shorter list. It is acknowledged now, so this starts a new one.
            node.install(job, self.packages, on_progress)
        unpacked = node.unpacked_packages(job)
        return {} if unpacked is None else {"made": sorted(_appeared(node, before["installed"]) & unpacked)}

    def _reporter(self, ctx: Context) -> Callable[[int, str], None]:
        """A callback that reports the percentage and the new lines of the installation."""
        last_line = ""

        def report(percent: int, output: str) -> None:
            nonlocal last_line
            lines = output.splitlines()
            last_line = lines[-1] if lines else last_line
            ctx.on_log(f"package installation on {self.host}", lines)
            ctx.on_progress(percent, 100, "percent", last_line)

        return report

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Purges the packages that this installation unpacked, after it waited for a running installation.

        Raises FindingError with the names of the new packages if the job kept no record of what it unpacked.
        """
        node = ctx.backend.node(self.host)
        job = job_name(ctx.session, self.id)
        self._wait(ctx, node, job)
        unpacked = frozenset(receipt["made"]) if "made" in receipt else node.unpacked_packages(job)
        for _ in range(2):
            if appeared := _appeared(node, receipt["installed"]):
                if unpacked is None:
                    raise self._unrecorded(job, appeared)
                if ours := sorted(appeared & unpacked):
                    node.purge(ours)
        node.discard_job(job)

    def _unrecorded(self, job: str, appeared: Iterable[str]) -> FindingError:
        detail = (
            f"no package was purged, because the installation on {self.host} has no record of its packages;"
            f" new packages, from this installation or from others: {' '.join(sorted(appeared))}"
        )
        remedy = (
            f"on {self.host}, read in /var/log/apt/history.log or `dnf history` which of these packages this"
            f" installation added; write their names, one per line, to /var/lib/mhv-tui/jobs/{job}/unpacked on"
            f" {self.host} (an empty file for none), then undo again: undo purges exactly the packages in this file"
        )
        return FindingError(finding("CN32", "failure", detail, subject=str(self.host), remedy=remedy))

    def _wait(self, ctx: Context, node: Node, job: str) -> None:
        began, waited = ctx.backend.now(), 0.0
        while (state := node.survey(SurveyRequest(jobs=(job,))).jobs.get(job)) and state.running:
            if waited >= ENDS_WITHIN:
                detail = f"the installation on {self.host} still runs after {waited / 60:.0f} min: {state.tail.strip()}"
                raise FindingError(
                    finding(
                        "WZ07",
                        "failure",
                        detail,
                        subject=str(self.host),
                        remedy="undo again when the installation has ended",
                    )
                )
            ctx.stop()
            ctx.on_progress(int(waited), int(ENDS_WITHIN), "seconds", f"the installation on {self.host} still runs")
            ctx.backend.sleep(PAUSE)
            waited = max(waited + PAUSE, (ctx.backend.now() - began).total_seconds())


def _appeared(node: Node, before: Iterable[str]) -> frozenset[str]:
    """The names of the packages that are installed now and are not in `before`."""
    return frozenset(node.installed()) - frozenset(before)


def _running(job: Job | None) -> bool:
    return job is not None and job.running


@dataclass(frozen=True, kw_only=True)
class RefreshPackages(Change):
    """Updates the node's package lists. There is nothing to undo: package lists are a cache."""

    reveals_changes: ClassVar[bool] = True
    undoes: ClassVar[str] = "keep the refreshed package lists of {host}: they are a cache"
    is_kept: ClassVar[bool] = True
    host: SshHost

    @property
    def id(self) -> str:
        return change_id("refresh", self.host.system)

    @property
    def summary(self) -> str:
        return f"refresh the package lists of {self.host}"

    @property
    def effect(self) -> Effect:
        return "edit"

    def preview(self) -> str:
        return as_lines(f"on {self.host}: the package tool updates its lists; no package is installed or changed")

    def before(self, ctx: Context) -> Receipt:
        return {}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        ctx.backend.node(self.host).refresh_packages()
        return {}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Does nothing: package lists are a cache."""


@dataclass(frozen=True, kw_only=True)
class AddCloudArchive(Change):
    """Adds Ubuntu's cloud archive of one OpenStack release to the node's package sources."""

    reveals_changes: ClassVar[bool] = True
    undoes: ClassVar[str] = "remove the cloud archive of {release} from the package sources of {host}"
    host: SshHost
    release: str

    @property
    def id(self) -> str:
        return change_id("archive", self.host.system)

    @property
    def summary(self) -> str:
        return f"add the cloud archive of {self.release} to the package sources of {self.host}"

    @property
    def effect(self) -> Effect:
        return "create"

    @property
    def consequence(self) -> str:
        return f"Later upgrades of {self.host} also take packages from this archive."

    def preview(self) -> str:
        return as_lines(f"on {self.host}: {' '.join(self._command())}")

    def _command(self, *flags: str) -> list[str]:
        return ["add-apt-repository", "--yes", *flags, f"cloud-archive:{self.release}"]

    def before(self, ctx: Context) -> Receipt:
        """Whether the cloud archive is already a package source; if so, undo keeps it."""
        listed = ctx.backend.node(self.host).run(["apt-cache", "policy"]).out
        return {"there": f"/{self.release}/" in listed}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Adds the cloud archive to the package sources and updates the package lists."""
        self._run(ctx)
        ctx.backend.node(self.host).refresh_packages()
        return {}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Removes the cloud archive from the package sources, if this change added it."""
        if not receipt["there"]:
            self._run(ctx, "--remove")

    def _run(self, ctx: Context, *flags: str) -> None:
        ctx.on_progress(0, int(ARCHIVE_WITHIN), "seconds", f"waiting until add-apt-repository on {self.host} has ended")
        done = ctx.backend.node(self.host).run(self._command(*flags), timeout=ARCHIVE_WITHIN)
        ctx.on_log(f"add-apt-repository on {self.host}", f"{done.out}\n{done.err}".split("\n"))
        if done.code:
            last_line = ((done.err or done.out).strip().splitlines() or ["no output"])[-1]
            raise FindingError(finding("CN05", "failure", f"add-apt-repository: {last_line}", subject=str(self.host)))


@dataclass(frozen=True, kw_only=True)
class ConfigurePackages(Change):
    """Configures half-configured packages with `dpkg --configure -a`. There is nothing to undo."""

    host: SshHost
    undoes: ClassVar[str] = "keep the packages of {host} configured: a half-configured package does not work"
    is_kept: ClassVar[bool] = True
    affects_others: ClassVar[bool] = True
    names_services: ClassVar[bool] = False

    @property
    def id(self) -> str:
        return change_id("configure", self.host.system)

    @property
    def summary(self) -> str:
        return f"configure the half-configured packages of {self.host}"

    @property
    def effect(self) -> Effect:
        return "edit"

    @property
    def consequence(self) -> str:
        return f"The half-configured packages of {self.host} can start or restart their own services."

    @property
    def no_undo(self) -> str:
        return "Undo keeps these packages configured, because a half-configured package does not work."

    def preview(self) -> str:
        return as_lines(f"on {self.host}: dpkg --configure -a")

    def before(self, ctx: Context) -> Receipt:
        return {"broken": list(ctx.backend.node(self.host).survey(SurveyRequest()).broken_packages)}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Runs dpkg. Raises FindingError CN04 with dpkg's last line if dpkg fails."""
        command = ["env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "--configure", "-a", "--force-confold"]
        ctx.on_progress(0, int(CONFIGURED_WITHIN), "seconds", f"waiting until dpkg on {self.host} has ended")
        done = ctx.backend.node(self.host).run(command, timeout=CONFIGURED_WITHIN)
        ctx.on_log(f"dpkg on {self.host}", f"{done.out}\n{done.err}".split("\n"))
        if done.code:
            last_line = ((done.err or done.out).strip().splitlines() or ["no output"])[-1]
            remedy = f"run `dpkg --configure -a` on {self.host}, read its message and repair the package by hand"
            raise FindingError(finding("CN04", "failure", f"dpkg: {last_line}", subject=str(self.host), remedy=remedy))
        return {}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Does nothing: a half-configured package is not a state to restore."""
