"""The changes to a node, in the simulated world: made twice, taken back byte for byte, refused where edited since."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from mhv_tui.changes import KINDS
from mhv_tui.changes.files import BACKUPS, EditConfig, Setting, WriteFile, decoded, encoded
from mhv_tui.changes.masking import diff, masked
from mhv_tui.changes.packages import AddCloudArchive, ConfigurePackages, InstallPackages, RefreshPackages, job_name
from mhv_tui.changes.services import StartService
from mhv_tui.core.answers import Answers
from mhv_tui.core.errors import Cancelled, Trouble
from mhv_tui.core.machine import RemoteFile, SshHost
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.secret import Revealed
from mhv_tui.core.steps import Change, Context
from mhv_tui.demo.world import DemoWorld
from mhv_tui.engine.freeze import freeze, thaw
from tests.demo.ways import configured

HOST = SshHost("novavmware1")
PATH = "/etc/nova/nova.conf"
FOUND = b"# kept\r\n[DEFAULT]\nmy_ip=10.0.0.1\n[vmware]\nhost_ip = old\xff"
HELD = RemoteFile(FOUND, 0o640, "root", "nova")
SECRET = Setting("vmware", "host_password", secrets=(Revealed("pa$$word"),))
EDIT = EditConfig(HOST, PATH, (Setting("vmware", "host_ip", ("vc.example.org",)), SECRET), (("DEFAULT", "my_ip"),))
FILE = WriteFile(HOST, "/etc/nova/ca.pem", "PEM\n")
LOGIN = CloudLogin("prod")
START = StartService(HOST, "nova-compute", "nova-compute", "novavmware1", LOGIN)
PACKAGES = InstallPackages(HOST, ("nova-compute", "nova-compute-vmware", "python3-oslo.vmware"))
Make = Callable[[Change], Mapping[str, Any]]


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    return Context(DemoWorld(tmp_path / "world.json"), Answers(MappingProxyType({})), "s1")


@pytest.fixture
def make(ctx: Context) -> Make:
    """Makes a change; its receipt, as the journal keeps it."""

    def done(change: Change) -> Mapping[str, Any]:
        before = change.before(ctx)
        receipt: Mapping[str, Any] = json.loads(json.dumps({**before, **change.apply(ctx, before)}))
        return receipt

    return done


def row(ctx: Context) -> dict[str, Any]:
    assert isinstance(ctx.world, DemoWorld)
    held: dict[str, Any] = ctx.world.store.state["machines"]["novavmware1"]
    return held


def again(change: Change) -> Any:
    """The change as the journal brings it back: without its secrets."""
    return thaw(KINDS[type(change).__name__], json.loads(json.dumps(freeze(change))))


def held(ctx: Context, path: str = PATH) -> RemoteFile | None:
    return ctx.world.node(HOST).read(path)


def test_an_edit_changes_its_lines_and_undo_brings_back_every_byte(ctx: Context, make: Make) -> None:
    ctx.world.node(HOST).write(PATH, HELD)
    receipt = make(EDIT)
    made = held(ctx)
    assert made and made.content.startswith(b"# kept\r\n[DEFAULT]\n[vmware]\nhost_ip = vc.example.org")
    assert b"host_password = pa$$word" in made.content and b"my_ip" not in made.content
    again(EDIT).undo(ctx, receipt)
    assert held(ctx) == HELD
    assert not [path for path in row(ctx)["files"] if path.startswith(BACKUPS)]


def test_an_edit_is_undone_once_and_undone_again_without_harm(ctx: Context, make: Make) -> None:
    ctx.world.node(HOST).write(PATH, HELD)
    receipt = make(EDIT)
    again(EDIT).undo(ctx, receipt)
    again(EDIT).undo(ctx, receipt)
    assert held(ctx) == HELD


@pytest.mark.parametrize("copied", (False, True))
def test_a_killed_edit_is_undone_from_what_was_journalled_before(ctx: Context, copied: bool) -> None:
    node = ctx.world.node(HOST)
    node.write(PATH, HELD)
    before = json.loads(json.dumps(EDIT.before(ctx)))
    if copied:
        EDIT.apply(ctx, before)
    again(EDIT).undo(ctx, before)
    assert held(ctx) == HELD


def test_a_killed_edit_is_finished_from_the_same_look(ctx: Context) -> None:
    ctx.world.node(HOST).write(PATH, HELD)
    before = EDIT.before(ctx)
    first = EDIT.apply(ctx, before)
    second = EDIT.apply(ctx, before)
    assert first["backup"] == second["backup"]
    again(EDIT).undo(ctx, {**before, **second})
    assert held(ctx) == HELD


def test_what_somebody_edited_since_is_neither_taken_back_nor_overwritten(ctx: Context, make: Make) -> None:
    node = ctx.world.node(HOST)
    node.write(PATH, HELD)
    before = EDIT.before(ctx)
    receipt = make(EDIT)
    other = replace(HELD, content=b"[DEFAULT]\nmine = 1\n")
    node.write(PATH, other)
    for work in (lambda: again(EDIT).undo(ctx, receipt), lambda: EDIT.apply(ctx, before)):
        with pytest.raises(Trouble) as refused:
            work()
        assert refused.value.finding.code == "CN24"
    assert held(ctx) == other


def test_a_change_of_mode_alone_is_taken_back(ctx: Context, make: Make) -> None:
    open_one = replace(HELD, mode=0o644)
    ctx.world.node(HOST).write(PATH, open_one)
    change = replace(EDIT, settings=(), removals=())
    receipt = make(change)
    made = held(ctx)
    assert made and (made.mode, made.content) == (0o640, FOUND)
    change.undo(ctx, receipt)
    assert held(ctx) == open_one


def test_a_file_that_was_not_there_is_made_and_removed(ctx: Context, make: Make) -> None:
    receipt = make(FILE)
    assert held(ctx, FILE.path) == RemoteFile(b"PEM\n", 0o644, "root", "root")
    again(FILE).undo(ctx, receipt)
    assert held(ctx, FILE.path) is None


def test_a_file_that_was_there_comes_back(ctx: Context, make: Make) -> None:
    ctx.world.node(HOST).write(FILE.path, HELD)
    receipt = make(FILE)
    FILE.undo(ctx, receipt)
    assert held(ctx, FILE.path) == HELD


def test_undo_restarts_a_service_that_reads_the_file(ctx: Context, make: Make) -> None:
    ctx.world.node(HOST).install("job", ["nova-compute-vmware"], lambda percent, line: None)
    ctx.world.node(HOST).write(PATH, RemoteFile(configured().encode(), 0o640, "root", "nova"))
    ctx.world.node(HOST).unit("nova-compute", "start")
    receipt = make(replace(EDIT, removals=(), unit="nova-compute"))
    starts = len(row(ctx)["journals"]["nova-compute"])
    EDIT.undo(ctx, receipt)
    assert len(row(ctx)["journals"]["nova-compute"]) == starts
    make(replace(EDIT, removals=(), unit="nova-compute"))
    replace(EDIT, unit="nova-compute").undo(ctx, receipt)
    assert len(row(ctx)["journals"]["nova-compute"]) > starts


TEXT = "[DEFAULT]\ntransport_url = rabbit://u:secret1@h/\n# old_password = secret2\nx = http://a:secret3@b\n[a]\npassword=secret4\n"


def test_no_secret_is_left_in_a_masked_text() -> None:
    assert "secret" not in masked(TEXT) and masked(TEXT).count("••••") == 4


def test_a_diff_tells_that_a_secret_changed_and_not_to_what() -> None:
    shown = diff(TEXT, TEXT.replace("secret4", "secret5"), "nova.conf")
    assert "secret" not in shown and "+password=•••• (changed)" in shown
    assert diff(TEXT, TEXT, "nova.conf") == ""


def test_a_secret_of_odd_lines_does_not_show() -> None:
    old = "[a]\npassword = s1\u2028secret\n  secret2\nx=1"
    shown = diff(old, old.replace("s1", "s9").replace("secret2", "secret3"), "f")
    assert "secret" not in shown and "s9" not in shown


@pytest.mark.parametrize("content", (b"", b"\xff\xfe\x00", "ä\n".encode(), b"a\r\nb"))
def test_any_bytes_survive_reading_and_writing(content: bytes) -> None:
    assert encoded(decoded(content)) == content


def test_packages_come_with_what_they_need_and_go_with_it(ctx: Context, make: Make) -> None:
    there = dict(row(ctx)["packages"])
    receipt = make(PACKAGES)
    assert set(receipt["made"]) == set(row(ctx)["packages"]) - set(there)
    row(ctx)["packages"]["htop"] = "3"
    again(PACKAGES).undo(ctx, receipt)
    assert row(ctx)["packages"] == {**there, "htop": "3"}


JOB = job_name("s1", PACKAGES.id)


def test_a_killed_installation_is_undone_from_what_was_there(ctx: Context) -> None:
    there = dict(row(ctx)["packages"])
    before = PACKAGES.before(ctx)
    ctx.world.node(HOST).install(JOB, ["nova-common"], lambda percent, line: None)
    again(PACKAGES).undo(ctx, before)
    assert row(ctx)["packages"] == there


@pytest.mark.parametrize("killed", (False, True))
def test_what_somebody_else_installed_meanwhile_stays(ctx: Context, killed: bool) -> None:
    there = dict(row(ctx)["packages"])
    before = PACKAGES.before(ctx)
    row(ctx)["packages"]["htop"] = "3"
    made = PACKAGES.apply(ctx, before)
    assert "htop" not in made["made"]
    again(PACKAGES).undo(ctx, before if killed else {**before, **made})
    assert set(row(ctx)["packages"]) == {*there, "htop"}
    again(PACKAGES).undo(ctx, before)
    assert set(row(ctx)["packages"]) == {*there, "htop"}


def running(ctx: Context, **more: Any) -> None:
    """Our installation as a killed run leaves it: begun, detached, with more to come."""
    ctx.world.node(HOST).install(JOB, ["nova-common"], lambda percent, line: None)
    row(ctx)["jobs"][JOB].update(
        running=True, code=None, brought=[*row(ctx)["jobs"][JOB]["brought"], "python3-suds"], **more
    )


def test_undo_waits_for_an_installation_of_ours_that_still_runs(ctx: Context) -> None:
    there = dict(row(ctx)["packages"])
    before = PACKAGES.before(ctx)
    running(ctx, ends=ctx.world.now().timestamp() + 60)
    again(PACKAGES).undo(ctx, before)
    assert row(ctx)["packages"] == there and not row(ctx)["jobs"][JOB]["running"]


def test_the_wait_for_an_installation_ends_in_its_time_and_where_it_is_stopped(ctx: Context) -> None:
    before = PACKAGES.before(ctx)
    running(ctx, ends=ctx.world.now().timestamp() + 9000)

    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        PACKAGES.undo(replace(ctx, stop=stop), before)
    with pytest.raises(Trouble, match="still runs after 60 min") as late:
        PACKAGES.undo(ctx, before)
    assert late.value.finding.code == "WZ07" and "nova-common" in row(ctx)["packages"]


OLD = {"running": False, "code": 0, "tail": ""}
"""A job's row as an earlier version leaves it: without a record of what it brought."""


@pytest.mark.parametrize("resumed", (False, True))
@pytest.mark.parametrize("job", (OLD, {**OLD, "code": None}, {**OLD, "running": True, "code": None, "ends": 60.0}))
def test_what_an_earlier_version_brought_is_asked_for_and_not_guessed(
    ctx: Context, job: Mapping[str, Any], resumed: bool
) -> None:
    there = dict(row(ctx)["packages"])
    before = PACKAGES.before(ctx)
    row(ctx)["jobs"][JOB] = dict(job)
    ctx.world.node(HOST).install("other", ["nova-common"], lambda percent, line: None)
    row(ctx)["packages"]["htop"] = "3"
    receipt = {**before, **(PACKAGES.apply(ctx, before) if resumed else {})}
    assert "made" not in receipt
    appeared = dict(row(ctx)["packages"])
    with pytest.raises(Trouble, match="htop nova-common ") as refused:
        again(PACKAGES).undo(ctx, receipt)
    assert f"/jobs/{JOB}/brought" in refused.value.remedy and row(ctx)["packages"] == appeared
    row(ctx)["jobs"][JOB]["brought"] = sorted(set(appeared) - set(there) - {"htop"})
    again(PACKAGES).undo(ctx, receipt)
    assert set(row(ctx)["packages"]) == {*there, "htop"}


def test_an_earlier_versions_job_of_which_nothing_is_left_is_in_nobodys_way(ctx: Context, make: Make) -> None:
    there = dict(row(ctx)["packages"])
    row(ctx)["jobs"][JOB] = dict(OLD)
    again(PACKAGES).undo(ctx, PACKAGES.before(ctx))
    row(ctx)["jobs"][JOB] = dict(OLD)
    receipt = make(PACKAGES)
    assert receipt["made"]
    again(PACKAGES).undo(ctx, receipt)
    assert row(ctx)["packages"] == there


def test_an_installation_goes_on_from_its_first_look_though_less_is_missing(ctx: Context) -> None:
    assert PACKAGES.keeps_first_look and "keeps_first_look" not in freeze(PACKAGES)


def test_a_service_with_servers_of_its_own_runs_on(ctx: Context) -> None:
    node = ctx.world.node(HOST)
    node.install("job", PACKAGES.packages, lambda percent, line: None)
    node.write(PATH, RemoteFile(configured().encode(), 0o640, "root", "nova"))
    before = START.before(ctx)
    receipt = {**before, **START.apply(ctx, before)}
    assert isinstance(ctx.world, DemoWorld)
    ctx.world.store.state["faults"]["cloud.delete_service"] = "OS10"
    with pytest.raises(Trouble):
        again(START).undo(ctx, receipt)
    unit = row(ctx)["units"]["nova-compute"]
    assert (unit["active"], unit["enabled"]) == ("active", "enabled")
    del ctx.world.store.state["faults"]["cloud.delete_service"]
    again(START).undo(ctx, receipt)
    assert (unit["active"], unit["enabled"]) == (before["active"], before["enabled"])


def serving(ctx: Context) -> Mapping[str, Any]:
    """Our hypervisor up, with somebody's server on it, in a cloud of a release that would delete the record."""
    ready(ctx)
    before = START.before(ctx)
    receipt = {**before, **START.apply(ctx, before)}
    assert isinstance(ctx.world, DemoWorld)
    cloud = ctx.world.store.state["cloud"]
    cloud["nova"]["guards_servers"] = False
    cloud["servers"]["v1"] = {"name": "web", "status": "ACTIVE", "host": "novavmware1", "born": 0}
    return receipt


def test_a_service_with_servers_is_not_taken_back_where_nova_would_not_mind(ctx: Context) -> None:
    receipt = serving(ctx)
    starts = len(row(ctx)["journals"]["nova-compute"])
    with pytest.raises(Trouble, match="a server stands on novavmware1, so its record is kept: web") as refused:
        again(START).undo(ctx, receipt)
    assert refused.value.remedy
    assert row(ctx)["units"]["nova-compute"]["active"] == "active"
    assert len(row(ctx)["journals"]["nova-compute"]) == starts, "it was not even stopped"
    assert any(s.host == "novavmware1" for s in ctx.world.cloud(LOGIN).services())


def test_a_hypervisor_in_use_is_told_before_anything_is_taken_back(ctx: Context) -> None:
    receipt = serving(ctx)
    assert "web" in START.in_use(ctx, receipt)
    assert isinstance(ctx.world, DemoWorld)
    servers = ctx.world.store.state["cloud"]["servers"]
    servers["v1"]["name"] = "mhv-tui-proof-vmware-novavmware1"
    assert START.in_use(ctx, receipt) == "", "a killed proof's server is ours, and goes first"
    servers["v1"]["name"] = "web"
    assert START.in_use(ctx, {**receipt, "records": [s.id for s in ctx.world.cloud(LOGIN).services()]}) == ""


def test_a_record_that_cannot_be_deleted_is_left_disabled_and_taken_up_again(ctx: Context, make: Make) -> None:
    ready(ctx)
    assert isinstance(ctx.world, DemoWorld)
    ctx.world.store.state["cloud"]["nova"]["service_ids"] = False

    def record() -> tuple[str, str]:
        (seen,) = [s for s in ctx.world.cloud(LOGIN).services() if s.host == "novavmware1"]
        return seen.status, seen.disabled_reason

    said: list[str] = []
    receipt = make(START)
    again(START).undo(replace(ctx, say=lambda done, total, unit, note: said.append(note)), receipt)
    assert row(ctx)["units"]["nova-compute"]["active"] == "inactive"
    assert record() == ("disabled", "taken back by mhv-tui") and "left disabled" in said[-1]
    second = make(START)
    assert record()[0] == "enabled" and second["made"] == receipt["made"]
    again(START).undo(ctx, second)
    assert record()[0] == "disabled"


def test_an_installation_tells_its_progress(ctx: Context, make: Make) -> None:
    heard: list[tuple[int, int, str, str]] = []
    loud = replace(ctx, say=lambda *told: heard.append(told))
    PACKAGES.apply(loud, PACKAGES.before(ctx))
    assert heard[-1][:3] == (100, 100, "percent") and "nova" in heard[-1][3]


def test_a_job_has_the_same_name_in_the_same_session() -> None:
    assert job_name("s 1", PACKAGES.id) == "s-1-packages-novavmware1"


def test_lists_are_refreshed_and_half_configured_packages_finished(ctx: Context, make: Make) -> None:
    for change in (RefreshPackages(HOST), ConfigurePackages(HOST)):
        receipt = make(change)
        again(change).undo(ctx, receipt)
        assert change.preview() and change.summary


def test_an_archive_that_was_there_stays(ctx: Context, make: Make) -> None:
    receipt = AddCloudArchive(HOST, "zed").before(ctx)
    assert receipt == {"there": True}
    AddCloudArchive(HOST, "zed").undo(ctx, receipt)
    assert AddCloudArchive(HOST, "caracal").before(ctx) == {"there": False}


def ready(ctx: Context, **options: str) -> None:
    """The packages and a configuration, nothing started."""
    ctx.world.node(HOST).install("job", list(PACKAGES.packages), lambda percent, line: None)
    ctx.world.node(HOST).write(PATH, RemoteFile(configured(**options).encode(), 0o640, "root", "nova"))


def test_a_service_is_followed_until_the_cloud_has_it_up_and_its_record_goes_with_it(ctx: Context, make: Make) -> None:
    ready(ctx)
    there = {s.id for s in ctx.world.cloud(LOGIN).services()}
    receipt = make(START)
    assert len(receipt["made"]) == 1
    again(START).undo(ctx, receipt)
    assert {s.id for s in ctx.world.cloud(LOGIN).services()} == there
    unit = row(ctx)["units"]["nova-compute"]
    assert unit["active"] == "inactive"


def test_a_record_that_was_there_is_kept(ctx: Context, make: Make) -> None:
    ready(ctx)
    make(START)
    receipt = make(START)
    assert receipt["made"] == [] and receipt["active"] == "active"
    START.undo(ctx, receipt)
    assert row(ctx)["units"]["nova-compute"]["active"] == "active"
    assert any(s.host == "novavmware1" for s in ctx.world.cloud(LOGIN).services())


FAULTS = (
    ({"host_password": "wrong"}, "VC07"),
    ({"insecure": "False"}, "VC03"),
    ({"cluster_name": "DC0_C9"}, "CL01"),
    ({"datastore_regex": "(("}, "DS02"),
)


@pytest.mark.parametrize(("options", "code"), FAULTS)
def test_a_service_that_does_not_come_up_is_diagnosed_by_its_log(
    ctx: Context, options: dict[str, str], code: str
) -> None:
    ready(ctx, **options)
    with pytest.raises(Trouble) as told:
        START.apply(ctx, START.before(ctx))
    assert told.value.finding.code == code


def test_a_restart_that_fails_is_not_hidden_by_the_old_processs_report(ctx: Context, make: Make) -> None:
    ready(ctx)
    make(START)
    ready(ctx, cluster_name="DC0_C9")
    with pytest.raises(Trouble) as told:
        START.apply(ctx, START.before(ctx))
    assert told.value.finding.code == "CL01"
    assert [s.state for s in ctx.world.cloud(LOGIN).services() if s.host == "novavmware1"] == ["up"]


def test_a_restart_that_works_is_heard_within_novas_own_interval(ctx: Context, make: Make) -> None:
    ready(ctx)
    make(START)
    began = ctx.world.now()
    make(START)
    assert (ctx.world.now() - began).total_seconds() <= 5 + 10


def test_a_refused_login_is_not_tried_a_second_time(ctx: Context) -> None:
    ready(ctx, host_password="wrong")
    with pytest.raises(Trouble):
        START.apply(ctx, START.before(ctx))
    assert row(ctx)["units"]["nova-compute"]["active"] == "inactive"


def test_an_old_line_of_the_log_is_no_diagnosis(ctx: Context, make: Make) -> None:
    ready(ctx, cluster_name="DC0_C9")
    with pytest.raises(Trouble):
        START.apply(ctx, START.before(ctx))
    ready(ctx)
    assert make(START)


def test_a_unit_that_is_not_followed_is_enabled_and_started(ctx: Context, make: Make) -> None:
    ready(ctx)
    row(ctx)["units"]["nova-network"] = {"load": "loaded", "active": "inactive", "enabled": "disabled"}
    change = StartService(HOST, "nova-network")
    receipt = make(change)
    assert row(ctx)["units"]["nova-network"]["active"] == "active"
    again(change).undo(ctx, receipt)
    assert row(ctx)["units"]["nova-network"] == {"load": "loaded", "active": "inactive", "enabled": "disabled"}
