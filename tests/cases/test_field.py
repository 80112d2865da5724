"""Cases from the field: logs, worlds and image files as operators meet them, each with what mhv-tui must report."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypedDict

import pytest

from mhv_tui.domain import signatures

FIELD = Path(__file__).parent / "field"


class Log(TypedDict, total=False):
    file: str
    text: str
    codes: list[str]


def logs() -> list[Log]:
    rows: list[Log] = tomllib.loads((FIELD / "logs.toml").read_text("utf-8"))["log"]
    return rows


@pytest.mark.parametrize("log", logs(), ids=lambda log: log.get("file") or log["text"].strip()[20:90])
def test_a_log_gives_the_code_of_each_event(log: Log) -> None:
    text = log["text"] if "text" in log else (FIELD / log["file"]).read_text("utf-8")
    assert [code for _, code, _ in signatures.recognise(text)] == log["codes"]
