"""[[target]] tables: the targets of an answer file, and the sentence for each wrong one."""

from __future__ import annotations

import pytest

from mhv_tui.cli.setup import schema
from mhv_tui.core import answerfile
from mhv_tui.core.answers import Answers
from mhv_tui.core.errors import UsageError
from mhv_tui.core.targets import targets_of

BASE = 'mhv_answers = 1\n[vcenter]\nhost = "vc1"\nport = 8443\n[cluster]\npath = "C0"\n'


def parsed(text: str) -> Answers:
    return answerfile.parse_text(BASE + text, schema(), "a.toml")


def rows(answers: Answers) -> list[tuple[str, str, int, str, str]]:
    tables = [(target.id, target.answers.tables) for target in targets_of(answers)]
    return [(id, t["vcenter"].host, t["vcenter"].port, t["cluster"].path, t["node"].host) for id, t in tables]


def test_a_file_without_targets_has_one_target_without_a_name() -> None:
    assert rows(parsed('[node]\nhost = "n1"\n')) == [("", "vc1", 8443, "C0", "n1")]


def test_the_tables_of_the_file_are_the_first_target_if_they_name_a_node() -> None:
    answers = parsed('[node]\nhost = "n1"\n[[target]]\nnode.host = "n2"\ncluster.path = "C1"\n')
    assert rows(answers) == [("n1", "vc1", 8443, "C0", "n1"), ("n2", "vc1", 8443, "C1", "n2")]


def test_a_target_overrides_single_keys_also_with_the_default_value() -> None:
    answers = parsed('[[target]]\nname = "a"\nvcenter.port = 443\nnode.host = "n"\n[[target]]\nnode.host = "m"\n')
    assert rows(answers) == [("a", "vc1", 443, "C0", "n"), ("m", "vc1", 8443, "C0", "m")]
    assert all(target.answers.targets == () for target in targets_of(answers))


def test_the_secret_of_a_target_belongs_to_its_own_vcenter() -> None:
    answers = parsed(
        '[[target]]\nname = "a"\nvcenter = { host = "vc2", username = "u", password = { env = "B" } }\n'
        '[[target]]\nname = "b"\nvcenter = { username = "u", password = { env = "A" } }\n'
    )
    first, second = (target.answers.tables["vcenter"].password for target in targets_of(answers))
    assert (first.plain(), second.plain()) == ({"env": "B"}, {"env": "A"})
    assert first.key != second.key


def test_targets_are_written_as_they_were_read() -> None:
    answers = parsed('[[target]]\nname = "a"\nvcenter.port = 443\nvcenter.password = { env = "A" }\nnode.host = "n"\n')
    assert answerfile.parse_text(answerfile.text_of(answers), schema()) == answers


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "[[target]]\ncluster.path = 'x'\n",
            "7: target.name: the target has neither a name nor a node; write node.host",
        ),
        ("[[target]]\nname = 'a'\n[[target]]\nnode.host = 'a'\n", "9: target.name: two targets have the name a; write"),
        (
            "[[target]]\nname = 'a b'\n",
            '8: target.name: "a b" cannot be the name of a target; write a name of letters, digits, dots and hyphens',
        ),
        ("[[target]]\nname = 'a'\nnode.prt = 2\n", "9: target.node.prt: the key is not known; did you mean port?"),
        ("[[target]]\nname = 'a'\nnodes.port = 2\n", "9: target.nodes: the table is not known; did you mean node?"),
        ("[target]\nname = 'a'\n", "7: target: the value is a table; write [[target]] above each row"),
    ],
)
def test_a_wrong_target_is_a_sentence_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        parsed(text)
    assert [line[: len("a.toml:") + len(problem)] for line in caught.value.lines] == [f"a.toml:{problem}"]
