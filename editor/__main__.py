"""`python -m editor`."""

from __future__ import annotations

import sys

from editor.prerequisites import start


def run() -> int:
    """Run the command line. Return the exit status."""
    from editor.cli import main

    return main()


if __name__ == "__main__":
    sys.exit(start(run))
