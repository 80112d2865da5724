"""What each parser of hostile or hand-written input gets at first, and how one input is given to it."""

from __future__ import annotations

import json
import os
import socket
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from mhv_tui.adapters import cloud_config, cloud_rows, known_hosts, node_survey, ssh_host_key, vsphere_http
from mhv_tui.changes import KINDS
from mhv_tui.changes.masking import diff, masked, remember_secrets
from mhv_tui.cli.setup import schema, titles
from mhv_tui.core import answerfile, answertemplate
from mhv_tui.core.errors import FindingError, UsageError
from mhv_tui.core.machine import SurveyRequest
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.redaction import forget_all
from mhv_tui.demo import scenes, store
from mhv_tui.domain import disks, ini, ini_editor, releases, signatures, vmdk
from mhv_tui.domain.tables import read
from mhv_tui.engine.session import open_session, summary
from mhv_tui.engine.undo import emit_undo_plan
from mhv_tui.export.collect import report_input
from mhv_tui.export.report import report
from mhv_tui.steps.node.endpoints import databases, queues, services
from mhv_tui.steps.node.nova_conf import NovaConf
from tests.adapters.ssh_servers import FAST_CONNECT, raw_server, target_of


def text_of(data: bytes) -> str:
    return data.decode("utf-8", "replace")


ANSWERS = answerfile.dumps(scenes.answers_of("article")).encode()
TEMPLATE = answertemplate.template(schema(), titles()).encode()
UNCOMMENTED = b"\n".join(line.removeprefix(b"#") for line in TEMPLATE.split(b"\n"))
NOVA_CONF = scenes.state_of("article")["machines"]["compute1"]["files"]["/etc/nova/nova.conf"]["content"].encode()
OLD_CONF = scenes.state_of("nova-network")["machines"]["compute1"]["files"]["/etc/nova/nova.conf"]["content"].encode()


def answer_file(data: bytes) -> object:
    answers = answerfile.parse_text(text_of(data), schema())
    assert answerfile.parse_text(answerfile.text_of(answers), schema()) == answers
    return answers


CLOUDS = (
    b"clouds:\n  prod:\n    auth:\n      auth_url: https://c:5000/v3\n      username: admin\n      password: p4ssw0rd\n"
    b"      project_name: admin\n    region_name: R\n    verify: true\n    identity_api_version: 3\n",
    b"clouds:\n  prod:\n    profile: rackspace\n    auth_type: v3token\n    auth: {token: t, auth_url: 'https://c'}\n"
    b"    regions: [{name: R, values: {compute_api_version: '2'}}]\n    cert: x\n    api_timeout: 5\n",
    b"clouds: {prod: {auth: {auth_url: http://c}, networks: [{name: n, routes_externally: true}], interface: [a]}}\n",
)


def clouds_yaml(data: bytes) -> object:
    """The session as well: it is built from the options without a call."""
    path = Path(os.environ["XDG_STATE_HOME"]) / "clouds.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    before = os.environ.get("OS_CLIENT_CONFIG_FILE")
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(path)
    try:
        cloud_config.session_of(cloud_config.region_of(CloudLogin(name="prod"), None))
    except FindingError as error:
        return error.message
    finally:
        forget_all()
        del os.environ["OS_CLIENT_CONFIG_FILE"]
        if before is not None:
            os.environ["OS_CLIENT_CONFIG_FILE"] = before
    return ""


def nova_conf(data: bytes) -> object:
    text = data.decode("utf-8", "surrogateescape")
    assert "".join(line.text for line in ini.parse(text)) == text
    conf = NovaConf(text)
    remember_secrets(text)
    forget_all()
    read_results = [masked(text), queues(conf), services(conf), databases(conf)]
    edited = ini_editor.set_values(text, [("DEFAULT", "host", "$x"), ("vmware", "datastores", ["a", " b"])])
    assert ini.get(edited, "DEFAULT", "host")[-1] == "$x" and ini.get(edited, "vmware", "datastores") == ["a", " b"]
    removed = ini_editor.remove(edited, [("DEFAULT", "host"), ("vmware", "datastores")])
    assert not ini.get(removed, "DEFAULT", "host") and not ini.get(removed, "vmware", "datastores")
    return [*read_results, diff(text, edited, "nova.conf")]


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


def disk(data: bytes) -> object:
    tail = data[-disks.TAIL :]
    result = disks.inspect(data[: disks.HEAD], len(data), tail)
    vmdk.read_descriptor(data)
    refused = [disks.refusal(result, driver) for driver in disks.DRIVERS.values()]
    return [result, refused, disks.contradiction(result, text_of(data[:20]))]


LOG = (
    b"2026-11-22 12:00:00.000 4711 ERROR nova.virt.vmwareapi oslo_vmware.exceptions.VimFaultException: Cannot complete"
    b" login due to an incorrect user name or password.\n2026-11-22 ERROR oslo.messaging AMQP server on h:5672 is "
    b"unreachable: transport_url=rabbit://u:secret-of-log@h\n",
    b"\n".join(b"Nov 22 12:00:00 host nova " + row["pattern"].encode() for row in read("signatures")["signature"]),
)


def log(data: bytes) -> object:
    return signatures.recognise(text_of(data))


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
ROWS = ("hypervisor", "service", "agent", "image", "flavor", "network", "aggregate", "zone", "port", "server")


def version_document(document: Any) -> object:
    """A row of an API, and a version of nova or of the API by which the release is known."""
    results: list[object] = []
    for name in ROWS if isinstance(document, dict) else ():
        with suppress(*ROW_ERRORS):
            results.append(getattr(cloud_rows, name)(document))
    text = json.dumps(document)[:80] if not isinstance(document, str) else document
    for function in (releases.from_nova_version, releases.by_name, releases.version_key, releases.from_microversion):
        with suppress(ValueError):
            results.append(function(text))
    return results


ROW_ERRORS = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError)
"""What adapters.cloud translates to a finding (cloud_rows documents it)."""

KNOWN_HOSTS = (
    b"vc.example.org,192.0.2.1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl\n",
    b"@cert-authority *.example.org ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ==\n@revoked * ssh-dss AAAAB3NzaC1kc3M=\n",
    b"|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ssh-rsa AAAAB3NzaC1yc2E=\n[h]:22,!b?d,**a* x y\n",
)


def known_hosts_file(data: bytes) -> object:
    path = Path(os.environ["XDG_STATE_HOME"]) / "known_hosts"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return known_hosts.known_keys([str(path)], "vc.example.org", 22)


SURVEY = (
    b"motd\n@@survey\nhostname\t\tnode1\nfqdn\t\tnode1.x\nnow\t\t1764000000.123\nfree\t\t100\nguests\t\t0\n"
    b"release\t\tSUQ9dWJ1bnR1ClZFUlNJT05fSUQ9IjIyLjA0Igo=\npackage\tnova\tii |1.2\nunit\tssh\tSince=1\n"
    b"file\t/etc/x\t4 YWJj 640:1:0:0:root:domain users\nfile\t/etc/y\tabsent\nconnection\th:443\tok 192.0.2.1 ab 0\n"
    b"module\tsuds\tyes\njob\tj1\tended 0 bG9n\npolicy\t\tbm92YToKICBDYW5kaWRhdGU6IDEK\n@@end\n",
)
REQUEST = SurveyRequest(("nova",), ("ssh",), ("/etc/x", "/etc/y"), ("h:443",), ("suds",), ("j1",))


def survey(data: bytes) -> object:
    return node_survey.survey(text_of(data), "ubuntu", "sudo", REQUEST)


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


def session(files: tuple[bytes, bytes, bytes]) -> object:
    """Everything that reads a session: the list of sessions, the plan of an undo, and a report."""
    own = open_session("fuzz")
    for name, content in zip(("journal.jsonl", "findings.json", "answers.toml"), files, strict=True):
        (own.directory / name).write_bytes(content)
    results: list[object] = [own.damage(), summary(own)]
    with suppress(UsageError):
        results.append(own.answers(schema()))
    with suppress(UsageError):
        open_session("fuzz")
        emit_undo_plan(own, KINDS, results.append)
        results += [report(report_input(own, KINDS, None), form) for form in ("text", "md", "json")]
    return results


def world(document: Any) -> object:
    """A simulated world that a person edited, and a scene that is merged with another."""
    path = Path(os.environ["XDG_STATE_HOME"]) / "world.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document) if not isinstance(document, bytes) else text_of(document))
    if isinstance(document, dict):
        merged = scenes.merge(small_world(), document)
        assert scenes.merge(merged, {}) == merged
    return sorted(store.read(path))


@cache
def small_world() -> dict[str, Any]:
    return {key: value for key, value in scenes.state_of("article").items() if key not in ("vcenters", "machines")}


VERSIONS_XML = (
    b'<?xml version="1.0" encoding="UTF-8"?><namespaces version="1.0"><namespace><name>urn:vim25</name>'
    b"<version>8.0.2.0</version><priorVersions><version>7.0.3.0</version></priorVersions></namespace></namespaces>",
    b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><namespaces>&c;</namespaces>',
)


def version_xml(data: bytes) -> object:
    return vsphere_http.versions_in(data, "vc.example.org:443")


BANNERS = (b"SSH-2.0-OpenSSH_9.6\r\n", b"motd\r\nSSH-1.99-x y\n", b"SSH-2.0-x\r\n\0\0\1\x14\x06\x14" + bytes(280))


def banner(data: bytes) -> object:
    """What a machine sends before it has proven who it is."""

    def talk(connection: socket.socket, end: threading.Event) -> None:
        connection.sendall(data)

    with raw_server(talk) as port:
        return ssh_host_key.shown_key(target_of(port), None, FAST_CONNECT)


VARIABLES = ("AUTH_URL", "USERNAME", "PASSWORD", "PROJECT_NAME", "AUTH_TYPE", "REGION_NAME", "CACERT", "INSECURE")


def environment(values: tuple[bytes, ...]) -> object:
    """The variables of an openrc file, in the order of VARIABLES."""
    names = [f"OS_{name}" for name in VARIABLES]
    os.environ.update({n: text_of(v).replace("\0", "") for n, v in zip(names, values, strict=True)})
    try:
        return str(type(cloud_config.session_of(cloud_config.region_of(CloudLogin(name="envvars"), None))))
    except FindingError as error:
        return error.message
    finally:
        forget_all()
        for name in names:
            os.environ.pop(name, None)


OPENRC = (b"https://c:5000/v3", b"admin", b"p4ssw0rd", b"admin", b"password", b"R", b"/etc/ssl/x.pem", b"false")

WORLDS: tuple[Any, ...] = (
    {**small_world(), "vcenters": {"v": {"port": 1}}, "machines": {}},
    {"answers": {"node": False}},
)
