"""`python -m mhv_tui` is the same program as the console script `mhv-tui`."""

import sys

from mhv_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
