"""The parsers that read hostile or hand-written input: what each gets, and which errors are its own."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from hypothesis import strategies as st

from mhv_tui.core.errors import FindingError, MhvError, UsageError
from mhv_tui.engine.records import seal
from tests.fuzz import parsers
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
    records = draw(st.lists(reshaped(parsers.RECORDS), max_size=6))
    journal = b"".join(seal(record, n) for n, record in enumerate(records, 1) if isinstance(record, dict))
    findings = json.dumps(draw(reshaped(parsers.FINDINGS))).encode()
    damaged = draw(st.integers(0, 7))
    return (
        draw(mutated([journal])) if damaged & 1 else journal,
        draw(mutated([findings])) if damaged & 2 else findings,
        draw(mutated([parsers.ANSWERS])) if damaged & 4 else parsers.ANSWERS,
    )


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
        mutated(parsers.CLOUDS, [b"!!python/object:os.system ", b"&a ", b"*a", b"- ", b"{{", b"clouds:", b"  auth:\n"]),
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
            parsers.IMAGES,
            [b"RW 1 FLAT ", b'"/etc/passwd"', b"createType=", b"SPARSE", *(image[:16] for image in parsers.IMAGES)],
        ),
        parsers.disk,
        (),
        ("domain.disks", "domain.vmdk", "domain.archives"),
    ),
    "log": Target(
        mutated(parsers.LOG, [b"password=", b"://u:p@", b"Traceback", b"x " * 300]),
        parsers.log,
        (),
        ("domain.signatures",),
    ),
    "API document": Target(
        st.one_of(
            reshaped(parsers.VERSIONS), st.text(max_size=20), st.from_regex(r"v?[0-9]{0,5}(\.[0-9-]{0,30}){0,4}")
        ),
        parsers.version_document,
        (),
        ("adapters.cloud_rows", "domain.releases"),
    ),
    "known_hosts": Target(
        mutated(parsers.KNOWN_HOSTS, [b"@revoked ", b"|1|", b"*" * 30, b"?*" * 30, b",!"]),
        parsers.known_hosts_file,
        (),
        ("adapters.known_hosts",),
    ),
    "survey": Target(
        mutated(parsers.SURVEY, [b"@@end\n", b"@@survey\n", b"file\t/etc/x\t", b"9" * 19, b"ended -", b"\tabsent"]),
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
            parsers.VERSIONS_XML, [b"<version>", b"</version>", b"&c;", b'encoding="x"', b"<!--", b"]]>", b"<a>" * 99]
        ),
        parsers.version_xml,
        (FindingError,),
        ("adapters.vsphere_http",),
    ),
    "SSH banner": Target(
        mutated(parsers.BANNERS, [b"SSH-2.0-", b"SSH-1.5-x\n", b"\n" * 99, b"a" * 300]),
        parsers.banner,
        (FindingError,),
        ("adapters.ssh_host_key", "adapters.ssh_transport"),
    ),
    "openrc": Target(
        st.tuples(*(mutated([value]) for value in parsers.OPENRC)),
        parsers.environment,
        (MhvError,),
        ("adapters.cloud_config",),
    ),
    "scene": Target(
        st.one_of(reshaped(parsers.WORLDS), mutated([json.dumps(parsers.WORLDS[0]).encode()]), JSON),
        parsers.world,
        (UsageError,),
        ("demo.store", "demo.scenes"),
    ),
}
"""By what is read."""
