"""The page `vcenter`: each fault in an otherwise good world is found with its code, evidence and remedy."""

from __future__ import annotations

import re

import pytest

from mhv_tui.cli.output import finding_text
from mhv_tui.core.answers import Trust
from mhv_tui.core.vsphere import Certificate
from mhv_tui.domain.catalogue import explain_finding
from mhv_tui.domain.releases import by_name
from mhv_tui.steps.vcenter.step import STEP
from mhv_tui.steps.vcenter.trust import TrustCase, trust_findings
from mhv_tui.tui.render import copied_text, finding_row
from tests.steps.case_world import Case, cases, check_case, findings, view_of, world


@pytest.mark.parametrize("case", cases("vcenter"), ids=lambda case: f"{case.code} {case.title}")
def test_case(case: Case) -> None:
    check_case("vcenter", case)


def test_green_world_has_no_fault() -> None:
    assert {f.level for f in findings("vcenter", world())} <= {"ok", "skipped"}


def test_an_untrusted_self_signed_certificate_says_so_and_where_its_fingerprint_is_found() -> None:
    certificate = Certificate("AA:BB", "", ("vc.example.org",), "Example VMCA", None, "untrusted", self_signed=True)
    case = TrustCase("vc.example.org", Trust("system"), by_name("zed"))
    (row,) = [f for f in trust_findings(case, certificate) if f.code == "VC03"]
    assert "self-signed (Example VMCA)" in row.detail and "openssl x509 -noout -fingerprint -sha256" in row.remedy
    assert row.remedy.endswith("set trust = { sha256 = 'AA:BB' }.")
    lines = (finding_text(row), *explain_finding(row, 160).splitlines(), copied_text(row), finding_row(row, 160).plain)
    command = r"(?m)^ *echo \| openssl .* -sha256$"
    assert sum(len(re.findall(command, text)) for text in lines) == 4, "a line of its own, without a full stop"
    explanation = explain_finding(row)
    assert "the answers pin it" not in explanation and "self-signed, or an authority signed it" in explanation


@pytest.mark.parametrize(
    ("trust", "word"),
    [
        (Trust("ca_file", "/etc/ssl/vmca.pem"), "trust only the authorities in /etc/ssl/vmca.pem"),
        (Trust("insecure"), "verify no certificate"),
        (
            Trust("sha256", ":".join(["CC"] * 32)),
            "pin: another certificate, which vCenter does not have now, SHA-256 CC:CC",
        ),
        (Trust("system"), ""),
    ],
)
def test_the_list_says_what_signed_the_certificate_and_has_a_row_for_the_answer(trust: Trust, word: str) -> None:
    view = view_of("vcenter", world(changed={"answers.vcenter.trust": trust.plain()}))
    _, pin, *others = STEP.work.choices(view)["trust"]
    assert pin.label.startswith("pin: this certificate alone, SHA-256 AA:01:02")
    assert ", signed by the authority Example VMCA" in pin.label
    assert [choice.value for choice in others] == ([trust] if word else [])
    assert all(word in choice.label for choice in others)


PINNED = Certificate("AA:BB", "", ("vc.example.org",), "Example VMCA", None, "untrusted")


@pytest.mark.parametrize(
    ("release", "host", "ca_file", "faults"),
    (
        ("kilo", "192.0.2.10", "", set()),
        ("liberty", "vc.example.org", "", {"VC03"}),
        ("liberty", "192.0.2.10", "", {"VC03", "VC04"}),
        ("zed", "vc.example.org", "/etc/ssl/certs/vmca.pem", set()),
        ("zed", "192.0.2.10", "/etc/ssl/certs/vmca.pem", {"VC04"}),
    ),
)
def test_a_pin_suffices_if_nova_does_not_verify(release: str, host: str, ca_file: str, faults: set[str]) -> None:
    judged = TrustCase(host, Trust("sha256", "AA:BB"), by_name(release), ca_file)
    findings = list(trust_findings(judged, PINNED))
    assert {f.code for f in findings if f.level == "failure"} == faults
    assert ("VC05", "ok") in [(f.code, f.level) for f in findings]


@pytest.mark.parametrize("self_signed", (True, False))
def test_the_picker_marks_a_certificate_that_nova_cannot_pin(self_signed: bool) -> None:
    view = view_of("vcenter", world(changed={"vcenter.certificate.self_signed": self_signed}))
    (pin,) = [choice for choice in STEP.work.choices(view)["trust"] if choice.value.kind == "sha256"]
    assert (pin.finding.code if pin.finding else "") == ("" if self_signed else "VC03")
