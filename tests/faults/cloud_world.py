"""A simulated world whose cloud is reached by the real adapter, through a proxy: for whole runs of the engine."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w

from mhv_tui.adapters.backend import RealBackend
from mhv_tui.adapters.limits import Limits
from mhv_tui.core.answerfile import Schema, parse_text
from mhv_tui.core.answers import Answers
from mhv_tui.core.context import Context
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.secret import SecretRef, Vault
from mhv_tui.core.targets import Target
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.demo.scenes import answers_of
from mhv_tui.steps import FLOW
from tests.faults.api_cloud import PASSWORD, PROJECT, REGION, USER, ApiCloud, call_name
from tests.faults.harness import LIMITS, Authority, authority, tls_proxy
from tests.faults.names import Names, name_service
from tests.faults.proxy import FaultProxy

NAME = "cloud.fault.test"
SCHEMA = Schema({step.id: step.answers for step in FLOW})
PROMPT = SecretRef("prompt", key="cloud", label="cloud.password")


class MixedBackend:
    """The cloud and this machine are real, everything else is simulated."""

    def __init__(self, real: RealBackend, demo: DemoBackend) -> None:
        self.cloud, self.local, self.close = real.cloud, real.local, real.close
        self.certificate, self.vcenter, self.node, self.host_key = (
            demo.certificate,
            demo.vcenter,
            demo.node,
            demo.host_key,
        )
        self.reveal, self.now, self.sleep = demo.reveal, demo.now, demo.sleep
        self.allow_login_retry = real.allow_login_retry


@dataclass
class CloudFront:
    """The proxy with the simulated cloud behind it."""

    proxy: FaultProxy
    api: ApiCloud
    demo: DemoBackend
    names: Names
    certificates: Authority
    directory: Path
    first: dict[str, Any] = field(default_factory=dict)

    def login(self) -> CloudLogin:
        ca_file = str(self.certificates.ca_file)
        url = f"{self.api.url}/identity/v3"
        return CloudLogin(auth_url=url, username=USER, project_name=PROJECT, region_name=REGION, ca_file=ca_file)

    def reset(self) -> None:
        """Gives the cloud its first state again."""
        self.proxy.disarm()
        row = self.demo.store.state["cloud"]
        row.clear()
        row.update(deepcopy(self.first))

    def answers(self) -> Answers:
        """The default scene's answers with this cloud and a real image."""
        document = answers_of("article")
        login = self.login()
        document["cloud"] = {
            "auth_url": login.auth_url,
            "username": USER,
            "password": {"prompt": True},
            "project_name": PROJECT,
            "region_name": REGION,
            "ca_file": login.ca_file,
        }
        document["image"]["source"] = str(self.directory / "disk.qcow2")
        return parse_text(tomli_w.dumps(document), SCHEMA)

    def context(self, limits: Limits = LIMITS, vault: Vault | None = None) -> Context:
        """A new connection to everything. Puts the password into the vault."""
        answers = self.answers()
        vault = vault or Vault()
        password = answers.tables["cloud"].password
        assert password is not None
        vault.put(password, PASSWORD)
        return Context(MixedBackend(RealBackend(vault, limits=limits), self.demo), Target("", answers), "s1")


@contextmanager
def cloud_front(directory: Path) -> Iterator[CloudFront]:
    """Runs the cloud during the `with` block, with an empty disk image."""
    demo = DemoBackend(directory / "world.json")
    certificates = authority(NAME, directory)
    api = ApiCloud(demo)
    with name_service() as names, tls_proxy(NAME, api, call_name, certificates) as proxy:
        api.url = f"https://{NAME}:{proxy.port}"
        names.proxies[NAME] = proxy
        yield CloudFront(proxy, api, demo, names, certificates, directory, deepcopy(demo.store.state["cloud"]))


def disk_image(directory: Path) -> None:
    """Creates a small disk image with content."""
    path = str(directory / "disk.qcow2")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", path, "64M"], check=True, timeout=60)
    subprocess.run(["qemu-io", "-c", "write -P 7 0 1M", path], check=True, timeout=60, capture_output=True)
