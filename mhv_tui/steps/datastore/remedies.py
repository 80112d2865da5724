"""The remedies for datastore_regex. Each way that they offer is compared with the datastores of the cluster first."""

from __future__ import annotations

import re

from mhv_tui.core.text import join_names
from mhv_tui.domain import nova
from mhv_tui.steps.datastore.facts import DatastoreView, matching_datastores

SHELL_PATTERN = re.compile(r"[\w*?.-]*(?<![.)\]])\*[\w*?.-]*")
"""An expression that looks like a shell pattern: a * that follows no dot, and none of the signs of expressions only."""

NO_WILDCARD = "* repeats the character before it (it is no wildcard), and a match starts at the beginning of the name"


def one_of_both(view: DatastoreView) -> str | None:
    """Returns what resolves that names and an expression are answered: one of both alone, if it matches whole names."""
    answers = view.answers
    ways: list[str] = []
    expression = nova.datastore_regex(answers.names) if answers.names else ""
    if expression and set(_matches(view, expression)) == set(answers.names):
        match = f"which matches {join_names(answers.names)} and no other"
        ways.append(f"clear datastore.datastore_regex: mhv-tui then writes {expression}, {match}")
    matching = view.facts.matching
    if matching and all(re.fullmatch(answers.datastore_regex, d.name) for d in matching):
        ways.append(f"clear datastore.names, to use {answers.datastore_regex} alone")
    return f"{'. Or '.join(ways)}." if ways else None


def whole_names(view: DatastoreView) -> str:
    """Returns what makes the expression match whole names: those that it already matches whole, else all."""
    regex, names = view.facts.regex, [d.name for d in view.facts.matching]
    whole = [name for name in names if re.fullmatch(regex, name)] or names
    closed = f"(?:{regex})$" if "|" in regex else f"{regex}$"
    candidates = (closed, f"{_from_shell(regex)}$", by_names := nova.datastore_regex(whole))
    exact = next((c for c in candidates if _matches(view, c) == whole), by_names)
    return f"Set datastore.datastore_regex to {exact}, which matches {join_names(whole)} only."


def other_expression(view: DatastoreView) -> str | None:
    """Returns the remedy for an expression that matches nothing; None without an expression."""
    regex, translated = view.facts.regex, f"{_from_shell(view.facts.regex)}$"
    if not view.answers.datastore_regex:
        return None
    similar = _containing(view, regex)
    candidates = [translated] if is_shell_pattern(regex) else []
    candidates += [nova.datastore_regex(similar)] if similar else []
    for candidate in candidates:
        if names := _matches(view, candidate):
            return f"Set datastore.datastore_regex to {candidate}, which matches {join_names(names)} only."
    return "Correct datastore.datastore_regex. Or clear it and choose datastores in datastore.names."


def _containing(view: DatastoreView, regex: str) -> list[str]:
    """Returns the names of the cluster's datastores that contain the longest word of the expression anywhere."""
    word = max(re.findall(r"[^\W_]+", regex), key=len, default="").lower()
    names = [d.name for d in view.facts.inventory.datastores_of(view.facts.cluster)]
    return [name for name in names if word and word in name.lower()]


def is_shell_pattern(regex: str) -> bool:
    return SHELL_PATTERN.fullmatch(regex) is not None


def _from_shell(pattern: str) -> str:
    return pattern.replace("*", ".*").replace("?", ".") if is_shell_pattern(pattern) else pattern


def _matches(view: DatastoreView, regex: str) -> list[str]:
    """Returns the datastores of the cluster that nova would match; none if `regex` is not valid."""
    return [d.name for d in matching_datastores(regex, view.facts.inventory.datastores_of(view.facts.cluster))]
