"""Named matchers: each states what it expects, and names what differs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson

from transforms.stores.control import CONTROL, is_control
from transforms.stores.protocol import Store

_VARYING = (
    "build_ms",
    "publish_ms",
    "bytes",
    "started_at",
    "finished_at",
    "checked_at",
    "updated_at",
    "valid_until",
    "detected_at",
    "last_update",
    "age_minutes",
    "next_update_expected",
    "as_of",
    "execution_id",
)
_TIMINGS = re.compile(rf'"(?:{"|".join(_VARYING)})": [^\n]+|"generations": \{{[^}}]*\}}'.encode())
_COMPACT_TIMINGS = re.compile(rf'"(?:{"|".join(_VARYING)})":(?:"[^"]*"|[^,}}\]]+)'.encode())

_NO_DOCUMENTS = (*CONTROL, "schemas/", "status.json", "status/")


def contents(store: Store, prefix: str = "") -> dict[str, bytes]:
    """Return the content of every object below a prefix, by path."""
    return {found.path: _content(store, found.path) for found in store.list(prefix)}


def documents(store: Store) -> dict[str, bytes]:
    """Return the content of all documents and pointers: of everything that is neither about a run nor about a type."""
    return {path: held for path, held in contents(store).items() if not path.startswith(_NO_DOCUMENTS)}


def generations(store: Store, *, without: Iterable[str] = (*CONTROL, "status.json", "status/")) -> dict[str, int]:
    """Return the generation of every public object, by path."""
    return {found.path: found.generation for found in store.list("") if not found.path.startswith(tuple(without))}


def json_of(store: Store, path: str) -> Any:
    """Return an object's JSON value."""
    return orjson.loads(_content(store, path))


def manifest_of(store: Store, day: Any) -> dict[str, Any]:
    """Return the manifest of a date."""
    found: dict[str, Any] = json_of(store, f"manifest/{day}.json")
    return found


def _content(store: Store, path: str) -> bytes:
    found = store.read(path)
    assert found is not None, f"{path} is not in the store"
    return found[0]


def without_timings(objects: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return objects without what may differ from run to run: times, generations, and how Arrow laid out bytes."""
    return {
        path: _TIMINGS.sub(b"", held)
        if is_control(path) or path == "status.json"
        else _COMPACT_TIMINGS.sub(b"", held)
        if path.startswith("status/")
        else held
        for path, held in objects.items()
    }


def assert_same_objects(found: Mapping[str, bytes], expected: Mapping[str, bytes]) -> None:
    """Insist on the same paths with the same bytes, and on there being some."""
    assert expected, "nothing to compare"
    missing, extra = sorted(expected.keys() - found.keys()), sorted(found.keys() - expected.keys())
    changed = sorted(path for path in found.keys() & expected.keys() if found[path] != expected[path])
    same = not missing + extra + changed
    assert same, f"missing {missing[:9]}; extra {extra[:9]}; different {changed[:9]}"


def assert_same_manifest(store: Store, other: Store, day: Any) -> None:
    """Insist on the same manifest of a date, whatever the tables were read from."""
    # How long it took, how Arrow laid out what was read, and which versions of tables and objects that was.
    varying = ("_ms", ".bytes", "started_at", "finished_at", "as_of", "execution_id")
    apart = (".inputs", ".generations")
    changed = differing(manifest_of(store, day), manifest_of(other, day))
    telling = [path for path in changed if not path.endswith(varying) and not any(part in path for part in apart)]
    assert telling == [], telling


def assert_mirrors(store: Store, pointer: str, dated: str) -> None:
    """Insist that a pointer shows a dated document: its bytes, its game date, its digest."""
    shown, made = store.read(pointer), store.read(dated)
    assert shown is not None, f"{pointer} is not there"
    assert made is not None, f"{dated} is not there"
    assert shown[0] == made[0], f"{pointer} does not show the bytes of {dated}"
    assert shown[1].metadata == made[1].metadata, f"{pointer} is labelled {shown[1].metadata}"


def assert_one_line_each(text: str, *, names: Iterable[str]) -> None:
    """Insist on an error for people: no stack, nothing blank, and every name in it."""
    assert "Traceback" not in text, text
    lines = text.rstrip("\n").split("\n")
    assert all(line.strip() for line in lines), text
    for name in names:
        assert name in text, f"{name!r} is not in {text!r}"


def assert_no_leftovers(root: Path) -> None:
    """Insist that an output folder holds objects only: no staging file, no marker of a run."""
    leftovers = [path for path in root.rglob("*") if path.is_file() and _is_leftover(path.relative_to(root))]
    assert not leftovers, leftovers


def _is_leftover(path: Path) -> bool:
    if path.parts[0] == ".store":
        return path.parts[1] != "locks"
    if path == Path("status/index.html"):
        return False
    return path.name.startswith(".") or path.suffix not in (".json", ".ndjson") or path.parts[0] in ("open", "alive")


def differing(left: Any, right: Any, path: str = "") -> list[str]:
    """Return the dotted paths at which two JSON values differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        names = list(dict.fromkeys((*left, *right)))
        return [found for name in names for found in differing(left.get(name), right.get(name), f"{path}.{name}")]
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        return [
            found for i, (a, b) in enumerate(zip(left, right, strict=True)) for found in differing(a, b, f"{path}[{i}]")
        ]
    return [] if left == right else [path.lstrip(".")]
