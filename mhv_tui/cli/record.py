"""`mhv-tui record`: records the inventory of a vCenter, read-only, with one login."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mhv_tui.cli import output, preflight, simulation
from mhv_tui.cli.export import source_of
from mhv_tui.cli.options import RecordOptions
from mhv_tui.cli.prompts import secret_prompt
from mhv_tui.core import answerfile
from mhv_tui.core.answers import Answers, secrets_of
from mhv_tui.core.errors import UsageError
from mhv_tui.core.secret import Vault
from mhv_tui.core.targets import targets_of
from mhv_tui.core.text import count, join_names

if TYPE_CHECKING:
    from mhv_tui.adapters.vsphere_record import InventoryReader
    from mhv_tui.export.recording import StoredObject

STEPS = ("cluster", "datastore", "network")
"""The tables of answers that belong to a recording: what the checks judge in the inventory."""

NOUNS = {
    "ClusterComputeResource": "cluster",
    "HostSystem": "host",
    "Datastore": "datastore",
    "Network": "network",
    "DistributedVirtualPortgroup": "distributed port group",
    "OpaqueNetwork": "NSX network",
    "VirtualMachine": "virtual machine",
}
"""What the summary counts."""


def run(options: RecordOptions) -> int:
    """Reads the vCenter and writes the recording; returns the exit code."""
    from mhv_tui.export import recording

    path = Path(options.output).absolute()
    recording.check_target(path, options.force)
    objects, about = _read(_answers(options))
    rows = recording.files(*_anonymized(objects, about)) if options.anonymize else recording.files(objects, about)
    try:
        recording.write(path, rows)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}", "name another --output") from None
    for line in _summary(objects, about):
        output.say(line, sys.stderr)
    output.say(f"written: {path}", sys.stderr)
    return 0


def _answers(options: RecordOptions) -> Answers:
    """The answers of one target. Raises UsageError if they name no vCenter, or several."""
    if options.source and options.session:
        raise UsageError("record takes an answer file or a --session, not both", "leave out one of them")
    if not (options.source or options.session):
        raise UsageError("record needs the answers of one vCenter", "name an answer file or a --session")
    answers, session = source_of(options.source or options.session)
    if session is not None and simulation.is_simulated(session):
        raise UsageError(f"session {session.name} is simulated", "name the answers of a real vCenter")
    targets = {target.id: target.answers for target in targets_of(answers)}
    if options.target:
        if options.target not in targets:
            raise UsageError(f"there is no target {options.target}", f"the targets are: {', '.join(targets) or 'none'}")
        return targets[options.target]
    if len({_address(target) for target in targets.values()}) > 1:
        raise UsageError("the answers have several vCenters", f"add --target with one of {', '.join(targets)}")
    return next(iter(targets.values()))


def _address(answers: Answers) -> tuple[str, int]:
    return answers.tables["vcenter"].host.lower(), answers.tables["vcenter"].port


def _read(answers: Answers) -> tuple[list[StoredObject], dict[str, Any]]:
    """The objects, and the content of mhv-tui.json. Logs in once. Raises FindingError, UsageError, SecretMissing."""
    from mhv_tui.adapters import trust, vsphere_record
    from mhv_tui.adapters.vsphere_session import VcenterSession
    from mhv_tui.export.recording import about_of
    from mhv_tui.steps.vcenter.answers import vcenter_login

    table = answers.tables["vcenter"]
    vault = Vault(secret_prompt())
    preflight.check_complete(answers, vault, ("vcenter",))
    vault.mask(secrets_of(table))
    login = vcenter_login(table)
    ca_file = login.trust_value if login.trust_kind == "ca_file" else ""
    certificate = trust.certificate(login.host, login.port, ca_file)
    chain = trust.chain(login.host, login.port)
    session = VcenterSession(login, vault.reveal(login.password))
    with closing(session):
        reader = vsphere_record.InventoryReader(session)
        objects = list(_stored(reader))
        about = {
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            **about_of(login, certificate, reader.privileges()),
            "skew": reader.skew(),
            "chain": list(chain),
            "answers": _own_answers(answers),
        }
    unreadable = [{"what": what, "fault": fault, "objects": n} for (what, fault), n in reader.unreadable.items()]
    return objects, {**about, "unreadable": unreadable}


def _stored(reader: InventoryReader) -> Iterator[StoredObject]:
    """The objects, while the progress is shown."""
    from mhv_tui.export import recording

    kind = ""
    for element in reader.objects():
        row = recording.stored(element)
        if row.kind != kind and row.kind in NOUNS:
            output.say(f"reading: {NOUNS[row.kind]}s", sys.stderr)
        kind = row.kind
        yield row


def _own_answers(answers: Answers) -> dict[str, Any]:
    """The answers about the vCenter, without the login, so that a check in the recording asks the same."""
    document = answerfile.document_of(answers)
    trust = answers.tables["vcenter"].trust.plain()
    return {"vcenter": {"trust": trust}, **{step: document[step] for step in STEPS if step in document}}


def _anonymized(objects: list[StoredObject], about: Mapping[str, Any]) -> tuple[Iterator[StoredObject], dict[str, Any]]:
    from mhv_tui.export.recording import stored
    from mhv_tui.export.recording_names import RecordingNames

    names = RecordingNames((row.element() for row in objects), about)

    def replaced(row: StoredObject) -> StoredObject:
        element = row.element()
        names.replace(element)
        return stored(element)

    return map(replaced, objects), names.document(about)


def _summary(objects: list[StoredObject], about: Mapping[str, Any]) -> Iterator[str]:
    numbers = Counter(row.kind for row in objects)
    nouns = [count(numbers[kind], noun) for kind, noun in NOUNS.items() if numbers[kind]]
    yield f"recorded {count(len(objects), 'object')}: {join_names(nouns, len(nouns))}"
    for row in about["unreadable"]:
        yield f"not readable for this login: {row['what']} ({row['fault']}), {count(row['objects'], 'object')}"
