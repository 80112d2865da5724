"""The questions whether to stop what runs, and what mhv-tui still does after the answer yes."""

from __future__ import annotations

from collections.abc import Mapping

STOP_CHANGE = "A change is in progress. Stop after this change and quit? The session can be resumed."
STOP_IMAGE = "An image is being uploaded. Stop the upload now and quit? The next run uploads the image again."
STOP_TEST = "A test server is booting. Stop, delete it, and quit? The next run boots it again."
STOP_WAITING = "No change is in progress: the run waits for this answer. Stop and quit? The session can be resumed."
STOP_UNDO = "A change is being undone. Stop after this change and quit? The next undo of the session continues."
STOP_UNDO_WAITING = "The undo changes nothing at present. Stop and quit? The next undo of the session continues."

ENDINGS: Mapping[str, str] = {
    STOP_CHANGE: "completes the current change",
    STOP_IMAGE: "ends the upload",
    STOP_TEST: "deletes the test server",
    STOP_WAITING: "saves the session",
    STOP_UNDO: "completes the undo of the current change",
    STOP_UNDO_WAITING: "saves the session",
}
"""Question -> what mhv-tui still does after the answer yes, when the screen has closed."""
