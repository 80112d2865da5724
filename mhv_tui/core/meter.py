"""Says in words how far a change is: size, rate and time left of a transfer, seconds and limit of a wait."""

from __future__ import annotations

from collections import deque

from mhv_tui.core.events import Progress

WINDOW = 10.0
"""The rate is that of the last seconds, at most so many."""

SHORTEST = 1.0
"""Seconds of a transfer before which its rate is not shown, because it is not steady yet."""

MIB, GIB = 1 << 20, 1 << 30


class Meter:
    """The progress of one change. The caller gives the times, in seconds of a monotonic clock."""

    def __init__(self) -> None:
        self.last: Progress | None = None
        self._heard = 0.0
        """The time of the last report."""
        self._samples: deque[tuple[float, int]] = deque()
        """Time and amount of the reports in the window."""

    def hear(self, event: Progress, now: float) -> None:
        """Takes a report. A report of another phase or total, or of a smaller amount, starts a new transfer."""
        last, self.last, self._heard = self.last, event, now
        same = last is not None and (last.phase, last.total, last.unit) == (event.phase, event.total, event.unit)
        if last is None or not same or event.done < last.done:
            self._samples.clear()
        self._samples.append((now, event.done))
        while len(self._samples) > 2 and now - self._samples[1][0] >= WINDOW:
            self._samples.popleft()

    def text(self, now: float) -> str:
        """The present progress, such as "312 of 712 MiB, 41 MiB/s, 10 s left"; "" if it is not known."""
        event = self.last
        if event is None or not event.total:
            return ""
        if event.unit == "bytes":
            return ", ".join([_amounts(event.done, event.total), *self._rate(event)])
        if event.unit == "percent":
            return f"{event.done} %"
        if event.unit == "seconds":
            seconds = min(event.done + int(now - self._heard), event.total)
            return f"{seconds} of at most {event.total} s"
        return f"{event.done} of {event.total} {event.unit}"

    @property
    def is_new(self) -> bool:
        """True as long as a transfer is too new for a rate."""
        is_transfer = self.last is not None and self.last.unit == "bytes"
        return is_transfer and self._samples[-1][0] - self._samples[0][0] < SHORTEST

    def _rate(self, event: Progress) -> list[str]:
        (start, before), (end, _) = self._samples[0], self._samples[-1]
        if self.is_new or event.done <= before:
            return []
        rate = (event.done - before) / (end - start)
        rest = [f"{duration((event.total - event.done) / rate)} left"] if event.done < event.total else []
        return [f"{_amount(rate)}/s", *rest]


def duration(seconds: float) -> str:
    """Whole seconds as text: `6 s`, from one minute on `1:42`, from one hour on `1:02:03`."""
    whole = max(int(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}:{rest:02}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _amounts(done: int, total: int) -> str:
    if total >= GIB:
        return f"{done / GIB:.1f} of {total / GIB:.1f} GiB"
    return f"{done / MIB:.0f} of {total / MIB:.0f} MiB"


def _amount(number: float) -> str:
    return f"{number / GIB:.1f} GiB" if number >= GIB else f"{number / MIB:.{0 if number >= 10 * MIB else 1}f} MiB"
