"""A certificate that changes or ends between the check and the login: vCenter gets no password."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from mhv_tui.adapters import trust
from mhv_tui.adapters.vsphere import PyvmomiVcenter
from mhv_tui.core.secret import Revealed
from tests.adapters.raw_server import (
    serving,
    vcenter_answer,
)
from tests.adapters.servers import Identity, identity
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


Shown = Callable[[Identity], Identity]

OTHERS: dict[str, tuple[Shown, str, str]] = {
    # what the server shows after the check -> its certificate, the code with a CA file, the code with a pin
    "another key": (lambda authority: identity("vc.example.org", issuer=authority), "", "VC05"),
    "of another authority": (
        lambda authority: identity("vc.example.org", issuer=identity("Other CA", authority=True)),
        "VC05",
        "VC05",
    ),
    "signed by itself": (lambda authority: identity("vc.example.org"), "VC05", "VC05"),
    "for another name": (
        lambda authority: identity("other.example.org", issuer=authority, address="127.0.0.9"),
        "VC05",
        "VC05",
    ),
    "ended": (lambda authority: identity("vc.example.org", issuer=authority, days=-1), "VC03", "VC05"),
    "the authority itself": (lambda authority: authority, "VC05", "VC05"),
}


@pytest.mark.parametrize("connections", (1, 2))
@pytest.mark.parametrize("trusted", (AUTHORITY, PIN))
@pytest.mark.parametrize("name", OTHERS)
def test_another_certificate_after_the_check_gets_no_password(
    name: str, trusted: str, connections: int, tmp_path: Path
) -> None:
    authority = identity("Test VMCA", authority=True)
    checked = identity("vc.example.org", issuer=authority).files(tmp_path, "checked")
    make, by_authority, by_pin = OTHERS[name]
    other = make(authority).files(tmp_path, "other")
    value = authority.files(tmp_path, "ca")[0]
    if trusted == PIN:
        value = trust.fingerprint(Path(checked[0]).read_text())
    code = by_authority if trusted == AUTHORITY else by_pin
    with serving(lambda request, server: [vcenter_answer(request)], *[checked] * connections, other) as server:
        if code:
            error, _ = failed(partial(PyvmomiVcenter, login(server, trusted, value), Revealed(PASSWORD)))
            assert error.finding.code == code and not server.received(PASSWORD), error.message
        else:
            PyvmomiVcenter(login(server, trusted, value), Revealed(PASSWORD)).close()
            assert server.received(PASSWORD), "the authority vouches for it"


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
