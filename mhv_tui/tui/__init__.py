"""The Textual wizard: it shows what the engine says and knows no step by name."""
