"""The smallest app of Textual: the floor of the start-up time."""

from textual.app import App, ComposeResult
from textual.widgets import Input, Label


class Hello(App[None]):
    """One label and one field."""

    def compose(self) -> ComposeResult:
        yield Label("Name of the cloud")
        name = Input()
        name.cursor_blink = False
        yield name


if __name__ == "__main__":
    Hello().run(mouse=False)
