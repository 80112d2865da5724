"""What an export to Kolla-Ansible needs beside the answers: the cloud's release, and the certificates of vCenter.

A release that the answers do not name is read from the cloud, and a pinned certificate from vCenter.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

from mhv_tui.cli.export_cloud import cloud_release, targets_of_one_cloud
from mhv_tui.cli.prompts import secret_prompt
from mhv_tui.cli.setup import export_backend
from mhv_tui.core.answers import Answers, secret_of
from mhv_tui.core.errors import FindingError, UsageError
from mhv_tui.core.paths import expanded
from mhv_tui.core.ports import Backend
from mhv_tui.core.secret import Revealed
from mhv_tui.core.text import be, count
from mhv_tui.domain.certificates import public_part
from mhv_tui.domain.releases import Release
from mhv_tui.engine.session import Session
from mhv_tui.export.kolla import KollaTarget, kolla_files
from mhv_tui.steps.cloud.answers import CloudAnswers
from mhv_tui.steps.cluster.answers import ClusterAnswers
from mhv_tui.steps.datastore.answers import DatastoreAnswers, regex_of
from mhv_tui.steps.node.answers import NodeAnswers
from mhv_tui.steps.node.facts import MAX_CA_BYTES
from mhv_tui.steps.node.settings import answered_settings
from mhv_tui.steps.vcenter.answers import VcenterAnswers

NEEDED = (("vcenter", "host"), ("vcenter", "username"), ("cluster", "path"), ("node", "host"))
"""The answers without which there is nothing to export."""


def files(answers: Answers, session: Session | None) -> Mapping[str, str]:
    """Returns path -> text of each file. Raises UsageError if Kolla-Ansible cannot deploy these answers."""
    targets = targets_of_one_cloud(answers)
    missing = dict.fromkeys(
        f"{step}.{key} is not set"
        for target in targets
        for step, key in NEEDED
        if not getattr(target.answers.tables[step], key)
    )
    if missing:
        raise UsageError(f"{count(len(missing), 'answer')} {be(len(missing))} missing", lines=tuple(missing))
    if targets[0].answers.of(CloudAnswers).networking == "nova-network":
        raise UsageError("Kolla-Ansible deploys no nova-network", "use `mhv-tui apply`, or set cloud.networking")
    with closing(export_backend(session, answers, secret_prompt())) as backend:
        release = cloud_release(targets[0], backend)
        return kolla_files([target_of(target.answers, release, backend) for target in targets], release)


def target_of(answers: Answers, release: Release, backend: Backend) -> KollaTarget:
    """Returns one target of the export."""
    vcenter, node = answers.of(VcenterAnswers), answers.of(NodeAnswers)
    settings = answered_settings(
        answers,
        release,
        "neutron",
        password=Revealed(""),
        clusters=(answers.of(ClusterAnswers).path.rpartition("/")[2],),
        regex=regex_of(answers.of(DatastoreAnswers)),
        ca_file=node.ca_file,
    )
    return KollaTarget(
        host=node.host,
        settings=settings,
        password=secret_of(vcenter, "password"),
        trust=vcenter.trust,
        ca="" if node.ca_file else _certificates(vcenter, backend),
    )


def _certificates(vcenter: VcenterAnswers, backend: Backend) -> str:
    """Returns the certificates of the answered CA file, or the pinned one; "" if they cannot be read now."""
    trust = vcenter.trust
    try:
        if trust.kind == "ca_file":
            return public_part(backend.local.head(expanded(trust.value), MAX_CA_BYTES).decode("ascii", "replace"))
        if trust.kind == "sha256":
            certificate = backend.certificate(vcenter.host, vcenter.port, "")
            return certificate.pem if certificate.sha256 == trust.value else ""
    except FindingError:
        return ""
    return ""
