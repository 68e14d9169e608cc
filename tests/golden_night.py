"""One golden night: digests of every document of every type, of the last night of the small demo league.

    python -m tests.golden_night          # writes tests/golden_night.json anew

The file has a digest per document, and per field of a type one over all of its documents, so that a difference is named
by type, document and field. A change that is meant to alter documents rewrites it; ``git diff`` then shows where.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from exporters.declaration import Export
from exporters.registry import exports
from pipeline.execution.in_process import run_in_process
from pipeline.verification.tree import place_of
from tests.support.plans import plan_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import League

RECORDED = Path(__file__).with_suffix(".json")
FIX = "where this is meant, rewrite tests/golden_night.json with: .venv/bin/python -m tests.golden_night"
Digests = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Export type to ``documents`` and ``fields``, each with digests by path."""


def documents_of(league: League) -> dict[str, dict[str, Any]]:
    """Return the documents of the night by type and path."""
    store = MemoryStore()
    run_in_process(plan_of(*exports(), first=league.today), league.warehouse, store)
    found: dict[str, dict[str, Any]] = {name: {} for name in exports()}
    for shown in sorted(store.list(""), key=lambda one: one.path):
        place = place_of(shown.path)
        if place is not None and place.pointer is None and _is_of_the_night(place.export, place.day, league.today):
            read = store.read(shown.path)
            assert read is not None
            found[place.export.name][shown.path] = orjson.loads(read[0])
    return found


def _is_of_the_night(export: Export, day: date | None, today: date) -> bool:
    return day == today or "{date}" not in export.path


def digests(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, dict[str, str]]]:
    """Return the digests of documents by type and path."""
    return {
        name: {
            "documents": {path: _digest([value]) for path, value in by_path.items()},
            "fields": {field: _digest(values) for field, values in sorted(_fields(by_path.values()).items())},
        }
        for name, by_path in documents.items()
    }


def _fields(documents: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for value in documents:
        for field, leaf in _leaves(value, ""):
            found.setdefault(field, []).append(leaf)
    return found


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the path and value of whatever holds nothing else; empty lists and objects as well."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            # Keys such as dates and ids are values.
            named = key if key.isidentifier() else "*"
            if named == "*":
                yield f"{path}{named} (key)", key
            yield from _leaves(item, f"{path}{named}.")
    elif isinstance(value, list) and value:
        for item in value:
            yield from _leaves(item, f"{path.removesuffix('.')}[].")
    else:
        yield path.removesuffix("."), value


def _digest(values: list[Any]) -> str:
    return blake2b(orjson.dumps(values), digest_size=4).hexdigest()


def differences(recorded: Digests, now: Digests) -> list[str]:
    """Return what differs, a line for each document, with the fields of its type that do."""
    lines = []
    for name in sorted(recorded.keys() | now.keys()):
        before, after = recorded.get(name, {}), now.get(name, {})
        changed = _changed(before.get("documents", {}), after.get("documents", {}))
        fields = ", ".join(_changed(before.get("fields", {}), after.get("fields", {}))) or "the order of keys"
        lines += [f"{name}: {path} {what}; fields that differ: {fields}" for path, what in changed.items()]
    return lines


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    found = dict.fromkeys(before.keys() - after.keys(), "is gone")
    found |= dict.fromkeys(after.keys() - before.keys(), "is new")
    found |= {path: "has changed" for path in before.keys() & after.keys() if before[path] != after[path]}
    return dict(sorted(found.items()))


def recorded() -> Digests:
    """Return the digests that are recorded."""
    found: Digests = json.loads(RECORDED.read_text(encoding="utf-8"))
    return found


def main() -> int:
    """Write the digests of today and return the exit code."""
    from tests.conftest import generate_league

    with tempfile.TemporaryDirectory() as there:
        now = digests(documents_of(generate_league(Path(there) / "warehouse")))
    RECORDED.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
    documents, fields = (sum(len(of[kind]) for of in now.values()) for kind in ("documents", "fields"))
    sys.stdout.write(f"{documents} documents of {len(now)} types, {fields} fields: {RECORDED.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
