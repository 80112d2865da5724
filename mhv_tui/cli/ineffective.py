"""Answers that are valid, but have no effect beside another answer. `mhv-tui answers check` reports them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from mhv_tui.core.answers import Accept, Answers, Fix, fields_of
from mhv_tui.core.text import join_names
from mhv_tui.core.tomllines import KeyPath
from mhv_tui.steps.cloud.answers import CloudAnswers, login_source
from mhv_tui.steps.cloud.checks import LOGIN
from mhv_tui.steps.datastore.answers import DatastoreAnswers
from mhv_tui.steps.network.answers import NetworkAnswers

Note = tuple[KeyPath, str]
"""The key path of an answer, and a sentence with the reason and what to do."""


def ineffective(answers: Answers, fixes: Sequence[Fix], today: date) -> Iterator[Note]:
    """Yields a note for each answer that has no effect, or that contradicts another answer.

    `fixes`: the [[fix]] rows in the order of the file.
    """
    yield from _logins(answers.of(CloudAnswers))
    yield from _datastores(answers.of(DatastoreAnswers))
    yield from _switches(answers.of(NetworkAnswers))
    yield from _accepts(answers.accepts, today)
    yield from _fixes(fixes, [row.code for row in answers.accepts])


def _logins(cloud: CloudAnswers) -> Iterator[Note]:
    for key in _changed(cloud, LOGIN) if cloud.name else ():
        yield ("cloud", key), f"is not used: the login comes from {login_source(cloud)}; remove it, or cloud.name"


def _datastores(datastore: DatastoreAnswers) -> Iterator[Note]:
    regex = datastore.datastore_regex
    unmatched = [name for name in datastore.names if regex and not re.match(regex, name)]
    if unmatched:
        text = f"contradicts datastore.names: it does not match {join_names(unmatched)}; remove one of them"
        yield ("datastore", "datastore_regex"), text


def _switches(network: NetworkAnswers) -> Iterator[Note]:
    key = {"standard": "dvs", "distributed": "switch"}[network.kind]
    for unused in _changed(network, (key,)):
        yield ("network", unused), f"is not used: network.kind is {network.kind}; remove it, or correct network.kind"


def _accepts(rows: Sequence[Accept], today: date) -> Iterator[Note]:
    codes = [row.code for row in rows]
    for number, row in enumerate(rows):
        if row.until and row.until < today:
            text = f"{row.until} is past, so {row.code} is not accepted; set a later date"
            yield ("accept", number, "until"), text
        if row.code in codes[:number]:
            yield ("accept", number, "code"), f"{row.code} is accepted twice; keep one row"


def _fixes(rows: Sequence[Fix], accepted: Sequence[str]) -> Iterator[Note]:
    for number, row in enumerate(rows):
        if row in rows[:number]:
            subject = f" for {row.subject}" if row.subject else ""
            yield ("fix", number, "code"), f"the fix of {row.code} is requested twice{subject}; keep one row"
        elif row.subject and Fix(row.code) in rows:
            text = f"is not used: another row requests the fix of {row.code} for every subject; keep one row"
            yield ("fix", number, "subject"), text
        if row.code in accepted:
            yield ("fix", number, "code"), f"{row.code} is accepted, too; keep the fix or the acceptance"


def _changed(table: object, keys: Sequence[str]) -> Iterator[str]:
    """The keys whose answers are not the default."""
    for key, default, _ in fields_of(table):
        if key in keys and getattr(table, key) != default:
            yield key
