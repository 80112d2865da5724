"""A session of the toy steps, in its own state directory."""

from __future__ import annotations

import pytest

from mhv_tui.engine.session import Session, open_session


@pytest.fixture
def session() -> Session:
    return open_session("toy")
