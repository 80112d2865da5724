"""Timers of widgets. A callback runs in the task of its widget, so that it never meets one that is half removed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.timer import Timer
from textual.widget import Widget


def every(widget: Widget, seconds: float, callback: Callable[[], object]) -> Timer:
    """Calls back again and again until the timer is stopped or the widget is removed."""
    return widget.set_interval(seconds, partial(widget.call_later, callback))


def after(widget: Widget, seconds: float, callback: Callable[[], object]) -> Timer:
    """Calls back once, unless the timer is stopped or the widget is removed before."""
    return widget.set_timer(seconds, partial(widget.call_later, callback))
