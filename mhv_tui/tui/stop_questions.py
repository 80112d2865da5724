"""The questions whether to stop what runs, and what mhv-tui still does after the answer yes."""

from __future__ import annotations

from collections.abc import Mapping

STOP_CHANGE = "A change is in progress. Stop after this change and quit? The session can be resumed."
STOP_IMAGE = "An image is being read or uploaded. Stop this now and quit? The next run begins this image again."
STOP_TEST = "A test is in progress. Stop, delete its server and quit? The next run boots the test servers again."
STOP_CHECK = (
    "Only a check runs at present. Stop after it and quit? Nothing more is changed; the session can be resumed."
)
STOP_WAITING = "No change is in progress, and none begins until you answer. Stop and quit? The session can be resumed."
STOP_TARGETS = (
    "The runs of all targets are in progress. Stop each after its present change and quit? They can be resumed."
)
STOP_UNDO = "A change is being undone. Stop after this change and quit? The next undo of the session continues."
STOP_UNDO_WAITING = "The undo changes nothing at present. Stop and quit? The next undo of the session continues."

ENDINGS: Mapping[str, str] = {
    STOP_CHANGE: "completes the current change",
    STOP_IMAGE: "stops the work on the image",
    STOP_TEST: "deletes the test server",
    STOP_CHECK: "completes the check",
    STOP_WAITING: "saves the session",
    STOP_TARGETS: "completes the current changes",
    STOP_UNDO: "completes the undo of the current change",
    STOP_UNDO_WAITING: "saves the session",
}
"""Question -> what mhv-tui still does after the answer yes, when the screen has closed."""


def ending_of(question: str) -> str:
    """What mhv-tui still does after the answer yes to a question, whose lines after the first name what runs."""
    return ENDINGS[question.partition("\n")[0]]
