"""The schemas of the last release, and the check that today's are compatible with them.

``python -m pipeline.reference.released_schemas`` checks, ``--record`` writes today's as released. See
``schemas/README.md``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from exporters.declaration import Json
from exporters.document_schemas import schemas, version_of
from pipeline.reference.compatibility import breaks
from pipeline.reporting.terminal import say
from pipeline.version import ROOT

RELEASED = ROOT / "schemas"
RULES = """\
A released shape is a promise to every reader that was written for it. A field may be added at the end of its object.
Removing, renaming, retyping or moving one, making it nullable, and changing its listed values are breaks. Do one of:
  - undo it, and add what is new as a field at the end;
  - declare the next version in the Export, version={next}, and on a path of its own while old readers remain.
See schemas/README.md."""


def released(folder: Path = RELEASED) -> dict[str, Json]:
    """Return the released schemas by name."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def problems(before: Mapping[str, Json], now: Mapping[str, Json]) -> dict[str, list[str]]:
    """Return what breaks readers of the released schemas, by name of the schema."""
    found = {name: list(_problems(schema, now.get(name))) for name, schema in before.items()}
    return {name: each for name, each in found.items() if each}


def _problems(before: Json, now: Json | None) -> Sequence[str]:
    if now is None:
        return ("the type is gone: declare it again, or delete its file in schemas/ when no reader is left",)
    was, version = version_of(before), version_of(now)
    if version < was:
        return (f"version {version} is older than the released version {was}: versions only go up",)
    return breaks(before, now) if version == was else ()


def check(before: Mapping[str, Json], now: Mapping[str, Json]) -> tuple[list[str], int]:
    """Return what to print and the exit code: 1 when readers of the released schemas would break."""
    found = problems(before, now)
    lines = [f"{name}: {each}" for name, some in found.items() for each in some]
    if found:
        versions = {version_of(before[name]) + 1 for name in found}
        lines.append(RULES.format(next="/".join(map(str, sorted(versions)))))
    new = [name for name in now if name not in before]
    higher = [name for name in now if name in before and version_of(now[name]) > version_of(before[name])]
    notes = [
        f"{len(now)} schemas, {len(before)} released",
        *([f"not released yet: {', '.join(new)}"] if new else []),
        *([f"of a new version: {', '.join(higher)}"] if higher else []),
        f"{len(found)} break readers" if found else "compatible",
    ]
    return [*lines, "; ".join(notes)], 1 if found else 0


def record(folder: Path, now: Mapping[str, Json]) -> list[str]:
    """Write schemas as released, without their examples, and return the names of those that changed."""
    changed = []
    for name, schema in now.items():
        path = folder / f"{name}.json"
        kept = {key: value for key, value in schema.items() if key != "examples"}
        text = json.dumps(kept, indent=1, ensure_ascii=False) + "\n"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(name)
    return changed


def main(argv: Sequence[str], folder: Path = RELEASED) -> int:
    """Check, or with ``--record`` check and record, and return the exit code."""
    if list(argv) not in ([], ["--record"]):
        say("usage: python -m pipeline.reference.released_schemas [--record]")
        return 2
    lines, code = check(released(folder), schemas())
    for line in lines:
        say(line)
    if code == 0 and argv:
        say(f"recorded: {', '.join(record(folder, schemas())) or 'nothing changed'}")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
