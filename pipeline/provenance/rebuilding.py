"""A published document, and the bench on which it is built again from the tables as its run saw them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from exporters.config import ExportConfig, GateRules, LeagueCalendar, PerName
from exporters.config.leagues import NBA, LeagueSettings, leagues_of
from exporters.registry import exports, groups
from pipeline.planning.planner import at_instant, make_plan
from pipeline.provenance.bench import Bench
from pipeline.requests.problems import Problem, ProblemsError, show
from pipeline.requests.request import RequestDefaults, parse_request
from pipeline.verification.document_checks import ReadDocument, read_document
from pipeline.verification.tree import Place, day_in, place_of
from transforms.elements.manifest import publisher_of
from transforms.elements.run_order import AS_OF, RunOrder, as_of_text
from transforms.publishing.manifest import load_manifest
from transforms.stores.protocol import Store
from transforms.warehouses.protocol import Warehouse, WarehouseError

_STAMPS = ("generated_at", "updated_at")
_OPEN = GateRules(players_per_game=PerName(0), predicted_percent=PerName(0))
"""The document went out, so its gates let it; fewer rows must not hold back what is asked about."""


class NotPublished(ProblemsError):
    """There is no such document; the message has one line."""


@dataclass(frozen=True)
class Published:
    """A document as it is published, and what is known of the run that made it.

    Attributes:
        place: What its path stands for.
        day: The date that it is about.
        found: The document.
        section: The section of its export type in the manifest of the date; empty without one.
        manifest: That manifest; empty without one.
        problem: Why the manifest cannot be used; empty when it can.
        calendar: That of the league, which paths with a season follow.
    """

    place: Place
    day: date
    found: ReadDocument
    section: Mapping[str, Any]
    manifest: Mapping[str, Any]
    problem: str = ""
    calendar: LeagueCalendar = NBA.calendar

    @property
    def value(self) -> dict[str, Any]:
        """What the document says."""
        return self.found.value or {}

    @property
    def path(self) -> str:
        """The path of the document itself, for a pointer too."""
        return self.place.export.path_of(self.day, self.place.player, calendar=self.calendar)

    @property
    def order(self) -> RunOrder:
        """The run that wrote the object, as far as it says so; else the run that published the type."""
        own = RunOrder.of(self.found.shown.metadata)
        return own if own.as_of or not self.section else publisher_of(self.section)

    @property
    def champion(self) -> str:
        """The model that the date shows."""
        return str(self.manifest.get("champion", {}).get("system_id") or ExportConfig().champion_system_id)

    @property
    def generated_at(self) -> str:
        """The time of the request that it was made for; empty when nothing says so."""
        run = self.manifest.get("run", {})
        return next((str(self.value[name]) for name in _STAMPS if name in self.value), str(run.get("generated_at", "")))

    @property
    def is_of_manifest(self) -> bool | None:
        """Whether the bytes are those that the manifest lists; None when it lists none."""
        listed = self.section.get("documents", {}).get(self.path)
        return None if listed is None else listed == self.found.digest


@dataclass(frozen=True)
class _Shown:
    """The published document, as the only one."""

    published: Published

    def read(self, path: str) -> tuple[bytes, Any] | None:
        """Return it."""
        return (self.published.found.content, None) if path == self.published.path else None


def find_published(store: Store, path: str, calendar: LeagueCalendar = NBA.calendar) -> Published:
    """Return a published document with its manifest.

    Raises:
        NotPublished: The path is none of an export type, or nothing is there that says of which date it is.
        StoreError: It cannot be read.
    """
    place = place_of(path)
    if place is None:
        fix = "name one as docs/api lists them, such as predictions/2026-02-11.json"
        raise NotPublished([Problem("PATH", show(path), "is no path of an export type", fix)])
    read = store.read(path)
    if read is None:
        fix = f"name an object that is there; this would be {store.url(path)}"
        raise NotPublished([Problem("PATH", show(path), "is not published", fix)])
    found = read_document(path, *read)
    if found.value is None:
        raise NotPublished([Problem("PATH", show(path), "is no JSON object", "phase6 verify says what is wrong")])
    texts = (found.shown.metadata.get("game_date"), found.value.get("game_date"), found.value.get("date"))
    days = [place.day, *(day_in(str(text)) for text in texts if text)]
    day = next((known for known in days if known is not None), None)
    if day is None:
        fix = "name the document in the place that it was published to: a copy has no metadata"
        raise NotPublished([Problem("PATH", show(path), "does not say of which date it is", fix)])
    loaded = load_manifest(store, day)
    manifest = loaded.manifest or {}
    section = manifest.get("exports", {}).get(place.export.name, {})
    return Published(place, day, found, section, manifest, loaded.problem, calendar)


@dataclass(frozen=True)
class Rebuilt:
    """A document that was built again.

    Attributes:
        bench: Where.
        source: Which picture of the tables was read, in words.
        is_as_of: Whether it is that of the run which made the document.
    """

    bench: Bench
    source: str
    is_as_of: bool


def rebuild(published: Published, warehouse: Warehouse, now: datetime, league: LeagueSettings = NBA) -> Rebuilt:
    """Build a document again, from the tables as they were for its run where the warehouse can tell that.

    Raises:
        WarehouseError: The tables cannot be read.
    """
    export, day = published.place.export, published.day
    made = published.generated_at
    config = replace(
        league.config,
        champion_system_id=published.champion,
        min_context_rows=0,
        min_active_predictions=0,
        gates=_OPEN,
    )
    request = parse_request(
        {
            "export_types": [export.name],
            "target_date": day.isoformat(),
            "league": league.name,
            **({"generated_at": made} if made else {}),
        },
        known_types=tuple(exports()),
        groups=groups(),
        defaults=RequestDefaults(config.champion_system_id, leagues=leagues_of(league)),
        now=now,
    )
    plan = make_plan(request, config)
    as_of, source, is_as_of = _picture(published.order.as_of, warehouse)
    bench = Bench(at_instant(plan, as_of), warehouse, export, published.path, published.place.player, _Shown(published))
    broken = sorted(set(bench.scan_counts.broken) & plan.built_from)
    if broken:
        raise WarehouseError(*(bench.scan_counts.broken[table] for table in broken))
    return Rebuilt(bench, source, is_as_of)


def _picture(as_of: str, warehouse: Warehouse) -> tuple[str, str, bool]:
    """Return the instant to read tables as of, which picture that is in words, and whether it is the asked one."""
    newest = as_of_text(warehouse.newest_as_of())
    if not as_of:
        return newest, f"the tables as they are now: nothing says as of when ({AS_OF}) the document was made", False
    problem = warehouse.history_problem(datetime.fromisoformat(as_of.replace("Z", "+00:00")))
    if not problem:
        return as_of, f"the tables as of {as_of}", True
    if newest <= as_of:
        return newest, f"the tables as of {as_of}, which have not changed since", True
    return newest, f"the tables as they are now, of {newest}: {problem.partition('; ')[0]}", False
