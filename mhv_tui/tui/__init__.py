"""The wizard in Textual: it shows what the engine reports, and knows no step by name."""
