"""`mhv-tui answers`: the answer file's template and schema, a file's errors, and the meaning of its keys."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path

from mhv_tui.cli.ineffective import ineffective
from mhv_tui.cli.options import AnswersOptions
from mhv_tui.cli.output import say
from mhv_tui.cli.overrides import today
from mhv_tui.cli.preflight import lacks_cloud
from mhv_tui.cli.setup import schema, titles
from mhv_tui.core import answerfile, answertemplate
from mhv_tui.core.answers import Fix, plain
from mhv_tui.core.errors import UsageError
from mhv_tui.core.paths import read_regular
from mhv_tui.core.redaction import shown
from mhv_tui.core.targets import Target, targets_of
from mhv_tui.core.tomllines import key_lines


def run(options: AnswersOptions) -> int:
    """Runs one action: template, schema, check or explain; returns the exit code."""
    match options.action:
        case "template":
            print(answertemplate.template(schema(), titles()))
        case "schema":
            print(json.dumps(answertemplate.json_schema(schema()), indent=2))
        case "check":
            say("\n".join(map(shown, _check(Path(options.file), today()))))
        case "explain":
            say(_explain(options.key))
    return 0


def _check(path: Path, day: date) -> Iterator[str]:
    """Yields lines about an answer file without errors: first the answers that have no effect.

    Raises UsageError for every error that `apply` would report.
    """
    answers = answerfile.read(path, schema())
    text = read_regular(path, answerfile.LIMIT).decode("utf-8-sig")
    lines, fixes = key_lines(text), [Fix(**row) for row in tomllib.loads(text).get("fix", [])]
    notes = [(lines.get(key_path, 1), key_path, note) for key_path, note in ineffective(answers, fixes, day)]
    for line, key_path, note in sorted(notes, key=lambda row: row[0]):
        yield f"{path}:{line}: {'.'.join(part for part in key_path if isinstance(part, str))}: {note}"
    missing = [row for target in targets_of(answers) for row in _missing(target)]
    yield f"{path}: valid" + (f"; still missing: {', '.join(missing)}" if missing else "")


def _missing(target: Target) -> list[str]:
    """The keys of the required answers that a target lacks, each with the name of the target if it has one."""
    keys = ["cloud.name"] if lacks_cloud(target.answers) else []
    keys += [f"{step}.{key}" for step in target.answers.tables for key in target.answers.missing(step)]
    return [f"{target.id}: {key}" if target.id else key for key in keys]


def _explain(name: str) -> str:
    fields = {key: (default, field) for key, default, field in answertemplate.described(schema())}
    if keys := [key for key in fields if key.startswith(f"{name}.")]:
        raise UsageError(f"{name} is a table of answers", f"name one key of this table: {', '.join(keys)}")
    if name not in fields:
        similar = _similar_keys(name, list(fields))
        remedy = f"did you mean {', '.join(similar)}?" if similar else "`mhv-tui answers template` lists all keys"
        raise UsageError(f"there is no answer {name!r}", remedy)
    default, field = fields[name]
    rows = [f"{name} ({field.kind}{', required' if field.required else ''})", answertemplate.file_help(field)]
    rows += [f"one of: {', '.join(field.choices)}"] if field.choices else []
    if plain(default) not in ("", None, []):
        rows.append(f"default: {answertemplate.literal(field, default)}")
    rows += [f"such as: {example}"] if (example := answertemplate.example(field)) else []
    return "\n".join(rows)


def _similar_keys(name: str, keys: Sequence[str]) -> list[str]:
    """Returns at most five keys that end like `name` (`host` in `vcenter.host`), else keys with a similar spelling."""
    last_parts = {key: key.rpartition(".")[2] for key in keys}
    last = name.rpartition(".")[2]
    same = [key for key in keys if last_parts[key] == last] or get_close_matches(name, keys, 3, 0.85)
    similar = get_close_matches(last, last_parts.values(), 3, 0.75)
    return same[:5] or [key for key in keys if last_parts[key] in similar][:5]
