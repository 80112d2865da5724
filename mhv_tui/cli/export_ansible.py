"""What an export to Ansible needs beside the answers: the cloud's release, the image file, vCenter's authorities.

Only a release that the answers do not name is read from the cloud; nothing else is read over the network.
"""

from __future__ import annotations

from contextlib import closing

from mhv_tui.changes.sources import inspected
from mhv_tui.cli.export_cloud import cloud_release, targets_of_one_cloud
from mhv_tui.cli.prompts import secret_prompt
from mhv_tui.cli.setup import export_backend
from mhv_tui.core.answers import Answers
from mhv_tui.core.errors import UsageError
from mhv_tui.core.local import Local
from mhv_tui.core.paths import expanded
from mhv_tui.core.ports import Backend
from mhv_tui.core.secret import Revealed
from mhv_tui.core.targets import Target
from mhv_tui.domain import disks, flavors, nova
from mhv_tui.domain.certificates import public_part
from mhv_tui.domain.releases import Release, by_name
from mhv_tui.engine.session import Session
from mhv_tui.export.ansible.hosts import inventory_name
from mhv_tui.export.ansible.project import AnsibleExport, project_files
from mhv_tui.export.ansible.variables import ExportTarget, ImageConversion, UploadSource, path_parts
from mhv_tui.steps.cluster.answers import ClusterAnswers
from mhv_tui.steps.datastore.answers import DatastoreAnswers, regex_of
from mhv_tui.steps.image.answers import ImageAnswers
from mhv_tui.steps.image.conversion import image_plan
from mhv_tui.steps.node.answers import NodeAnswers, ssh_host
from mhv_tui.steps.node.facts import CA_FILE, MAX_CA_BYTES
from mhv_tui.steps.node.obsolete_options import ANSWERED, LIBVIRT_OPTIONS
from mhv_tui.steps.node.settings import answered_settings
from mhv_tui.steps.vcenter.answers import VcenterAnswers

OLDEST = by_name("ussuri")
"""The oldest release with a system that Ansible 12 manages: it needs Python 3.8 on the node."""


def files(name: str, answers: Answers, session: Session | None) -> dict[str, str]:
    """Returns path -> text of the project's files. Raises UsageError if the answers lack something that it needs."""
    targets = targets_of_one_cloud(answers)
    for target in targets:
        _check(target)
    with closing(export_backend(session, answers, secret_prompt())) as backend:
        release = _release(targets[0], backend)
        rows = [_export_target(target, release, backend.local) for target in targets]
    return project_files(
        AnsibleExport(name=name, release=release, targets=rows, answered=ANSWERED, libvirt=LIBVIRT_OPTIONS)
    )


def _check(target: Target) -> None:
    """Raises UsageError if required answers of a target are missing, or if its cluster is not named by its path."""
    answers, place = target.answers, f" of the target {target.id}" if target.id else ""
    if missing := [f"{step}.{key}" for step in answers.tables for key in answers.missing(step)]:
        lines = tuple(f"{key} has no value" for key in missing)
        raise UsageError(f"the answers{place} are not complete", "answer these keys first", lines=lines)
    path = answers.of(ClusterAnswers).path
    if not path_parts(path)[0]:
        raise UsageError(f"cluster.path{place} is {path!r}", "write the whole path, such as /DC0/host/DC0_C0")


def _release(target: Target, backend: Backend) -> Release:
    """Returns the cloud's release. Raises UsageError if it is not known or too old."""
    release = cloud_release(target, backend)
    if release < OLDEST:
        problem = f"nova {release.title} runs on systems whose Python is too old for Ansible 12"
        raise UsageError(problem, "use `mhv-tui apply`")
    return release


def _export_target(target: Target, release: Release, local: Local) -> ExportTarget:
    answers = target.answers
    node, trust = answers.of(NodeAnswers), answers.of(VcenterAnswers).trust
    regex = regex_of(answers.of(DatastoreAnswers))
    own_file = "" if node.ca_file or trust.kind not in ("ca_file", "sha256") else CA_FILE
    settings = answered_settings(
        answers,
        release,
        "neutron",
        password=Revealed(""),
        clusters=(path_parts(answers.of(ClusterAnswers).path)[1],),
        regex=regex,
        ca_file=node.ca_file or own_file,
    )
    return ExportTarget(
        name=inventory_name(target.id or node.host),
        answers=answers,
        node=ssh_host(node),
        regex=regex,
        options=nova.vmware_settings(release, settings),
        upload=_upload(answers.of(ImageAnswers), release, local),
        certificate=_certificate(trust.value, local) if trust.kind == "ca_file" else "",
        copies_certificate=bool(own_file),
    )


def _certificate(path: str, local: Local) -> str:
    """Returns the certificates in vcenter.trust's file, without keys. Raises UsageError if it has none."""
    text = public_part(local.head(expanded(path), MAX_CA_BYTES).decode("ascii", "replace"))
    if not text:
        raise UsageError(f"vcenter.trust: {path} has no certificate", "name a PEM file with the authority of vCenter")
    return text


def _upload(image: ImageAnswers, release: Release, local: Local) -> UploadSource:
    """Returns how the image is converted. Raises UsageError for a file that qemu-img alone does not convert."""
    source = expanded(image.source)
    disk, mark = inspected(local, source) or (None, "")
    if disk is None or not disk.usable:
        raise UsageError(f"image.source: {image.source} is no disk image that can be read", "name an image file")
    if disk.packing or disk.member:
        raise UsageError(f"image.source: {image.source} is packed", "unpack it, and name the disk image inside")
    conversion, fallback = (_conversion(image, release, disk, mark, hangs) for hangs in (False, True))
    return UploadSource(
        source=str(source.absolute()),
        source_format=disks.DRIVERS[disk.format],
        min_disk=flavors.min_disk(disk.virtual_size),
        conversion=conversion,
        fallback=fallback,
    )


def _conversion(image: ImageAnswers, release: Release, disk: disks.Disk, mark: str, hangs: bool) -> ImageConversion:
    """Returns how the file is converted. `hangs`: the node's transfers of streamOptimized images hang."""
    plan = image_plan(
        release=release,
        datastores=(),
        disk=disk,
        disk_type=image.disk_type,
        guest=image.vmware_ostype,
        mark=mark,
        hangs=hangs,
    )
    if plan.problem:
        raise UsageError(f"image.source: {plan.problem}", "change the answers of the page image")
    return ImageConversion(
        subformat=plan.subformat,
        adapter=plan.adapter,
        properties={p.name: p.value for p in plan.properties if p.value is not None},
    )
