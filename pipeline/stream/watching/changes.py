"""The watch over what is published: results whose inputs have changed since are requested again.

Grades come late, box scores are corrected days later. Each section of a manifest holds a digest of the versions of all
that its documents were made of; here the same digest is taken of the tables as they are. It costs one question a table
and no row is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any

import orjson

from exporters.config import ExportConfig
from exporters.config.leagues import NBA, LeagueSettings, leagues_of
from exporters.registry import exports, groups
from pipeline.planning.inputs import inputs_of
from pipeline.planning.planner import make_plan
from pipeline.requests.request import ExportRequest, RequestDefaults, UpdateLatest, parse_request
from transforms.clients.concurrency import run_concurrently
from transforms.elements.manifest import HELD
from transforms.publishing.lease import CONTROL_CACHE
from transforms.publishing.manifest import load_manifest
from transforms.stores.protocol import ABSENT, GenerationMismatch, Store
from transforms.warehouses.protocol import Warehouse

CHANGES_PATH = "watch/changes.json"
"""What was requested, of which inputs: an object of the control output."""
DAYS_BACK = 7
"""League days before today that are compared."""
EVERY = timedelta(minutes=15)
"""Time between two comparisons."""
AGAIN_AFTER = timedelta(hours=6)
"""Time after which the same inputs are requested again, where no run has published them."""
_RESULTS = ("post-game", "post-grades")


@dataclass(frozen=True)
class Changes:
    """Compares what the results of the last days are made of with what they were made of.

    Attributes:
        warehouse: Tells the versions of its tables.
        store: Holds the manifests, and what was requested.
        config: The rules of the exporters.
        clock: The current time, aware.
        league: The league.
    """

    warehouse: Warehouse
    store: Store
    config: ExportConfig
    clock: Callable[[], datetime]
    league: LeagueSettings = NBA

    def find(self, settled: Sequence[date]) -> dict[date, list[str]]:
        """Return the export types to publish again, by date.

        A type that is not published, is held back, or whose tables are still being written to is left out: the request
        for its results is made elsewhere, and what is being written to is compared once it rests. At most one look
        in :data:`EVERY` compares anything.

        Args:
            settled: The dates whose games are over, ascending.

        Raises:
            WarehouseError: The versions cannot be told.
            StoreError: A manifest, or what was requested, cannot be read or written.
        """
        now = self.clock()
        found = self.store.read(CHANGES_PATH)
        before = _Requested.read(None if found is None else found[0])
        if not settled or now - before.looked_at < EVERY:
            return {}
        generation = ABSENT if found is None else found[1].generation
        differing = self._differing(settled)
        due = {
            day: [name for name, digest in by_type.items() if before.is_new(day, name, digest, now)]
            for day, by_type in differing.items()
        }
        after = before.after(differing, due, now)
        try:
            self.store.write(CHANGES_PATH, after.encode(), cache_control=CONTROL_CACHE, if_generation=generation)
        except GenerationMismatch:
            # Another worker has looked meanwhile, and has requested the same.
            return {}
        return {day: types for day, types in due.items() if types}

    def _differing(self, settled: Sequence[date]) -> dict[date, dict[str, str]]:
        """Return the digests that are not those of the manifest, by date and export type."""
        plan = make_plan(self._request(settled), self.config, shards=1)
        inputs = inputs_of(plan, self.warehouse)
        manifests = run_concurrently(
            lambda day: load_manifest(self.store, day).manifest, settled, self.store.concurrency
        )
        return {
            day: {
                export.name: digest
                for export in plan.exports
                if (digest := inputs.digests.get(export.name, {}).get(day.isoformat()))
                and day.isoformat() not in inputs.unsettled.get(export.name, ())
                and _was_made_of_others(manifest, export.name, digest)
            }
            for day, manifest in zip(settled, manifests, strict=True)
        }

    def _request(self, settled: Sequence[date]) -> ExportRequest:
        payload = {
            "export_types": list(settled_types()),
            "start_date": settled[0].isoformat(),
            "end_date": settled[-1].isoformat(),
            "update_latest": UpdateLatest.NEVER.value,
            "league": self.league.name,
        }
        return parse_request(
            payload,
            known_types=tuple(exports()),
            groups=groups(),
            defaults=RequestDefaults(self.config.champion_system_id, leagues=leagues_of(self.league)),
            now=self.clock(),
        )


def settled_types() -> tuple[str, ...]:
    """Return the export types that tell the results of a date, each in a document of its own."""
    declared = exports()
    named = {name for group in _RESULTS for name in groups()[group]}
    return tuple(name for name, of in declared.items() if name in named and "{date}" in of.path and not of.is_live)


def _was_made_of_others(manifest: Mapping[str, Any] | None, name: str, digest: str) -> bool:
    """Whether a type is published, and its documents were made of other inputs; unknown ones count as others."""
    section = None if manifest is None else manifest["exports"].get(name)
    return section is not None and section["state"] not in HELD and section["inputs"] != digest


@dataclass
class _Requested:
    """What was requested.

    Attributes:
        looked_at: When the tables were last compared.
        digests: By ISO date and export type, the digest and when it was requested.
    """

    looked_at: datetime
    digests: dict[str, dict[str, tuple[str, datetime]]] = field(default_factory=dict)

    @classmethod
    def read(cls, content: bytes | None) -> _Requested:
        """Return what an object says; nothing was requested where there is none, or none that is understood."""
        try:
            found = orjson.loads(content or b"{}")
            digests = {
                day: {name: (digest, datetime.fromisoformat(at)) for name, (digest, at) in by_type.items()}
                for day, by_type in found["digests"].items()
            }
            return cls(datetime.fromisoformat(found["looked_at"]), digests)
        except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError):
            return cls(datetime.min.replace(tzinfo=timezone.utc))

    def encode(self) -> bytes:
        """Return the object that says it."""
        return orjson.dumps({"looked_at": self.looked_at, "digests": self.digests})

    def is_new(self, day: date, name: str, digest: str, now: datetime) -> bool:
        """Whether inputs are to be requested: for the first time, or again because nothing came of it."""
        requested = self.digests.get(day.isoformat(), {}).get(name)
        return requested is None or requested[0] != digest or now - requested[1] >= AGAIN_AFTER

    def after(
        self, differing: Mapping[date, Mapping[str, str]], due: Mapping[date, Sequence[str]], now: datetime
    ) -> _Requested:
        """Return what was requested after a comparison; what no longer differs is forgotten."""
        digests: dict[str, dict[str, tuple[str, datetime]]] = {}
        for day, by_type in differing.items():
            shown = self.digests.get(day.isoformat(), {})
            for name, digest in by_type.items():
                digests.setdefault(day.isoformat(), {})[name] = (digest, now) if name in due[day] else shown[name]
        return _Requested(now, digests)
