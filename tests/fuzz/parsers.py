"""What each parser of hostile or hand-written input gets at first, and how one input is given to it."""

from __future__ import annotations

import json
import os
import socket
import threading
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import tomli_w

from mhv_tui.adapters import cloud_config, cloud_rows, known_hosts, node_survey, ssh_host_key, vsphere_http
from mhv_tui.changes import KINDS
from mhv_tui.changes.masking import diff, masked, remember_secrets
from mhv_tui.cli.setup import schema, titles
from mhv_tui.core import answerfile, answertemplate
from mhv_tui.core.errors import FindingError, UsageError
from mhv_tui.core.machine import SurveyRequest
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.redaction import forget_all
from mhv_tui.core.secret import Vault
from mhv_tui.demo import scenes, store
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.domain import disks, ini, ini_editor, releases, signatures, vmdk
from mhv_tui.domain.tables import read
from mhv_tui.engine.session import open_session
from mhv_tui.engine.session_status import summary
from mhv_tui.engine.undo import emit_undo_plan
from mhv_tui.export.collect import report_input
from mhv_tui.export.report import FORMATS, report
from mhv_tui.steps.node.endpoints import databases, queues, services
from mhv_tui.steps.node.nova_conf import NovaConf
from tests import recordings
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


def known_hosts_file(data: bytes) -> object:
    path = Path(os.environ["XDG_STATE_HOME"]) / "known_hosts"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return known_hosts.known_keys([str(path)], "vc.example.org", 22)


REQUEST = SurveyRequest(("nova",), ("ssh",), ("/etc/x", "/etc/y"), ("h:443",), ("suds",), ("j1",))


def survey(data: bytes) -> object:
    return node_survey.survey(text_of(data), "ubuntu", "sudo", REQUEST)


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
        results += [report(report_input(own, KINDS, None), form) for form in FORMATS]
    return results


def scene_file(data: bytes) -> object:
    """A file that somebody else calls a support bundle: its answers, its secrets, and its world."""
    path = Path(os.environ["XDG_STATE_HOME"]) / "scene.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.with_suffix(".json").unlink(missing_ok=True)
    vars(scenes)["_complete"].cache_clear()
    answers = answerfile.parse_text(answerfile.dumps(scenes.answers_of(str(path))), schema())
    backend = DemoBackend(path.with_suffix(".json"), str(path), Vault(scenes.demo_secrets(str(path)).get))
    return [answers, backend.now()]


def recording(data: bytes) -> object:
    """A recording of a vCenter with one file of somebody else: an object, or mhv-tui.json."""
    directory = Path(os.environ["XDG_STATE_HOME"]) / "recording"
    if not directory.exists():
        directory.parent.mkdir(parents=True, exist_ok=True)
        recordings.written(directory)
    is_about = data.lstrip()[:1] == b"{"
    (directory / ("mhv-tui.json" if is_about else "0500-HostSystem-host-9.xml")).write_bytes(data)
    (directory / ("0500-HostSystem-host-9.xml" if is_about else "mhv-tui.json")).unlink(missing_ok=True)
    vars(scenes)["_complete"].cache_clear()
    answers = answerfile.parse_text(answerfile.dumps(scenes.answers_of(str(directory))), schema())
    (vcenter,) = scenes.state_of(str(directory))["vcenters"].values()
    return [len(answers.tables), len(vcenter["hosts"])]


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


def version_xml(data: bytes) -> object:
    return vsphere_http.versions_in(data, "vc.example.org:443")


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


SCENE_DOCUMENT = {
    "answers": scenes.answers_of("article"),
    "secrets": dict(scenes.demo_secrets("article")),
    "world": {**small_world(), "clock": datetime(2026, 11, 22, tzinfo=UTC), "vcenters": {}, "machines": {}},
}
SCENE = tomli_w.dumps(SCENE_DOCUMENT).encode()

RECORDED_ABOUT = json.dumps(recordings.ABOUT_DOCUMENT).encode()

WORLDS: tuple[Any, ...] = (
    {**small_world(), "vcenters": {"v": {"port": 1}}, "machines": {}},
    {"answers": {"node": False}},
)
