"""Golden trees: the documents of the demo season, written before a change and compared after it.

    python -m tests.golden write /tmp/before        # before the change: a night of every type, and a week
    python -m tests.golden compare /tmp/before      # after it: exports again, and lists every object that differs

Manifests, leases, ``status.json`` and the status page describe the run (times, ids, versions) and are left out.
Documents, pointers and schemas are compared byte for byte. Exit codes: 0 no object differs, 1 some do.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[1]
WAREHOUSE = ROOT / ".demo" / "warehouse"

TREES: Mapping[str, Sequence[str]] = {
    "night": ("--export_types=all", "--target_date=today"),
    "week": ("--export_types=backfill", "--start_date=2026-02-08", "--end_date=2026-02-14"),
}
"""The runs of a golden tree: folder to the request."""

ABOUT_THE_RUN = ("manifest", "failures", "status.json", "status")


@dataclass(frozen=True)
class Comparison:
    """Two trees side by side.

    Attributes:
        compared: Objects that are in both.
        differing: Paths whose bytes differ, and paths that only one tree has, each with what is the matter.
    """

    compared: int
    differing: Mapping[str, str]


def write(folder: Path, warehouse: Path = WAREHOUSE) -> None:
    """Export every tree into a folder.

    Raises:
        subprocess.CalledProcessError: An export did not succeed.
    """
    instant = _python("-m", "demo.tonight", f"--warehouse={warehouse}").strip()
    for name, request in TREES.items():
        places = (f"--warehouse={warehouse}", f"--output={folder / name}", f"--generated_at={instant}")
        _python("-m", "pipeline.main", *places, *request)


def compare(before: Path, after: Path) -> Comparison:
    """Compare the documents, pointers and schemas of two folders."""
    old, new = dict(_digests(before)), dict(_digests(after))
    differing = dict.fromkeys(old.keys() - new.keys(), "only before")
    differing |= dict.fromkeys(new.keys() - old.keys(), "only after")
    both = old.keys() & new.keys()
    differing |= {path: "other bytes" for path in both if old[path] != new[path]}
    return Comparison(len(both), dict(sorted(differing.items())))


def _digests(folder: Path) -> Iterator[tuple[str, str]]:
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        # The first part is the name of the tree. Folders with a leading dot or "-control" are the store's own.
        parts = inside.parts
        if not path.is_file() or parts[0].endswith("-control") or any(part.startswith(".") for part in parts):
            continue
        if len(parts) > 1 and parts[1] in ABOUT_THE_RUN:
            continue
        yield inside.as_posix(), sha256(path.read_bytes()).hexdigest()


def _python(*arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def main(argv: Sequence[str]) -> int:
    """Carry out a command line and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.golden", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("verb", choices=("write", "compare"))
    parser.add_argument("folder", type=Path, help="where the golden trees are")
    given = parser.parse_args(argv)
    if given.verb == "write":
        write(given.folder)
        return 0
    with tempfile.TemporaryDirectory() as there:
        write(Path(there))
        found = compare(given.folder, Path(there))
    for path, what in found.differing.items():
        sys.stdout.write(f"{what}: {path}\n")
    sys.stdout.write(f"{found.compared} objects compared, {len(found.differing)} differing\n")
    return 1 if found.differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
