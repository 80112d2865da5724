"""A lab with one node of the RPM family, and how tests act on it: with mhv-tui's adapter, and as its administrator."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from mhv_tui.adapters.backend import RealBackend
from mhv_tui.adapters.node import SshNode
from mhv_tui.core.answers import Answers
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import RemoteFile, SshHost, SurveyRequest
from mhv_tui.core.secret import Vault
from mhv_tui.core.targets import Target
from mhv_tui.lab import apt_proxy, images, machines, rpm_node
from mhv_tui.lab.lab import Lab
from tests.contract.backends import ssh_node


class RpmMachine:
    """The node `plain1` of a lab."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.machine = rpm_node.create(lab, "plain1", images.base_root(lab.suite))
        config = lab.state / "ssh_config"
        config.write_text(f"Host *\n  UserKnownHostsFile {lab.known_hosts}\n  GlobalKnownHostsFile /dev/null\n")
        self.world = RealBackend(Vault(), str(config))
        self.host = SshHost(self.machine.address, username=machines.ADMIN, key_file=str(lab.key_file))
        self.ctx = Context(self.world, Target("", Answers(MappingProxyType({}))), "s1")

    @property
    def node(self) -> SshNode:
        return ssh_node(self.world, self.host)

    @property
    def web(self) -> Path:
        """The directory of the lab's web server, with a subdirectory for each repository."""
        return apt_proxy.repositories_dir(self.lab.state)

    def sh(self, script: str) -> str:
        """Runs a script as root without mhv-tui; returns its output."""
        return machines.run_in(self.machine, script).stdout

    def installed(self) -> set[str]:
        """The names of the installed packages, from rpm itself; keys are not packages."""
        return {name for name in self.sh("rpm -qa --qf '%{NAME}\\n'").split() if name != "gpg-pubkey"}

    def remove(self, *names: str) -> None:
        """Removes packages, those that are installed, without mhv-tui."""
        if present := sorted(self.installed() & set(names)):
            self.sh(f"rpm -e {' '.join(present)}")

    def forget_keys(self) -> None:
        """Removes the keys that dnf has imported."""
        self.sh("rpm -qa --qf '%{NAME}-%{VERSION}-%{RELEASE}\\n' gpg-pubkey | xargs -r rpm -e")

    def candidate(self, name: str) -> str:
        return self.node.survey(SurveyRequest(packages=(name,))).packages[name].candidate

    def failure(self, job: str, *names: str) -> str:
        """Installs packages; returns the code and the sentence of the failure, "" if there was none."""
        return _failure(lambda: self.node.install(job, names, lambda percent, line: None))

    def refresh_failure(self) -> str:
        return _failure(self.node.refresh_packages)

    @contextmanager
    def repository(self, text: str) -> Iterator[None]:
        """Replaces dnf's description of the repository for a while; dnf's cache is empty before and after."""
        self._describe(text)
        try:
            yield
        finally:
            self._describe(rpm_node.repo_file(self.lab))

    def _describe(self, text: str) -> None:
        self.node.write(rpm_node.REPO_FILE, RemoteFile(text.encode(), 0o644, "root", "root"))
        self.sh("dnf -q clean all")

    def publish_without(self, name: str, directory: str) -> None:
        """Publishes a copy of the repository that lacks a package, in another directory of the web server."""
        path = f"{rpm_node.HOME}/{directory}"
        copy = f"rm -rf {path}; cp -r {rpm_node.HOME}/repository {path}; cd {path}"
        self.sh(f"{copy}; rm -rf noarch/{name}-[0-9]* repodata; createrepo_c -q .")
        shutil.rmtree(self.web / directory, ignore_errors=True)
        shutil.copytree(self.machine.files / path.lstrip("/"), self.web / directory)


def _failure(action: Callable[[], object]) -> str:
    try:
        action()
    except FindingError as error:
        return f"{error.finding.code} {error.message}"
    return ""
