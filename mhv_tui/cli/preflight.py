"""Checks before a run. They refuse unusable options, unknown codes, incomplete answers and sessions of another backend.

Each check raises a UsageError (exit 2) with the remedy. The checks read only the session's files and secrets.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Sequence

from mhv_tui.cli import simulation
from mhv_tui.cli.options import DEFAULT_SCENE, BackendOptions
from mhv_tui.core.answerfile import Schema, unknown_code
from mhv_tui.core.answers import Answers, secrets_of
from mhv_tui.core.errors import SecretMissing, UsageError
from mhv_tui.core.secret import Vault
from mhv_tui.core.targets import targets_of
from mhv_tui.core.text import be, count, have, join_names
from mhv_tui.engine.check import required_steps
from mhv_tui.engine.session import Session

SESSION_FILES = ("answers.toml", "journal.jsonl", "findings.json")


def check_options(options: BackendOptions) -> None:
    """Refuses options that would have no effect."""
    named = ["--scene"] * (options.scene != DEFAULT_SCENE) + ["--fresh"] * options.fresh
    if named and not options.demo:
        words = join_names(named)
        raise UsageError(f"{words} {have(len(named))} no effect without --demo", f"add --demo, or leave out {words}")


def check_steps(steps: Sequence[str], prove: bool = False) -> None:
    """Refuses unknown steps, and --prove if --step does not select the step prove."""
    from mhv_tui.steps import FLOW

    known = [step.id for step in FLOW]
    for step in steps:
        if step not in known:
            raise UsageError(f"there is no step {step!r}", f"the steps are: {', '.join(known)}")
    if steps and prove and "prove" not in steps:
        raise UsageError("--prove needs the step prove, which boots servers", "add --step prove, or leave out --step")


def check_scene(session: Session, scene: str) -> None:
    """Refuses a --scene other than the session's scene, because it would have no effect.

    Accepts the default scene, and any scene for a new session.
    """
    own = simulation.scene_of(session)
    if own and scene not in (DEFAULT_SCENE, own):
        remedy = "leave out --scene, or name another --session"
        raise UsageError(f"session {session.name} has the scene {own}, not {scene}", remedy)


def check_backend(session: Session, simulated: bool) -> None:
    """Refuses to mix real and simulated changes in one journal: undo would search the wrong backend."""
    if simulated and not simulation.is_simulated(session):
        if any((session.directory / name).exists() for name in SESSION_FILES):
            raise UsageError(
                f"session {session.name} is real, not simulated", "leave out --demo, or name another --session"
            )
    elif not simulated and simulation.is_simulated(session):
        raise UsageError(f"session {session.name} is simulated", "add --demo to continue it, or name another --session")


def check_site(session: Session, answers: Answers, schema: Schema) -> None:
    """Refuses to mix the changes of two vCenters or clouds in a session that is named after its answer file."""
    changes = [entry for entry in session.journal.not_undone() if not entry.smoke_test]
    session_answers = None
    with contextlib.suppress(UsageError):
        session_answers = session.answers(schema)
    if not changes or session_answers is None or _site(session_answers) == _site(answers):
        return
    raise UsageError(
        f"session {session.name} has made {count(len(changes), 'change')} for {_site_name(session_answers)}, "
        f"but these answers are for {_site_name(answers)}",
        "name another --session for these answers (or this one, if the site is the same), or undo the session first",
    )


def _site(answers: Answers) -> tuple[str, str, str]:
    vcenter, cloud = answers.tables["vcenter"], answers.tables["cloud"]
    return vcenter.host.lower().rstrip("."), cloud.name, cloud.auth_url


def _site_name(answers: Answers) -> str:
    host, name, url = _site(answers)
    return f"vCenter {host} and cloud {name or url}"


NO_CLOUD = "cloud.name is not set; set it, or cloud.auth_url with a login"


def check_complete(answers: Answers, vault: Vault, steps: Sequence[str]) -> None:
    """Refuses missing answers and secrets of `steps` and of the steps that they require, all in one UsageError."""
    from mhv_tui.steps import FLOW

    needed = {step.id for step in required_steps(FLOW, steps)}
    rows = [(target.id, line) for target in targets_of(answers) for line in _missing(target.answers, vault, needed)]
    lines = list(dict.fromkeys(f"{target}: {line}" if target else line for target, line in rows))
    if lines:
        remedy = "add them to the answers, or let the wizard ask for them"
        raise UsageError(f"{count(len(lines), 'answer')} {be(len(lines))} missing", remedy, tuple(lines))


def _missing(answers: Answers, vault: Vault, steps: Collection[str]) -> list[str]:
    lines = [NO_CLOUD] if "cloud" in steps and lacks_cloud(answers) else []
    for step in (step for step in answers.tables if step in steps):
        keys = answers.missing(step)
        lines += [f"{step}.{key} is not set; see `mhv-tui answers explain {step}.{key}`" for key in keys]
        lines += _missing_secrets(answers.tables[step], vault)
    return lines


def lacks_cloud(answers: Answers) -> bool:
    """True if neither cloud.name nor cloud.auth_url is set. The fields themselves cannot express that."""
    cloud = answers.tables["cloud"]
    return not (cloud.name or cloud.auth_url)


def _missing_secrets(table: object, vault: Vault) -> list[str]:
    lines = []
    for ref in secrets_of(table):
        try:
            vault.reveal(ref)
        except SecretMissing as missing:
            lines.append(f"{missing.message}; {missing.remedy}")
    return lines


def check_single_target(answers: Answers) -> None:
    """Refuses [[target]] tables for line prompts, which ask for the answers of one target."""
    if answers.targets:
        names = join_names(target.id for target in targets_of(answers))
        raise UsageError(
            f"the answers have [[target]] tables ({names}), but --plain asks about one target only",
            "use the wizard on the screen, or `mhv-tui check`, `plan` or `apply` with --target NAME",
        )


def check_fixes(codes: Iterable[str]) -> None:
    """Refuses --fix with codes that have no fix, because the request would have no effect."""
    from mhv_tui.steps import FIXED

    lines = tuple(f"{code} has no fix that can be requested; leave it out" for code in codes if code not in FIXED)
    if lines:
        remedy = f"mhv-tui has fixes for {', '.join(sorted(FIXED))}"
        raise UsageError(f"--fix or [[fix]] names {count(len(lines), 'code')} without a fix", remedy, lines)


def check_codes(codes: Iterable[str]) -> None:
    """Refuses unknown codes, because a misspelled code would have no effect."""
    from mhv_tui.domain import catalogue

    lines = tuple(line for code in codes if (line := unknown_code(code, catalogue.ENTRIES)))
    if lines:
        raise UsageError(f"--fix or --accept names {count(len(lines), 'unknown code')}", lines=lines)
