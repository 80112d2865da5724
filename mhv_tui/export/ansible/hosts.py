"""The inventory: the compute nodes, the nodes whose settings are copied, and the controllers, each with its login."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from mhv_tui.core.machine import SshHost
from mhv_tui.export.ansible.secrets import lookup
from mhv_tui.export.ansible.yaml_text import Plain, literal

Groups = Mapping[str, Mapping[str, SshHost]]
"""Group of the inventory -> name -> machine. A machine that several targets use has one name."""


def groups_of(nodes: Mapping[str, SshHost], others: Mapping[str, Iterable[SshHost]]) -> Groups:
    """The groups of the inventory: the compute nodes by name, and the others, with the names of their hosts."""
    groups: dict[str, dict[str, SshHost]] = {"compute_nodes": dict(nodes)}
    for group, hosts in others.items():
        groups[group] = {}
        for host in dict.fromkeys(hosts):
            groups[group][_free_name(host, groups)] = host
    return {group: hosts for group, hosts in groups.items() if hosts}


def inventory_name(host: str) -> str:
    """The name of a machine in the inventory and of its file: without the signs of an IPv6 address."""
    return re.sub("[^A-Za-z0-9._-]", "-", host.strip("[]"))


def _free_name(host: SshHost, groups: Groups) -> str:
    """The host's own name, with a number if another machine or login has it in the inventory."""
    logins = {name: login for hosts in groups.values() for name, login in hosts.items()}
    own = inventory_name(host.host)
    names = (own, *(f"{own}-{number}" for number in range(2, len(logins) + 3)))
    return next(name for name in names if logins.get(name, host) == host)


def name_in(groups: Groups, group: str, host: SshHost | str | None) -> str:
    """The name of a machine in a group; "" if it is no SSH host."""
    return next((name for name, other in groups.get(group, {}).items() if other == host), "")


def inventory_data(groups: Groups) -> dict[str, Plain]:
    """The content of inventory.yml."""
    children: dict[str, Plain] = {
        group: {"hosts": {name: connection(host) for name, host in hosts.items()}} for group, hosts in groups.items()
    }
    return {"all": {"children": children}}


def connection(host: SshHost) -> dict[str, Plain]:
    """The variables with which Ansible connects to a machine. Secrets are lookups.

    A key with a passphrase must be in the SSH agent: Ansible has no passphrase for a key file.
    """
    texts = {
        "ansible_host": host.host.strip("[]"),
        "ansible_user": host.username,
        "ansible_ssh_private_key_file": host.key_file,
        "ansible_ssh_common_args": f"-o ProxyJump={host.proxy}" if host.proxy else "",
        "pinned_host_key": host.host_key,
    }
    variables: dict[str, Plain] = {name: literal(text) for name, text in texts.items() if text}
    variables["ansible_port"] = host.port
    secrets = {"ansible_password": host.password, "ansible_become_password": host.sudo_password}
    return variables | {name: lookup(ref) for name, ref in secrets.items() if ref is not None and ref.kind != "absent"}
