"""Checks before a run. They refuse unusable options, unknown codes, incomplete answers and sessions of another backend.

Each check raises a UsageError (exit 2) with the remedy. They read only the session's files and secrets.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence

from mhv_tui.cli import simulation
from mhv_tui.cli.options import DEFAULT_SCENE, BackendOptions
from mhv_tui.core.answerfile import Schema, unknown_code
from mhv_tui.core.answers import Answers, secrets_of
from mhv_tui.core.errors import SecretMissing, UsageError
from mhv_tui.core.secret import Vault
from mhv_tui.core.text import be, count
from mhv_tui.engine.check import required_steps
from mhv_tui.engine.session import Session

SESSION_FILES = ("answers.toml", "journal.jsonl", "findings.json")


def check_options(options: BackendOptions) -> None:
    """Refuses options that would have no effect."""
    if not options.demo and (options.fresh or options.scene != DEFAULT_SCENE):
        raise UsageError("--scene and --fresh have no effect without --demo", "add --demo, or leave them out")


def check_steps(steps: Sequence[str], prove: bool = False) -> None:
    """Refuses unknown steps, and --prove without its step."""
    from mhv_tui.steps import FLOW

    known = [step.id for step in FLOW]
    for step in steps:
        if step not in known:
            raise UsageError(f"there is no step {step!r}", f"the steps are: {', '.join(known)}")
    if steps and prove and "prove" not in steps:
        raise UsageError("--prove boots servers, which is the step prove", "add --step prove, or leave --step out")


def check_scene(session: Session, scene: str) -> None:
    """Refuses a --scene that is not the session's: it would have no effect. The default is accepted."""
    own = simulation.scene_of(session)
    if scene not in (DEFAULT_SCENE, own):
        raise UsageError(f"session {session.name} is of the scene {own or 'none'}, not {scene}", "leave --scene out")


def check_backend(session: Session, simulated: bool) -> None:
    """Refuses to mix real and simulated changes in one journal: undo would search the wrong backend."""
    if simulated and not simulation.is_simulated(session):
        if any((session.directory / name).exists() for name in SESSION_FILES):
            raise UsageError(f"session {session.name} is not simulated", "name another --session with --demo")
    elif not simulated and simulation.is_simulated(session):
        raise UsageError(f"session {session.name} is simulated", "name another --session, or add --demo to continue it")


def check_site(session: Session, answers: Answers, schema: Schema) -> None:
    """Refuses to mix the changes of two vCenters or clouds in a session that is named after its answer file."""
    changes = [entry for entry in session.journal.not_undone() if not entry.smoke_test]
    session_answers = None
    with contextlib.suppress(UsageError):
        session_answers = session.answers(schema)
    if not changes or session_answers is None or _site(session_answers) == _site(answers):
        return
    raise UsageError(
        f"session {session.name} has changes ({len(changes)}) made with {_site_name(session_answers)}; "
        f"these answers are for {_site_name(answers)}",
        "name another --session for them (or this one, if it is the same site), or undo those changes first",
    )


def _site(answers: Answers) -> tuple[str, str, str]:
    vcenter, cloud = answers.tables["vcenter"], answers.tables["cloud"]
    return vcenter.host.lower().rstrip("."), cloud.name, cloud.auth_url


def _site_name(answers: Answers) -> str:
    host, name, url = _site(answers)
    return f"vCenter {host} and cloud {name or url}"


def check_complete(answers: Answers, vault: Vault, steps: Sequence[str]) -> None:
    """Refuses missing answers and secrets of these steps and of those that they require, all at once."""
    from mhv_tui.steps import FLOW

    needed = {step.id for step in required_steps(FLOW, steps)}
    lines = _missing_cloud(answers) if "cloud" in needed else []
    for step in (step for step in answers.tables if step in needed):
        keys = answers.missing(step)
        lines += [f"{step}.{key}: is not given; see `mhv-tui answers explain {step}.{key}`" for key in keys]
        lines += _missing_secrets(answers.tables[step], vault)
    if lines:
        raise UsageError(f"{count(len(lines), 'answer')} {be(len(lines))} missing", lines=tuple(lines))


def _missing_cloud(answers: Answers) -> list[str]:
    """One of the two keys is required; the fields themselves cannot express that."""
    cloud = answers.tables["cloud"]
    return [] if cloud.name or cloud.auth_url else ["cloud.name: is not given; or give cloud.auth_url and its login"]


def _missing_secrets(table: object, vault: Vault) -> list[str]:
    lines = []
    for ref in secrets_of(table):
        try:
            vault.reveal(ref)
        except SecretMissing as missing:
            lines.append(f"{missing.message}; {missing.remedy}")
    return lines


def check_single_target(answers: Answers) -> None:
    """Refuses [[target]]: the answer file can have it, but a run has one target only."""
    if answers.targets:
        raise UsageError(
            f"the answers have {len(answers.targets)} [[target]], but this version runs one target at a time",
            "write one file for each target, with the values in its tables, and run each in its own --session",
        )


def check_fixes(codes: Iterable[str]) -> None:
    """Refuses codes without a fix: the request would have no effect."""
    from mhv_tui.steps import FIXED

    lines = tuple(f"{code} has no fix that can be requested; leave it out" for code in codes if code not in FIXED)
    if lines:
        remedy = f"the codes with a fix are {', '.join(sorted(FIXED))}"
        raise UsageError(f"--fix or [[fix]] names {count(len(lines), 'code')} without a fix", remedy, lines)


def check_codes(codes: Iterable[str]) -> None:
    """Refuses unknown codes: a misspelled code would have no effect."""
    from mhv_tui.domain import catalogue

    lines = tuple(line for code in codes if (line := unknown_code(code, catalogue.ENTRIES)))
    if lines:
        codes_named = count(len(lines), "unknown code")
        raise UsageError(
            f"--fix or --accept names {codes_named}", "`mhv-tui check` shows the code of each finding", lines
        )
