"""Asks the advisory database for known holes of what is locked: ``make audit``.

Exit codes: 0 none is known, 1 some are, 3 the database did not answer, so that nothing is known.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

CLEAN, HOLES, UNKNOWN = 0, 1, 3
LOCK = Path(__file__).parents[1] / "requirements.txt"
PIP_AUDIT = (
    str(Path(sys.executable).with_name("pip-audit")),
    *("--no-deps", "--disable-pip", "--require-hashes", "--progress-spinner=off", "--format=json", "--timeout=10"),
)


def main(lock: Path = LOCK, command: Sequence[str] = PIP_AUDIT) -> int:
    """Audit a lock file, print what is known, and return the exit code."""
    done = subprocess.run([*command, f"--requirement={lock}"], capture_output=True, text=True, check=False)
    try:
        audited = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        # A traceback ends with its reason.
        reason = (done.stderr.strip().splitlines() or ["no answer"])[-1][:200]
        sys.stderr.write(f"audit: the advisory database did not answer, so that nothing is known: {reason}\n")
        return UNKNOWN
    left = [found["name"] for found in audited if "skip_reason" in found]
    holes = [(found["name"], found["version"], hole) for found in audited for hole in found.get("vulns", ())]
    for name, version, hole in holes:
        fixed = ", ".join(hole.get("fix_versions", ())) or "no version yet"
        sys.stderr.write(f"audit: {name} {version} has {hole['id']}; fixed in {fixed}: make lock\n")
    if left or not audited:
        sys.stderr.write(f"audit: nothing is known of {', '.join(left) or 'any dependency'}\n")
    sys.stdout.write(f"audit: {len(audited)} dependencies, {len(holes)} known holes\n")
    return HOLES if holes else UNKNOWN if left or not audited else CLEAN


if __name__ == "__main__":
    sys.exit(main())
