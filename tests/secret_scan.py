"""Scans what git knows for secrets: ``python -m tests.secret_scan``; with ``--accept``, what is found is no secret.

detect-secrets judges. It gets only lines that may hold a secret: all lines would take a minute.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).parents[1]
BASELINE = ".secrets.baseline"
_LEFT_OUT = re.compile(r"(^|/)(requirements[^/]*\.txt|package-lock\.json)$|^\.secrets\.baseline$")
"""Files of hashes."""
_CANDIDATE = re.compile(
    r"-----BEGIN|://[^/\s:]+:[^/\s@]+@|(?:pass|pwd|secret|token|api_?key|private_?key|auth|credential)\w*[\"']?\s*[:=]"
    r"|(?=[A-Za-z_+/=.-]*[0-9])[A-Za-z0-9_+/=.-]{20,}",
    re.IGNORECASE,
)


def found_in(root: Path, names: Sequence[str]) -> list[tuple[str, int, str, str]]:
    """Return (file, line, kind, hash) of each secret in some files below a folder."""
    kinds = (kind.__name__ for kind in get_mapping_from_secret_type_to_class().values())
    plugins = [{"name": kind} for kind in kinds if not kind.startswith(("Base64High", "HexHigh", "IPPublic"))]
    found = []
    with transient_settings({"plugins_used": plugins}), tempfile.TemporaryDirectory() as made:
        for name in names:
            lines = _candidates(root / name)
            if lines:
                # The kind of a file decides how its lines are read.
                excerpt = Path(made) / f"excerpt{Path(name).suffix}"
                excerpt.write_text("".join(f"{line}\n" for _, line in lines), encoding="utf-8")
                for secret in scan_file(str(excerpt)):
                    found.append((name, lines[secret.line_number - 1][0], secret.type, secret.secret_hash))
    return sorted(found)


def _candidates(path: Path) -> list[tuple[int, str]]:
    if not path.is_file():
        return []
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return []
    return [(number, line) for number, line in enumerate(text.split("\n"), start=1) if _CANDIDATE.search(line)]


def names_of(root: Path) -> list[str]:
    """Return the files that git knows, without those of hashes."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and not _LEFT_OUT.search(name)]


def main(argv: Sequence[str], *, root: Path = ROOT) -> int:
    """Scan, print each secret that nobody has accepted, and return the exit code."""
    found = found_in(root, names_of(root))
    baseline = root / BASELINE
    if "--accept" in argv:
        accepted = sorted({(name, kind, digest) for name, _, kind, digest in found})
        baseline.write_text(json.dumps(accepted, indent=1) + "\n", encoding="utf-8")
        return 0
    known = {tuple(entry) for entry in json.loads(baseline.read_text(encoding="utf-8"))} if baseline.exists() else set()
    new = [(name, line, kind) for name, line, kind, digest in found if (name, kind, digest) not in known]
    for name, line, kind in new:
        sys.stderr.write(f"{name}:{line}: {kind}; take it out and revoke it, or see python -m tests.secret_scan\n")
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
