"""What a run refuses before it begins: a session of the other world or of another cloud, several targets, codes that
do not exist. Each refusal is a UsageError (exit 2) that says what to do instead; nothing is read but files of ours.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from mhv_tui.core.answerfile import Schema
from mhv_tui.core.answers import Answers
from mhv_tui.core.errors import UsageError
from mhv_tui.engine.session import Session

WORLD = "world.json"
"""The file that makes a session one of a simulated world."""

KEPT = ("answers.toml", "journal.jsonl", "findings.json")


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
    standing = [entry for entry in session.journal.standing() if not entry.proof]
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


def one_target(answers: Answers) -> None:
    """[[target]] is part of the format, but this version walks one road a run."""
    if answers.targets:
        raise UsageError(
            f"the answers have {len(answers.targets)} [[target]], and this version takes one target a run",
            "write a file for each target, with its values in the tables themselves, and run it in a --session each",
        )


def known_codes(codes: Iterable[str]) -> None:
    """A code that is accepted or is to be fixed exists: a misspelt one would be passed over in silence."""
    from mhv_tui.domain import catalogue

    for code in codes:
        if code not in catalogue.ENTRIES:
            try:
                meant = catalogue.entry(code).code
            except ValueError as error:
                raise UsageError(str(error), "codes stand behind each finding of `mhv-tui check`") from None
            raise UsageError(f"there is no code {code}", f"write {meant}")
