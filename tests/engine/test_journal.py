"""A damaged journal: each damage is named with what it means for undo, and the rest is read. A torn end is legal."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from mhv_tui.cli.prompts import approve_all
from mhv_tui.core.events import Applying, Failed, Undone
from mhv_tui.engine.apply import apply
from mhv_tui.engine.records import read_contents, seal
from mhv_tui.engine.session import Session
from mhv_tui.engine.session_status import summary
from mhv_tui.engine.stop import Stop
from mhv_tui.engine.undo import undo
from tests.engine.journals import HEADER, file_of, lines_of, put_all, write_lines, write_records
from tests.engine.toy_steps import KINDS, EventLog, run_of, shelf

STRANGE = [
    {"what": "intent", "id": "x"},
    {"what": "intent", "id": "x", "step": "first", "kind": "Put", "fields": [], "before": {}},
    {"what": "receipt", "id": "put:a"},
    {"what": "undone"},
    {"what": "proven", "ids": "all"},
    {"what": ["started"]},
    {"what": "finished", "time": 12},
    {"id": "x"},
    [1],
    None,
]
GONE = "can no longer be undone by mhv-tui"

Hit = Callable[[bytes], bytes]

HITS: dict[str, Hit] = {
    "first byte": lambda line: bytes([line[0] ^ 1]) + line[1:],
    "random bytes": lambda line: random.Random(7).randbytes(len(line) - 1).replace(b"\n", b"n") + b"\n",
    "cut": lambda line: line[: len(line) * 2 // 3] + b"\n",
    "zeros": lambda line: bytes(len(line) - 1) + b"\n",
    "nested": lambda line: b"[" * 100_000 + b"\n",
    "one letter of a value": lambda line: line.replace(b'"name": "b"', b'"name": "x"'),
    "a key": lambda line: line.replace(b'"before"', b'"beford"'),
    "the number": lambda line: line.replace(b'"n": 4', b'"n": 9'),
    "the checksum": lambda line: line[:-4] + b"?" + line[-3:],
    "a space": lambda line: line.replace(b": ", b":", 1),
    "emptied": lambda line: b"\n",
    "another record": lambda line: json.dumps(STRANGE[0]).encode() + b"\n",
}
"""What happens to the line with the intent of put:b, the fourth of the journal."""

NAMELESS = ("random bytes", "zeros", "nested", "emptied")
"""Hits that leave no trace of the change; its receipt names it."""


def undone(session: Session, path: Path) -> tuple[EventLog, int]:
    """Undoes the session; the events and the exit code."""
    log = EventLog()
    return log, undo(session, KINDS, run_of(session, path)[0].ctx, log, Stop()).exit


@pytest.mark.parametrize("record", STRANGE)
def test_a_line_that_is_no_record_is_reported_and_hides_no_other(session: Session, record: object) -> None:
    lines = put_all(session, "a")
    write_lines(session, [json.dumps(record).encode() + b"\n", *lines])
    assert session.other_format() is None
    assert [e.id for e in session.journal.not_undone()] == ["put:a"]
    assert summary(session)["changes"] == 1 and session.journal.last("proven") is None
    assert summary(session)["outcome"] == "damaged"
    (sentence,) = session.damage()
    assert sentence.startswith(f"{file_of(session)}:1: the line is not a valid record; ")


@pytest.mark.parametrize("name", HITS)
def test_undo_reports_what_a_damaged_line_lost_and_undoes_the_rest(session: Session, tmp_path: Path, name: str) -> None:
    path = tmp_path / "shelf"
    path.write_text("a b c")
    lines = put_all(session, "a", "b", "c")
    write_lines(session, [*lines[:3], HITS[name](lines[3]), *lines[4:]])
    for ids in (["put:c", "put:a"], []):  # a second undo has nothing to undo, and reports the damage again
        log, code = undone(session, path)
        assert code == 1 and [e.id for e in log.of(Undone)] == ids and path.read_text() == "b"
        sentences = [e.finding.sentence for e in log.of(Failed)]
        assert [e.finding.code for e in log.of(Failed)] == ["WZ15"] * len(sentences)
        assert sentences[0].startswith(f"{file_of(session)}:4: ") and GONE in sentences[0]
        assert any(GONE in s and s.endswith("put:b") for s in sentences) or name == "another record"
        assert len(sentences) == (2 if name in (*NAMELESS, "another record") else 1)
    assert log.events[-1].outcome == "failed" and "the journal is damaged" in log.events[-1].message


@pytest.mark.parametrize("name", HITS)
def test_apply_adds_nothing_to_a_damaged_journal(session: Session, tmp_path: Path, name: str) -> None:
    lines = put_all(session, "a", "b")
    write_lines(session, [*lines[:3], HITS[name](lines[3]), *lines[4:]])
    before = file_of(session).read_bytes()
    run, log = run_of(session, tmp_path / "shelf")
    finished = apply(run, approve_all)
    assert (finished.outcome, finished.exit, log.of(Applying)) == ("stopped", 3, [])
    assert (
        "is damaged; this run changed nothing; undo this session" in finished.message
        and "new --session" in finished.message
    )
    assert {e.finding.code for e in log.of(Failed)} == {"WZ15"} and file_of(session).read_bytes() == before


def test_every_bit_of_a_journal_is_guarded(session: Session) -> None:
    data = b"".join(put_all(session, "a", "b"))
    for position in range(len(data)):
        for bit in range(8):
            changed = data[position] ^ 1 << bit
            damaged = data[:position] + bytes([changed]) + data[position + 1 :]
            assert read_contents(damaged, "").damage, (
                f"bit {bit} of byte {position}: {data[position : position + 20]!r}"
            )
    assert read_contents(data, "").damage == []


def test_every_lost_and_every_moved_line_is_reported(session: Session) -> None:
    lines = put_all(session, "a", "b", "c")
    for start in range(len(lines)):
        for end in range(start + 1, len(lines)):
            write_lines(session, lines[:start] + lines[end:])
            count = end - start
            problem = f"{count} line{'s are' if count > 1 else ' is'} missing"
            sentence = session.damage()[0]
            assert sentence.startswith(f"{file_of(session)}:{start + 1}: ") and problem in sentence.replace(
                " before this line", ""
            )
        write_lines(session, [*lines[:start], lines[start], *lines[start:]])
        assert "the line repeats an earlier line; the line counts once" in session.damage()[0]
        assert [e.id for e in session.journal.not_undone()] == ["put:a", "put:b", "put:c"]
    write_lines(session, [*lines[:2], lines[3], lines[2], *lines[4:]])
    assert any("is out of order" in sentence for sentence in session.damage())
    assert [e.id for e in session.journal.not_undone()] == ["put:a", "put:b", "put:c"]


@pytest.mark.parametrize("kept", range(8))
def test_a_lost_end_is_reported_by_every_later_undo(session: Session, tmp_path: Path, kept: int) -> None:
    path = tmp_path / "shelf"
    lines = put_all(session, "a", "b", "c")[:]
    session.save_findings([])
    session.journal.note("started", command="apply")
    path.write_text("a b c")
    write_lines(session, lines[:kept])
    for _ in range(2):
        assert (summary(session)["outcome"] == "damaged") == (kept < 7)
        log, code = undone(session, path)
        assert code == (1 if kept < 7 else 0)
        lost = [e.finding.sentence for e in log.of(Failed)]
        assert all(f"{7 - kept} line" in s and "missing" in s and GONE in s for s in lost) and bool(lost) == (kept < 7)
    assert path.read_text() == " ".join("abc"[max(kept, 1) // 2 :])


@pytest.mark.parametrize(
    ("what", "consequence"),
    [
        ("receipt", GONE),
        ("undone", "nothing left to undo of this change"),
        ("no_effect", "nothing left to undo of this change"),
    ],
)
def test_a_record_without_its_intent_proves_a_loss(session: Session, what: str, consequence: str) -> None:
    write_records(session, [HEADER, {"time": "T1", "what": what, "target": "", "step": "s", "id": "x", "receipt": {}}])
    (damage,) = session.journal.damage()
    assert damage.place == f"{file_of(session)}:2" and (damage.step, damage.id) == ("s", "x")
    assert "intent of this change is missing" in damage.sentence and consequence in damage.sentence


@pytest.mark.parametrize(
    ("what", "consequence"),
    [
        ("receipt", "counts as incomplete"),
        ("undone", "hides whether this change was undone"),
        ("started", "nothing that undo needs"),
        ("later", GONE),
    ],
)
def test_what_a_damaged_line_means_depends_on_its_kind(session: Session, what: str, consequence: str) -> None:
    put_all(session, "a")
    session.journal.note(what, ("", "first"), id="put:a", receipt={})
    lines = lines_of(session)
    write_lines(session, [*lines[:-1], lines[-1][:-9] + b"\n"])
    (sentence,) = session.damage()
    assert consequence in sentence and sentence.endswith(": put:a")


def test_the_intent_of_an_undone_change_leaves_nothing_to_undo(session: Session) -> None:
    lines = put_all(session, "a")
    session.journal.note("undone", ("", "first"), id="put:a")
    write_lines(session, [lines[0], lines[1][1:], *lines_of(session)[2:]])
    assert [s.partition("; ")[2] for s in session.damage()] == ["there is nothing left to undo of this change: put:a"]


def test_every_end_that_a_kill_can_leave_is_legal_and_resumed(session: Session) -> None:
    data = b"".join(put_all(session, "a"))
    for length in range(len(data) + 1):
        file_of(session).write_bytes(data[:length])
        assert session.journal.damage() == [] and session.other_format() is None, data[:length]
        session.journal.note("started", command="apply")
        assert session.journal.damage() == [] and session.journal.last("started") is not None
        assert [r["what"] for r in session.journal.records()][0:1] == ["session"]
        written = file_of(session).read_bytes()
        assert written.startswith(data[:length][: data[:length].rfind(b"\n") + 1])


def test_a_cut_in_a_value_of_any_type_is_legal() -> None:
    values: list[object] = [
        1.5,
        1e300,
        -2.5e-7,
        True,
        False,
        None,
        float("nan"),
        float("-inf"),
        {"a": []},
        '\u00e9\u2028 "\\ \U0001f600',
    ]
    line = seal({"time": "T", "what": "receipt", "receipt": {"values": values, **{str(v): v for v in values}}}, 1)
    for length in range(1, len(line) - 1):
        contents = read_contents(line[:length], "")
        assert (contents.damage, contents.torn) == ([], length), line[:length]


@pytest.mark.parametrize(
    "end",
    [
        b'{"n": 4, "time": "T"}',
        b'{"n": 5, "time": "T", "wh',
        b'{"n": 4, "time": "T", what',
        b'{"n": 4, "time": "T", "what": "x", "crc": "00000000"}!',
        b"\0\0\0",
        b"{",
    ],
)
def test_an_end_that_no_kill_leaves_is_damage_and_stays_so(session: Session, end: bytes) -> None:
    lines = put_all(session, "a")
    write_lines(session, [*lines, end])
    is_legal = b'{"n": 4, "time": "'.startswith(end)
    for _ in range(2):
        assert bool(session.damage()) != is_legal
        session.journal.note("started", command="undo")
    assert lines_of(session)[3].startswith(b'{"n": 4' if is_legal else end)


@pytest.mark.parametrize("fields", [{"name": 7}, {"name": None}, {"name": ["a"]}, {}, {"name": {"a": {}}}])
def test_fields_of_another_type_stop_no_other_undo(session: Session, tmp_path: Path, fields: dict[str, object]) -> None:
    path = tmp_path / "shelf"
    path.write_text("a b c")
    put_all(session, "a", "b", "c")
    rows = [{**r, "fields": fields} if (r["what"], r.get("id")) == ("intent", "put:b") else r for r in records(session)]
    write_records(session, rows)
    log, code = undone(session, path)
    assert code == 1 and [e.id for e in log.of(Undone)] == ["put:c", "put:a"]
    assert [(e.id, e.finding.code) for e in log.of(Failed)] == [("put:b", "WZ14")]


def records(session: Session) -> list[dict[str, object]]:
    return session.journal.records()


def test_random_damage_is_never_passed_over(session: Session, tmp_path: Path) -> None:
    """100 journals with bytes overwritten, removed or inserted: each is reported, and no undo crashes."""
    path = tmp_path / "shelf"
    data = b"".join(put_all(session, "a", "b", "c"))
    for seed in range(100):
        chance = random.Random(seed)
        start = chance.randrange(len(data))
        end = min(start + chance.choice([0, 1, 3, 50, 300]), len(data))
        damaged = data[:start] + chance.randbytes(chance.choice([0, 1, 2, 40])) + data[end:]
        file_of(session).write_bytes(damaged)
        is_torn = data.startswith(damaged[: damaged.rfind(b"\n") + 1]) and read_contents(damaged, "").torn
        if data.startswith(damaged) or is_torn:
            continue  # a kill can leave it
        path.write_text("a b c")
        log, code = undone(session, path)
        assert code == 1 and "WZ15" in {e.finding.code for e in log.of(Failed)}, (seed, damaged)
        assert undone(session, path)[1] == 1


def test_a_shelf_is_left_as_the_lost_line_left_it(session: Session, tmp_path: Path) -> None:
    run, _ = run_of(session, tmp_path / "shelf")
    assert apply(run, approve_all).exit == 0
    lines = lines_of(session)
    lost = next(number for number, line in enumerate(lines) if b'"intent"' in line and b'"put:b"' in line)
    write_lines(session, [*lines[:lost], *lines[lost + 1 :]])
    log, code = undone(session, tmp_path / "shelf")
    assert code == 1 and shelf(run.ctx).names() == {"b", "proof"}
    assert [e.id for e in log.of(Failed)] == ["", "put:b"]
