"""Writes into an image which code it is made of; run while it is built, before the package is installed.

python -m pipeline.deployment.stamp --commit=41f8e42d1c3a --image=us-west2-docker.pkg.dev/p/phase6/export:41f8e42d1c3a
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.version import ROOT, STAMP, lock_digest

COMMIT_PATTERN = r"[0-9a-f]{12}"


def main(argv: Sequence[str], *, root: Path = ROOT, stamp: Path = STAMP) -> int:
    """Carry out a command line and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.deployment.stamp", description=__doc__)
    parser.add_argument("--commit", required=True, help="the first 12 characters of the commit")
    parser.add_argument("--image", required=True, help="the image, with its tag")
    arguments = parser.parse_args(argv)
    if not re.fullmatch(COMMIT_PATTERN, arguments.commit):
        parser.error(f"--commit={arguments.commit} is no commit: give 12 hexadecimal digits")
    if not arguments.image.endswith(f":{arguments.commit}"):
        parser.error(f"--image={arguments.image} is not tagged with its commit, {arguments.commit}")
    # Worked out here, from the file that the image installs, so that it cannot be another one.
    lock = lock_digest(root)
    if not lock:
        parser.error(f"there is no lock file in {root}")
    stamp.write_text(json.dumps({"commit": arguments.commit, "lock": lock, "image": arguments.image}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
