"""Simulates the start of nova-compute with a machine's files: it comes up, retries forever, or exits with an error.

The order of the checks and their texts are nova's own (start-up sequence since Liberty). Each check is one function.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mhv_tui.demo import conf, permissions
from mhv_tui.demo.rows import Row
from mhv_tui.domain.privileges import EXTENSION as EXTENSION_PRIVILEGE

VMWARE = "vmwareapi.VMwareVCDriver"
EXTENSION = "org.openstack.compute"
REQUIRED = "VMware vCenter version 5.1.0"


class StartFailure(Exception):
    """nova-compute does not start. `state`: retrying (it repeats its start forever) or exited."""

    def __init__(self, state: str, message: str) -> None:
        super().__init__(message)
        self.state = state
        self.message = message


@dataclass(frozen=True)
class StartInputs:
    """What a start of nova-compute depends on: the simulated state, the machine's row and its options."""

    state: dict[str, Any]
    machine: Row
    options: conf.OptionValues

    def option(self, section: str, key: str, default: str = "") -> str:
        """Returns the effective value of an option."""
        return conf.value(self.options, section, key, default)

    @property
    def nova(self) -> Row:
        """The rules of nova in the release of this cloud."""
        row: Row = self.state["cloud"]["nova"]
        return row

    @property
    def vcenter(self) -> Row | None:
        """The row of the vCenter at the address host_ip; None if no vCenter has this address."""
        host = self.option("vmware", "host_ip")
        rows: dict[str, Row] = self.state["vcenters"]
        for name, row in rows.items():
            if host in (name, *row.get("addresses", ())):
                return row
        return None


def start(state: dict[str, Any], machine: Row) -> Row:
    """Returns the started hypervisor as a row of the cloud. Raises StartFailure."""
    try:
        inputs = StartInputs(state, machine, conf.read(conf.files_of(machine)))
        _check_cloud(inputs)
        driver = inputs.option("DEFAULT", "compute_driver")
        if driver == VMWARE:
            return _vmware(inputs)
        if driver == "libvirt.LibvirtDriver":
            return _libvirt(inputs)
    except conf.Unparsable as error:
        raise StartFailure("exited", f"oslo_config.cfg.ConfigFileParseError: {error}") from None
    except conf.BadValue as error:
        raise StartFailure("exited", f"oslo_config.cfg.TemplateSubstitutionError: {error}") from None
    if not driver:
        raise StartFailure("exited", "Compute driver option required, but not specified")
    raise StartFailure("exited", f"Unable to load the virtualization driver: ImportError: nova.virt.{driver}")


def _check_cloud(inputs: StartInputs) -> None:
    for name, correct in inputs.state["cloud"]["settings"].items():
        section, _, key = name.partition(".")
        configured = inputs.option(section, key)
        if section == "placement" and not configured:
            raise StartFailure(
                "exited",
                "This compute is not configured to talk to the placement service. Configure the "
                "[placement] section of nova.conf and restart the service.",
            )
        if configured != correct:
            message = (
                "AMQP server is unreachable: ACCESS_REFUSED"
                if "password" not in key
                else "The request you have made requires authentication. (HTTP 401)"
            )
            raise StartFailure("retrying", f"{message} ([{section}] {key}). Trying again in 1 seconds.")


def _libvirt(inputs: StartInputs) -> Row:
    if not inputs.machine.get("kvm"):
        raise StartFailure("exited", "libvirtError: invalid argument: could not find capabilities for domaintype=kvm")
    return {"hostname": inputs.machine["fqdn"], "type": "QEMU", "version": 6002000}


def _vmware(inputs: StartInputs) -> Row:
    for check in VMWARE_CHECKS:
        check(inputs)
    vcenter = inputs.vcenter
    assert vcenter is not None
    key, cluster = _cluster(inputs, vcenter)
    vcenter.setdefault("extensions", [])
    if EXTENSION not in vcenter["extensions"]:
        vcenter["extensions"].append(EXTENSION)
    about = vcenter["about"]
    node = f"{key}({cluster['name']})" if inputs.nova["node_name"] == "name" else f"{key}.{about['instance_uuid']}"
    major, minor, patch = (int(p) for p in about["version"].split(".")[:3])
    return {
        **{"hostname": node, "type": about["name"], "version": major * 10**6 + minor * 1000 + patch},
        **{"cluster": key, "vcenter": about["instance_uuid"], "regex": inputs.option("vmware", "datastore_regex")},
        **{"bridge": inputs.option("DEFAULT", "flat_network_bridge"), "user": inputs.option("vmware", "host_username")},
    }


def _library(inputs: StartInputs) -> None:
    library = inputs.nova["library"]
    if library not in inputs.machine["modules"]:
        raise StartFailure(
            "exited", f"Unable to load the virtualization driver: ImportError: No module named '{library}'"
        )


def _required_options(inputs: StartInputs) -> None:
    if not all(inputs.option("vmware", key) for key in ("host_ip", "host_username", "host_password")):
        raise StartFailure(
            "exited", "Must specify host_ip, host_username and host_password to use vmwareapi.VMwareVCDriver"
        )


def _regex(inputs: StartInputs) -> None:
    regex = inputs.option("vmware", "datastore_regex")
    try:
        re.compile(regex)
    except re.error:
        raise StartFailure("exited", f"Invalid input received: Invalid Regular Expression {regex}") from None


def _connection(inputs: StartInputs) -> None:
    host, port = inputs.option("vmware", "host_ip"), inputs.option("vmware", "host_port", "443")
    vcenter = inputs.vcenter
    if (
        vcenter is None
        or int(port) != vcenter.get("port", 443)
        or f"{host}:{port}" in inputs.machine.get("blocked", ())
    ):
        raise StartFailure(
            "retrying", f"VimConnectionException: Unable to connect to https://{host}:{port}/sdk. Retrying."
        )


def _certificate(inputs: StartInputs) -> None:
    if not inputs.nova["verifies"] or inputs.vcenter is None:
        return
    certificate, file = inputs.vcenter["certificate"], inputs.option("vmware", "ca_file")
    text = inputs.machine["files"].get(file, {}).get("content", "")
    if file:
        trusted = any(pem.strip() in text for pem in (certificate["pem"], certificate.get("ca_pem", "")) if pem)
    else:
        trusted = bool(certificate.get("system")) or conf.is_true(inputs.option("vmware", "insecure", "False"))
    if not trusted:
        raise StartFailure("retrying", "VimConnectionException: SSLError: certificate verify failed. Retrying.")


def _login(inputs: StartInputs) -> None:
    vcenter = inputs.vcenter or {}
    vcenter["logins"] = vcenter.get("logins", 0) + 1
    user = vcenter["users"].get(inputs.option("vmware", "host_username").lower())
    if user is None or user["password"] != inputs.option("vmware", "host_password"):
        raise StartFailure(
            "exited",
            "VimFaultException: Cannot complete login due to an incorrect user "
            "name or password. Faults: ['InvalidLogin']",
        )


def _vcenter_version(inputs: StartInputs) -> None:
    version = (inputs.vcenter or {})["about"]["version"]
    if inputs.nova["minimum_enforced"] and [int(p) for p in version.split(".")[:3]] < [5, 1, 0]:
        raise StartFailure("exited", f"Detected vCenter version {version}. Nova requires {REQUIRED} or greater.")


def _cluster_exists(inputs: StartInputs) -> None:
    _cluster(inputs, inputs.vcenter or {})


def _cluster(inputs: StartInputs, vcenter: Row) -> tuple[str, Row]:
    names = conf.values(inputs.options, "vmware", "cluster_name")[-1:] or ["None"]
    for key, cluster in vcenter.get("clusters", {}).items():
        if cluster["name"] == names[0]:
            return key, cluster
    raise StartFailure("exited", f"The specified cluster '{names[0]}' was not found in vCenter")


def _extension_privilege(inputs: StartInputs) -> None:
    vcenter = inputs.vcenter or {}
    user = vcenter["users"][inputs.option("vmware", "host_username").lower()]
    if permissions.lacks(user, EXTENSION_PRIVILEGE, "") and EXTENSION not in vcenter.get("extensions", ()):
        raise StartFailure(
            "exited", f"oslo_vmware.exceptions.NoPermissionException: Permission denied: {EXTENSION_PRIVILEGE}"
        )


VMWARE_CHECKS: tuple[Callable[[StartInputs], None], ...] = (
    *(_library, _required_options, _regex, _connection, _certificate, _login),
    *(_vcenter_version, _cluster_exists, _extension_privilege),
)
