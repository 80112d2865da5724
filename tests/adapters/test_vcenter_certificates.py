"""A certificate that changes or ends between the check and the login: vCenter gets no password."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from mhv_tui.adapters import trust
from mhv_tui.adapters.vsphere import PyvmomiVcenter
from mhv_tui.core.secret import Revealed
from tests.adapters.raw_server import (
    serving,
    vcenter_answer,
)
from tests.adapters.servers import identity
from tests.adapters.test_vcenter_hostile import PASSWORD, failed, login

PIN, AUTHORITY = "sha256", "ca_file"


def test_a_certificate_that_changes_after_the_check_gets_no_password(
    tmp_path: Path,
) -> None:
    certificate = identity("vc.example.org").files(tmp_path, "checked")
    other = identity("vc.example.org").files(tmp_path, "other")
    pin = trust.fingerprint(Path(certificate[0]).read_text())
    for connections in (1, 2):
        with serving(lambda request, server: [vcenter_answer(request)], *[certificate] * connections, other) as server:
            vcenter = login(server, PIN, pin)
            error, _ = failed(partial(PyvmomiVcenter, vcenter, Revealed(PASSWORD)))
            assert error.finding.code == "VC05" and not server.received(PASSWORD)


def test_a_certificate_that_ends_after_the_check_is_named_as_such(tmp_path: Path) -> None:
    authority = identity("Test VMCA", authority=True)
    ca_file = authority.files(tmp_path, "ca")[0]
    valid = identity("vc.example.org", issuer=authority).files(tmp_path, "valid")
    ended = identity("vc.example.org", issuer=authority, days=-1).files(tmp_path, "ended")
    for connections in (1, 2):
        with serving(lambda request, server: [vcenter_answer(request)], *[valid] * connections, ended) as server:
            vcenter = login(server, AUTHORITY, ca_file)
            error, _ = failed(partial(PyvmomiVcenter, vcenter, Revealed(PASSWORD)))
            assert error.finding.code == "VC03" and "not valid now" in error.message
            assert not server.received(PASSWORD)


def test_a_pinned_certificate_that_ended_is_named_as_such(tmp_path: Path) -> None:
    files = identity("vc.example.org", days=-1).files(tmp_path, "ended")
    pin = trust.fingerprint(Path(files[0]).read_text())
    with serving(lambda request, server: [vcenter_answer(request)], files) as server:
        vcenter = login(server, PIN, pin)
        error, _ = failed(partial(PyvmomiVcenter, vcenter, Revealed(PASSWORD)))
        assert error.finding.code == "VC03" and "not valid now" in error.message
        assert not server.received(PASSWORD)


def test_a_password_that_is_no_unicode_text_is_a_wrong_login(tmp_path: Path) -> None:
    certificate = identity("vc.example.org").files(tmp_path, "vcenter")
    with serving(lambda request, server: [vcenter_answer(request)], certificate) as server:
        error, _ = failed(partial(PyvmomiVcenter, login(server), Revealed("p\udcff")))
    assert error.finding.code == "VC07"
