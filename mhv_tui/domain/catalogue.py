"""The failure catalogue: every code that a check can report, with its title, how it is checked, and its remedy.

Refuses codes that are not in the table, so that each finding has an `explain` page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.text import capitalised
from mhv_tui.core.wrapping import wrap
from mhv_tui.domain.tables import LazyTable, read

KINDS = {
    "F": "mhv-tui fixes this problem if you request it with --fix {code}",
    "P": "the plan of mhv-tui contains the missing change",
    "G": "mhv-tui shows the remedy, and you carry it out yourself",
    "R": "mhv-tui cannot fix this problem; another release or component is needed",
    "U": "a known problem that no check of mhv-tui reports",
}
"""What mhv-tui does about a problem, by the `kind` of its code."""

OF_UNKNOWN = "an unknown result stops nothing: there is nothing to accept, and nothing to do but what the remedy names"
"""What mhv-tui does about a finding whose result is not known."""

OF_FAILED_TEST = "apply tests again: this problem does not stop it, so there is nothing to accept"
"""The same about a failed test of the last run."""


EXPECTED = "Expected"
"""The label of a code's title, which is true if the check passes."""

_OF_PROBLEMS = ("Symptom", "Cause", "Remedy", "Action", "Step", "Source")

NOT_EXPLAINED: Mapping[Level, tuple[str, ...]] = MappingProxyType(
    {"ok": _OF_PROBLEMS, "skipped": _OF_PROBLEMS, "unknown": ("Cause", "Step")}
)
"""Level -> the paragraphs of a code's page that are not true of a finding. The step is that of the finding's page."""


@dataclass(frozen=True)
class CatalogueEntry:
    """One row of the catalogue. `title` is a positive sentence of at most 50 characters, true if the check passes."""

    code: str
    step: str
    """The step whose checks report the code, or `engine` if every step can."""
    kind: str
    """A letter of KINDS."""
    fatal: bool
    """True if the failure cannot be accepted with --accept, and pages that require its page cannot be checked."""
    title: str
    symptom: str
    """How the operator would notice the problem without mhv-tui."""
    cause: str
    probe: str
    """How mhv-tui checks it."""
    remedy: str
    """What the operator does to fix the problem, in full sentences."""
    sources: tuple[str, ...]
    acceptable: bool = True
    """False if the failure cannot be accepted, because a change would fail; other pages can be checked."""
    also_on: tuple[str, ...] = ()
    """The other steps whose checks report the code."""

    @property
    def can_be_accepted(self) -> bool:
        return self.acceptable and not self.fatal


def _load() -> dict[str, CatalogueEntry]:
    tuples = ("sources", "also_on")
    return {
        code: CatalogueEntry(code=code, **{**row, **{key: tuple(row.get(key, ())) for key in tuples}})
        for code, row in read("catalogue").items()
    }


#: Every code of the catalogue, in the order of the wizard.
ENTRIES: LazyTable[CatalogueEntry] = LazyTable(_load)


def entry(code: str) -> CatalogueEntry:
    """Returns the row of `code`, in upper or lower case. The ValueError for an unknown code names similar codes."""
    upper = code.strip().upper()
    if upper in ENTRIES:
        return ENTRIES[upper]
    near = _alike(upper) or _about(upper)
    hint = f"did you mean {', '.join(near)}?" if near else f"codes look like {next(iter(ENTRIES))}"
    raise ValueError(f"there is no code {code!r}; {hint}")


def _alike(text: str) -> list[str]:
    """Returns codes like `text`: VC01 for VC1 and VC-01, CL06 for CL60, the first for VC, the last for VC99."""
    parts = re.fullmatch(r"([A-Z]{2})\W*(\d*)", text)
    if parts is None:
        return []
    letters, number = parts[1], parts[2]
    guesses = [letters + digits.lstrip("0").zfill(2) for digits in (number, number[::-1])]
    same = [code for code in ENTRIES if code.startswith(letters)]
    return [code for code in dict.fromkeys(guesses) if code in same] or (same[-3:] if number else same[:3])


def _about(word: str) -> list[str]:
    """Returns at most three codes whose title contains the word, each with its title."""
    pattern = re.compile(rf"\b{re.escape(word)}\b", re.IGNORECASE)
    return [f"{code} ({row.title})" for code, row in ENTRIES.items() if pattern.search(row.title)][:3]


def finding(
    code: str, level: Level, detail: str = "", *, subject: str = "", remedy: str | None = None, fix: str | None = None
) -> Finding:
    """Returns a finding of `code` with the catalogue's title and, unless `remedy` is given, the catalogue's remedy."""
    row = entry(code)
    needs_remedy = level in ("missing", "unknown", "warning", "failure")
    return Finding(
        code=row.code,
        level=level,
        title=row.title,
        detail=detail,
        remedy=(row.remedy if remedy is None else remedy) if needs_remedy else "",
        subject=subject,
        fix=fix,
        fatal=row.fatal and level == "failure",
        acceptable=row.acceptable or level != "failure",
    )


def explain(code: str, width: int = 100) -> str:
    """Returns the page of `code`: title, symptom, cause, check, remedy, sources. Raises ValueError like `entry`."""
    row = entry(code)
    parts = [(EXPECTED, row.title), *_parts(row, action=_action(row) + _acceptance(row))]
    return f"{row.code}\n\n{_paragraphs(parts, width)}"


def explain_finding(finding: Finding, width: int = 100) -> str:
    """Returns the finding's text, its own remedy and the rest of its code's page that applies to its level.

    Repeats no sentence.
    """
    row = entry(finding.code)
    unsuitable = NOT_EXPLAINED.get(finding.level, ("Step",))
    parts = [part for part in _parts(row, finding.remedy, _own_action(row, finding)) if part[0] not in unsuitable]
    if finding.level not in ("ok", "skipped"):
        parts.insert(0, (EXPECTED, row.title))
    elif finding.level == "ok" and finding.subline:
        parts.insert(0, ("Result", capitalised(finding.subline)))
    head = wrap(finding.headline, width)
    if finding.accepted:
        parts.insert(0, ("Accepted", finding.accepted))
    return "\n".join([*head, "", _paragraphs(parts, width)])


def _parts(row: CatalogueEntry, remedy: str = "", action: str = "") -> list[tuple[str, str]]:
    """Returns label and text of each paragraph of a page. `remedy` and `action` replace those of the catalogue."""
    return [
        ("Symptom", row.symptom),
        ("Cause", row.cause),
        ("Checked", row.probe),
        ("Remedy", remedy or row.remedy.replace(" named here", " that the finding names")),
        ("Step", "any step" if row.step == "engine" else ", ".join((row.step, *row.also_on))),
        ("Action", action or _action(row)),
        ("Source", "; ".join(map(_with_address, row.sources))),
    ]


def _with_address(source: str) -> str:
    """A source with the address of each bug of Launchpad, and of an issue of a repository with its owner on GitHub."""
    text = re.sub(r"\bLP#(\d+)", r"https://bugs.launchpad.net/bugs/\1", source)
    return re.sub(r"^([\w.-]+/[\w.-]+)#(\d+)$", r"https://github.com/\1/issues/\2", text)


def _own_action(row: CatalogueEntry, finding: Finding) -> str:
    """What mhv-tui does about this finding, if that is not what its code's page says; else ""."""
    if finding.level == "unknown":
        return OF_UNKNOWN
    if finding.level == "missing" and finding.fix:
        return f"the plan of mhv-tui contains this fix; without --fix {row.code} it does not"
    if finding.level not in ("warning", "failure") or finding.accepted:
        return ""
    text = _own_kind(row, finding) or KINDS[row.kind].format(code=row.code)
    if finding.tested_again:
        return f"{text}; {OF_FAILED_TEST}"
    return f"{text}; --accept {row.code} accepts it" if finding.can_be_accepted else text + _limit(row)


def _own_kind(row: CatalogueEntry, finding: Finding) -> str:
    """What mhv-tui does about this problem, if it does less than its code's page promises; else ""."""
    if row.kind == "F" and not finding.fix:
        return "mhv-tui cannot fix this one: follow the remedy"
    if row.kind == "P" and not finding.fix and finding.level == "warning":
        return "the plan of mhv-tui does not change this: follow the remedy"
    return ""


def _action(row: CatalogueEntry) -> str:
    """What mhv-tui does about it, and whether it can be accepted."""
    from mhv_tui.domain import signatures

    in_logs = row.kind == "U" and row.code in signatures.codes()
    text = KINDS[row.kind].format(code=row.code) + ("; `explain --log` recognises it in a log" if in_logs else "")
    return text + _limit(row)


def _acceptance(row: CatalogueEntry) -> str:
    """How a problem with this code is accepted; "" if it cannot be, and if the plan solves it."""
    can = row.kind in "FGR" and row.can_be_accepted
    return f"; a problem can be accepted: --accept {row.code}=REASON" if can else ""


def _limit(row: CatalogueEntry) -> str:
    return "; cannot be accepted" if row.kind != "U" and not row.can_be_accepted else ""


def _paragraphs(parts: Sequence[tuple[str, str]], width: int) -> str:
    return "".join(f"{_paragraph(name, text, width)}\n" for name, text in parts)


def _paragraph(name: str, text: str, width: int) -> str:
    lines = wrap(text, width - 11, long_words=False)
    return "\n".join(f"{label:<11}{line}" for label, line in zip([f"{name}:", *[""] * len(lines)], lines, strict=False))
