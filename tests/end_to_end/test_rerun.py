"""Running a request again writes what has changed and nothing else, whatever happened to the run before."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from exporters.registry import exports
from exporters.warehouse.tables import CONTEXT, GAMES, PREDICTIONS, REGISTRY
from pipeline.execution.in_process import run_in_process
from pipeline.planning.planner import begun
from tests.support.eager import pipeline
from tests.support.matchers import assert_same_objects, contents, documents, generations, json_of, manifest_of
from tests.support.plans import TONIGHT_TYPES, plan_of
from tests.support.stores import MemoryStore, Refuse
from tests.support.warehouses import League, MemoryWarehouse, find_row, with_value
from transforms.publishing.lease import lease_path
from transforms.stores.control import CONTROL
from transforms.stores.protocol import StoreError

LATER = "2026-02-03T20:00:00Z"


def run(warehouse: Any, store: MemoryStore, day: date, **request: Any) -> dict[str, Any]:
    is_later = request.pop("is_later", False)
    plan = plan_of(*TONIGHT_TYPES, first=day, last=request.pop("last", day), **request)
    # Another execution of the same request, which is newer than all that did not begin as one.
    plan = begun(plan, datetime.now(timezone.utc)) if is_later else plan
    return run_in_process(plan, warehouse, store)[plan.dates[-1].isoformat()]


def changed_by(store: MemoryStore, before: dict[str, int]) -> set[str]:
    """The objects that were written since, manifests aside."""
    return {path for path, generation in generations(store).items() if before.get(path) != generation}


def world(league: League, day: date) -> tuple[MemoryWarehouse, MemoryStore]:
    warehouse, store = league.changed(), MemoryStore()
    run(warehouse, store, day)
    return warehouse, store


def public(paths: list[str]) -> list[str]:
    return [path for path in paths if not path.startswith((*CONTROL, "status.json", "status/"))]


@dataclass
class Reads:
    """Remembers what is read."""

    paths: list[str] = field(default_factory=list)

    def __call__(self, path: str) -> None:
        self.paths.append(path)


class TestSameRequest:
    def test_a_rerun_writes_nothing_and_reports_unchanged(self, league: League) -> None:
        warehouse, store = world(league, league.today)
        before, bytes_before = generations(store), documents(store)
        store.written.clear()
        manifest = run(warehouse, store, league.today, generated_at=LATER)
        assert public(store.written) == []
        assert generations(store) == before
        assert documents(store) == bytes_before, "with the generated_at of the run that wrote them"
        for name, section in manifest["exports"].items():
            assert (section["written"], section["pointers"]["moved"]) == (0, 0), name
            assert section["unchanged"] == len(section["documents"]) > 0
        assert manifest["status"] == "success"

    @pytest.mark.parametrize("name", [name for name, export in exports().items() if "{date}" in export.path])
    def test_a_rerun_finds_what_is_there_before_it_writes(self, league: League, name: str) -> None:
        warehouse, store, tried = league.changed(), MemoryStore(), Reads()
        for _ in range(2):
            plan = begun(plan_of(name, first=league.today), datetime.now(timezone.utc))
            manifest = run_in_process(plan, warehouse, store)[league.today.isoformat()]
            store.before_write = tried
        assert public(tried.paths) == [], "an upload that is refused is a request, too"
        assert manifest["exports"][name]["unchanged"] == len(manifest["exports"][name]["documents"]) > 0

    def test_the_graph_reruns_alike(self, league: League) -> None:
        from pipeline.planning.graph import build

        warehouse, store = world(league, league.today)
        before = generations(store)
        root = pipeline()
        build(root, plan_of(*TONIGHT_TYPES, first=league.today, generated_at=LATER), warehouse, store)
        root.run().wait_until_finish()
        assert generations(store) == before

    def test_a_rewrite_writes_everything(self, league: League) -> None:
        warehouse, store = world(league, league.today)
        before = generations(store)
        manifest = run(warehouse, store, league.today, generated_at=LATER, rewrite=True)
        assert changed_by(store, before) == set(before)
        assert all(section["unchanged"] == 0 for section in manifest["exports"].values())
        assert json_of(store, "tonight/all-players.json")["generated_at"] == "2026-02-03T20:00:00+00:00"

    def test_only_requested_types_are_compared(self, league: League) -> None:
        warehouse, store = world(league, league.today)
        store.written.clear()
        run_in_process(plan_of("streaks", first=league.today, rewrite=True), warehouse, store)
        written = {path.split("/")[0] for path in store.written}
        assert written - {"schemas"} == {"streaks", "manifest", "runs", "open", "status.json", "status", "history"}
        assert set(manifest_of(store, league.today)["exports"]) == set(TONIGHT_TYPES)


def one_more_point(league: League, day: date) -> tuple[Any, pa.Table]:
    """A player of the date scored one point more in his last game."""
    player = _someone_tonight(league, day)
    games = league.rows(GAMES)
    own = [i for i, name in enumerate(games.column("player_lookup").to_pylist()) if name == player]
    played = [i for i in own if games.column("game_date")[i].as_py() < day and games.column("points")[i].as_py()]
    at = max(played, key=lambda i: games.column("game_date")[i].as_py())
    return GAMES, with_value(games, at, points=games.column("points")[at].as_py() + 1)


def another_line(league: League, day: date) -> tuple[Any, pa.Table]:
    """The champion's forecast of one player has another value."""
    rows = league.rows(PREDICTIONS)
    at = find_row(
        rows, game_date=day, system_id="catboost_v9", is_active=True, player_lookup=_someone_tonight(league, day)
    )
    return PREDICTIONS, with_value(rows, at, predicted_points=Decimal("47.5"))


def another_name(league: League, day: date) -> tuple[Any, pa.Table]:
    """One player is called something else."""
    rows = league.rows(REGISTRY)
    at = find_row(rows, player_lookup=_someone_tonight(league, day), season="2025-26")
    return REGISTRY, with_value(rows, at, player_name="Somebody Else")


def _someone_tonight(league: League, day: date) -> str:
    forecast = league.rows(PREDICTIONS)
    context = league.rows(CONTEXT)
    expected = {
        row["player_lookup"]
        for row in context.select(["player_lookup", "game_date"]).to_pylist()
        if row["game_date"] == day
    }
    known = sorted(
        row["player_lookup"]
        for row in forecast.select(
            ["player_lookup", "game_date", "system_id", "is_active", "prediction_version"]
        ).to_pylist()
        if row["game_date"] == day and row["is_active"] and row["system_id"] == "catboost_v9"
    )
    single = [player for player in known if known.count(player) == 1 and player in expected]
    return single[0]


class TestChangedInput:
    @pytest.mark.parametrize("change", [one_more_point, another_line, another_name])
    def test_it_rewrites_exactly_the_documents_that_show_it(self, league: League, change: Any) -> None:
        day = league.today
        _, store = world(league, day)
        before, old = generations(store), documents(store)
        table, rows = change(league, day)
        changed = league.changed({table: rows})
        fresh = MemoryStore()
        run(changed, fresh, day)
        new = documents(fresh)
        expected = {path for path in new if new[path] != old[path]}
        manifest = run(changed, store, day, generated_at=LATER)
        assert changed_by(store, before) == expected
        assert {f"tonight/{day}.json", "tonight/all-players.json"} <= expected
        assert len([path for path in expected if path.startswith(f"tonight/player/{day}")]) == 1
        assert {path: held for path, held in documents(store).items() if path not in expected} == {
            path: held for path, held in old.items() if path not in expected
        }
        dated = {path for path in expected if day.isoformat() in path}
        assert sum(section["written"] for section in manifest["exports"].values()) == len(dated)

    def test_a_player_who_is_no_longer_expected_leaves_his_document_behind(self, league: League) -> None:
        day = league.today
        _, store = world(league, day)
        player = _someone_tonight(league, day)
        context = league.rows(CONTEXT)
        kept = [
            name != player or on != day
            for name, on in zip(
                context.column("player_lookup").to_pylist(), context.column("game_date").to_pylist(), strict=True
            )
        ]
        manifest = run(league.changed({CONTEXT: context.filter(pa.array(kept))}), store, day, generated_at=LATER)
        path = f"tonight/player/{day}/{player}.json"
        assert manifest["exports"]["tonight-players"]["stale"] == [path]
        assert path in documents(store)


class TestCutOff:
    def test_digests_of_a_run_without_a_manifest_are_not_used(self, league: League) -> None:
        """The run replaced documents; the manifest still holds the old digests, which would match the next run's."""
        day = league.today
        warehouse, store = world(league, day)
        complete = documents(store)
        store.before_write = Refuse(f"manifest/{day}.json")
        with pytest.raises(StoreError):
            run(league.changed(dict([one_more_point(league, day)])), store, day, generated_at=LATER)
        store.before_write = lambda _: None
        assert store.stat(lease_path(day)) is not None
        assert documents(store) != complete
        manifest = run(warehouse, store, day, is_later=True)
        assert_same_objects(documents(store), complete)
        assert 0 < sum(section["written"] for section in manifest["exports"].values()) < 9, "what the other run changed"
        assert store.stat(lease_path(day)) is None
        store.written.clear()
        store.before_read = read = Reads()
        run(warehouse, store, day, is_later=True)
        assert public(store.written) == [], "trusted again"
        assert not [path for path in read.paths if path.startswith(f"tonight/player/{day}/")], "one list instead"

    def test_a_first_run_that_ends_before_its_manifest_is_made_again(self, league: League) -> None:
        warehouse, store = league.changed(), MemoryStore()
        store.before_write = Refuse("manifest/")
        with pytest.raises(StoreError):
            run(warehouse, store, league.today)
        store.before_write = lambda _: None
        manifest = run(warehouse, store, league.today, is_later=True)
        assert manifest["status"] == "success"
        assert sum(section["written"] for section in manifest["exports"].values()) == 0, "all of it was there"

    def test_documents_that_could_not_be_written_are_written_by_the_next_run_locally(self, league: League) -> None:
        warehouse, store = league.changed(), MemoryStore()
        store.before_write = refuse = Refuse("tonight/player/", passing=3)
        manifest = run(warehouse, store, league.today)
        assert manifest["status"] == "partial"
        section = manifest["exports"]["tonight-players"]
        assert (section["written"], section["failed"]) == (3, len(refuse.refused) - 3), "and three pointers"
        store.before_write = lambda _: None
        section = run(warehouse, store, league.today, is_later=True)["exports"]["tonight-players"]
        assert section["unchanged"] == 3
        assert section["failed"] == 0
        fresh = MemoryStore()
        run(warehouse, fresh, league.today)
        assert_same_objects(contents(store, "tonight/player/"), contents(fresh, "tonight/player/"))

    def test_a_worker_that_dies_leaves_nothing_torn_or_lost(self, league: League) -> None:
        warehouse, store, fresh = league.changed(), MemoryStore(), MemoryStore()
        written: list[str] = []

        def die(path: str) -> None:
            written.append(path)
            if len(written) == 12:
                raise KeyboardInterrupt

        store.before_write = die
        with pytest.raises(KeyboardInterrupt):
            run(warehouse, store, league.today)
        store.before_write = lambda _: None
        run(warehouse, fresh, league.today)
        torn = documents(store)
        assert 0 < len(torn) < len(documents(fresh))
        assert torn.items() <= documents(fresh).items()
        run(warehouse, store, league.today)
        assert_same_objects(documents(store), documents(fresh))

    def test_a_range_leaves_digests_of_every_date(self, league: League) -> None:
        warehouse, store = league.changed(), MemoryStore()
        first = league.today - timedelta(days=4)
        run(warehouse, store, first, last=league.today)
        before = generations(store)
        run(warehouse, store, first, last=league.today, generated_at=LATER)
        assert generations(store) == before
