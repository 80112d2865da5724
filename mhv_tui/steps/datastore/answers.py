"""The answers of the page `datastore`: names, or nova's expression itself."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mhv_tui.core.answers import answer_field
from mhv_tui.domain import nova


def _expression(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        return f"{value!r} is no regular expression: {error}; write Python's, such as nfs-.*"
    return ""


@dataclass(frozen=True)
class DatastoreAnswers:
    """The table [datastore]."""

    names: tuple[str, ...] = answer_field(
        "The datastores that nova may use; datastore_regex is made from these, anchored and escaped.",
        (),
        kind="list",
        example="nfs-gold",
    )
    datastore_regex: str = answer_field(
        "nova's expression itself, if names are not enough; Python's re.match, not a shell pattern.",
        rule=_expression,
        example="nfs-.*",
        advanced=True,
    )


def regex_of(answers: DatastoreAnswers) -> str:
    """nova's datastore_regex for these answers; "" = every usable datastore."""
    return answers.datastore_regex or (nova.datastore_regex(answers.names) if answers.names else "")
