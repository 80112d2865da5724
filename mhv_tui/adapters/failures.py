"""Builds the one exception that adapters raise: a FindingError with a finding of the catalogue.

`own_errors` converts every other exception to a FindingError, whatever the other system sends.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, TypeVar

from mhv_tui.adapters.limits import Limit, limited
from mhv_tui.core.errors import FindingError, MhvError
from mhv_tui.core.redaction import mask
from mhv_tui.domain import catalogue

_USERINFO = re.compile(r"(?<=://)\S*@")
_LONGEST = 240
"""Maximum length of a text of another system in a message, in characters."""


class Edge(Protocol):
    """An adapter class that the decorator `edge` wraps."""

    def translated(self, error: Exception, operation: str) -> FindingError: ...

    def limit(self, operation: str) -> Limit: ...


A = TypeVar("A", bound=type[Edge])
R = TypeVar("R")


def failure(code: str, detail: str, *, subject: str = "", remedy: str | None = None) -> FindingError:
    """Returns the FindingError for the finding `code`. `remedy` replaces the remedy of the catalogue.

    Masks credentials in URLs. Raises ValueError if the catalogue has no such code.
    """
    finding = catalogue.finding(
        code, "failure", without_userinfo(detail), subject=without_userinfo(subject), remedy=remedy
    )
    return FindingError(finding)


def without_userinfo(text: str) -> str:
    """Returns the text with user and password masked in every URL."""
    return _USERINFO.sub("••••@", text)


def short(text: str) -> str:
    """Returns a text of another system as one short line. Masks secrets before it cuts the text."""
    return " ".join(mask(text).split())[:_LONGEST].strip()


def unexpected(error: Exception) -> str:
    """Returns the type of an error, not its text, because the text may quote a password that was sent."""
    return type(error).__name__


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yields the error and its causes, outermost first. Libraries wrap the error of a socket several times."""
    passed: set[int] = set()
    while error is not None and id(error) not in passed:
        passed.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


@contextlib.contextmanager
def own_errors(translate: Callable[[Exception], FindingError]) -> Iterator[None]:
    """Converts every exception of the `with` block with `translate`, except mhv-tui's own errors."""
    try:
        yield
    except MhvError:
        raise
    except Exception as error:
        raise translate(error) from None


def edge(cls: A) -> A:
    """Class decorator: every public method runs within its limit and raises only mhv-tui's own errors."""
    methods: Mapping[str, object] = dict(vars(cls))
    for name, method in methods.items():
        if not name.startswith("_") and name not in ("translated", "limit") and callable(method):
            setattr(cls, name, _wrapped(name, method))
    return cls


def _wrapped(name: str, method: Callable[..., R]) -> Callable[..., R]:
    @functools.wraps(method)
    def call(self: Edge, *args: object, **options: object) -> R:
        with own_errors(lambda error: self.translated(error, name)), limited(self.limit(name)):
            return method(self, *args, **options)

    return call
