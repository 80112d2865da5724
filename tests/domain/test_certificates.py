"""Names of certificates as TLS clients compare them, and what of a PEM file may be shown."""

from __future__ import annotations

import pytest

from mhv_tui.domain.certificates import covers, public_part


@pytest.mark.parametrize(
    ("names", "host", "covered"),
    (
        (("vc.example.org",), "VC.example.org", True),
        (("vc.example.org",), "vc.example.org.", True),
        (("vc.example.org",), "vc", False),
        (("vc.example.org",), "192.0.2.10", False),
        (("vc.example.org", "192.0.2.10"), "192.0.2.10", True),
        (("2001:db8::1",), "[2001:DB8:0::1]", True),
        (("*.example.org",), "vc.example.org", True),
        (("*.example.org",), "vc.lab.example.org", False),
        (("*.example.org",), "example.org", False),
        (("*.0.2.10",), "192.0.2.10", False),
        ((), "vc.example.org", False),
    ),
)
def test_names_are_compared_as_clients_do(names: tuple[str, ...], host: str, covered: bool) -> None:
    assert covers(names, host) is covered


ONE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n"
OTHER = ONE.replace("MIIB", "MIIC")


@pytest.mark.parametrize(
    ("pem", "public"),
    (
        (ONE, ONE),
        (f"{ONE}{KEY}# the second\n{OTHER}", ONE + OTHER),
        (f"{KEY}{ONE.strip()}", ONE),
        (ONE.replace("\n", "\r\n"), ONE.replace("\n", "\r\n").rstrip() + "\n"),
        (KEY, ""),
    ),
)
def test_only_certificates_are_public(pem: str, public: str) -> None:
    assert public_part(pem) == public
