"""A fact of a survey in a wrong form is never a fact: above all, a file is never read as empty."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, strategies

from mhv_tui.adapters import node_survey
from mhv_tui.adapters.node import script
from mhv_tui.core.machine import RemoteFile, Survey, SurveyRequest, Unit
from tests.adapters.test_node_survey import machine_of, parsed, surveyed

FILE = "8 bm92YQo= 640:1700000000:0:42:root:nova"
"""The value of a file with the content "nova" and a line break."""


def test_a_file_of_a_user_with_a_blank_in_the_name_keeps_its_content() -> None:
    value = "8 bm92YQo= 640:1700000000:0:42:domain admin:domain users"
    expected = RemoteFile(b"nova\n", 0o640, "domain admin", "domain users")
    assert parsed(f"file\t/etc/nova/nova.conf\t{value}").files == {"/etc/nova/nova.conf": expected}


def test_an_owner_without_a_name_is_its_number() -> None:
    file = parsed("file\t/f\t8 bm92YQo= 640:1700000000:1234:99:UNKNOWN:UNKNOWN").files["/f"]
    assert file is not None and (file.owner, file.group) == ("1234", "99")


@pytest.mark.parametrize(
    "value",
    (
        *("", "8", "8 bm92YQo=", "0", "0 ", "0  ", "8 bm92YQo= ", "8 bm92YQo= 640 root nova"),
        *(
            FILE.replace("8 ", "9 "),
            FILE.replace("8 ", "0 "),
            FILE.replace("bm92YQo=", "bm92YQo"),
            FILE.replace("bm", "b\ufffd"),
        ),
        *(
            "7 bm92YQo 640:1:0:0:root:nova",
            FILE.replace("640:", "999:"),
            FILE.replace("640:", "-1:"),
            FILE.replace("640:", ":"),
        ),
        *(FILE.replace(":17", ":inf17"), FILE.replace(":root:", "::"), FILE + ":more", FILE.replace(" ", "  ")),
    ),
)
def test_a_file_in_another_form_is_never_read_as_empty(value: str) -> None:
    with pytest.raises(ValueError, match=r"the file /etc/nova/nova\.conf cannot be read: "):
        parsed(f"file\t/etc/nova/nova.conf\t{value}")


@pytest.mark.parametrize(
    "line",
    (
        *("free\t\tinf", "free\t\tnan", "free\t\t-1", "free\t\t1e999", "free\t\t" + "9" * 400, "free\t\t\u00b2"),
        *("now\t\tinf", "now\t\tyesterday", "guests\t\tnan", "unit\tu\tLoadState=loaded Since=inf"),
        *(
            "release\t\t%%%",
            "policy\t\t%",
            "job\tj\tended 99999 ",
            "job\tj\tended --5 ",
            "job\tj\t",
            "job\tj\tended 0 %",
        ),
    ),
)
def test_a_fact_in_another_form_is_no_fact(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parsed(line)


def test_a_machine_may_not_know_its_facts() -> None:
    result = parsed("free\t\t", "now\t\t1700000000.%N", "guests\t\t", "release\t\t", "unit\tu\t")
    assert (result.free, result.now, result.guests, result.system) == (0, 1_700_000_000, 0, "")
    assert result.units["u"] == Unit()


def test_a_fact_with_two_values_is_no_fact() -> None:
    assert parsed("arch\t\tx86_64", "arch\t\tx86_64").arch == "x86_64"
    with pytest.raises(ValueError, match=r"file /f has two different values"):
        parsed(f"file\t/f\t{FILE}", "file\t/f\tabsent")


def test_only_whole_lines_are_marks() -> None:
    result = parsed("hostname\t\t@@end", f"file\t/f\t{FILE}", "lock\t\t@@survey")
    assert result.hostname == "@@end" and result.files["/f"] is not None and result.lock_holder == "@@survey"
    assert not node_survey.complete("@@survey\nhostname\t\t@@end\n")


def test_a_requested_fact_that_is_missing_is_no_answer() -> None:
    for request in (SurveyRequest(files=("/f",)), SurveyRequest(units=("u",)), SurveyRequest(jobs=("j",))):
        with pytest.raises(ValueError, match=r"is missing"):
            node_survey.survey("@@survey\narch\t\tx\n@@end\n", "me", "no", request)


@given(lines=strategies.lists(strategies.text(alphabet="file\tab: /01@end=\u00b2.-%\n\r\x85", max_size=60), max_size=6))
def test_any_output_gives_a_survey_or_a_reason(lines: list[str]) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(parsed(*lines), Survey)


def test_a_name_with_a_line_break_stays_one_fact(tmp_path: Path) -> None:
    hostname = "#!/bin/sh\nprintf 'a\\nfile\\t/f\\tabsent\\r\\n@@end'\n"
    result = surveyed(SurveyRequest(files=("/none",)), machine_of(tmp_path, hostname=hostname))
    assert result.hostname == "a file /f absent  @@end" and result.files == {"/none": None}


@pytest.mark.parametrize("base64_tool", ("exit 1", "cat; exit 1", "printf bm92; kill -9 $$"))
def test_a_file_that_cannot_be_read_to_its_end_is_unknown(tmp_path: Path, base64_tool: str) -> None:
    environment = machine_of(tmp_path)
    (tmp_path / "base64").unlink()
    (tmp_path / "base64").write_text(f"#!/bin/sh\n{base64_tool}\n")
    (tmp_path / "base64").chmod(0o755)
    (tmp_path / "release").write_text("")
    (tmp_path / "file").write_text("text")
    text = script("survey").replace("/etc/os-release", "/nonexistent")
    command = ["/bin/sh", "-c", text, "mhv-tui", f"file={tmp_path}/file"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    lines = [line for line in result.stdout.splitlines() if line.startswith("file\t")]
    assert lines == [f"file\t{tmp_path}/file\tdenied"]


def test_a_pipe_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert surveyed(SurveyRequest(files=(str(tmp_path / "pipe"),))).files == {}
