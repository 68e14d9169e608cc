"""Serves Pub/Sub on this machine until it is interrupted or standard input ends.

    python -m demo.pubsub --port=8085

The line that it prints, given to a shell, makes clients find it.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Sequence

from demo.pubsub.server import EMULATOR_VARIABLE, serving


def main(argv: Sequence[str]) -> int:
    """Carry out a command line and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m demo.pubsub", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=0, help="to listen on; by default a free one")
    options = parser.parse_args(argv)
    try:
        with serving(port=options.port) as address, contextlib.suppress(KeyboardInterrupt):
            sys.stdout.write(f"export {EMULATOR_VARIABLE}={address}\n")
            sys.stdout.flush()
            sys.stdin.read()
    except RuntimeError as error:
        sys.stderr.write(f"port {options.port} cannot be served, so nothing listens: {error}; give another --port\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
