"""The same tests on the demo world and on real parts: what a port promises holds wherever it is filled."""
