"""Changes to a node's packages: refresh the lists, add an archive, install packages, finish half-configured ones.

Undo purges only what the installation unpacked: earlier packages stay, even if they were upgraded, and so do those that
somebody else installed since.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from mhv_tui.core.changes import Change, Receipt, change_id
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import Job, SshHost, SurveyRequest
from mhv_tui.core.ports import Node
from mhv_tui.core.text import as_lines
from mhv_tui.domain.catalogue import finding

ENDS_WITHIN = 3600.0
"""Seconds that undo waits for our installation if it still runs."""

PAUSE = 5.0
"""Seconds between two checks of a running installation."""


def job_name(session: str, change_id: str) -> str:
    """The name of a change's detached job on the node; the same session and change have the same name."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", f"{session}-{change_id}")


def packages_id(host: SshHost) -> str:
    """The id of the installation on a node."""
    return change_id("packages", host.system)


@dataclass(frozen=True, kw_only=True)
class InstallPackages(Change):
    """Installs packages and their dependencies. Runs detached on the node; a later run re-attaches to it."""

    host: SshHost
    packages: tuple[str, ...]
    resumes_any_intent: ClassVar[bool] = True
    """After an interrupted installation fewer packages are missing, so its fields differ."""

    @property
    def id(self) -> str:
        return packages_id(self.host)

    @property
    def summary(self) -> str:
        return f"install {', '.join(self.packages)} on {self.host}"

    def preview(self) -> str:
        head = f"on {self.host}, detached, without starting services:"
        return as_lines(head, f"  install {' '.join(self.packages)}")

    def before(self, ctx: Context) -> Receipt:
        """Every installed package: undo purges none of them."""
        return {"installed": sorted(ctx.backend.node(self.host).installed())}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Installs, or re-attaches to the installation that an interrupted run started.

        The receipt has no list if the job has no record: its packages cannot be distinguished from those of others.
        """
        node = ctx.backend.node(self.host)
        job = job_name(ctx.session, self.id)
        state = node.survey(SurveyRequest(jobs=(job,))).jobs.get(job)
        if not _running(state):
            if state and node.unpacked_packages(job) is None and not _appeared(node, before["installed"]):
                node.discard_job(job)  # all packages that its earlier runs unpacked were removed
            node.refresh_packages()

        def on_progress(percent: int, line: str) -> None:
            ctx.on_progress(percent, 100, "percent", line)

        node.install(job, self.packages, on_progress)
        if not set(self.packages) <= set(node.installed()):
            # The finished job had an earlier, shorter list. It is acknowledged now, so this starts a new one.
            node.install(job, self.packages, on_progress)
        unpacked = node.unpacked_packages(job)
        return {} if unpacked is None else {"made": sorted(_appeared(node, before["installed"]) & unpacked)}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Purges the packages that this installation unpacked and that are still installed; checks again afterwards.

        Waits for a running installation. Raises FindingError, with the names of the new packages, if the job has no
        record of what it unpacked.
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
            f"nothing was purged: the installation on {self.host} has no record of what it"
            f" unpacked; since then these packages were installed, by it or by others: {' '.join(sorted(appeared))}"
        )
        remedy = (
            f"read in the package tool's history on {self.host} (/var/log/apt/history.log, or `dnf history`) which"
            f" of them came with this installation; write these, one a line, to /var/lib/mhv-tui/jobs/{job}/unpacked"
            " there (an empty file for none), then undo again: it purges exactly these"
        )
        return FindingError(finding("CN32", "failure", detail, subject=str(self.host), remedy=remedy))

    def _wait(self, ctx: Context, node: Node, job: str) -> None:
        began, waited = ctx.backend.now(), 0.0
        while (state := node.survey(SurveyRequest(jobs=(job,))).jobs.get(job)) and state.running:
            if waited >= ENDS_WITHIN:
                detail = f"the installation on {self.host} still runs after {waited / 60:.0f} min: {state.tail.strip()}"
                raise FindingError(
                    finding("WZ07", "failure", detail, subject=str(self.host), remedy="undo again once it ended")
                )
            ctx.stop()
            ctx.on_progress(int(waited), int(ENDS_WITHIN), "seconds", f"the installation on {self.host} still runs")
            ctx.backend.sleep(PAUSE)
            waited = max(waited + PAUSE, (ctx.backend.now() - began).total_seconds())


def _appeared(node: Node, before: Iterable[str]) -> frozenset[str]:
    """The packages that are installed now and were not before, from any installation."""
    return frozenset(node.installed()) - frozenset(before)


def _running(job: Job | None) -> bool:
    return job is not None and job.running


@dataclass(frozen=True, kw_only=True)
class RefreshPackages(Change):
    """Updates the node's package lists. There is nothing to undo: lists are a cache."""

    host: SshHost

    @property
    def id(self) -> str:
        return change_id("refresh", self.host.system)

    @property
    def summary(self) -> str:
        return f"refresh the package lists of {self.host}"

    def preview(self) -> str:
        return as_lines(f"on {self.host}: the package tool reads its sources again; no package changes")

    def before(self, ctx: Context) -> Receipt:
        return {}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        ctx.backend.node(self.host).refresh_packages()
        return {}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Does nothing: lists are a cache."""


@dataclass(frozen=True, kw_only=True)
class AddCloudArchive(Change):
    """Adds Ubuntu's cloud archive of one OpenStack release to the node's package sources."""

    host: SshHost
    release: str

    @property
    def id(self) -> str:
        return change_id("archive", self.host.system)

    @property
    def summary(self) -> str:
        return f"add the cloud archive of {self.release} to the package sources of {self.host}"

    def preview(self) -> str:
        return as_lines(f"on {self.host}: {' '.join(self._command())}")

    def _command(self, *flags: str) -> list[str]:
        return ["add-apt-repository", "--yes", *flags, f"cloud-archive:{self.release}"]

    def before(self, ctx: Context) -> Receipt:
        """Records whether such a source exists; if so, undo leaves it."""
        listed = ctx.backend.node(self.host).run(["apt-cache", "policy"]).out
        return {"there": f"/{self.release}/" in listed}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Adds the source and reads the lists."""
        self._run(ctx)
        ctx.backend.node(self.host).refresh_packages()
        return {}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Removes the source, if this change added it."""
        if not receipt["there"]:
            self._run(ctx, "--remove")

    def _run(self, ctx: Context, *flags: str) -> None:
        done = ctx.backend.node(self.host).run(self._command(*flags), timeout=300.0)
        if done.code:
            last_line = ((done.err or done.out).strip().splitlines() or ["no output"])[-1]
            raise FindingError(finding("CN05", "failure", f"add-apt-repository: {last_line}", subject=str(self.host)))


@dataclass(frozen=True, kw_only=True)
class ConfigurePackages(Change):
    """Finishes half-configured packages with `dpkg --configure -a`. There is nothing to undo."""

    host: SshHost

    @property
    def id(self) -> str:
        return change_id("configure", self.host.system)

    @property
    def summary(self) -> str:
        return f"finish the half-configured packages of {self.host}"

    def preview(self) -> str:
        return as_lines(f"on {self.host}: dpkg --configure -a")

    def before(self, ctx: Context) -> Receipt:
        return {"broken": list(ctx.backend.node(self.host).survey(SurveyRequest()).broken_packages)}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Raises FindingError CN04 with dpkg's last line if it fails."""
        command = ["env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "--configure", "-a", "--force-confold"]
        done = ctx.backend.node(self.host).run(command, timeout=600.0)
        if done.code:
            last_line = ((done.err or done.out).strip().splitlines() or ["no output"])[-1]
            remedy = "read dpkg's message on the node and repair the package by hand"
            raise FindingError(finding("CN04", "failure", f"dpkg: {last_line}", subject=str(self.host), remedy=remedy))
        return {}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Does nothing: a half-configured package is not a state to restore."""
