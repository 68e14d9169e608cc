"""``status/dates/{date}.json``: what the status page shows of one date when it is chosen.

It has the funnel, and of each export type its times, its counts and its documents, each with the beginning of its
digest: two dates, and two runs of a date, are compared by them. It is written for the dates of the calendar only. It
grows with the documents of the date, by about 60 bytes for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transforms.elements.run_order import RunOrder
from transforms.status_page.calendar import Told, told_of

VERSION = 1
_DIGEST = 12
"""Characters of a digest that are kept: enough to tell two versions of one document apart."""


def night_path(day: str) -> str:
    """Return the path of what is told of a date."""
    return f"status/dates/{day}.json"


def night_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is public of what a run did on a date.

    Players who are lost on the way are counted, and not named. A document that no run expects any more is left out.

    Args:
        record: The record of the run.
    """
    told = told_of(record)
    sections = {name: record["exports"][name] for name in told["exports"]}
    order = RunOrder.of(told["run"]).metadata()
    return {
        **told,
        "funnel": [
            {"stage": stage["stage"], "players": stage["players"], "lost": stage["lost"]}
            for stage in record["funnel"].get("stages", ())
        ],
        "exports": {
            name: {
                **told["exports"][name],
                **order,
                "written": section["written"],
                "unchanged": section["unchanged"],
                "failed": section["failed"],
                "bytes": section["bytes"],
                "build_ms": section["build_ms"],
                "publish_ms": section["publish_ms"],
                "counts": section["counts"],
                "paths": _paths(section),
            }
            for name, section in sections.items()
        },
    }


def _paths(section: Mapping[str, Any]) -> dict[str, str]:
    """Return the digests of the documents that belong to a date, by path."""
    stale = frozenset(section["stale"])
    return {path: digest[:_DIGEST] for path, digest in section["documents"].items() if path not in stale}


def merged_night(previous: Mapping[str, Any] | None, told: Told) -> dict[str, Any]:
    """Return what is told of a date after a run: of each export type, what the newest run tells.

    ``changes`` of an export type are the documents that are new, changed and gone since the run before.

    Args:
        previous: What was told before; None when nothing was.
        told: What :func:`night_of` returns of the run.
    """
    before: Mapping[str, Any] = {} if previous is None else previous["exports"]
    mine = RunOrder.of(told["run"])
    sections: dict[str, Any] = dict(before)
    for name, section in told["exports"].items():
        shown = before.get(name)
        if shown is None or mine >= RunOrder.of(shown):
            sections[name] = {**section, "changes": _changes(shown, section)}
    is_newest = previous is None or mine >= RunOrder.of(previous["run"])
    about = told if is_newest or previous is None else previous
    # A run of types that no gate decides on counts no players.
    counted = _is_counted(about) or previous is None or not _is_counted(previous)
    return {
        "version": VERSION,
        **{key: about[key] for key in ("date", "games", "degraded", "run")},
        "funnel": about["funnel"] if counted or previous is None else previous["funnel"],
        "exports": dict(sorted(sections.items())),
    }


def _is_counted(told: Told) -> bool:
    return any(stage["players"] is not None for stage in told["funnel"])


def _changes(before: Mapping[str, Any] | None, section: Mapping[str, Any]) -> dict[str, int] | None:
    """Return how many documents are new, changed and gone; None where there was no run before."""
    if before is None:
        return None
    if RunOrder.of(before) == RunOrder.of(section):
        # A step that is carried out again has nothing new to tell.
        kept: dict[str, int] | None = before["changes"]
        return kept
    old, new = before["paths"], section["paths"]
    return {
        "added": len(new.keys() - old.keys()),
        "dropped": len(old.keys() - new.keys()),
        "changed": sum(old[path] != digest for path, digest in new.items() if path in old),
    }
