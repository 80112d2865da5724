"""The wizard in Textual. It shows the events of the engine and treats every step alike."""
