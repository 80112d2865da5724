"""The targets of an answer file as files for Kolla-Ansible, which then deploys nova-compute for vCenter itself.

kolla.toml says what Kolla-Ansible of each release knows of a vCenter; an override of nova.conf has everything else.
No file contains a password.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources

from mhv_tui.core.answers import Trust
from mhv_tui.core.errors import UsageError
from mhv_tui.core.secret import SecretRef
from mhv_tui.core.text import host_port
from mhv_tui.domain import ini, nova
from mhv_tui.domain.releases import Release, by_name

_TABLE = tomllib.loads(resources.files("mhv_tui.export").joinpath("kolla.toml").read_text(encoding="utf-8"))

PASSWORD = "vmware_vcenter_host_password"
"""The variable with the password of the vCenter account: Kolla-Ansible's own name up to 2025.1."""
OWN_PASSWORD = "mhv_vcenter_password"
"""The variable of a node with its password, if the nodes of one export have different passwords."""

KollaVariables = dict[str, str]
"""Variable of Ansible -> its value, in which Ansible evaluates {{ }}."""


@dataclass(frozen=True, kw_only=True)
class KollaTarget:
    """One compute node for vCenter."""

    host: str
    """The node's name in the inventory of Kolla-Ansible."""
    settings: nova.VmwareSettings
    """The settings of nova.conf, whose ca_file is a path on the node; the password is not used."""
    password: SecretRef
    trust: Trust
    ca: str = ""
    """The certificates that nova must trust, in PEM; "" if they are not known."""


@dataclass(frozen=True, kw_only=True)
class Era:
    """A range of releases, as in kolla.toml."""

    since: str
    until: str = ""
    variables: Mapping[str, str]
    implied: Sequence[str]
    always: Mapping[str, str]
    host_vars: Mapping[str, str]
    ca_file: str
    ca: str
    warnings: Sequence[str]


def era_of(release: Release) -> Era:
    """The era of a release. Raises UsageError for a release before the first one."""
    eras = [Era(**row) for row in _TABLE["era"]]
    for era in reversed(eras):
        if by_name(era.since) <= release:
            return era
    raise UsageError(
        f"Kolla-Ansible of {release.title} does not know vCenter",
        f"it knows vCenter from {by_name(eras[0].since).title} on",
    )


def kolla_files(targets: Sequence[KollaTarget], release: Release) -> dict[str, str]:
    """Path -> text of every file, README.md first.

    Raises UsageError if Kolla-Ansible of this release does not know vCenter.
    """
    era = era_of(release)
    passwords = _passwords(targets)
    own = {target.host: _variables(era, target, release) for target in targets}
    common = {
        name: value for name, value in own[targets[0].host].items() if all(v[name] == value for v in own.values())
    }
    files: dict[str, str] = {"globals.yml": _yaml(common)} if common else {}
    files["passwords.yml"] = "".join(_password_lines(targets, passwords))
    for target in targets:
        files[f"config/nova/{target.host}/{_override_name(release)}"] = _override(era, target, release)
        different = {name: value for name, value in own[target.host].items() if name not in common}
        more = {OWN_PASSWORD: f"{{{{ {passwords[target.password]} }}}}"} if len(passwords) > 1 else {}
        files[f"host_vars/{target.host}.yml"] = _yaml({**era.host_vars, **_copied_ca(era, target), **different, **more})
    files.update(_certificates(era, targets))
    return {"README.md": _readme(era, targets, files, release), **files}


def _override_name(release: Release) -> str:
    names: Mapping[str, str] = _TABLE["override"]
    return [name for since, name in names.items() if by_name(since) <= release][-1]


def _options(era: Era, target: KollaTarget, release: Release) -> dict[str, str | None]:
    """section/option -> its value as nova.conf has it; None for the options that are templates of their own."""
    settings = replace(target.settings, ca_file=era.ca_file if _needs_ca(target) else None)
    rows = nova.vmware_settings(release, settings)
    return {f"{s}/{name}": None if name in ("host_password", "ca_file") else str(value) for s, name, value in rows}


def _variables(era: Era, target: KollaTarget, release: Release) -> KollaVariables:
    """The values of the variables that Kolla-Ansible itself puts into nova.conf."""
    options = {**era.always, **_options(era, target, release)}
    return {variable: _in_conf(options[option] or "") for option, variable in era.variables.items()}


def _override(era: Era, target: KollaTarget, release: Release) -> str:
    """The options that no variable sets, as a file that Kolla-Ansible merges into nova.conf."""
    templates = {"vmware/host_password": f"{{{{ {PASSWORD} }}}}", "vmware/ca_file": era.ca_file}
    sections: dict[str, list[str]] = {}
    for key, value in _options(era, target, release).items():
        if key not in era.variables and key not in era.implied:
            section, name = key.split("/")
            text = templates[key] if value is None else _in_conf(value)
            sections.setdefault(section, [f"[{section}]"]).append(f"{name} = {text}")
    return "\n\n".join("\n".join(lines) for lines in sections.values()) + "\n"


def _in_conf(value: str) -> str:
    """The text from which nova reads `value`, after Ansible and merge_configs.py, which removes outer quotes once."""
    text = ini.quote(ini.quote(value))
    return text.replace("{", "{{ '{' }}") if re.search(r"\{[{%#]", text) else text


def _yaml(variables: KollaVariables) -> str:
    return "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in variables.items())


def _passwords(targets: Sequence[KollaTarget]) -> dict[SecretRef, str]:
    """Reference to a password -> its variable in passwords.yml: one each, with vCenter's name if there are several."""
    first = {target.password: target.settings.host_ip for target in reversed(targets)}
    if len(first) == 1:
        return dict.fromkeys(first, PASSWORD)
    return {
        ref: f"{PASSWORD}_{n}_{re.sub('[^a-z0-9]', '_', host.lower())}"
        for n, (ref, host) in enumerate(first.items(), 1)
    }


def _password_lines(targets: Sequence[KollaTarget], passwords: Mapping[SecretRef, str]) -> Iterator[str]:
    users = {target.password: target.settings.host_username for target in reversed(targets)}
    yield "# nova reads $$ as one dollar sign, so every $ of a password is doubled.\n"
    for ref, name in passwords.items():
        if ref.kind in ("env", "file"):
            argument = json.dumps(ref.name, ensure_ascii=False).replace("'", "''")
            yield f"{name}: '{{{{ lookup(''{ref.kind}'', {argument}) | replace(''$'', ''$$'') }}}}'\n"
        else:
            yield f"# Write the password of {users[ref]} behind the colon, with each $ doubled, or a lookup of it.\n"
            yield f"# Do it before you run kolla-genpwd, which gives an empty key a random password.\n{name}:\n"
    if len(passwords) > 1:
        yield f"# Each node for vCenter has its own, by its host_vars.\n{PASSWORD}: '{{{{ {OWN_PASSWORD} }}}}'\n"


def _copied_ca(era: Era, target: KollaTarget) -> KollaVariables:
    copies = era.ca.startswith("certificates/") and _needs_ca(target)
    return {"kolla_copy_ca_into_containers": "yes"} if copies else {}


def _needs_ca(target: KollaTarget) -> bool:
    return bool(target.settings.ca_file) or not target.settings.insecure


def _certificates(era: Era, targets: Iterable[KollaTarget]) -> dict[str, str]:
    """The certificates of all vCenters: one file for nova, or a file for each, as the systems' trust stores need it."""
    blocks = dict.fromkeys(
        block
        for target in targets
        if _needs_ca(target)
        for block in re.findall(r"-----BEGIN [^-]+-----.+?-----END [^-]+-----\n?", target.ca, re.DOTALL)
    )
    if not era.ca.startswith("certificates/"):
        return {era.ca: "".join(blocks)} if blocks else {}
    stem = era.ca.removesuffix(".crt")
    return {f"{stem}-{n}.crt": block for n, block in enumerate(blocks, 1)}


def _readme(era: Era, targets: Sequence[KollaTarget], files: Iterable[str], release: Release) -> str:
    purposes: Mapping[str, str] = _TABLE["purpose"]
    rows = [f"- `{path}`: {next(text for begin, text in purposes.items() if path.startswith(begin))}" for path in files]
    todo = dict.fromkeys(_missing_ca(era, target) for target in targets if _needs_ca(target) and not target.ca)
    warnings = [*era.warnings, *_TABLE["every_era"]["warnings"]]
    lines = [
        f"# nova-compute for vCenter with Kolla-Ansible, {release.title}",
        "",
        *rows,
        *(f"- Still missing: {sentence}" for sentence in todo),
        "",
        "Then deploy as any other compute node: kolla-ansible bootstrap-servers, prechecks, pull and deploy, each with",
        f"-i INVENTORY --limit {','.join(target.host for target in targets)}",
        "",
        "## Read this first",
        "",
        *(f"- {warning}" for warning in warnings),
    ]
    return "\n".join(lines) + "\n"


def _missing_ca(era: Era, target: KollaTarget) -> str:
    settings = target.settings
    kind, value = ("node", settings.ca_file) if settings.ca_file else (target.trust.kind, target.trust.value)
    sentence: str = _TABLE["missing_ca"][kind]
    return sentence.format(address=host_port(settings.host_ip, settings.host_port), ca=era.ca, value=value)
