"""The right documents from which the hostile ones are made."""

from __future__ import annotations

from typing import Any

CLOUDS = (
    b"clouds:\n  prod:\n    auth:\n      auth_url: https://c:5000/v3\n      username: admin\n      password: p4ssw0rd\n"
    b"      project_name: admin\n    region_name: R\n    verify: true\n    identity_api_version: 3\n",
    b"clouds:\n  prod:\n    profile: rackspace\n    auth_type: v3token\n    auth: {token: t, auth_url: 'https://c'}\n"
    b"    regions: [{name: R, values: {compute_api_version: '2'}}]\n    cert: x\n    api_timeout: 5\n",
    b"clouds: {prod: {auth: {auth_url: http://c}, networks: [{name: n, routes_externally: true}], interface: [a]}}\n",
)
DESCRIPTOR = (
    b'# Disk DescriptorFile\nversion=1\nCID=abc\nparentCID=ffffffff\ncreateType="monolithicSparse"\n'
    b'RW 4192256 SPARSE "a.vmdk" 0\nddb.adapterType = "lsilogic"\nddb.geometry.cylinders = "4159"\n'
)
SPARSE = b"KDMV" + b"\3\0\0\0\3\0\0\0" + (1 << 12).to_bytes(8, "little") * 2 + b"\1\0\0\0\0\0\0\0\x14\0\0\0\0\0\0\0"
IMAGES = (
    b"QFI\xfb" + b"\0\0\0\3" + bytes(24) + (1 << 30).to_bytes(8, "big") + bytes(72),
    SPARSE + bytes(512 - len(SPARSE)) + DESCRIPTOR,
    DESCRIPTOR,
    b"conectix" + bytes(504),
    bytes(0x40) + b"\x7f\x10\xda\xbe" + bytes(0x200),
    b"vhdxfile" + bytes(64),
    b"a.ovf".ljust(124, b"\0") + b"00000000010\0".ljust(133, b"0") + b"ustar".ljust(255, b"\0") + bytes(512),
    bytes(510) + b"\x55\xaa",
)
VERSIONS: tuple[Any, ...] = (
    {"version": {"id": "v2.1", "version": "2.93", "min_version": "2.1", "status": "CURRENT", "links": []}},
    {"versions": [{"id": "v2.9", "status": "CURRENT", "links": [{"rel": "self", "href": "http://c/v2/"}]}]},
    {"id": "1", "hypervisor_hostname": "n1", "hypervisor_type": "QEMU", "hypervisor_version": 1, "memory_mb": 2,
     "service": {"host": "h", "id": 1}, "state": "up", "status": "enabled", "cpu_info": "{}"},
    {"id": "1", "binary": "nova-compute", "host": "h", "state": "up", "status": "enabled", "zone": "nova",
     "updated_at": "2026-11-22T11:59:54.000000", "disabled_reason": None},
    {"id": "i", "name": "n", "status": "active", "disk_format": "qcow2", "size": 1, "min_disk": 0},
    {"id": "p", "network_id": "n", "binding:vif_type": "ovs", "binding:host_id": "h", "device_id": "", "status": "UP"},
)  # fmt: skip
KNOWN_HOSTS = (
    b"vc.example.org,192.0.2.1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl\n",
    b"@cert-authority *.example.org ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ==\n@revoked * ssh-dss AAAAB3NzaC1kc3M=\n",
    b"|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ssh-rsa AAAAB3NzaC1yc2E=\n[h]:22,!b?d,**a* x y\n",
)
SURVEY = (
    b"motd\n@@survey\nhostname\t\tnode1\nfqdn\t\tnode1.x\nnow\t\t1764000000.123\nfree\t\t100\nguests\t\t0\n"
    b"release\t\tSUQ9dWJ1bnR1ClZFUlNJT05fSUQ9IjIyLjA0Igo=\npackage\tnova\tii |1.2\nunit\tssh\tSince=1\n"
    b"file\t/etc/x\t4 YWJj 640:1:0:0:root:domain users\nfile\t/etc/y\tabsent\nconnection\th:443\tok 192.0.2.1 ab 0\n"
    b"module\tsuds\tyes\njob\tj1\tended 0 bG9n\npolicy\t\tbm92YToKICBDYW5kaWRhdGU6IDEK\n@@end\n",
)
KEYED = {"time": "2026-11-22T12:00:00+00:00", "target": "novavmware1", "step": "image", "id": "image:n"}
RECORDS: tuple[Any, ...] = (
    {"what": "session", "format": 2, "time": KEYED["time"]},
    {"what": "intent", **KEYED, "kind": "UploadImage", "fields": {"name": "n"}, "before": {}, "smoke_test": False},
    {"what": "intent", **KEYED, "id": "config:h:/x", "kind": "EditConfig", "before": {"sha256": ""},
     "fields": {"host": {"host": "h", "port": 22, "password": {"kind": "env", "name": "P"}}, "path": "/x",
                "settings": [{"section": "a", "option": "b", "values": ["c"], "secrets": []}], "removals": []}},
    {"what": "receipt", **KEYED, "receipt": {"id": "1"}},
    {"what": "undone", **KEYED},
    {"what": "failed", **KEYED, "code": "IM08", "error": "e", "remedy": "r"},
    {"what": "proven", "time": KEYED["time"], "target": "", "step": "prove", "ids": ["1"]},
    {"what": "finished", "time": KEYED["time"], "outcome": "done", "exit": 0, "step": "image", "levels": {}},
    {"what": "started", "time": KEYED["time"], "command": "apply"},
)  # fmt: skip
FINDINGS: tuple[Any, ...] = (
    {"format": 2, "journal_lines": 3, "findings": [
        {"target": "n", "step": "image", "code": "IM08", "level": "failure", "title": "t", "detail": "d", "subject": "",
         "remedy": "r", "fatal": False, "accepted": "", "fix": ""}]},
)  # fmt: skip
VERSIONS_XML = (
    b'<?xml version="1.0" encoding="UTF-8"?><namespaces version="1.0"><namespace><name>urn:vim25</name>'
    b"<version>8.0.2.0</version><priorVersions><version>7.0.3.0</version></priorVersions></namespace></namespaces>",
    b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><namespaces>&c;</namespaces>',
)
BANNERS = (b"SSH-2.0-OpenSSH_9.6\r\n", b"motd\r\nSSH-1.99-x y\n", b"SSH-2.0-x\r\n\0\0\1\x14\x06\x14" + bytes(280))
OPENRC = (b"https://c:5000/v3", b"admin", b"p4ssw0rd", b"admin", b"password", b"R", b"/etc/ssl/x.pem", b"false")
