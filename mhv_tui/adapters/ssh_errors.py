"""The edge of the SSH adapter: every error that leaves it is one of ours, with a code, a sentence and a remedy."""

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
"""Characters of a foreign error text in a sentence: it may be as long as the server likes."""


class Named(Protocol):
    """What a sentence calls the machine."""

    name: str


N = TypeVar("N", bound=Named)


@contextlib.contextmanager
def only_findings(code: str, sentence: str, subject: str) -> Iterator[None]:
    """Turns every error that is not ours into a finding of `code`: `sentence` and the reason.

    Lets our own errors pass, and what is no error (KeyboardInterrupt). The log keeps the traceback.
    """
    try:
        yield
    except MhvError:
        raise
    except Exception as error:
        log.warning("%s: %s", printable(subject), printable(sentence), exc_info=True)
        raise failure(code, f"{sentence}: {reason(error)}", subject=subject) from None


def reason(error: BaseException) -> str:
    """The text of a foreign error, shortened. An error without a text or of Python itself is named by its kind."""
    text = " ".join(str(error).split())
    if isinstance(error, EOFError) and not text:
        return "the connection was closed"
    if not text or isinstance(error, (LookupError, TypeError, AttributeError, ArithmeticError, AssertionError)):
        text = f"{type(error).__name__} {text}".strip()
    return text if len(text) <= LONGEST_REASON else f"{text[:LONGEST_REASON]}..."


def node_edge(node_class: type[N]) -> type[N]:
    """Wraps every public method of a class of nodes in `only_findings`."""
    for name, method in list(vars(node_class).items()):
        if callable(method) and not name.startswith("_"):
            setattr(node_class, name, _wrapped(method))
    return node_class


def _wrapped(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(self: Named, *arguments: Any, **options: Any) -> Any:
        action = method.__name__.replace("_", " ")
        with only_findings("CN31", f"{self.name} did not answer {action!r} in a form that mhv-tui reads", self.name):
            return method(self, *arguments, **options)

    return call
