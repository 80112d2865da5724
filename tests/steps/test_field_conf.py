"""nova.conf files of the field: each is judged as oslo.config reads it, and written so that nova can read it."""

from __future__ import annotations

import base64
import json
import shutil
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from oslo_config import cfg

from mhv_tui.changes.files import EditConfig
from mhv_tui.core.answerfile import parse_text
from mhv_tui.core.context import Context
from mhv_tui.core.machine import RemoteFile, SshHost
from mhv_tui.core.targets import Target
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.domain import nova
from mhv_tui.domain.releases import by_name
from mhv_tui.engine.check import StepResult
from tests.steps.sentences import headless
from tests.steps.walked_world import SCHEMA, make, page, state

Begin = Callable[..., Context]
FIELD = Path(__file__).parents[1] / "cases" / "field"
NOVA_CONF = "/etc/nova/nova.conf"


@dataclass(frozen=True)
class FieldCase:
    """A file that differs, the finding about it, and what the plan does with nova's files."""

    name: str
    code: str
    level: str = ""
    detail: str = ""
    never: str = ""
    world: str = ""
    machine: str = "novavmware1"
    path: str = NOVA_CONF
    file: str = ""
    text: str = ""
    latin1: str = ""
    append: str = ""
    built: bool = False
    node: dict[str, Any] = field(default_factory=dict)
    plan: str = ""
    written: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


def cases() -> list[FieldCase]:
    rows = tomllib.loads((FIELD / "conf.toml").read_text(encoding="utf-8"))["case"]
    return [FieldCase(**row) for row in rows]


def begin(case: FieldCase, world_of: Begin, folder: Path) -> Context:
    """The context of a case: its own world, or the article's with the file that differs."""
    if case.world:
        path = shutil.copy(FIELD / f"{case.world}.world.json", folder / "world.json")
        answers = parse_text((FIELD / f"{case.world}.toml").read_text(encoding="utf-8"), SCHEMA)
        return Context(DemoBackend(Path(path), "article"), Target("", answers), "s1")
    ctx = world_of(built=case.built, answers={"node": case.node})
    files = state(ctx)["machines"][case.machine]["files"]
    row = files.setdefault(case.path, {"content": "", "mode": 0o640, "owner": "root", "group": "nova"})
    if case.latin1:
        row |= {"content": "", "base64": base64.b64encode(case.latin1.encode("latin-1")).decode()}
    elif case.file or case.text:
        row["content"] = case.text or (FIELD / case.file).read_bytes().decode()
    row["content"] += case.append
    return ctx


def file_of(ctx: Context, machine: str, path: str) -> bytes:
    content = ctx.backend.node(SshHost(machine)).read(path)
    return content.content if isinstance(content, RemoteFile) else b""


def edits_of(result: StepResult) -> list[EditConfig]:
    """The edits of the step's plan, also if a failure stops it."""
    assert result.view is not None
    return [change for change in result.step.work.plan(result.view) if isinstance(change, EditConfig)]


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.code} {case.name}")
def test_case(case: FieldCase, world_of: Begin, tmp_path: Path) -> None:
    ctx = begin(case, world_of, tmp_path)
    before = file_of(ctx, "novavmware1", case.path)
    result = page(ctx, "node")
    assert headless(result.findings) == [] and "WZ09" not in {f.code for f in result.findings}
    rows = [f for f in result.findings if f.code == case.code]
    shown = [(f.code, f.level, f.detail) for f in result.findings if f.level != "ok"]
    assert not case.level or [f for f in rows if f.level == case.level and case.detail in f.detail], shown
    assert not case.never or [f for f in rows if f.level == case.never] == [], shown
    edits = edits_of(result)
    path = case.path if case.machine == "novavmware1" else NOVA_CONF
    assert not case.plan or (case.plan == "correct") == (path in [edit.path for edit in edits]), shown
    assert case.plan != "keep" or result.stops
    for edit in edits if case.plan == "correct" else ():
        make(ctx, edit)
    after = file_of(ctx, "novavmware1", path).decode("utf-8", "surrogateescape")
    assert case.plan != "keep" or after.encode("utf-8", "surrogateescape") == before
    assert [line for line in case.written if line not in after.splitlines()] == []
    assert [line for line in case.gone if line in after] == []
    if case.plan == "correct":
        assert not edits_of(page(ctx, "node"))
        assert_nova_reads(ctx, tmp_path)


def assert_nova_reads(ctx: Context, folder: Path) -> None:
    """oslo.config reads the node's files, and every known option of them as its type."""
    paths = []
    for name in ("nova.conf", "nova-compute.conf"):
        (folder / name).write_bytes(file_of(ctx, "novavmware1", f"/etc/nova/{name}"))
        paths += ["--config-file", str(folder / name)]
    conf = cfg.ConfigOpts()
    kinds = {"bool": cfg.BoolOpt, "int": cfg.IntOpt, "float": cfg.FloatOpt, "port": cfg.PortOpt}
    options = nova.options(by_name("zed"))
    for option in options:
        kind, group = kinds.get(option.kind, cfg.StrOpt), option.section
        conf.register_opt(kind(option.name), None if group == "DEFAULT" else group)
    conf.register_opts([cfg.ListOpt("memcached_servers")], "keystone_authtoken")
    conf(paths, project="nova", default_config_dirs=[])
    values = {f"{o.section}/{o.name}": (conf if o.section == "DEFAULT" else conf[o.section])[o.name] for o in options}
    assert (values["DEFAULT/compute_driver"], values["vmware/host_ip"]) == (nova.DRIVER, "vc.example.org")
    assert values["vmware/datastore_regex"] == "^nfs\\-gold$" and values["vmware/cluster_name"] == "DC0_C0"


def test_a_copied_list_of_several_lines_is_the_same_list(world_of: Begin, tmp_path: Path) -> None:
    case = next(case for case in cases() if case.world == "w40-source-multiline-value")
    ctx = begin(case, world_of, tmp_path)
    for edit in edits_of(page(ctx, "node")):
        assert "n0va-demo" not in edit.preview()
        make(ctx, edit)
    lists = []
    for machine in ("compute1", "novavmware1"):
        (tmp_path / "nova.conf").write_bytes(file_of(ctx, machine, NOVA_CONF))
        conf = cfg.ConfigOpts()
        conf.register_opts([cfg.ListOpt("memcached_servers")], "keystone_authtoken")
        conf(["--config-file", str(tmp_path / "nova.conf")], project="nova", default_config_dirs=[])
        lists.append(conf.keystone_authtoken.memcached_servers)
    assert lists[0] == lists[1] == ["controller1:11211", "controller2:11211", "controller3:11211"]


@pytest.mark.parametrize("name", ("w20-node-bom", "w23-node-missing-equal"))
def test_apply_stops_before_a_file_that_nova_cannot_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mhv_tui.cli import main

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    world = tmp_path / "mhv-tui" / "sessions" / "demo" / "world.json"
    world.parent.mkdir(parents=True)
    shutil.copy(FIELD / f"{name}.world.json", world)
    before = json.loads(world.read_text())["machines"]
    code = main(["apply", str(FIELD / f"{name}.toml"), "--demo", "--step", "node", "--yes", "--json"])
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert code == 3 and json.loads(world.read_text())["machines"] == before
    assert [e["code"] for e in events if e["event"] == "found" and e["level"] == "failure" and NOVA_CONF in e["detail"]]
