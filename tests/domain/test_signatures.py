"""Log lines as nova and its libraries write them, and the code of each."""

from __future__ import annotations

import pytest

from mhv_tui.domain import catalogue, signatures

LINES = {
    "Faults: ['InvalidLogin']": "VC07",
    "INFO nova.virt.vmwareapi.driver Registered extension org.openstack.compute with vCenter": None,
    "DEBUG nova.virt.vmwareapi.driver Extension org.openstack.compute already exists.": None,
    "DEBUG oslo_vmware.service Invoking ExtensionManager.RegisterExtension with opID=oslo.vmware-1": None,
    "oslo_vmware.exceptions.NoPermissionException: Permission denied: Extension.Register": "VC14",
    "Error in RegisterExtension: Faults: ['NoPermission']": "VC14",
    "Permission to perform this operation was denied.": "VC12",
    'SSLError: Fingerprints did not match. Expected "aa", got "bb".': "VC06",
    'WARNING oslo_config.cfg Deprecated: Option "wsdl_location" from group "vmware" is deprecated for removal '
    "(Only vCenter versions earlier than 5.1 require this option).": "CN21",
    "Cannot complete login due to an incorrect user name or password.": "VC07",
    "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get "
    "local issuer certificate (_ssl.c:992)'))": "VC03",
    "The specified cluster 'DC0_C9' was not found in vCenter": "CL01",
    "All clusters specified ['a'] were not found in the vCenter": "CL01",
    "Detected vCenter version 5.0.0. Nova requires VMware vCenter version 5.1.0 or greater.": "VC10",
    "Invalid input received: Invalid Regular Expression nas*(": "DS02",
    "Datastore regex ^x$ did not match any datastores": "DS01",
    "My compute node a has hypervisor_hostname b but virt driver reports it should be c. Possible rename detected, "
    "refusing to start!": "CL10",
    "My hypervisor has existing instances, but I appear to be a new service in this database. Possible database "
    "configuration error, refusing to start!": "CL11",
    "No local node identity found, but this is not our first startup on this host.": "CN14",
    "ModuleNotFoundError: No module named 'oslo_vmware'": "CN07",
    "Unable to import suds.": "CN07",
    "Invalid input received: vif type ovs not supported": "NW02",
    "vif type bridge not supported": "NW02",
    "Binding failed for port 1234, please check neutron logs for more information.": "NW02",
    "Network could not be found for bridge br100": "NW03",
    "Image disk size greater than requested disk size": "IM06",
    "A specified parameter was not correct: spec.guestId": "IM04",
    "VimFaultException: A specified parameter was not correct. \\nconfigSpec.guestId": "IM04",
    "A specified parameter was not correct: guestId": "IM04",
    "Faults: ['InvalidArgument'] A specified parameter was not correct: spec.deviceChange": None,
    "A specified parameter was not correct: spec.deviceChange[0].device.port.switchUuid": "NW06",
    "A specified parameter was not correct: spec.deviceChange.device.port.switchUuid": "NW06",
    "A specified parameter was not correct: ": None,
    "Disk format qcow2 is not acceptable": "IM08",
    "Memory size is not multiple of 4": "RG07",
    "Default PBM policy is required if PBM is enabled.": "DS12",
    "AMQP server on controller:5672 is unreachable: [Errno 111] ECONNREFUSED.": "CN10",
    "This compute is not configured to talk to the placement service.": "CN11",
    "socket.gaierror: [Errno -2] Name or service not known": "VC01",
    "Service disabled: set by vmwareapi host_state": "VC15",
    "Host 'novavmware1' is not mapped to any cell": "RG01",
    "No valid host was found. There are not enough hosts available.": None,
    "The console port range 5900-15900 is exhausted.": "CO04",
    "INFO nova.compute.manager Running instance usage audit": None,
    "": None,
}


@pytest.mark.parametrize("line", LINES)
def test_lines(line: str) -> None:
    expected = LINES[line]
    codes = [code for _, code, _ in signatures.recognise(line)]
    assert codes == ([expected] if expected else [])


def test_every_code_of_a_signature_has_its_page() -> None:
    assert all(code in catalogue.ENTRIES for code in signatures.codes())


def test_lines_are_numbered_and_repetitions_shown_once() -> None:
    log = "\n".join(
        [
            "2026-11-22 11:00:00.123 12 ERROR oslo_vmware.api [-] Faults: ['InvalidLogin']",
            "2026-11-22 11:00:10.123 12 INFO nova.service started",
            "2026-11-22 11:00:20.123 12 ERROR oslo_vmware.api [-] Faults: ['InvalidLogin']",
            "2026-11-22 11:00:30.123 12 ERROR nova.compute [-] Memory size is not multiple of 4",
        ]
    )
    assert signatures.recognise(log) == [
        (1, "VC07", "12 ERROR oslo_vmware.api [-] Faults: ['InvalidLogin']"),
        (4, "RG07", "12 ERROR nova.compute [-] Memory size is not multiple of 4"),
    ]


def test_no_secret_is_shown() -> None:
    line = "InvalidLogin password=hunter2 rabbit://nova:hunter2@controller:5672"
    assert "hunter2" not in signatures.recognise(line)[0][2]


def test_a_long_line_is_shown_around_its_cause() -> None:
    shown = signatures.recognise("x" * 5000 + " Faults: ['InvalidLogin'] " + "y" * 5000)[0][2]
    assert "InvalidLogin" in shown and len(shown) <= signatures.EXCERPT


def test_an_excerpt_begins_and_ends_with_a_whole_word() -> None:
    line = "2026-11-22 11:00:00.123 12 ERROR nova.compute " + "urllib3 max retries exceeded with url " * 9
    shown = signatures.recognise(line + "Faults: ['InvalidLogin'] " + "and so on " * 40)[0][2]
    assert len(shown) <= signatures.EXCERPT and shown.startswith("...") and shown.endswith("...")
    words = shown.removeprefix("...").removesuffix("...").split()
    assert set(words) <= {*line.split(), "Faults:", "['InvalidLogin']", "and", "so", "on"}
    assert "['InvalidLogin']" in words


def test_an_excerpt_of_a_short_line_is_not_cut() -> None:
    assert (
        signatures.recognise("2026-11-22 11:00:00.123 12 Faults: ['InvalidLogin']")[0][2]
        == "12 Faults: ['InvalidLogin']"
    )
