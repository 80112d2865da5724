"""Converts every error of the SSH adapter to a FindingError with a code, a sentence and a remedy."""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

from mhv_tui.adapters.failures import failure
from mhv_tui.core.errors import MhvError
from mhv_tui.core.text import printable

log = logging.getLogger(__name__)

LONGEST_REASON = 200
"""Maximum length, in characters, of a server's or library's error text in a message."""


class Named(Protocol):
    """An object with the name of its machine for messages."""

    name: str


N = TypeVar("N", bound=Named)


@contextlib.contextmanager
def only_findings(code: str, sentence: str, subject: str) -> Iterator[None]:
    """Converts every error of the `with` block to a finding of `code`; its message is `sentence` and the reason.

    Does not convert mhv-tui's own errors or KeyboardInterrupt. Writes the traceback to the log.
    """
    try:
        yield
    except MhvError:
        raise
    except Exception as error:
        log.warning("%s: %s", printable(subject), printable(sentence), exc_info=True)
        raise failure(code, f"{sentence}: {reason(error)}", subject=subject) from None


def reason(error: BaseException) -> str:
    """Returns the text of an error, shortened; with its type if it has no text or is an error of Python itself."""
    text = " ".join(str(error).split())
    if isinstance(error, EOFError) and not text:
        return "the connection was closed"
    if not text or isinstance(error, (LookupError, TypeError, AttributeError, ArithmeticError, AssertionError)):
        text = f"{type(error).__name__} {text}".strip()
    return text if len(text) <= LONGEST_REASON else f"{text[:LONGEST_REASON]}..."


def node_edge(node_class: type[N]) -> type[N]:
    """Class decorator: wraps every public method of a node class in `only_findings`."""
    for name, method in list(vars(node_class).items()):
        if callable(method) and not name.startswith("_"):
            setattr(node_class, name, _wrapped(method))
    return node_class


def _wrapped(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(self: Named, *arguments: Any, **options: Any) -> Any:
        action = method.__name__.replace("_", " ")
        with only_findings("CN31", f"mhv-tui cannot read the answer of {self.name} to {action!r}", self.name):
            return method(self, *arguments, **options)

    return call
