"""`mhv-tui export --to kolla`: reads what the files for Kolla-Ansible need from answers, session and CA file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mhv_tui.changes import KINDS
from mhv_tui.changes.files import WriteFile
from mhv_tui.core.answers import Answers, secret_of
from mhv_tui.core.errors import UsageError
from mhv_tui.core.paths import expanded, read_regular
from mhv_tui.core.targets import targets_of
from mhv_tui.core.text import be, count
from mhv_tui.domain.certificates import public_part
from mhv_tui.domain.releases import Release, by_name
from mhv_tui.engine.session import Session
from mhv_tui.export.collect import changes
from mhv_tui.export.kolla import KollaTarget, kolla_files
from mhv_tui.steps.cloud.answers import CloudAnswers
from mhv_tui.steps.node.answers import NodeAnswers
from mhv_tui.steps.node.facts import CA_FILE, MAX_CA_BYTES
from mhv_tui.steps.node.settings import answered_settings
from mhv_tui.steps.vcenter.answers import VcenterAnswers

NEEDED = (("vcenter", "host"), ("vcenter", "username"), ("cluster", "path"), ("node", "host"))
"""The answers without which there is nothing to export."""


def files_of(answers: Answers, session: Session | None) -> Mapping[str, str]:
    """Path -> text of each file. `session` is the session of the answers, if there is one.

    Raises UsageError if answers are missing, or if Kolla-Ansible cannot deploy this cloud.
    """
    targets = [target.answers for target in targets_of(answers)]
    missing = dict.fromkeys(f"{s}.{key} is not set" for one in targets for s, key in NEEDED if not _answer(one, s, key))
    if missing:
        raise UsageError(f"{count(len(missing), 'answer')} {be(len(missing))} missing", lines=tuple(missing))
    if any(one.of(CloudAnswers).networking == "nova-network" for one in targets):
        raise UsageError("Kolla-Ansible deploys no nova-network", "export --to ansible, or set cloud.networking")
    release = _release(answers, session)
    return kolla_files([_target(one, session) for one in targets], release)


def _answer(answers: Answers, step: str, key: str) -> object:
    return getattr(answers.tables[step], key)


def _release(answers: Answers, session: Session | None) -> Release:
    """The answered release, else the one that the last check of the session detected."""
    name = answers.of(CloudAnswers).release
    if name == "auto":
        findings = session.findings() if session else []
        name = next((f.subject for _, f in findings if (f.code, f.level) == ("OS08", "ok")), "")
    if not name:
        remedy = "set cloud.release, or run `mhv-tui check` with these answers first"
        raise UsageError("the release of the cloud is not known", remedy)
    return by_name(name)


def _target(answers: Answers, session: Session | None) -> KollaTarget:
    vcenter, node = answers.of(VcenterAnswers), answers.of(NodeAnswers)
    return KollaTarget(
        host=node.host,
        settings=answered_settings(answers, "neutron"),
        password=secret_of(vcenter, "password"),
        trust=vcenter.trust,
        ca="" if node.ca_file else _certificates(vcenter, node, session),
    )


def _certificates(vcenter: VcenterAnswers, node: NodeAnswers, session: Session | None) -> str:
    """The certificates of the CA file, or the pinned one that this session has written to the node; "" if unknown."""
    if vcenter.trust.kind == "ca_file":
        try:
            content = read_regular(expanded(vcenter.trust.value), MAX_CA_BYTES)
        except OSError:
            return ""
        return public_part(content.decode("ascii", "replace"))
    written = _written(session, node) if session and vcenter.trust.kind == "sha256" else iter(())
    return next(written, "")


def _written(session: Session, node: NodeAnswers) -> Iterator[str]:
    for _, change in changes(session.journal.records(), KINDS):
        if isinstance(change, WriteFile) and (change.path, change.host.host) == (CA_FILE, node.host):
            yield change.content
