"""Writes the code version into an image while the image is built, before the package is installed."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.deployment.command_options import COMMIT_PATTERN, StampOptions
from pipeline.options.flags import OptionsError, parse_options
from pipeline.requests.problems import Problem, show
from pipeline.version import ROOT, STAMP, lock_digest


def main(argv: Sequence[str], *, root: Path = ROOT, stamp: Path = STAMP) -> int:
    """Carry out a command line and return its exit code.

    Args:
        argv: Arguments, without the program's name.
        root: The checkout.
        stamp: The file to write.
    """
    try:
        options = parse_options(StampOptions, argv)
        content = stamp_of(options, root)
    except OptionsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    stamp.write_text(json.dumps(content) + "\n")
    if options.json:
        sys.stdout.write(json.dumps({"file": str(stamp), **content}) + "\n")
    return 0


def stamp_of(options: StampOptions, root: Path) -> dict[str, str]:
    """Return the code version of a checkout.

    Raises:
        OptionsError: The options are not of one commit, or the checkout has no lock file.
    """
    problems = []
    if not re.fullmatch(COMMIT_PATTERN, options.commit):
        reason, fix = "is no commit", "give 12 hexadecimal digits"
        problems.append(Problem("--commit", show(options.commit), reason, fix))
    if not options.image.endswith(f":{options.commit}"):
        reason, fix = "is not tagged with its commit", f"end it with :{options.commit}"
        problems.append(Problem("--image", show(options.image), reason, fix))
    # Computed from the file that the image installs, so that the two cannot differ.
    lock = lock_digest(root)
    if not lock:
        problems.append(Problem("requirements.txt", "", f"is missing: there is no lock file in {root}", "make lock"))
    if problems:
        raise OptionsError(problems)
    return {"commit": options.commit, "lock": lock, "image": options.image}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
