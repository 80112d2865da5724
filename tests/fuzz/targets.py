"""The parsers that read hostile or hand-written input: what each gets, and which errors are its own."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import ModuleType
from typing import Any

import tomli_w
from hypothesis import strategies as st

from mhv_tui.core.errors import FindingError, MhvError, UsageError
from mhv_tui.engine.records import seal
from mhv_tui.imaging.unpack import PackedDataError
from tests import recordings
from tests.fuzz import corpora, parsers, sources
from tests.fuzz.inputs import JSON, mutated, reshaped

Run = Callable[[Any], object]
"""Gives one input to the parser; what it returns or raises must be short."""


@dataclass(frozen=True)
class Target:
    """A parser with its inputs, its own errors, the modules that it covers, and inputs that once crashed it."""

    inputs: st.SearchStrategy[Any]
    run: Run
    errors: tuple[type[Exception], ...]
    modules: tuple[str, ...]
    examples: tuple[Any, ...] = ()
    growth: int = 60
    """How many times longer than its input an output may be, above 20,000 characters."""

    def code(self) -> tuple[ModuleType, ...]:
        return tuple(importlib.import_module(f"mhv_tui.{name}") for name in self.modules)


@st.composite
def session_files(draw: st.DrawFn) -> tuple[bytes, bytes, bytes]:
    """A journal of sealed records that may be edited and lines that may be damaged, findings, and answers."""
    records = draw(st.lists(reshaped(corpora.RECORDS), max_size=6))
    journal = b"".join(seal(record, n) for n, record in enumerate(records, 1) if isinstance(record, dict))
    findings = json.dumps(draw(reshaped(corpora.FINDINGS))).encode()
    damaged = draw(st.integers(0, 7))
    return (
        draw(mutated([journal])) if damaged & 1 else journal,
        draw(mutated([findings])) if damaged & 2 else findings,
        draw(mutated([parsers.ANSWERS])) if damaged & 4 else parsers.ANSWERS,
    )


DATES = (datetime(2026, 11, 22, tzinfo=UTC), datetime(1, 1, 1), datetime(9999, 12, 31, tzinfo=UTC), date(2026, 1, 1))


@st.composite
def scene_files(draw: st.DrawFn) -> bytes:
    """A scene file that is TOML, with other values and a date somewhere."""
    document = draw(reshaped([json.loads(json.dumps(parsers.SCENE_DOCUMENT, default=str))]))
    if isinstance(document, dict) and isinstance(document.get("world"), dict):
        document["world"]["clock"] = draw(st.sampled_from(DATES))
        place = draw(st.sampled_from([*document["world"].values(), document["world"]]))
        if isinstance(place, dict):
            place["date"] = draw(st.sampled_from(DATES))
    try:
        return tomli_w.dumps(document).encode()
    except (TypeError, ValueError, AttributeError):  # null, which TOML does not have
        return parsers.SCENE


TARGETS = {
    "answer file": Target(
        mutated(
            [parsers.ANSWERS, parsers.UNCOMMENTED], [b"[[target]]\n", b"[[accept]]\n", b'{env = "A"}', b"1979-05-27"]
        ),
        parsers.answer_file,
        (UsageError,),
        ("core.answerfile", "core.answerparser", "core.hosts", "core.tomllines"),
    ),
    "clouds.yaml": Target(
        mutated(corpora.CLOUDS, [b"!!python/object:os.system ", b"&a ", b"*a", b"- ", b"{{", b"clouds:", b"  auth:\n"]),
        parsers.clouds_yaml,
        (MhvError,),
        ("adapters.cloud_config",),
    ),
    "nova.conf": Target(
        mutated(
            [parsers.NOVA_CONF, parsers.OLD_CONF],
            [b"[vmware]\n", b"datastores=a\n b\n", b"host = x\n", b"\xc2\x85", b"\x0c", b"%(a)s"],
        ),
        parsers.nova_conf,
        (ValueError,),
        ("domain.ini", "domain.ini_editor", "changes.masking", "steps.node.endpoints", "steps.node.nova_conf"),
    ),
    "disk": Target(
        mutated(
            corpora.IMAGES,
            [b"RW 1 FLAT ", b'"/etc/passwd"', b"createType=", b"SPARSE", *(image[:16] for image in corpora.IMAGES)],
        ),
        parsers.disk,
        (),
        ("domain.disks", "domain.vmdk", "domain.archives"),
    ),
    "archive": Target(
        mutated(sources.ARCHIVES, [b"x.vmdk", b"17 size=20000000\n", b"\x80" + b"\xff" * 11, b"0", b"L", b"x"]),
        sources.read_archive,
        (ValueError,),
        ("imaging.ova",),
    ),
    "packed": Target(
        mutated(sources.PACKED, [b"\xff", b"\0" * 20, *(data[:12] for data in sources.PACKED)]),
        sources.read_packed,
        (PackedDataError,),
        ("imaging.unpack",),
    ),
    "vhdx": Target(
        mutated(sources.VHDX, [b"regi", b"metadata", b"\xff" * 8]),
        sources.read_vhdx,
        (),
        ("imaging.vhdx",),
    ),
    "log": Target(
        mutated(parsers.LOG, [b"password=", b"://u:p@", b"Traceback", b"x " * 300]),
        parsers.log,
        (),
        ("domain.signatures",),
    ),
    "API document": Target(
        st.one_of(
            reshaped(corpora.VERSIONS), st.text(max_size=20), st.from_regex(r"v?[0-9]{0,5}(\.[0-9-]{0,30}){0,4}")
        ),
        parsers.version_document,
        (),
        ("adapters.cloud_rows", "domain.releases"),
    ),
    "known_hosts": Target(
        mutated(corpora.KNOWN_HOSTS, [b"@revoked ", b"|1|", b"*" * 30, b"?*" * 30, b",!"]),
        parsers.known_hosts_file,
        (),
        ("adapters.known_hosts",),
    ),
    "survey": Target(
        mutated(corpora.SURVEY, [b"@@end\n", b"@@survey\n", b"file\t/etc/x\t", b"9" * 19, b"ended -", b"\tabsent"]),
        parsers.survey,
        (ValueError,),
        ("adapters.node_survey",),
    ),
    "session": Target(
        session_files(),
        parsers.session,
        (UsageError,),
        ("engine.records", "engine.saved_findings", "engine.freeze", "export.report", "export.collect"),
        growth=200,
    ),
    "versions of vCenter": Target(
        mutated(
            corpora.VERSIONS_XML, [b"<version>", b"</version>", b"&c;", b'encoding="x"', b"<!--", b"]]>", b"<a>" * 99]
        ),
        parsers.version_xml,
        (FindingError,),
        ("adapters.vsphere_http",),
    ),
    "SSH banner": Target(
        mutated(corpora.BANNERS, [b"SSH-2.0-", b"SSH-1.5-x\n", b"\n" * 99, b"a" * 300]),
        parsers.banner,
        (FindingError,),
        ("adapters.ssh_host_key", "adapters.ssh_transport"),
    ),
    "openrc": Target(
        st.tuples(*(mutated([value]) for value in corpora.OPENRC)),
        parsers.environment,
        (MhvError,),
        ("adapters.cloud_config",),
    ),
    "scene file": Target(
        st.one_of(scene_files(), mutated([parsers.SCENE], [b"[world]\n", b"1979-05-27", b"faults = ", b"inf"])),
        parsers.scene_file,
        (UsageError,),
        ("demo.scenes", "demo.store"),
        examples=(
            parsers.SCENE.replace(b"[world]", b"[world]\ndate = 1979-05-27"),
            parsers.SCENE.replace(b"2026-11-22", b"0001-01-01"),
        ),
    ),
    "recording": Target(
        st.one_of(
            mutated([*recordings.files().values()], [b"<val>", b"ArrayOf", b"<propSet>", b"%2f", b"-1"]),
            mutated([parsers.RECORDED_ABOUT], [b"null", b"[]", b"{}", b"0001-01-01T00:00:00+00:00", b"\\ud800"]),
            reshaped([json.loads(parsers.RECORDED_ABOUT)]).map(lambda value: json.dumps(value).encode()),
        ),
        parsers.recording,
        (UsageError,),
        ("demo.recorded_vcenter", "demo.recorded_objects", "demo.recorded_about", "demo.recorded_scene"),
    ),
    "world": Target(
        st.one_of(reshaped(parsers.WORLDS), mutated([json.dumps(parsers.WORLDS[0]).encode()]), JSON),
        parsers.world,
        (UsageError,),
        ("demo.store", "demo.scenes"),
    ),
}
"""By what is read."""
