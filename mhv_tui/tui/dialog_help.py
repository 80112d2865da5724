"""What F1 says in a short dialog: what the dialog asks, and what each answer does."""

from __future__ import annotations

QUESTION = "The dialog asks whether to do what it shows. y does it; n or Esc does nothing and goes back."
APPLY = (
    "The dialog asks whether to make the changes of the plan now. y makes them one after the other; Ctrl+C can stop "
    "between two of them. n or Esc changes nothing."
)
EXTENSION = (
    "A fix is made, and more changes have become necessary. y makes them too. n or Esc ends the run: what is made "
    "stays, and the plan shows the rest."
)
STOP = (
    "The dialog asks whether to stop what runs and to quit. y stops it as the question says, and it can be continued "
    "later. n, Esc or Ctrl+C lets it run on."
)
QUIT = (
    "A text of the page is not a valid answer, so it is not saved. y or a second Ctrl+Q quits without it; all other "
    "answers are saved. n, Esc or Ctrl+C goes back to the page."
)
QUIT_SECRET = (
    "A typed password is kept in memory only. y or a second Ctrl+Q quits, and the next start needs it again; all "
    "other answers are saved. n, Esc or Ctrl+C goes back to the page."
)
FIXES = (
    "The dialog asks about all fixes that the row counts. y does it for all of them; n or Esc leaves the plan as it "
    "is. Only apply changes anything."
)
OVERWRITE = "A file with this name exists. y replaces its content. n or Esc keeps it, and you can write another path."
REMOVE_TARGET = "The dialog asks whether to remove a target. y deletes its answers; n or Esc keeps them."
FORGET = "The dialog asks whether to delete a session. y deletes its answers and its journal; n or Esc keeps them."
UNDO = (
    "The dialog lists what undo would undo, in its order. y undoes it, but keeps what others have changed since. n or "
    "Esc changes nothing."
)
SECRET = (
    "The dialog asks for a secret with which the undo logs in. It is not shown, and kept in memory only. Enter takes "
    "it; Esc goes on without it, so that its login fails. What cannot be undone then stays, and the end says why."
)
NAME = "The dialog asks for a name. Enter takes it, or says why it cannot be used. Esc goes back and changes nothing."
SAVE = (
    "The dialog asks for the path of the file. Enter writes it, but asks before it replaces a file. Esc writes nothing."
)
ACCEPT = (
    "The dialog asks why the problem is acceptable here. Enter in the last field accepts it: then it does not stop "
    "apply, and after the last day it is a problem again. Esc accepts nothing."
)
PAGES = "The list has all pages with their states. Enter opens the marked one; Esc stays on the present page."
ONE_CHOICE = (
    "The list has the answers that the checks found. Letters filter it. Enter writes the marked one into the field; "
    "Esc leaves the field as it is."
)
CHOICES = (
    "The list has the answers that the checks found; at first, those of the field have [x]. Letters filter it. Space "
    "ticks or unticks the marked one. Enter writes the ticks into the field; if Space was not used and the marked one "
    "has no tick, only the marked one. Esc leaves the field as it is."
)
NEW_TEXT = " If no entry matches, Enter writes your text."
"""The end of both for a field that also takes an answer that the list does not have."""
NO_OTHER_TEXT = " The field takes no other text."
"""The end of both for a field whose list has all possible answers."""
