"""The basic types of mhv-tui: findings, steps, answers, events, ports. Uses only the standard library and tomli-w."""
