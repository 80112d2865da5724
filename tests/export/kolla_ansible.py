"""What nova of a node gets from Kolla-Ansible by the rules of its source: variables, template, merge_configs.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import jinja2
import yaml
from jinja2.runtime import Context
from oslo_config import cfg, iniparser

from mhv_tui.domain import nova
from mhv_tui.domain.releases import Release, by_name

TEMPLATES = Path(__file__).parent / "kolla"
DEFAULTS = {
    "nova_compute_virt_type": "kvm",
    "vmware_vcenter_host_ip": "127.0.0.1",
    "vmware_vcenter_host_username": "username",
    "vmware_vcenter_cluster_name": "cluster-1",
    "vmware_vcenter_insecure": "True",
    "vmware_vcenter_datastore_regex": ".*",
    "kolla_base_distro": "ubuntu",
    "api_interface_address": "192.0.2.7",
}
"""ansible/group_vars/all.yml and nova-cell/defaults/main.yml, and an address."""


class LazyVariables(Context):
    """Evaluates the text of a variable when a template uses it, as Ansible does."""

    def resolve_or_missing(self, key: str) -> object:
        value = super().resolve_or_missing(key)
        return self.environment.from_string(value).render(self.parent) if isinstance(value, str) else value


def merged(texts: Iterable[str]) -> str:
    """ansible/action_plugins/merge_configs.py: an option of a later text replaces the earlier one."""
    sections: dict[str, dict[str, str]] = {}
    current: list[str] = []

    def begin(section: str) -> None:
        current[:] = [section]
        sections.setdefault(section, {})

    def assign(key: str, value: list[str]) -> None:
        sections[current[0]][key] = value[0]

    for text in texts:
        parser = iniparser.BaseParser()
        parser.new_section, parser.assignment = begin, assign
        parser.parse(text.splitlines())
    rows = ((f"[{section}]", *(f"{key} = {value}" for key, value in own.items())) for section, own in sections.items())
    return "".join(f"{line}\n" for lines in rows for line in lines)


def nova_conf(files: Mapping[str, str], host: str, release: Release, secrets: Mapping[str, str]) -> str:
    """nova.conf in the container of nova-compute on the node `host`.

    The variables of globals.yml and passwords.yml win over those of the node, because kolla-ansible gives them to
    Ansible as extra variables. `secrets` has what a lookup finds.
    """
    environment = jinja2.Environment(trim_blocks=True, keep_trailing_newline=True, undefined=jinja2.StrictUndefined)
    environment.context_class = LazyVariables
    environment.filters["bool"] = lambda value: str(value).lower() in ("true", "yes", "1")
    environment.globals["lookup"] = lambda kind, name: secrets[name]
    sources = [files.get(f"host_vars/{host}.yml", ""), files.get("globals.yml", ""), files["passwords.yml"]]
    variables = dict(DEFAULTS)
    for source in sources:
        variables |= yaml.safe_load(source) or {}
    era = "globals" if release < by_name("flamingo") else "overrides"
    names = ["nova.conf"] if release < by_name("bobcat") else ["nova.conf", "nova-compute.conf"]
    overrides = [files.get(f"config/nova/{host}/{name}", "") for name in names]
    sources = [(TEMPLATES / f"{era}.j2").read_text(), *overrides]
    return merged(environment.from_string(text).render(variables) for text in sources)


def options_of(text: str, release: Release, folder: Path) -> dict[str, object]:
    """section/option -> value as oslo.config reads nova.conf, for each option that the driver of this release reads."""
    (folder / "nova.conf").write_text(text, encoding="utf-8")
    kinds = {"bool": cfg.BoolOpt, "int": cfg.IntOpt, "float": cfg.FloatOpt, "port": cfg.PortOpt}
    own = ("DEFAULT/compute_driver", "DEFAULT/reserved_host_memory_mb")
    rows = [o for o in nova.options(release) if o.section == "vmware" or f"{o.section}/{o.name}" in own]
    conf = cfg.ConfigOpts()
    for row in rows:
        conf.register_opt(kinds.get(row.kind, cfg.StrOpt)(row.name), None if row.section == "DEFAULT" else row.section)
    conf(["--config-file", str(folder / "nova.conf")], project="nova", default_config_dirs=[])
    return {f"{o.section}/{o.name}": (conf if o.section == "DEFAULT" else conf[o.section])[o.name] for o in rows}
