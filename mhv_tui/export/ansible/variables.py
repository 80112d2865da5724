"""The variables of the project: what all targets share in group_vars, the rest of each target in host_vars.

The names of the variables begin with the step whose role reads them.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence

from mhv_tui.core.answers import Answers, secret_of
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.machine import SshHost
from mhv_tui.core.secret import Revealed
from mhv_tui.domain.nova import OptionValue, by_option
from mhv_tui.domain.nova_bugs import BUGS
from mhv_tui.domain.releases import Release
from mhv_tui.export.ansible.hosts import Groups, inventory_name, name_in
from mhv_tui.export.ansible.secrets import lookup
from mhv_tui.export.ansible.yaml_text import Plain, literal

Variables = dict[str, Plain]

OWN_STEPS = ("cluster", "datastore", "network", "node")
"""The steps whose variables are always in host_vars, so that a new target is a copy of one file."""

EVERY_NAME = ".*"
"""A regular expression for the check of the datastores if nova may use all of them."""


@dataclass(frozen=True, kw_only=True)
class ImageConversion:
    """How the image file is converted, and the properties of the image; `subformat` is "" for an unchanged upload."""

    subformat: str
    adapter: str
    properties: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class UploadSource:
    """The image file, and the image to create from it."""

    source: str
    source_format: str
    min_disk: int
    conversion: ImageConversion
    fallback: ImageConversion
    """The conversion if the node's libraries hang in the usual one."""


@dataclass(frozen=True, kw_only=True)
class ExportTarget:
    """One target of the export: its name, its answers, and what follows from them."""

    name: str
    answers: Answers
    node: SshHost
    regex: str
    options: Sequence[OptionValue]
    """The settings of nova.conf that the answers determine. The password is a Revealed, whose value is not used."""
    upload: UploadSource
    certificate: str
    """The certificates in PEM that nova trusts; "" if none is written or it is read from vCenter."""
    copies_certificate: bool


def target_variables(target: ExportTarget, groups: Groups, release: Release, uploaders: list[str]) -> Variables:
    """All variables of a target."""
    return {
        **_cloud(target.answers, release),
        **_vcenter(target.answers),
        **_cluster(target.answers),
        "datastore_regex": literal(target.regex or EVERY_NAME),
        **_network(target.answers),
        **_node(target, groups),
        **_register(target.answers, groups),
        **_image(target, uploaders),
        **_prove(target.answers),
    }


def split(variables: Mapping[str, Variables]) -> tuple[Variables, dict[str, Variables]]:
    """The variables that all targets share, and target -> its other variables."""
    first = next(iter(variables.values()))
    shared = {
        name: value
        for name, value in first.items()
        if not name.startswith(OWN_STEPS) and all(own.get(name) == value for own in variables.values())
    }
    return shared, {
        target: {name: value for name, value in own.items() if name not in shared} for target, own in variables.items()
    }


def _cloud(answers: Answers, release: Release) -> Variables:
    cloud = answers.tables["cloud"]
    own: Variables = {"cloud_release": release.title, "cloud_nova_major": release.nova_major}
    if cloud.name:
        return {"cloud_name": literal(cloud.name), **own}
    names = ("auth_url", "username", "project_name", "user_domain_name", "project_domain_name")
    login: Variables = {name: literal(getattr(cloud, name)) for name in names}
    others = {"cloud_region_name": cloud.region_name, "cloud_ca_cert": cloud.ca_file}
    return {
        "cloud_auth": {**login, "password": lookup(secret_of(cloud, "password"))},
        **{name: literal(text) for name, text in others.items() if text},
        **own,
    }


def certificate_path(host: str) -> str:
    """The path of vCenter's certificate in the project."""
    return f"files/{inventory_name(host)}.pem"


def _vcenter(answers: Answers) -> Variables:
    vcenter = answers.tables["vcenter"]
    kind = vcenter.trust.kind
    path = f"{{{{ playbook_dir }}}}/{certificate_path(vcenter.host)}"
    has_file = kind in ("ca_file", "sha256")
    return {
        "vcenter_host": literal(vcenter.host),
        "vcenter_port": vcenter.port,
        "vcenter_username": literal(vcenter.username),
        "vcenter_password": lookup(secret_of(vcenter, "password")),
        "vcenter_validate_certs": kind != "insecure",
        "vcenter_environment": {"SSL_CERT_FILE": path} if has_file else {},
        **({"vcenter_ca_file": path} if has_file else {}),
        **({"vcenter_sha256": vcenter.trust.value} if kind == "sha256" else {}),
    }


def path_parts(path: str) -> tuple[str, str]:
    """The names of the datacenter and the cluster in an inventory path; the datacenter is "" without a whole path."""
    parts = [re.sub("%2[fF]", "/", part) for part in path.strip("/").split("/")]
    datacenter = parts[parts.index("host", 1) - 1] if "host" in parts[1:] else ""
    return datacenter, parts[-1]


def _cluster(answers: Answers) -> Variables:
    datacenter, cluster = path_parts(answers.tables["cluster"].path)
    requested = {*answers.fixes, *(fix.code for fix in answers.single_fixes if fix.subject == cluster)}
    return {
        "cluster_datacenter": literal(datacenter),
        "cluster_name": literal(cluster),
        "cluster_turn_on_drs": bool({"CL05", "CL06"} & requested),
    }


def _network(answers: Answers) -> Variables:
    network = answers.tables["network"]
    names = ("port_group", "kind", "dvs", "switch", "vlan_id", "manage")
    values = {f"network_{name}": getattr(network, name) for name in names}
    return {name: literal(value) if isinstance(value, str) else value for name, value in values.items()}


def _node(target: ExportTarget, groups: Groups) -> Variables:
    source = target.answers.tables["node"].copy_settings_from
    rows: list[Plain] = [_option(*row) for row in by_option(target.options)]
    return {
        "node_service_host": "{{ ansible_facts.nodename }}",
        "node_copy_settings_from": name_in(groups, "settings_sources", source),
        "node_copies_ca": target.copies_certificate,
        "node_options": rows,
        "node_code_bugs": _code_bugs(target.answers),
    }


def _code_bugs(answers: Answers) -> list[Plain]:
    """The lines of nova's code whose correction is requested."""
    host = answers.tables["node"].host
    requested = {*answers.fixes, *(fix.code for fix in answers.single_fixes if fix.subject == host)}
    rows = [bug for code, bug in BUGS.items() if code in requested]
    return [{name: literal(getattr(row, name)) for name in ("file", "line", "corrected")} for row in rows]


def _option(section: str, name: str, values: Iterable[str | Revealed]) -> Plain:
    row: Variables = {"section": section, "option": name}
    texts = [value for value in values if isinstance(value, str)]
    if texts:
        return {**row, "values": [literal(text) for text in texts]}
    return {**row, "values": ['{{ vcenter_password | replace("$", "$$") }}'], "secret": True}


def _register(answers: Answers, groups: Groups) -> Variables:
    register = answers.tables["register"]
    return {
        "register_controller": name_in(groups, "controllers", register.controller),
        "register_nova_manage": [literal(word) for word in shlex.split(register.nova_manage)],
        "register_availability_zone": literal(register.availability_zone),
        "register_tag_images": register.tag_images,
    }


def _image(target: ExportTarget, uploaders: list[str]) -> Variables:
    image, upload = target.answers.tables["image"], target.upload
    names: list[Plain] = [*uploaders]
    return {
        "image_name": literal(image.name),
        "image_visibility": image.visibility,
        "image_source": literal(upload.source),
        "image_source_format": upload.source_format,
        "image_min_disk": upload.min_disk,
        "image_conversion": _conversion(upload.conversion),
        "image_fallback": _conversion(upload.fallback),
        "image_uploaders": names,
    }


def _conversion(conversion: ImageConversion) -> Plain:
    return {
        "subformat": conversion.subformat,
        "adapter": conversion.adapter,
        "properties": {name: literal(value) for name, value in conversion.properties.items()},
    }


def _prove(answers: Answers) -> Variables:
    prove = answers.tables["prove"]
    texts = {
        "prove_flavor": prove.flavor,
        "prove_network": prove.network,
        "prove_first_image": prove.first_image,
        "prove_first_network": prove.first_network or prove.network,
    }
    return {name: literal(text) for name, text in texts.items()}
