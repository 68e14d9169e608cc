"""Prints the instant at which the demo league's last game night begins: the demo's own notion of now."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def tonight(warehouse: Path) -> str:
    """Return noon, New York standard time, of the last game night, as an ISO instant in UTC.

    Raises:
        FileNotFoundError: There is no demo season in ``warehouse``.
    """
    stamp = json.loads((warehouse / "_demo.json").read_text())
    return f"{stamp['summary']['last_game_night']}T17:00:00Z"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--warehouse", type=Path, default=Path(".demo/warehouse"))
    sys.stdout.write(tonight(parser.parse_args().warehouse) + "\n")
