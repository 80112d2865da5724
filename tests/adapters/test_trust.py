"""Certificates of real TLS servers, and why they are trusted or not."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from mhv_tui.adapters import trust
from mhv_tui.adapters.limits import Limit
from mhv_tui.core.errors import FindingError
from tests.adapters.servers import HOST, Identity, identity, silent, tls


@pytest.fixture
def authority() -> Identity:
    return identity("Test VMCA", authority=True)


@pytest.fixture
def ca_file(authority: Identity, tmp_path: Path) -> str:
    return authority.files(tmp_path, "ca")[0]


@pytest.fixture
def port(authority: Identity, tmp_path: Path) -> Iterator[int]:
    """A server with a certificate that the authority signed."""
    with tls(*identity("vc.example.org", issuer=authority).files(tmp_path, "server")) as number:
        yield number


def problem_of(server: Identity, tmp_path: Path, ca_file: str = "") -> str:
    with tls(*server.files(tmp_path, "own")) as number:
        return trust.certificate(HOST, number, ca_file).problem


def code(error: pytest.ExceptionInfo[FindingError]) -> str:
    return error.value.finding.code


def test_the_chain_has_all_certificates_that_the_server_sends(authority: Identity, tmp_path: Path) -> None:
    certificate, key = identity("vc.example.org", issuer=authority).files(tmp_path, "server")
    own, ca = Path(certificate).read_text(), Path(authority.files(tmp_path, "ca")[0]).read_text()
    Path(certificate).write_text(own + ca)
    with tls(certificate, key) as number:
        assert trust.chain(HOST, number) == (own, ca)


def test_an_untrusted_certificate_is_described(port: int) -> None:
    certificate = trust.certificate(HOST, port)
    assert (certificate.names, certificate.issuer, certificate.problem) == (
        ("vc.example.org", HOST),
        "CN=Test VMCA",
        "untrusted",
    )
    assert certificate.sha256 == trust.fingerprint(certificate.pem) and certificate.sha256.count(":") == 31
    assert not certificate.self_signed


def test_a_self_signed_certificate_is_recognised(tmp_path: Path) -> None:
    with tls(*identity("vc.example.org").files(tmp_path, "own")) as number:
        assert trust.certificate(HOST, number).self_signed


def test_the_common_name_counts_if_there_is_no_alternative_name(authority: Identity, tmp_path: Path) -> None:
    with tls(*authority.files(tmp_path, "own")) as number:
        assert trust.certificate(HOST, number).names == ("Test VMCA",)


def test_the_authority_of_a_ca_file_is_trusted(port: int, ca_file: str) -> None:
    assert trust.certificate(HOST, port, ca_file).problem == ""


def test_a_certificate_for_another_name_is_reported(authority: Identity, ca_file: str, tmp_path: Path) -> None:
    other = identity("vc.example.org", issuer=authority, address="127.0.0.9")
    assert problem_of(other, tmp_path, ca_file) == "name"


def test_an_expired_certificate_is_reported(authority: Identity, ca_file: str, tmp_path: Path) -> None:
    assert problem_of(identity("vc.example.org", issuer=authority, days=-1), tmp_path, ca_file) == "expired"


def test_loopback_addresses_are_checked_too(tmp_path: Path) -> None:
    assert problem_of(identity("localhost"), tmp_path) == "untrusted"


@pytest.mark.parametrize("self_signed", [True, False])
def test_a_pin_accepts_any_signature_and_any_name(authority: Identity, self_signed: bool, tmp_path: Path) -> None:
    server = identity("elsewhere", issuer=None if self_signed else authority, address="127.0.0.9")
    with tls(*server.files(tmp_path, "pinned")) as number:
        pin = trust.certificate(HOST, number).sha256
        context = trust.context_for(HOST, number, "sha256", pin)
        with trust._handshake(HOST, number, context) as connection:
            assert connection.version()


def test_a_pinned_context_refuses_every_other_certificate(port: int, tmp_path: Path) -> None:
    context = trust.context_for(HOST, port, "sha256", trust.certificate(HOST, port).sha256)
    with (
        tls(*identity("vc.example.org").files(tmp_path, "impostor")) as other,
        pytest.raises(ssl.SSLCertVerificationError),
        trust._handshake(HOST, other, context),
    ):
        pass


def test_a_wrong_pin_names_both_fingerprints(port: int) -> None:
    pin = ":".join(["AA"] * 32)
    with pytest.raises(FindingError) as refused:
        trust.context_for(HOST, port, "sha256", pin)
    assert code(refused) == "VC05"
    assert pin in refused.value.message and trust.certificate(HOST, port).sha256 in refused.value.message


@pytest.mark.parametrize(("kind", "expected"), [("system", "VC03"), ("ca_file", "VC03")])
def test_an_unknown_authority_stops_the_login(port: int, kind: str, expected: str, tmp_path: Path) -> None:
    other = identity("Other CA", authority=True).files(tmp_path, "other")[0]
    with pytest.raises(FindingError) as refused:
        trust.context_for(HOST, port, kind, other if kind == "ca_file" else "")
    assert code(refused) == expected and "CN=Test VMCA" in refused.value.message


def test_a_ca_file_that_cannot_be_read_is_named(port: int, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("no certificate")
    for path in (tmp_path / "missing.pem", tmp_path / "empty.pem"):
        with pytest.raises(FindingError) as refused:
            trust.certificate(HOST, port, str(path))
        assert code(refused) == "VC03" and str(path) in refused.value.message


def test_insecure_disables_verification(port: int) -> None:
    assert trust.context_for(HOST, port, "insecure", "").verify_mode == ssl.CERT_NONE


def test_unreachable_addresses_have_different_codes() -> None:
    with silent() as number:
        cases = {("127.0.0.2", number): "VC19", ("nosuch.invalid", 443): "VC01", ("127.0.0.2", 1): "VC19"}
        for (host, port), expected in cases.items():
            with pytest.raises(FindingError) as refused:
                trust.certificate(host, port, limit=Limit(0.3))
            assert code(refused) == expected
            assert expected != "VC01" or "vcenter.host" in refused.value.finding.remedy
