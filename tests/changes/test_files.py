"""The changes to a node's files, on the simulated node: undone byte for byte, refused if the file was edited."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mhv_tui.changes.files import BACKUPS, ConfOption, EditConfig, WriteFile, decoded, encoded
from mhv_tui.changes.masking import diff, is_plain, masked, remember_secrets
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import RemoteFile
from mhv_tui.core.redaction import shown
from mhv_tui.core.secret import Revealed
from mhv_tui.engine.freeze import freeze
from tests.changes.helpers import HOST, PATH, Make, again, held, made, row
from tests.demo.helpers import configured

FOUND = b"# kept\r\n[DEFAULT]\nmy_ip=10.0.0.1\n[vmware]\nhost_ip = old\xff"
HELD = RemoteFile(FOUND, 0o640, "root", "nova")
SECRET = ConfOption("vmware", "host_password", secrets=(Revealed("pa$$word"),))
EDIT = EditConfig(
    host=HOST,
    path=PATH,
    settings=(ConfOption("vmware", "host_ip", ("vc.example.org",)), SECRET),
    removals=(("DEFAULT", "my_ip"),),
)
FILE = WriteFile(host=HOST, path="/etc/nova/ca.pem", content="PEM\n")


def test_an_edit_changes_only_its_lines_and_undo_restores_every_byte(ctx: Context, make: Make) -> None:
    ctx.backend.node(HOST).write(PATH, HELD)
    receipt = make(EDIT)
    made = held(ctx)
    assert made and made.content.startswith(b"# kept\r\n[DEFAULT]\n[vmware]\nhost_ip = vc.example.org")
    assert b"host_password = pa$$word" in made.content and b"my_ip" not in made.content
    again(EDIT).undo(ctx, receipt)
    assert held(ctx) == HELD
    assert not [path for path in row(ctx)["files"] if path.startswith(BACKUPS)]


def test_an_edit_can_be_undone_twice(ctx: Context, make: Make) -> None:
    ctx.backend.node(HOST).write(PATH, HELD)
    receipt = make(EDIT)
    again(EDIT).undo(ctx, receipt)
    again(EDIT).undo(ctx, receipt)
    assert held(ctx) == HELD


@pytest.mark.parametrize("copied", (False, True))
def test_a_killed_edit_is_undone_from_its_intent(ctx: Context, copied: bool) -> None:
    node = ctx.backend.node(HOST)
    node.write(PATH, HELD)
    before = json.loads(json.dumps(EDIT.before(ctx)))
    if copied:
        EDIT.apply(ctx, before)
    again(EDIT).undo(ctx, before)
    assert held(ctx) == HELD


def test_several_edits_of_one_file_are_undone_one_by_one(ctx: Context, make: Make) -> None:
    ctx.backend.node(HOST).write(PATH, HELD)
    edits = [replace(EDIT, settings=(ConfOption("vmware", "host_port", (port,)),)) for port in ("5901", "5902") * 2]
    texts, receipts = [], []
    for edit in edits:
        texts.append(held(ctx))
        receipts.append(make(edit))
    for edit, text, receipt in zip(reversed(edits), reversed(texts), reversed(receipts), strict=True):
        again(edit).undo(ctx, receipt)
        assert held(ctx) == text
    assert not [path for path in row(ctx)["files"] if path.startswith(BACKUPS)]


def test_edits_that_share_a_copy_as_in_earlier_versions_are_undone_one_by_one(ctx: Context) -> None:
    node, receipts = ctx.backend.node(HOST), []
    node.write(PATH, HELD)
    edits = [replace(EDIT, settings=(ConfOption("vmware", "host_port", (port,)),)) for port in ("5901", "5902") * 2]
    for edit in edits:
        before = {key: value for key, value in edit.before(ctx).items() if key != "backup"}
        receipts.append({**before, **edit.apply(ctx, before)})
    assert receipts[1]["backup"] == receipts[3]["backup"]
    for edit, receipt in zip(reversed(edits), reversed(receipts), strict=True):
        again(edit).undo(ctx, receipt)
    assert held(ctx) == HELD


def test_a_killed_edit_is_finished_from_its_intent(ctx: Context) -> None:
    ctx.backend.node(HOST).write(PATH, HELD)
    before = EDIT.before(ctx)
    first = EDIT.apply(ctx, before)
    second = EDIT.apply(ctx, before)
    assert first["backup"] == second["backup"]
    again(EDIT).undo(ctx, {**before, **second})
    assert held(ctx) == HELD


def test_a_file_that_was_edited_since_is_neither_restored_nor_overwritten(ctx: Context, make: Make) -> None:
    node = ctx.backend.node(HOST)
    node.write(PATH, HELD)
    before = EDIT.before(ctx)
    receipt = make(EDIT)
    other = replace(HELD, content=b"[DEFAULT]\nmine = 1\n")
    node.write(PATH, other)
    for work in (lambda: again(EDIT).undo(ctx, receipt), lambda: EDIT.apply(ctx, before)):
        with pytest.raises(FindingError) as refused:
            work()
        assert refused.value.finding.code == "CN24"
    assert held(ctx) == other


def test_a_file_that_nova_cannot_read_is_left_as_it_is(ctx: Context) -> None:
    unreadable = replace(HELD, content="\ufeff[DEFAULT]\nhost = a\n".encode())
    ctx.backend.node(HOST).write(PATH, unreadable)
    with pytest.raises(FindingError) as refused:
        EDIT.before(ctx)
    assert refused.value.finding.code == "CN21" and f"{PATH}:1 begins with" in refused.value.message
    assert held(ctx) == unreadable


def test_a_change_of_mode_alone_is_undone(ctx: Context, make: Make) -> None:
    open_one = replace(HELD, mode=0o644)
    ctx.backend.node(HOST).write(PATH, open_one)
    change = replace(EDIT, settings=(), removals=())
    receipt = make(change)
    made = held(ctx)
    assert made and (made.mode, made.content) == (0o640, FOUND)
    change.undo(ctx, receipt)
    assert held(ctx) == open_one


@pytest.mark.parametrize(("mode", "kept"), [(0o640, True), (0o600, True), (0o644, False)])
def test_a_file_that_a_package_brought_since_the_plan_keeps_its_owner_if_others_cannot_read_it(
    mode: int, kept: bool, ctx: Context, make: Make
) -> None:
    brought = replace(HELD, mode=mode, owner="nova")
    ctx.backend.node(HOST).write(PATH, brought)
    receipt = make(EDIT)
    made = held(ctx)
    assert made and (made.mode, made.owner) == ((mode, "nova") if kept else (0o640, "root"))
    again(EDIT).undo(ctx, receipt)
    assert held(ctx) == brought
    ctx.backend.node(HOST).write(PATH, brought)
    make(replace(EDIT, current=Revealed(decoded(FOUND))))
    made = held(ctx)
    assert made and (made.mode, made.owner) == (0o640, "root"), "the plan knew the file"


def test_an_edit_without_effect_keeps_no_copy_and_its_undo_keeps_the_file(ctx: Context, make: Make) -> None:
    node = ctx.backend.node(HOST)
    node.write(PATH, HELD)
    change = replace(EDIT, settings=(), removals=())
    receipt = make(change)
    assert receipt["backup"] == "" and not [path for path in row(ctx)["files"] if path.startswith(BACKUPS)]
    change.undo(ctx, receipt)
    assert held(ctx) == HELD
    node.write(PATH, replace(HELD, mode=0o600))
    change.undo(ctx, receipt)
    assert held(ctx) == HELD
    node.write(PATH, replace(HELD, content=b"[DEFAULT]\nmine = 1\n"))
    with pytest.raises(FindingError, match="was edited"):
        change.undo(ctx, receipt)


def test_a_new_file_is_written_and_removed(ctx: Context, make: Make) -> None:
    receipt = make(FILE)
    assert held(ctx, FILE.path) == RemoteFile(b"PEM\n", 0o644, "root", "root")
    again(FILE).undo(ctx, receipt)
    assert held(ctx, FILE.path) is None


def test_an_earlier_file_is_restored(ctx: Context, make: Make) -> None:
    ctx.backend.node(HOST).write(FILE.path, HELD)
    receipt = make(FILE)
    FILE.undo(ctx, receipt)
    assert held(ctx, FILE.path) == HELD


def test_undo_restarts_a_service_that_reads_the_file(ctx: Context, make: Make) -> None:
    ctx.backend.node(HOST).install("job", ["nova-compute-vmware"], lambda percent, line: None)
    ctx.backend.node(HOST).write(PATH, RemoteFile(configured().encode(), 0o640, "root", "nova"))
    ctx.backend.node(HOST).unit("nova-compute", "start")
    receipt = make(replace(EDIT, removals=(), unit="nova-compute"))
    starts = len(row(ctx)["journals"]["nova-compute"])
    EDIT.undo(ctx, receipt)
    assert len(row(ctx)["journals"]["nova-compute"]) == starts
    receipt = make(replace(EDIT, removals=(), unit="nova-compute"))
    replace(EDIT, unit="nova-compute").undo(ctx, receipt)
    assert len(row(ctx)["journals"]["nova-compute"]) > starts


TEXT = "[DEFAULT]\ntransport_url = rabbit://u:secret1@h/\n# old_password = secret2\nx = http://a:secret3@b\n[a]\npassword=secret4\n"


def test_no_secret_is_left_in_a_masked_text() -> None:
    assert "secret" not in masked(TEXT) and masked(TEXT).count("••••") == 4


@pytest.mark.parametrize(
    "line",
    [
        "hmac_keys = S3cr3t",
        "credentials = u:S3cr3t",
        "ldap_pw=S3cr3t",
        "rabbit_pass = S3cr3t",
        "api_key2 = S3cr3t",
        "password_old = S3cr3t",
        "slave_connection = mysql://u:S3cr3t@h/d",
        "url = http://user:p/S3cr3t@host/v3",
        "url = http://user:p@S3cr3t@host/v3",
        "urls = amqp://u:S3cr3t@h1,v:S3cr3t@h2/",
        "# the password is S3cr3t",
        "; S3cr3t is the rabbit pw",
        "#    key S3cr3t, ask Bob",
        "host = h1  # login admin, S3cr3t",
        "#metadata_proxy_shared_secret = S3cr3t",
    ],
)
def test_a_secret_is_hidden_wherever_a_line_has_it(line: str) -> None:
    text = f"[a]\n{line}\nx = 1\n"
    assert "S3cr3t" not in masked(text) and "S3cr3t" not in diff(text, text.replace("x = 1", "x = 2"), "f")


@pytest.mark.parametrize("line", ["keystone = 1", "x = http://h:5000/v3", "# the host of the queue", "bypass = on"])
def test_other_lines_stay(line: str) -> None:
    assert masked(f"[a]\n{line}\n") == f"[a]\n{line}\n"


def test_a_diff_shows_that_a_secret_changed_but_no_value() -> None:
    shown = diff(TEXT, TEXT.replace("secret4", "secret5"), "nova.conf")
    assert "secret" not in shown and "+password=•••• (changed)" in shown
    assert diff(TEXT, TEXT, "nova.conf") == ""


def test_a_secret_on_unusual_lines_is_hidden() -> None:
    old = "[a]\npassword = s1\u2028secret\n  secret2\nx=1"
    shown = diff(old, old.replace("s1", "s9").replace("secret2", "secret3"), "f")
    assert "secret" not in shown and "s9" not in shown


@pytest.mark.parametrize("content", (b"", b"\xff\xfe\x00", "ä\n".encode(), b"a\r\nb"))
def test_any_bytes_survive_reading_and_writing(content: bytes) -> None:
    assert encoded(decoded(content)) == content


def test_our_own_secrets_are_hidden_under_any_option_name(ctx: Context) -> None:
    """The name of this option tells nothing: the type of its value decides."""
    pin = ConfOption("vmware", "console_pin", secrets=(Revealed("hunter2"),))
    change = EditConfig(
        host=HOST, path=PATH, settings=(pin,), current=Revealed("[VMware]\nconsole_pin = old-pin\n[vmware]\n")
    )
    assert "hunter2" not in change.preview() and "old-pin" not in change.preview()
    assert "console_pin = ••••" in change.preview()
    assert "hunter2" not in f"{freeze(change)} {change}" and "hunter2" not in f"{made(ctx, change)}"
    file = held(ctx)
    assert file is not None and b"console_pin = hunter2" in file.content


def test_the_secrets_of_a_file_that_was_read_are_masked_in_every_text() -> None:
    remember_secrets(
        "[DEFAULT]\ntransport_url = rabbit://a:0ne%2Ffirst@h1:5672,a:0ne-second@h2:5672/\n"
        "[neutron]\npassword = $$ome-secret\nmetadata_proxy_shared_secret = longerthansixteenletters\n"
        "[service_user]\npassword = openstack\n[oslo_messaging_rabbit]\nssl_key = /etc/nova/client.key\n"
    )
    assert shown("0ne/first 0ne-second $ome-secret longerthansixteenletters") == " ".join(["••••"] * 4)
    assert (
        shown("openstack /etc/nova/client.key rabbit://a:b@h1") == "openstack /etc/nova/client.key rabbit://a:••••@h1"
    )


@pytest.mark.parametrize(
    ("option", "value", "plain"),
    [
        ("auth_url", "http://controller:5000/v3", True),
        ("auth_url", "http://keystone:5000/v3", True),
        ("auth_type", "password", True),
        ("backend_argument", "redis_password:x", False),
        ("backend_argument", "arguments: api_key = x", False),
        ("region_name", "RegionOne", True),
        ("lock_path", "/var/lib/nova/tmp", True),
        ("send_service_user_token", "True", True),
        ("password", "openstack", False),
        ("secret_id", "x", False),
        ("memcache_sasl_passphrase_new", "x", False),
        ("url", "http://u:p@h/", False),
        ("backend", "redis://h/?db=1", False),
    ],
)
def test_a_copied_value_is_plain_if_neither_name_nor_value_has_a_secret(option: str, value: str, plain: bool) -> None:
    assert is_plain(option, value) is plain
