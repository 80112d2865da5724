"""known_hosts files as OpenSSH reads them, and certificates that ssh-keygen makes."""

from __future__ import annotations

import base64
import logging
import subprocess
import time
from pathlib import Path
from typing import Any

import paramiko
import pytest
from hypothesis import given, strategies

from mhv_tui.adapters import host_certificate, ssh
from mhv_tui.adapters.known_hosts import known_keys, matches, parse
from mhv_tui.adapters.ssh_login import digest
from mhv_tui.core.errors import FindingError
from tests.adapters.ssh_servers import HOST, KEY, Login, secrets_of, ssh_server, target_of

ED25519 = "AAAAC3NzaC1lZDI1NTE5AAAAIFeJ9Q0sJ8qUuFTfFYm4b3OLC2VqQsTN5ZbmIkbCnHZj"
LINE = f"host.example.org ssh-ed25519 {ED25519}"
OTHER = paramiko.ECDSAKey.generate()


@pytest.mark.parametrize(
    ("patterns", "name", "expected"),
    (
        ("host", "host", True),
        ("HOST", "host", True),
        ("host", "host2", False),
        ("a,host,b", "host", True),
        ("*.example.org", "host.example.org", True),
        ("*.example.org,!bad.example.org", "bad.example.org", False),
        ("!bad.example.org", "good.example.org", False),
        ("ho?t", "host", True),
        ("[host]:2222", "[host]:2222", True),
        ("[host]:2222", "h:2222", False),
        ("[host]:*", "[host]:2222", True),
        ("|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg=", "host", False),
        ("|1|damaged", "host", False),
        ("|1|%%|%%", "host", False),
        ("", "host", False),
    ),
)
def test_patterns_match_as_in_openssh(patterns: str, name: str, expected: bool) -> None:
    assert matches(patterns, name) is expected


def test_a_hashed_name_matches() -> None:
    hashed = paramiko.HostKeys.hash_host("[host]:2222")
    assert matches(hashed, "[host]:2222") and not matches(hashed, "host")


@pytest.mark.parametrize(
    "line",
    (
        *("host", "host ssh-ed25519", "host ssh-ed25519 AAAA", "host ssh-ed25519 %%%%", f"host ssh-rsa {ED25519}"),
        *(
            f"@unknown {LINE}",
            "@revoked",
            "@cert-authority *",
            f"host ssh-ed25519 {ED25519[:-1]}",
            "\x00\x01 \x02 \udcff",
        ),
        *("host 1024 35 1299340283", f"host ssh-ed25519 {ED25519}\u00e9"),
    ),
)
def test_a_malformed_line_is_skipped_with_a_warning(
    line: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "known_hosts"
    file.write_bytes(f"# comment\n\n{line}\n{LINE} comment\n".encode("utf-8", "surrogateescape"))
    with caplog.at_level(logging.WARNING):
        known = known_keys([str(file)], "HOST.example.org", 22)
    assert [kind for kind, _ in known.keys] == ["ssh-ed25519"]
    assert f"{file}:3: line skipped" in caplog.text


@given(content=strategies.binary(max_size=200))
def test_any_line_is_a_key_or_a_reason(content: bytes) -> None:
    text = content.decode("utf-8", "surrogateescape").strip()
    if text:
        try:
            assert parse(text).blob
        except ValueError as error:
            assert str(error)


def test_files_that_cannot_be_read_have_no_keys(tmp_path: Path) -> None:
    (tmp_path / "good").write_text(LINE)
    paths = ["none", "/dev/null", "/dev/zero", str(tmp_path), str(tmp_path / "missing"), str(tmp_path / "good"), "a\0b"]
    assert len(known_keys(paths, "host.example.org", 22).keys) == 1


def test_an_alias_replaces_name_and_port(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text(f"alias ssh-ed25519 {ED25519}\n")
    assert known_keys([str(file)], "192.0.2.1", 2222, "alias").keys
    assert not known_keys([str(file)], "192.0.2.1", 2222).keys


class CertifiedKey:
    """A host key that the server shows with its certificate."""

    def __init__(self, key: Any, certificate: bytes) -> None:
        self.key, self.certificate = key, certificate
        kind = certificate[4 : 4 + int.from_bytes(certificate[:4], "big")].decode()
        self.name = kind.replace("ssh-rsa-cert", "rsa-sha2-512-cert")

    def get_name(self) -> str:
        return self.name

    def asbytes(self) -> bytes:
        return self.certificate

    def sign_ssh_data(self, data: bytes, algorithm: str) -> paramiko.Message:
        message: paramiko.Message = self.key.sign_ssh_data(data, algorithm.removesuffix(host_certificate.SUFFIX))
        return message


class Authority:
    """An SSH authority in a directory."""

    def __init__(self, folder: Path, kind: str = "ed25519") -> None:
        self.folder, self.path = folder, folder / "ca"
        self.path.unlink(missing_ok=True)
        self.keygen("-t", kind, "-N", "", "-f", str(self.path))

    def keygen(self, *words: str) -> None:
        subprocess.run(["ssh-keygen", "-q", *words], check=True, timeout=60, stdin=subprocess.DEVNULL)

    @property
    def line(self) -> str:
        return " ".join((self.folder / "ca.pub").read_text().split()[:2])

    @property
    def blob(self) -> bytes:
        return base64.b64decode(self.line.split()[1])

    def certified(self, key: Any, *options: str) -> CertifiedKey:
        """Signs a host key with these options of ssh-keygen."""
        (self.folder / "host.pub").write_text(f"{key.get_name()} {key.get_base64()} host\n")
        self.keygen("-s", str(self.path), "-I", "host", *options, str(self.folder / "host.pub"))
        return CertifiedKey(key, base64.b64decode((self.folder / "host-cert.pub").read_text().split()[1]))


FOR_HOST = ("-h", "-n", HOST)


def connected(known_hosts: str, key: Any, folder: Path, pinned: str = "") -> None:
    """Logs in to a server that shows `key`."""
    with ssh_server(Login, key) as port:
        (folder / "known_hosts").write_text(known_hosts.format(name=f"[{HOST}]:{port}"))
        target = target_of(port, known_hosts=(str(folder / "known_hosts"),))
        ssh.connect(target, secrets_of(pinned=pinned)).close()


def refusal(known_hosts: str, key: Any, folder: Path, pinned: str = "") -> FindingError:
    with pytest.raises(FindingError) as refused:
        connected(known_hosts, key, folder, pinned)
    assert refused.value.finding.code == "CN01" and refused.value.remedy
    return refused.value


@pytest.mark.ssh
@pytest.mark.parametrize("authority", ("ed25519", "ecdsa", "rsa"))
@pytest.mark.parametrize("make", (KEY, paramiko.RSAKey.generate(2048)), ids=("ecdsa", "rsa"))
def test_a_certificate_of_a_known_authority_is_accepted(authority: str, make: Any, tmp_path: Path) -> None:
    ca = Authority(tmp_path, authority)
    for patterns in ("{name}", HOST, "*", "127.0.0.*,!127.0.0.9"):
        connected(f"@cert-authority {patterns} {ca.line}\n", ca.certified(make, *FOR_HOST), tmp_path)


@pytest.mark.ssh
def test_a_certificate_of_an_ed25519_key_is_accepted(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    ca.keygen("-t", "ed25519", "-N", "", "-f", str(tmp_path / "own"))
    key = paramiko.Ed25519Key.from_private_key_file(str(tmp_path / "own"))
    connected(f"@cert-authority * {ca.line}\n", ca.certified(key, *FOR_HOST), tmp_path)


@pytest.mark.ssh
@pytest.mark.parametrize(
    ("options", "text"),
    (
        (("-n", HOST), "is a user certificate"),
        (("-h", "-n", "other,127.0.0.9"), f"it is for other, 127.0.0.9, not for {HOST}"),
        (("-h",), f"it is for no host, not for {HOST}"),
        ((*FOR_HOST, "-V", "20200101:20210101"), "expired on 20"),
        ((*FOR_HOST, "-V", "+52w:+54w"), "is valid only from 20"),
        ((*FOR_HOST, "-O", "critical:unknown@example.org=x"), "has critical options"),
    ),
)
def test_a_certificate_that_is_not_for_the_host_is_refused(options: tuple[str, ...], text: str, tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    error = refusal(f"@cert-authority * {ca.line}\n", ca.certified(KEY, *options), tmp_path)
    assert "the host certificate of 127.0.0.1:" in error.message and f" {text}" in error.message
    assert "host_key = " in error.remedy and digest(KEY.asbytes()) in error.remedy


@pytest.mark.ssh
def test_a_wildcard_principal_is_for_every_host(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    connected(f"@cert-authority * {ca.line}\n", ca.certified(KEY, "-h", "-n", "a,127.0.0.*"), tmp_path)


@pytest.mark.ssh
def test_a_certificate_of_another_authority_is_refused(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    certified, line = ca.certified(KEY, *FOR_HOST), ca.line
    error = refusal(f"@cert-authority other {line}\n", certified, tmp_path)
    assert "known_hosts does not name its certificate authority" in error.message
    other = Authority(tmp_path)
    error = refusal(f"@cert-authority * {other.line}\n", certified, tmp_path)
    assert "known_hosts does not name its certificate authority" in error.message


@pytest.mark.ssh
def test_every_changed_byte_makes_a_certificate_invalid(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    blob = ca.certified(KEY, *FOR_HOST).certificate
    now = time.time()

    def problem(content: bytes) -> str:
        return host_certificate.problem(content, KEY.asbytes(), HOST, {ca.blob}, now)

    assert problem(blob) == ""
    for position in range(len(blob)):
        changed = bytearray(blob)
        changed[position] ^= 1
        assert problem(bytes(changed)), f"byte {position}"
    assert all(problem(blob[:length]) for length in range(len(blob))) and problem(blob + b"x")
    assert "for another key" in host_certificate.problem(blob, OTHER.asbytes(), HOST, {ca.blob}, now)


@pytest.mark.ssh
def test_an_authority_that_signs_with_sha1_is_refused(tmp_path: Path) -> None:
    ca = Authority(tmp_path, "rsa")
    (tmp_path / "host.pub").write_text(f"{KEY.get_name()} {KEY.get_base64()} host\n")
    ca.keygen("-s", str(ca.path), "-t", "ssh-rsa", "-I", "host", *FOR_HOST, str(tmp_path / "host.pub"))
    blob = base64.b64decode((tmp_path / "host-cert.pub").read_text().split()[1])
    problem = host_certificate.problem(blob, KEY.asbytes(), HOST, {ca.blob}, time.time())
    assert problem == "its signature is wrong"


@pytest.mark.ssh
def test_an_authority_does_not_hide_the_keys_of_other_hosts(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    own = f"{{name}} {KEY.get_name()} {KEY.get_base64()}\n"
    for other in (f"@cert-authority *.example.org {ca.line}\n", f"@cert-authority * {ca.line}\n", "damaged line\n"):
        connected(other + own, KEY, tmp_path)
    error = refusal(f"@cert-authority * {ca.line}\n", KEY, tmp_path)
    assert "but no certificate; known_hosts has only an authority" in error.message
    assert "host_key = " in error.remedy


@pytest.mark.ssh
def test_a_revoked_key_is_refused_also_if_it_is_known_pinned_or_certified(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    key = f"{KEY.get_name()} {KEY.get_base64()}\n"
    certified = ca.certified(KEY, *FOR_HOST)
    known = f"{{name}} {key}@cert-authority * {ca.line}\n"
    connected(known, KEY, tmp_path)
    cases: tuple[tuple[str, Any, str], ...] = (
        (f"@revoked * {key}", KEY, ""),
        (f"@revoked {{name}} {key}", KEY, digest(KEY.asbytes())),
        (f"@revoked {HOST} {key}", certified, ""),
        (f"@revoked * {ca.line}\n", certified, ""),
        (f"@revoked * {ca.line}\n", certified, digest(KEY.asbytes())),
    )
    for revoked, shown, pinned in cases:
        assert "known_hosts marks the host key of" in refusal(known + revoked, shown, tmp_path, pinned).message
    connected(known + f"@revoked other {key}", KEY, tmp_path)


@pytest.mark.ssh
def test_a_revoked_key_is_not_offered_for_pinning(tmp_path: Path) -> None:
    (tmp_path / "known_hosts").write_text(f"@revoked * {KEY.get_name()} {KEY.get_base64()}\n")
    with ssh_server(Login) as port, pytest.raises(FindingError) as refused:
        ssh.host_key(target_of(port, known_hosts=(str(tmp_path / "known_hosts"),)))
    assert refused.value.finding.code == "CN01"


@given(content=strategies.binary(max_size=300))
def test_any_certificate_is_read_or_refused(content: bytes) -> None:
    kind = b"ssh-ed25519-cert-v01@openssh.com"
    for blob in (content, len(kind).to_bytes(4, "big") + kind + content):
        assert host_certificate.problem(blob, b"key", HOST, {b""}, 0.0)
