"""The answers of the page `datastore`: names of datastores, or nova's regular expression."""

from __future__ import annotations

import re

from mhv_tui.core.answers import answer_field
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.text import quoted


def _expression(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        return f"{quoted(value)} is not a regular expression: {error}; write one for Python's re, such as nfs-.*"
    return ""


@dataclass(frozen=True)
class DatastoreAnswers:
    """The table [datastore] of the answer file."""

    names: tuple[str, ...] = answer_field(
        "The datastores that nova may use; if empty, all of the cluster. "
        "mhv-tui writes a datastore_regex that matches only these names.",
        (),
        kind="list",
        example="nfs-gold",
        empty="all, or those of datastore_regex",
    )
    datastore_regex: str = answer_field(
        "nova's datastore_regex, if names are not enough: a regular expression of Python, not a shell pattern.",
        rule=_expression,
        example="nfs-.*",
        advanced=True,
    )


def regex_of(answers: DatastoreAnswers) -> str:
    """nova's datastore_regex for these answers; "" = every usable datastore."""
    from mhv_tui.domain import nova

    return answers.datastore_regex or (nova.datastore_regex(answers.names) if answers.names else "")
