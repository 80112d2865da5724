"""`answers check` and `explain`: what they refuse, and that no page promises what mhv-tui does not do."""

from __future__ import annotations

import ast
import gzip
import inspect
import re
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mhv_tui import cli
from mhv_tui.domain import catalogue
from mhv_tui.steps import FIXED, FLOW

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


ROOT = Path(cli.__file__).parent
APART = ("demo", "lab", "domain/catalogue.py")
"""What may name a code without reporting it: the simulated worlds, and the catalogue itself."""

NOT_PLANNED = {"NW10": "the plan stops no other node's nova-network"}
"""Goals that the plan does not make, and why."""


def codes_of_kind(kind: str) -> set[str]:
    return {code for code, row in catalogue.ENTRIES.items() if row.kind == kind}


def named() -> Mapping[str, set[str]]:
    """The files of the product that name each code."""
    files = defaultdict[str, set[str]](set)
    for path in ROOT.rglob("*.py"):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(APART):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in catalogue.ENTRIES:
                files[node.value].add(name)
    return files


def checks_of(goals: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """A step's goals: one function, or several put together by `every`."""
    if goals.__code__.co_name == "<lambda>":  # a step without goals
        return
    held = inspect.getclosurevars(goals).nonlocals.get("checks", (goals,))
    for check in held:
        yield from checks_of(check) if check is not goals and "checks" in check.__code__.co_freevars else (check,)


def failing(check: Callable[..., Any]) -> Iterator[str]:
    """The codes that a check, or what it calls of its own module, can find at the level of a failure."""
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(check)).strip())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called = check.__globals__.get(node.func.id)
            if called is catalogue.finding:
                yield from _failing(*node.args[:2])
            elif inspect.isfunction(called) and called.__module__ == check.__module__:
                yield from failing(called)


def _failing(code: ast.expr, level: ast.expr) -> Iterator[str]:
    spared = isinstance(level, ast.Constant) and level.value != "failure"
    if isinstance(code, ast.Constant) and isinstance(code.value, str) and not spared:
        yield code.value


def test_a_fix_is_promised_for_the_codes_that_have_one_and_for_no_other() -> None:
    assert codes_of_kind("F") == FIXED
    for code, row in catalogue.ENTRIES.items():
        assert set(re.findall(r"the fix ([A-Z]{2}\d\d)", row.remedy)) <= {code} & FIXED, code


def test_the_plan_is_said_to_make_the_goals_of_the_steps_and_nothing_else() -> None:
    goals = {code for step in FLOW for check in checks_of(step.postconditions) for code in failing(check)}
    assert codes_of_kind("P") == goals - set(NOT_PLANNED)


def test_what_no_check_reports_is_known_as_that() -> None:
    assert codes_of_kind("U") == set(catalogue.ENTRIES) - set(named())


def test_a_code_is_said_to_be_found_by_a_step_that_finds_it() -> None:
    wrong = {}
    for code, files in named().items():
        steps = {step.id for step in FLOW for f in files if re.fullmatch(rf"steps/{step.id}(_\w+)?\.py", f)}
        elsewhere = any(f.startswith(("adapters/", "engine/")) for f in files)
        if steps and not elsewhere and catalogue.ENTRIES[code].step not in steps:
            wrong[code] = sorted(files)
    assert wrong == {}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("CL06", "Help:      mhv-tui offers a fix and makes it on request, with --fix CL06\n"),
        ("CN26", "Help:      the plan makes what is missing\n"),
        ("VC01", "Help:      mhv-tui shows the remedy; you carry it out\n"),
        ("CO04", "Help:      known, but no check of mhv-tui reports it; `explain --log` recognises it in a log\n"),
        ("NW02", "Step:      network\n"),
        ("WZ08", "Step:      any step\n"),
    ],
)
def test_a_page_says_what_is_done_about_it_and_where_it_is_found(code: str, said: str, capsys: Said) -> None:
    assert cli.main(["explain", code]) == 0
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("node.use_linked_clone", "default: true\n"),
        ("vcenter.port", "default: 443\n"),
        ("vcenter.trust", 'default: "system"\n'),
        ("datastore.names", 'such as: ["nfs-gold"]\n'),
        ("vcenter.password", 'such as: { env = "NAME" }\n'),
        ("accept.code", "`mhv-tui check` shows it before each finding"),
    ],
)
def test_an_answer_is_explained_in_the_files_own_notation(key: str, said: str, capsys: Said) -> None:
    assert cli.main(["answers", "explain", key]) == 0
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("nosuch", "`mhv-tui answers template` has them all"),
        ("trust", "did you mean vcenter.trust?"),
        ("host", "did you mean vcenter.host, node.host?"),
        ("vcenter.hst", "did you mean vcenter.host?"),
        ("vcenter.flavor", "did you mean prove.flavor?"),
    ],
)
def test_an_answer_that_is_not_known_is_told_with_those_that_may_be_meant(key: str, said: str, capsys: Said) -> None:
    assert cli.main(["answers", "explain", key]) == 2
    assert said in capsys.readouterr().err


def test_a_choice_stands_whole_in_the_template(capsys: Said) -> None:
    assert cli.main(["answers", "template"]) == 0
    assert "auto, nova-network, neutron." in capsys.readouterr().out.replace("\n# ", " ")
