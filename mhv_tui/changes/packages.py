"""What is done with a node's packages: lists refreshed, an archive added, packages installed, each with its way back.

Refuses to purge what it did not install: packages that were there stay, also where they were upgraded, and so do those
that somebody else installed since.
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
from mhv_tui.domain.catalogue import finding

ENDS_WITHIN = 3600.0
"""Seconds that undo waits for an installation of ours that still runs."""

PAUSE = 5.0
"""Seconds between two looks at it."""


def job_name(session: str, change_id: str) -> str:
    """A change's detached job on the node: the same name for the same session and change, so it is found again."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", f"{session}-{change_id}")


def packages_id(host: SshHost) -> str:
    """The id of the installation on a node."""
    return change_id("packages", host.system)


@dataclass(frozen=True, kw_only=True)
class InstallPackages(Change):
    """Packages on a node, with whatever they need. Runs detached there; a later start re-attaches to it."""

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
        """What the package tool is asked for."""
        return f"on {self.host}, detached, without starting services:\n  install {' '.join(self.packages)}"

    def before(self, ctx: Context) -> Receipt:
        """Every package that is there now: none of them is ours."""
        return {"installed": sorted(ctx.backend.node(self.host).installed())}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Installs, or re-attaches to the installation that a killed run left going.

        Makes no list where a run of it kept no record: what came with us cannot be told from what came meanwhile.
        """
        node = ctx.backend.node(self.host)
        job = job_name(ctx.session, self.id)
        seen = node.survey(SurveyRequest(jobs=(job,))).jobs.get(job)
        if not _running(seen):
            if seen and node.unpacked_packages(job) is None and not _appeared(node, before["installed"]):
                node.discard_job(job)  # whatever its earlier runs brought is not there any more
            node.refresh_packages()
        on_progress = lambda percent, line: ctx.on_progress(percent, 100, "percent", line)  # noqa: E731
        node.install(job, self.packages, on_progress)
        if not set(self.packages) <= set(node.installed()):
            # What had ended there was the job of an earlier, shorter list: its end is heard now, so this is a new one.
            node.install(job, self.packages, on_progress)
        came = node.unpacked_packages(job)
        return {} if came is None else {"made": sorted(_appeared(node, before["installed"]) & came)}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Purges what is there now and came with us; looks again, as an older purge may have answered.

        Refuses, with the names, where it cannot be told what came with us. An installation of ours that still runs is
        waited for: what it has not unpacked yet is ours as well.
        """
        node = ctx.backend.node(self.host)
        job = job_name(ctx.session, self.id)
        self._wait(ctx, node, job)
        came = frozenset(receipt["made"]) if "made" in receipt else node.unpacked_packages(job)
        for _ in range(2):
            if appeared := _appeared(node, receipt["installed"]):
                if came is None:
                    raise self._unrecorded(job, appeared)
                if ours := sorted(appeared & came):
                    node.purge(ours)
        node.discard_job(job)

    def _unrecorded(self, job: str, appeared: Iterable[str]) -> FindingError:
        detail = (
            f"nothing was purged: the installation on {self.host} was begun by an earlier version, which kept no record"
            f" of what it unpacked; since then these have appeared, by it or by others: {' '.join(sorted(appeared))}"
        )
        remedy = (
            f"see in the package tool's own history on {self.host} (/var/log/apt/history.log, or `dnf history`) which"
            f" of them came with this installation; write these, one a line, to /var/lib/mhv-tui/jobs/{job}/unpacked"
            " there (an empty file for none), then undo again: it purges exactly these"
        )
        return FindingError(finding("CN32", "failure", detail, subject=str(self.host), remedy=remedy))

    def _wait(self, ctx: Context, node: Node, job: str) -> None:
        began, waited = ctx.backend.now(), 0.0
        while (seen := node.survey(SurveyRequest(jobs=(job,))).jobs.get(job)) and seen.running:
            if waited >= ENDS_WITHIN:
                detail = f"the installation on {self.host} still runs after {waited / 60:.0f} min: {seen.tail.strip()}"
                raise FindingError(
                    finding("WZ07", "failure", detail, subject=str(self.host), remedy="undo again once it ended")
                )
            ctx.stop()
            ctx.on_progress(int(waited), int(ENDS_WITHIN), "seconds", f"the installation on {self.host} still runs")
            ctx.backend.sleep(PAUSE)
            waited = max(waited + PAUSE, (ctx.backend.now() - began).total_seconds())


def _appeared(node: Node, before: Iterable[str]) -> frozenset[str]:
    """What is there now and was not before, whoever installed it."""
    return frozenset(node.installed()) - frozenset(before)


def _running(job: Job | None) -> bool:
    return job is not None and job.running


@dataclass(frozen=True, kw_only=True)
class RefreshPackages(Change):
    """The node's package lists brought up to date. Nothing to take back: lists are a cache."""

    host: SshHost

    @property
    def id(self) -> str:
        return change_id("refresh", self.host.system)

    @property
    def summary(self) -> str:
        return f"refresh the package lists of {self.host}"

    def preview(self) -> str:
        return f"on {self.host}: the package tool reads its sources anew; no package changes"

    def before(self, ctx: Context) -> Receipt:
        """Nothing has to be known."""
        return {}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        ctx.backend.node(self.host).refresh_packages()
        return {}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Nothing: lists are a cache."""


@dataclass(frozen=True, kw_only=True)
class AddCloudArchive(Change):
    """Ubuntu's cloud archive of one OpenStack release among the node's package sources."""

    host: SshHost
    release: str

    @property
    def id(self) -> str:
        return change_id("archive", self.host.system)

    @property
    def summary(self) -> str:
        return f"add the cloud archive of {self.release} to the package sources of {self.host}"

    def preview(self) -> str:
        return f"on {self.host}: {' '.join(self._command())}"

    def _command(self, *flags: str) -> list[str]:
        return ["add-apt-repository", "--yes", *flags, f"cloud-archive:{self.release}"]

    def before(self, ctx: Context) -> Receipt:
        """Whether a source of it is there already: then it is not ours."""
        listed = ctx.backend.node(self.host).run(["apt-cache", "policy"]).out
        return {"there": f"/{self.release}/" in listed}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Adds the source and reads the lists."""
        self._run(ctx)
        ctx.backend.node(self.host).refresh_packages()
        return {}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Takes the source away, if it came with us."""
        if not receipt["there"]:
            self._run(ctx, "--remove")

    def _run(self, ctx: Context, *flags: str) -> None:
        done = ctx.backend.node(self.host).run(self._command(*flags), timeout=300.0)
        if done.code:
            said = (done.err or done.out).strip().splitlines()[-1:] or ["no word"]
            raise FindingError(finding("CN05", "failure", f"add-apt-repository: {said[0]}", subject=str(self.host)))


@dataclass(frozen=True, kw_only=True)
class ConfigurePackages(Change):
    """Half-configured packages finished, as `dpkg --configure -a` does. Nothing to take back."""

    host: SshHost

    @property
    def id(self) -> str:
        return change_id("configure", self.host.system)

    @property
    def summary(self) -> str:
        return f"finish the half-configured packages of {self.host}"

    def preview(self) -> str:
        return f"on {self.host}: dpkg --configure -a"

    def before(self, ctx: Context) -> Receipt:
        """Which ones they are."""
        return {"broken": list(ctx.backend.node(self.host).survey(SurveyRequest()).broken_packages)}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Runs it; Trouble CN04 with dpkg's last word where it fails."""
        command = ["env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "--configure", "-a", "--force-confold"]
        done = ctx.backend.node(self.host).run(command, timeout=600.0)
        if done.code:
            said = (done.err or done.out).strip().splitlines()[-1:] or ["no word"]
            remedy = "read dpkg's message on the node and mend the package by hand"
            raise FindingError(finding("CN04", "failure", f"dpkg: {said[0]}", subject=str(self.host), remedy=remedy))
        return {}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Nothing: a half-configured package is no state to go back to."""
