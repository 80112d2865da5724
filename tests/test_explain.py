"""`answers check` and `explain`: what they refuse, and that no page promises what mhv-tui does not do."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from mhv_tui import cli

Said = pytest.CaptureFixture[str]


def checked(folder: Path, text: str) -> int:
    (folder / "a.toml").write_text(f"mhv_answers = 1\n{text}\n", encoding="utf-8")
    return cli.main(["answers", "check", str(folder / "a.toml")])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[[fix]]\ncode = "CL09"',
            "a.toml:3: fix.code: CL09 has no fix that could be asked for; those with one are CL05",
        ),
        ('[[accept]]\ncode = "VC03"\nreason = "x"', "a.toml:3: accept.code: VC03 cannot be accepted"),
        ('[node]\nhost_key = "abc"', "a.toml:3: node.host_key: 'abc' is no host key; write SHA256:"),
        ('[node]\ncopy_settings_from = { host = "c", host_key = "abc" }', "'abc' is no host key; write SHA256:"),
        ('[datastore]\ndatastore_regex = "("', "a.toml:3: datastore.datastore_regex: '(' is no regular expression"),
        ('[datastore]\nnames = ["a", "a"]', "a.toml:3: datastore.names: entry 2 repeats 'a'; name each once"),
        ('[[target]]\nnode.host = "n2"', "a.toml:2: target: the answers have 1 [[target]], and this version takes one"),
    ],
)
def test_what_apply_would_refuse_or_pass_over_is_refused_with_its_line(
    text: str, said: str, tmp_path: Path, capsys: Said
) -> None:
    assert checked(tmp_path, text) == 2
    assert said in capsys.readouterr().err


def test_an_acceptance_that_is_past_is_told_and_no_error(tmp_path: Path, capsys: Said) -> None:
    rows = '[[accept]]\ncode = "CL09"\nreason = "x"\nuntil = '
    assert checked(tmp_path, f"{rows}2020-01-01") == 0
    assert "a.toml:5: accept.until: 2020-01-01 is past, so CL09 is accepted no more" in capsys.readouterr().out
    assert checked(tmp_path, f"{rows}9999-01-01") == 0
    assert "until" not in capsys.readouterr().out


def test_a_file_that_begins_with_a_byte_order_mark_is_read(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "a.toml").write_bytes(b'\xef\xbb\xbfmhv_answers = 1\n[vcenter]\nhost = "vc"\n')
    assert cli.main(["answers", "check", str(tmp_path / "a.toml")]) == 0
    assert "good; not given yet" in capsys.readouterr().out


LOG = "2026-11-22 11:00:00.123 12 ERROR oslo_vmware.api [-] Faults: ['InvalidLogin']\n"


def test_a_packed_log_is_read(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "nc.log.1").write_bytes(gzip.compress(LOG.encode()))
    assert cli.main(["explain", "--log", str(tmp_path / "nc.log.1")]) == 0
    assert "nc.log.1:1: VC07 12 ERROR oslo_vmware.api" in capsys.readouterr().out


def test_a_packed_log_that_is_cut_short_is_told(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "nc.log.gz").write_bytes(gzip.compress(LOG.encode())[:-12])
    assert cli.main(["explain", "--log", str(tmp_path / "nc.log.gz")]) == 2
    assert "nc.log.gz: cannot be unpacked" in capsys.readouterr().err
