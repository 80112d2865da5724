"""The answer file of a lab with several nodes, without a lab."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from mhv_tui.cli.setup import schema
from mhv_tui.core.answerfile import dumps, parse_text
from mhv_tui.core.targets import targets_of
from mhv_tui.lab.answers import with_targets

Document = dict[str, Any]

DOCUMENT: Document = {
    "mhv_answers": 1,
    "vcenter": {"host": "10.213.0.5", "username": "nova", "trust": {"ca_file": "/lab/vcenter/vcenter.pem"}},
    "cluster": {"path": "/DC0/host/DC0_C0"},
    "node": {"host": "10.213.0.12", "username": "ubuntu", "copy_settings_from": {"host": "10.213.0.11", "port": 22}},
}
"""The answers of the first target."""

OTHERS: dict[str, Document] = {
    "novavmware2": {"cluster": {"path": "/DC0/host/DC0_C1"}, "node": {"host": "10.213.0.13"}},
    "novavmware3": {
        "vcenter": {"host": "10.213.0.6", "trust": {"ca_file": "/lab/vcenter2/vcenter.pem"}},
        "cluster": {"path": "/DC1/host/DC1_C0"},
        "node": {"host": "10.213.0.16"},
    },
}
"""What the other targets have instead."""


@pytest.fixture
def documents() -> dict[str, Document]:
    """The complete answers of each target."""
    documents = {"novavmware1": deepcopy(DOCUMENT)}
    for name, tables in OTHERS.items():
        documents[name] = deepcopy(DOCUMENT)
        for table, values in tables.items():
            documents[name][table] |= values
    return documents


def test_each_target_has_its_own_answers_and_shared_values_are_written_once(
    documents: dict[str, Document],
) -> None:
    document = with_targets(documents)
    targets = targets_of(parse_text(dumps(document), schema()))
    assert {target.id: target.answers for target in targets} == {
        name: parse_text(dumps(document), schema()) for name, document in documents.items()
    }
    first, second, third = document["target"]
    assert (first.keys(), second.keys()) == ({"name", "cluster", "node"},) * 2
    assert document["vcenter"]["host"] == DOCUMENT["vcenter"]["host"]
    assert third["vcenter"] == OTHERS["novavmware3"]["vcenter"]


def test_a_single_target_has_plain_tables(documents: dict[str, Document]) -> None:
    assert with_targets({"novavmware1": documents["novavmware1"]}) == documents["novavmware1"]
