"""The plan of the page `node`: packages, files, services, in that order; its fixes, and its choices of host keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mhv_tui.changes.code import CorrectCode
from mhv_tui.changes.files import ConfOption, EditConfig, WriteFile, encoded
from mhv_tui.changes.packages import AddCloudArchive, ConfigurePackages, InstallPackages, RefreshPackages
from mhv_tui.changes.services import StartService
from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import RemoteFile, SshHost
from mhv_tui.core.secret import Revealed
from mhv_tui.core.steps import Choice
from mhv_tui.domain import packages
from mhv_tui.domain.certificates import certificates
from mhv_tui.steps.cloud.answers import CloudAnswers, cloud_login
from mhv_tui.steps.cloud.facts import CloudFacts
from mhv_tui.steps.node.answers import NodeAnswers, ssh_host
from mhv_tui.steps.node.facts import CA_FILE, COMPUTE_CONF, NOVA_CONF, NodeView
from mhv_tui.steps.node.inputs import NodeInputs
from mhv_tui.steps.node.nova_code import correction
from mhv_tui.steps.node.nova_conf import NovaConf
from mhv_tui.steps.node.obsolete_options import OptionName
from mhv_tui.steps.node.services import is_active, is_up, runs
from mhv_tui.steps.node.settings import ca_path, differing, named_files, overridden


def plan(view: NodeView) -> Sequence[Change]:
    """Returns the missing changes in the order in which apply must make them.

    They include a requested correction of nova's code, which follows the packages and precedes the start.
    """
    inputs = view.inputs
    if not isinstance(inputs, NodeInputs):
        return ()
    changes: list[Change] = []
    if inputs.missing_packages:
        changes.append(InstallPackages(host=ssh_host(view.answers), packages=inputs.missing_packages))
    changes += [fix for fix in view.requested_fixes if isinstance(fix, CorrectCode)]
    confs = dict.fromkeys((NOVA_CONF, *view.facts.confs, *(inputs.packaging.order if inputs.packaging else ())))
    edits = (_conf_edit(view, inputs, path) for path in confs if path not in inputs.unreadable)
    files = (certificate_file(view, inputs), *authority_files(view, inputs), *edits)
    changes += [file for file in files if file is not None]
    return (*changes, *_starts(view, inputs, bool(changes)))


def _conf_edit(view: NodeView, inputs: NodeInputs, path: str) -> EditConfig | None:
    return main_edit(view, inputs) if path == NOVA_CONF else other_edit(view, inputs, path)


def main_edit(view: NodeView, inputs: NodeInputs) -> EditConfig | None:
    """Returns the change to nova.conf; None if it has every setting and its mode and owner are private."""
    file = view.facts.survey.files.get(NOVA_CONF)
    rows, removals = differing(view.facts.nova_conf, inputs.settings), inputs.obsolete[NOVA_CONF]
    mode, owner, group = private_mode(file)
    if not rows and not removals and file and (file.mode, file.owner, file.group) == (mode, owner, group):
        return None
    edit = _edit(view, inputs, NOVA_CONF, rows, removals, RemoteFile(b"", mode, owner, group))
    present = [row for row in inputs.settings if row not in rows]
    return replace(edit, present=tuple(f"[{row.section}] {row.option}" for row in present))


def private_mode(file: RemoteFile | None) -> tuple[int, str, str]:
    """Returns mode, owner and group for a file with secrets: the present ones, unless all users may read it."""
    if file is None or file.mode & 0o007:
        return 0o640, "root", "nova"
    return file.mode, file.owner, file.group


def other_edit(view: NodeView, inputs: NodeInputs, path: str) -> EditConfig | None:
    """Returns the change to another file, which must not override nova.conf and gets no secret; None if none.

    nova-compute.conf sets compute_driver itself, as the packages have it there.
    """
    file = view.facts.survey.files.get(path)
    conf = view.facts.confs.get(path, NovaConf(""))
    later = overridden(conf, inputs.settings) if path in view.facts.later_confs else ()
    driver = tuple(row for row in inputs.settings if row.option == "compute_driver" and path == COMPUTE_CONF)
    others = [row for row in later if row not in driver]
    rows = (*differing(conf, driver), *(row for row in others if not row.secrets))
    secrets = ((row.section, row.option) for row in others if row.secrets)
    removals = (*inputs.obsolete.get(path, ()), *secrets)
    if not rows and not removals:
        return None
    return _edit(view, inputs, path, rows, removals, file or RemoteFile(b"", 0o644, "root", "root"))


def _edit(
    view: NodeView,
    inputs: NodeInputs,
    path: str,
    rows: tuple[ConfOption, ...],
    removals: tuple[OptionName, ...],
    form: RemoteFile,
) -> EditConfig:
    return EditConfig(
        host=ssh_host(view.answers),
        path=path,
        settings=rows,
        removals=removals,
        mode=form.mode,
        owner=form.owner,
        group=form.group,
        unit=inputs.packaging.unit if inputs.packaging else "",
        current=Revealed(view.facts.text(path)) if view.facts.survey.files.get(path) else None,
    )


def certificate_file(view: NodeView, inputs: NodeInputs) -> WriteFile | None:
    """Returns the change that writes vCenter's certificate to the node; None if it is not needed."""
    if ca_path(view, inputs.release) != CA_FILE:
        return None
    file = view.facts.survey.files.get(CA_FILE)
    if file and file.content == encoded(view.facts.ca) and not file.mode & 0o022 and file.mode & 0o004:
        return None
    return WriteFile(host=ssh_host(view.answers), path=CA_FILE, content=view.facts.ca, replaces=file is not None)


def authority_files(view: NodeView, inputs: NodeInputs) -> Iterator[WriteFile]:
    """Yields a change for each file with authorities that the copied settings name, if the node lacks a certificate.

    The file gets the certificates of the machine named in copy_settings_from, after those that it has already."""
    for path in named_files(inputs.settings):
        file = view.facts.survey.files.get(path)
        has, needs = certificates(view.facts.text(path)), certificates(view.facts.authorities.get(path, ""))
        if set(needs) - set(has) and path in view.facts.survey.files:
            content = "".join(dict.fromkeys((*has, *needs)))
            yield WriteFile(host=ssh_host(view.answers), path=path, content=content, replaces=file is not None)


def _starts(view: NodeView, inputs: NodeInputs, changed: bool) -> Iterator[StartService]:
    """Yields a start of each service that does not run or runs with old files; nova-compute is the last."""
    host = ssh_host(view.answers)
    for unit in inputs.nova_network.units if inputs.nova_network else ():
        if changed or not runs(view.facts, unit):
            yield StartService(host=host, unit=unit, runs=is_active(view.facts, unit))
    if inputs.packaging and (changed or not is_up(view.facts, inputs.packaging.unit)):
        yield StartService(
            host=host,
            unit=inputs.packaging.unit,
            binary="nova-compute",
            service_host=view.facts.service_host,
            cloud=cloud_login(view.answers_of(CloudAnswers)),
            runs=is_active(view.facts, inputs.packaging.unit),
        )


def fixes(view: NodeView) -> Sequence[Change]:
    """Returns the fixes: configure packages, refresh package lists or add the cloud archive, correct nova's code."""
    configure = [ConfigurePackages(host=ssh_host(view.answers))] if view.facts.survey.broken_packages else []
    source = add_source(view, view.inputs if isinstance(view.inputs, NodeInputs) else None)
    return (*configure, source, *filter(None, [correction(view)]))


def add_source(view: NodeView, inputs: NodeInputs | None) -> AddCloudArchive | RefreshPackages:
    """Returns the change that may make packages available: Ubuntu's cloud archive, else refreshed package lists."""
    host, survey = ssh_host(view.answers), view.facts.survey
    archive = packages.archive(survey.codename, inputs.release) if inputs and survey.system == "ubuntu" else ""
    return AddCloudArchive(host=host, release=archive) if archive else RefreshPackages(host=host)


def choices(view: NodeView) -> Mapping[str, Sequence[Choice]]:
    """Returns the cloud's other compute nodes, whose settings can be copied."""
    cloud, own = view.facts_of(CloudFacts), {view.answers.host, view.facts.service_host}
    hosts = dict.fromkeys(h.service_host for h in cloud.hypervisors if h.state == "up") if cloud else {}
    nodes = [Choice(SshHost(host), f"{host}  a compute node of this cloud") for host in hosts if host not in {"", *own}]
    return {"copy_settings_from": nodes}


def choices_on_error(ctx: Context, answers: NodeAnswers, machine: str) -> Mapping[str, Sequence[Choice]]:
    """Returns the host key that this machine shows now; the operator compares and pins it."""
    host = ssh_host(answers)
    keys = _presented_keys(ctx, host) if host.host == machine else []
    return {
        "host_key": [Choice(key, f"{key}  shown by {host}") for key in keys],
        "copy_settings_from": pinned_hosts(ctx, answers.copy_settings_from, machine),
    }


def pinned_hosts(ctx: Context, host: SshHost | str | None, machine: str) -> list[Choice]:
    """Returns the answered host with the key that it shows now, if it is `machine` and has no pinned key."""
    if not isinstance(host, SshHost) or host.host_key or host.host != machine:
        return []
    return [
        Choice(replace(host, host_key=key), f"{host} with the host key that it shows now: {key}")
        for key in _presented_keys(ctx, host)
    ]


def _presented_keys(ctx: Context, host: SshHost) -> list[str]:
    try:
        return [ctx.backend.host_key(host)]
    except FindingError:
        return []
