"""The calls that a thread waits for: the innermost is shown, and none remains after its end."""

from __future__ import annotations

import threading
import time

import pytest

from mhv_tui.core.waits import Wait, wait_of, waiting


def test_the_innermost_call_of_a_thread_is_its_wait() -> None:
    thread = threading.get_ident()
    with waiting("vc.example.org", 60.0):
        with waiting("the image service", 12.0):
            inner = wait_of(thread)
        outer = wait_of(thread)
    assert inner and outer and (inner.system, outer.system) == ("the image service", "vc.example.org")
    assert wait_of(thread) is None and wait_of(None) is None


def test_a_call_that_fails_is_no_wait_any_more() -> None:
    with pytest.raises(TimeoutError), waiting("vc.example.org", 12.0):
        raise TimeoutError
    assert wait_of(threading.get_ident()) is None


def test_the_sentence_has_the_seconds_and_the_limit() -> None:
    assert Wait("vc.example.org", 12.0, 100.0).sentence(104.2) == "asking vc.example.org, 4 s of at most 12 s"


def test_each_thread_has_its_own_wait() -> None:
    release, waits = threading.Event(), threading.Event()

    def work() -> None:
        with waiting("vc.example.org", 12.0):
            waits.set()
            release.wait(10)

    thread = threading.Thread(target=work)
    thread.start()
    assert waits.wait(10) and wait_of(threading.get_ident()) is None
    wait = wait_of(thread.ident)
    assert wait and wait.system == "vc.example.org" and wait.began <= time.monotonic()
    release.set()
    thread.join()
