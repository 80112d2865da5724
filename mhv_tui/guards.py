"""What a run refuses before it begins: a session of the other world or of another cloud, several targets, codes that
do not exist. Each refusal is a UsageError (exit 2) that says what to do instead; nothing is read but files of ours.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterable

from mhv_tui.core.answerfile import Schema, unknown_code
from mhv_tui.core.answers import Answers
from mhv_tui.core.errors import UsageError
from mhv_tui.engine.session import Session

WORLD = "world.json"
"""The file that makes a session one of a simulated world."""

KEPT = ("answers.toml", "journal.jsonl", "findings.json")


def options(arguments: argparse.Namespace) -> None:
    """Options that would be passed over in silence: a simulated world's without --demo, the wizard's with a command."""
    if not arguments.demo and (arguments.fresh or arguments.scene != "article"):
        raise UsageError("--scene and --fresh are for the simulated world", "add --demo, or leave them out")
    if arguments.command and arguments.answers:
        raise UsageError("--answers is for the wizard", f"write the file behind the command: {arguments.command} FILE")
    if arguments.command == "undo" and arguments.fresh:
        raise UsageError("--fresh would forget what undo takes back", "leave it out")


def same_scene(session: Session, scene: str) -> None:
    """`undo` goes by the session: a scene that it is not of would be passed over. The default is taken for none."""
    from mhv_tui.demo.backend import scene_of

    own = scene_of(session.directory / WORLD)
    if scene not in ("article", own):
        raise UsageError(f"session {session.name} is of the scene {own or 'none'}, not {scene}", "leave --scene out")


def one_world(session: Session, simulated: bool) -> None:
    """A journal of real changes and one of simulated ones are never mixed: undo would look for one in the other."""
    is_simulated = (session.directory / WORLD).exists()
    if simulated and not is_simulated and any((session.directory / name).exists() for name in KEPT):
        raise UsageError(f"session {session.name} is not of a simulated world", "name another --session with --demo")
    if not simulated and is_simulated:
        raise UsageError(
            f"session {session.name} is of a simulated world", "name another --session, or add --demo to go on in it"
        )


def one_site(session: Session, answers: Answers, schema: Schema) -> None:
    """A session that is named after the answer file alone must not mix changes of two vCenters or two clouds."""
    standing = [entry for entry in session.journal.not_undone() if not entry.smoke_test]
    kept = None
    with contextlib.suppress(UsageError):
        kept = session.answers(schema)
    if not standing or kept is None or _site(kept) == _site(answers):
        return
    raise UsageError(
        f"changes stand in session {session.name} ({len(standing)}), made with {_named(kept)}; "
        f"these answers are for {_named(answers)}",
        "name another --session for them (or this one, if it is the same site), or undo those changes first",
    )


def _site(answers: Answers) -> tuple[str, str, str]:
    vcenter, cloud = answers.tables["vcenter"], answers.tables["cloud"]
    return vcenter.host.lower().rstrip("."), cloud.name, cloud.auth_url


def _named(answers: Answers) -> str:
    host, name, url = _site(answers)
    return f"vCenter {host} and cloud {name or url}"


def unnamed_cloud(answers: Answers) -> list[str]:
    """What `apply` says where no cloud is named; neither key is required alone, so the answers cannot tell."""
    cloud = answers.tables["cloud"]
    return [] if cloud.name or cloud.auth_url else ["cloud.name: is not given; or give cloud.auth_url and its login"]


def one_target(answers: Answers) -> None:
    """[[target]] is part of the format, but this version walks one road a run."""
    if answers.targets:
        raise UsageError(
            f"the answers have {len(answers.targets)} [[target]], and this version takes one target a run",
            "write a file for each target, with its values in the tables themselves, and run it in a --session each",
        )


def fixable(codes: Iterable[str]) -> None:
    """A code that is to be fixed has a fix: else it would be passed over in silence."""
    from mhv_tui.steps import FIXED

    wrong = tuple(f"{code} has no fix that could be asked for; leave it out" for code in codes if code not in FIXED)
    if wrong:
        count = "a code" if len(wrong) == 1 else f"{len(wrong)} codes"
        have = f"the codes with a fix are {', '.join(sorted(FIXED))}"
        raise UsageError(f"--fix or [[fix]] names {count} without a fix", have, wrong)


def known_codes(codes: Iterable[str]) -> None:
    """A code that is accepted or is to be fixed exists: a misspelt one would be passed over in silence."""
    from mhv_tui.domain import catalogue

    wrong = tuple(said for code in codes if (said := unknown_code(code, catalogue.ENTRIES)))
    if wrong:
        count = "a code that does not exist" if len(wrong) == 1 else f"{len(wrong)} codes that do not exist"
        raise UsageError(f"--fix or --accept names {count}", "`mhv-tui check` shows the code of each finding", wrong)
