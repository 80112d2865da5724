"""Only our own errors leave the SSH adapter, whatever a machine answers."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator

import paramiko
import pytest
from hypothesis import given, strategies

from mhv_tui.adapters import ssh
from mhv_tui.adapters.node import SshNode
from mhv_tui.adapters.node_packages import progress
from mhv_tui.adapters.ssh_errors import only_findings, reason
from mhv_tui.core.errors import Cancelled, FindingError, MhvError, SecretMissing
from mhv_tui.core.machine import RemoteFile, SurveyRequest
from mhv_tui.core.ports import Node
from tests.adapters.ssh_servers import Login, secrets_of, ssh_server, target_of


@pytest.mark.parametrize(
    "error", (KeyboardInterrupt(), SystemExit(1), Cancelled(), SecretMissing("k", "m"), MhvError("m"))
)
def test_our_own_errors_and_interruptions_pass(error: BaseException) -> None:
    with pytest.raises(type(error)) as raised, only_findings("CN31", "n1 failed", "n1"):
        raise error
    assert raised.value is error


FOREIGN: tuple[Exception, ...] = (
    *(ValueError("bad value"), KeyError("key"), TypeError(), RecursionError("deep"), OverflowError("inf"), EOFError()),
    *(OSError(5, "Input/output error"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"), MemoryError()),
    *(paramiko.SSHException("x" * 10_000), paramiko.ssh_exception.NoValidConnectionsError({("h", 1): OSError()})),
)


@pytest.mark.parametrize("error", FOREIGN, ids=[type(error).__name__ for error in FOREIGN])
def test_every_other_error_becomes_a_finding(error: Exception) -> None:
    with pytest.raises(FindingError) as raised, only_findings("CN31", "n1 failed", "n1"):
        raise error
    assert raised.value.finding.code == "CN31" and raised.value.message.startswith("n1 failed: ")
    assert 12 < len(raised.value.message) < 250 and raised.value.remedy


def test_a_foreign_text_is_one_line() -> None:
    assert reason(ValueError("a\nb\t c")) == "a b c"


def test_every_method_of_a_node_is_at_the_edge() -> None:
    methods = [name for name, _ in inspect.getmembers(Node, inspect.isfunction) if not name.startswith("_")]
    assert len(methods) > 10
    assert [name for name in methods if not hasattr(getattr(SshNode, name), "__wrapped__")] == []


@given(status=strategies.text(alphabet="dlpmstatus:0123456789.\u00b2-einf", max_size=80))
def test_any_status_of_the_package_tool_is_a_percentage(status: str) -> None:
    assert 0 <= progress(status) <= 100


def test_a_status_with_a_huge_number_is_a_percentage() -> None:
    assert progress("dlstatus:1:" + "9" * 400) == 0 and progress("pmstatus:a:999:x") == 100


GARBAGE = (
    b"",
    b"\n",
    b"\xff\xfe\x00" * 50,
    b"@@survey\n@@end\n",
    b"@@survey\nfree\t\tinf\nfile\t/f\t999 root root\n@@end\n",
    b"ended \xc2\xb2\n" + b"9" * 5000,
    b"644 root domain users\ncontent",
    b"\x1b]0;title\x07@@root no \n" * 9,
)


class Garbage(Login):
    """Answers every command with the same bytes."""

    content = b""
    code = 0

    def run(self, channel: paramiko.Channel, command: bytes) -> None:
        channel.sendall_stderr(b"@@root root\n")
        channel.sendall(self.content)
        channel.sendall_stderr(self.content)
        channel.send_exit_status(self.code)
        channel.close()


def calls(node: SshNode) -> Iterator[Callable[[], object]]:
    """Every method of the port, except those that only close."""
    yield lambda: node.survey(SurveyRequest(files=("/f",), packages=("p",), units=("u",), jobs=("j",)))
    yield lambda: node.read("/f")
    yield lambda: node.write("/f", RemoteFile(b"x", 0o600, "root", "domain users"))
    yield lambda: node.copy("/f", "/g")
    yield lambda: node.remove("/f")
    yield node.installed
    yield lambda: node.install("job", ["p"], lambda percent, line: None)
    yield lambda: node.unpacked_packages("job")
    yield lambda: node.discard_job("job")
    yield lambda: node.purge(["p"])
    yield node.refresh_packages
    yield lambda: node.unit("u", "restart")
    yield lambda: node.journal("u")
    yield lambda: node.run(["true"])


@pytest.mark.parametrize(
    ("content", "code"), (*((content, 0) for content in GARBAGE), *((b"", code) for code in (1, 44, 77, 0xFFFFFFFF)))
)
def test_any_answer_is_a_result_or_a_finding(content: bytes, code: int) -> None:
    class Answer(Garbage):
        """This answer."""

    Answer.content, Answer.code = content, code
    with ssh_server(Answer) as port:
        node = SshNode("n1", lambda: ssh.connect(target_of(port), secrets_of()), lambda: None)
        for call in calls(node):
            with contextlib.suppress(FindingError):
                call()
        with contextlib.suppress(FindingError):
            read = node.read("/f")
            assert read is None, "no content is made up"
        node.close()
