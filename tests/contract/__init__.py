"""The same tests on simulated and on real systems: every implementation of a port must behave the same."""
