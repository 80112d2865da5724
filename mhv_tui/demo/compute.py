"""What nova-compute would do with a simulated machine's files: come up, retry for ever, or exit with its message.

The order of the checks and their texts are nova's own (start-up sequence since Liberty); each check is one function.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mhv_tui.demo import conf
from mhv_tui.demo.rows import Row

VMWARE = "vmwareapi.VMwareVCDriver"
EXTENSION = "org.openstack.compute"
REQUIRED = "VMware vCenter version 5.1.0"


class Stopped(Exception):
    """nova-compute does not come up: `state` is retrying (hangs in its start-up) or exited."""

    def __init__(self, state: str, message: str) -> None:
        super().__init__(message)
        self.state = state
        self.message = message


@dataclass(frozen=True)
class Setting:
    """A machine about to start its nova-compute, and the world around it."""

    state: dict[str, Any]
    machine: Row
    options: conf.Options

    def of(self, section: str, key: str, default: str = "") -> str:
        """An option in force."""
        return conf.last(self.options, section, key, default)

    @property
    def nova(self) -> Row:
        """What this cloud's release does."""
        row: Row = self.state["cloud"]["nova"]
        return row

    @property
    def vcenter(self) -> Row | None:
        """The vCenter that host_ip names, if there is one."""
        host = self.of("vmware", "host_ip")
        rows: dict[str, Row] = self.state["vcenters"]
        for name, row in rows.items():
            if host in (name, *row.get("addresses", ())):
                return row
        return None


def setting(state: dict[str, Any], machine: Row) -> Setting:
    """The machine with its effective options."""
    texts = [machine["files"][path]["content"] for path in conf.FILES if path in machine["files"]]
    return Setting(state, machine, conf.read(texts))


def start(state: dict[str, Any], machine: Row) -> Row:
    """The hypervisor that comes up, as a row of the cloud. Raises Stopped."""
    now = setting(state, machine)
    try:
        _check_cloud(now)
        driver = now.of("DEFAULT", "compute_driver")
        if driver == VMWARE:
            return _vmware(now)
        if driver == "libvirt.LibvirtDriver":
            return _libvirt(now)
    except conf.BadValue as error:
        raise Stopped("exited", f"oslo_config.cfg.TemplateSubstitutionError: {error}") from None
    if not driver:
        raise Stopped("exited", "Compute driver option required, but not specified")
    raise Stopped("exited", f"Unable to load the virtualization driver: ImportError: nova.virt.{driver}")


def _check_cloud(now: Setting) -> None:
    for name, right in now.state["cloud"]["settings"].items():
        section, _, key = name.partition(".")
        given = now.of(section, key)
        if section == "placement" and not given:
            raise Stopped(
                "exited",
                "This compute is not configured to talk to the placement service. Configure the "
                "[placement] section of nova.conf and restart the service.",
            )
        if given != right:
            message = (
                "AMQP server is unreachable: ACCESS_REFUSED"
                if "password" not in key
                else "The request you have made requires authentication. (HTTP 401)"
            )
            raise Stopped("retrying", f"{message} ([{section}] {key}). Trying again in 1 seconds.")


def _libvirt(now: Setting) -> Row:
    if not now.machine.get("kvm"):
        raise Stopped("exited", "libvirtError: invalid argument: could not find capabilities for domaintype=kvm")
    return {"hostname": now.machine["fqdn"], "type": "QEMU", "version": 6002000}


def _vmware(now: Setting) -> Row:
    for check in VMWARE_CHECKS:
        check(now)
    vcenter = now.vcenter
    assert vcenter is not None
    key, cluster = _cluster(now, vcenter)
    vcenter.setdefault("extensions", [])
    if EXTENSION not in vcenter["extensions"]:
        vcenter["extensions"].append(EXTENSION)
    about = vcenter["about"]
    node = f"{key}({cluster['name']})" if now.nova["node_name"] == "name" else f"{key}.{about['instance_uuid']}"
    major, minor, patch = (int(p) for p in about["version"].split(".")[:3])
    return {
        **{"hostname": node, "type": about["name"], "version": major * 10**6 + minor * 1000 + patch},
        **{"cluster": key, "vcenter": about["instance_uuid"], "regex": now.of("vmware", "datastore_regex")},
        "bridge": now.of("DEFAULT", "flat_network_bridge"),
    }


def _library(now: Setting) -> None:
    library = now.nova["library"]
    if library not in now.machine["modules"]:
        raise Stopped("exited", f"Unable to load the virtualization driver: ImportError: No module named '{library}'")


def _given(now: Setting) -> None:
    if not all(now.of("vmware", key) for key in ("host_ip", "host_username", "host_password")):
        raise Stopped("exited", "Must specify host_ip, host_username and host_password to use vmwareapi.VMwareVCDriver")


def _regex(now: Setting) -> None:
    regex = now.of("vmware", "datastore_regex")
    try:
        re.compile(regex)
    except re.error:
        raise Stopped("exited", f"Invalid input received: Invalid Regular Expression {regex}") from None


def _reached(now: Setting) -> None:
    host, port = now.of("vmware", "host_ip"), now.of("vmware", "host_port", "443")
    vcenter = now.vcenter
    if vcenter is None or int(port) != vcenter.get("port", 443) or f"{host}:{port}" in now.machine.get("blocked", ()):
        raise Stopped("retrying", f"VimConnectionException: Unable to connect to https://{host}:{port}/sdk. Retrying.")


def _trusted(now: Setting) -> None:
    if not now.nova["verifies"] or now.vcenter is None:
        return
    certificate, file = now.vcenter["certificate"], now.of("vmware", "ca_file")
    held = now.machine["files"].get(file, {}).get("content", "")
    if file:
        trusted = any(pem.strip() in held for pem in (certificate["pem"], certificate.get("ca_pem", "")) if pem)
    else:
        trusted = bool(certificate.get("system")) or conf.true(now.of("vmware", "insecure", "False"))
    if not trusted:
        raise Stopped("retrying", "VimConnectionException: SSLError: certificate verify failed. Retrying.")


def _accepted(now: Setting) -> None:
    vcenter = now.vcenter or {}
    vcenter["logins"] = vcenter.get("logins", 0) + 1
    user = vcenter["users"].get(now.of("vmware", "host_username").lower())
    if user is None or user["password"] != now.of("vmware", "host_password"):
        raise Stopped(
            "exited",
            "VimFaultException: Cannot complete login due to an incorrect user "
            "name or password. Faults: ['InvalidLogin']",
        )


def _recent(now: Setting) -> None:
    version = (now.vcenter or {})["about"]["version"]
    if now.nova["minimum_enforced"] and [int(p) for p in version.split(".")[:3]] < [5, 1, 0]:
        raise Stopped("exited", f"Detected vCenter version {version}. Nova requires {REQUIRED} or greater.")


def _found(now: Setting) -> None:
    _cluster(now, now.vcenter or {})


def _cluster(now: Setting, vcenter: Row) -> tuple[str, Row]:
    names = conf.every(now.options, "vmware", "cluster_name")[-1:] or ["None"]
    for key, cluster in vcenter.get("clusters", {}).items():
        if cluster["name"] == names[0]:
            return key, cluster
    raise Stopped("exited", f"The specified cluster '{names[0]}' was not found in vCenter")


def _registered(now: Setting) -> None:
    vcenter = now.vcenter or {}
    lacks = vcenter["users"][now.of("vmware", "host_username").lower()].get("lacks", {})
    lacking = "Extension.Register" in (*lacks.get("*", ()), *lacks.get("", ()))
    if lacking and EXTENSION not in vcenter.get("extensions", ()):
        raise Stopped("exited", "oslo_vmware.exceptions.NoPermissionException: Permission denied: Extension.Register")


VMWARE_CHECKS: tuple[Callable[[Setting], None], ...] = (
    *(_library, _given, _regex, _reached, _trusted, _accepted, _recent, _found, _registered),
)
