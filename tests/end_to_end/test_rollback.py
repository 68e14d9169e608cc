"""What a run had published for a date is brought back, byte for byte, as a run of its own."""

from __future__ import annotations

import shutil
from copy import copy
from dataclasses import replace
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from exporters.registry import groups
from exporters.warehouse.tables import CONTEXT, GAMES, PREDICTIONS
from pipeline.execution.in_process import run_in_process
from pipeline.operations.diff import DIFFERENT
from pipeline.operations.diff import main as diff
from pipeline.operations.rollback import FAILED, OK, REJECTED, main
from pipeline.planning.planner import at_instant, begun
from pipeline.reporting.report import summarize
from pipeline.verification.verify import verify
from tests.end_to_end.test_rerun import one_more_point
from tests.support.matchers import contents, json_of, manifest_of
from tests.support.plans import plan_of
from tests.support.stores import published_in
from tests.support.warehouses import League
from transforms.elements.plan import LeaseRules, Plan
from transforms.publishing.lease import acquire, lease_path
from transforms.stores.control import HISTORY, ControlledStore, is_control
from transforms.stores.protocol import Store

BEGAN = datetime(2026, 2, 3, 18, tzinfo=timezone.utc)
NOW = datetime(2026, 2, 4, 9, tzinfo=timezone.utc)
TYPES = (*groups()["tonight-all"], "player-game-report")


def plan_at(league: League, minute: int, **request: Any) -> Plan:
    """Return the plan of an execution that reads the picture of a minute."""
    types = request.pop("types", TYPES)
    stamp = f"2026-02-03T18:{minute:02}:00Z"
    plan = plan_of(*types, first=league.today, generated_at=stamp, **request)
    plan = begun(plan, BEGAN.replace(minute=minute))
    return replace(
        at_instant(plan, f"{stamp[:-1]}.000000Z"),
        lease=LeaseRules(0.05, 0.2, 0.4),
        accept_shrink=frozenset(TYPES),
        latest_day=league.today,
    )


class World:
    """A place that a good run and a bad one have published to."""

    def __init__(self, league: League, root: Path) -> None:
        self.league, self.root, self.day = league, root, league.today
        self.store: ControlledStore = published_in(root)
        self.good, self.bad = plan_at(league, 1), plan_at(league, 5)
        run_in_process(self.good, league.changed(self._without(league, slice(0, 2))), self.store)
        self.as_good_left_it = self.documents()
        run_in_process(self.bad, self.corrected(league), self.store)
        self.as_bad_left_it = self.documents()

    def at(self, root: Path) -> World:
        """Return the same world where its files have been copied to."""
        copied = copy(self)
        copied.root, copied.store = root, published_in(root)
        return copied

    @staticmethod
    def _without(league: League, gone: slice) -> dict[Any, pa.Table]:
        """Without some players of the night, so that each run has players whom the other one has not."""
        context = league.rows(CONTEXT)
        players = context.filter(pc.equal(context["game_date"], pa.scalar(league.today)))["player_lookup"].to_pylist()
        lost = pa.array(sorted(set(players))[gone])
        found = {}
        for table in (CONTEXT, PREDICTIONS):
            rows = league.rows(table)
            is_tonight = pc.equal(rows["game_date"], pa.scalar(league.today))
            found[table] = rows.filter(pc.invert(pc.and_(is_tonight, pc.is_in(rows["player_lookup"], lost))))
        return found

    def corrected(self, league: League) -> Any:
        """The picture of the second run."""
        games = league.rows(GAMES)
        points = games.schema.get_field_index("points")
        more = pc.add(games["points"], pa.scalar(1, games.schema.field("points").type))
        scored = games.set_column(points, "points", more.cast(games.schema.field("points").type))
        return league.changed({**self._without(league, slice(2, 4)), GAMES: scored})

    def documents(self) -> dict[str, bytes]:
        return {
            path: held
            for path, held in contents(self.store).items()
            if not is_control(path) and path != "status.json" and not path.startswith(("schemas/", "status/"))
        }

    def run(self, *more: str, now: datetime = NOW) -> int:
        return main([f"--output={self.root}", f"--date={self.day}", *more], now=now)

    def history(self) -> list[str]:
        return [shown.path for shown in self.store.list(HISTORY)]


@pytest.fixture(scope="module")
def published(league: League, tmp_path_factory: pytest.TempPathFactory) -> World:
    """What both runs have published; not to be changed."""
    return World(league, tmp_path_factory.mktemp("published") / "out")


@pytest.fixture
def world(published: World, tmp_path: Path) -> World:
    """A copy of it, which a test may change."""
    shutil.copytree(published.root.parent, tmp_path, dirs_exist_ok=True)
    return published.at(tmp_path / "out")


def listed_by(store: Store, plan: Plan, day: date) -> set[str]:
    """The documents that a run left published."""
    found = store.read(f"runs/{day}/{plan.run.execution}.json")
    assert found is not None
    sections = orjson.loads(found[0])["exports"].values()
    return {path for section in sections for path in section["documents"]}


def test_every_document_of_the_run_is_there_byte_for_byte(world: World) -> None:
    listed = listed_by(world.store, world.good, world.day)
    differ = {path for path in listed if world.as_good_left_it[path] != world.as_bad_left_it[path]}
    assert len(differ) > 20, "the test needs runs that differ"
    assert world.run(f"--to={world.good.run.execution}") == OK
    after = world.documents()
    added = {path for path in world.as_bad_left_it if path not in world.as_good_left_it}
    assert {path: held for path, held in after.items() if path not in added} == world.as_good_left_it
    # Players whom only the later run had: no document of the date, and a pointer that says that they have no game.
    left = sorted(path for path in added if path in after)
    assert len(added) == 6, "two documents, two reports, two pointers"
    assert [orjson.loads(after[path])["prediction"] for path in left] == [None, None]
    assert all(orjson.loads(after[path])["game_context"] is None for path in left)


def test_pointers_show_what_they_showed_after_the_run(world: World) -> None:
    assert world.run(f"--to={world.good.run.execution}") == OK
    after = world.documents()
    dated = str(world.day)
    pointers = {path for path in world.as_good_left_it if dated not in path}
    assert len(pointers) > 10
    assert {path: after[path] for path in pointers} == {path: world.as_good_left_it[path] for path in pointers}


def test_a_verification_finds_nothing(world: World) -> None:
    assert world.run(f"--to={world.good.run.execution}") == OK
    found = verify(world.store, None, today=world.day)
    assert list(found.problems) == []
    assert found.checked > 50


def test_the_manifest_records_who_brought_back_what(world: World) -> None:
    assert world.run(f"--to={world.good.run.run_id}", "--by=ana") == OK
    manifest = manifest_of(world.store, world.day)
    told = manifest["rollback"]
    assert (told["by"], told["at"][:16]) == ("ana", "2026-02-04T09:00")
    assert told["from"]["execution_id"] == world.bad.run.execution
    assert told["to"]["execution_id"] == world.good.run.execution
    mine = manifest["run"]["execution_id"]
    assert mine not in (told["from"]["execution_id"], told["to"]["execution_id"])
    assert world.store.read(f"runs/{world.day}/{mine}.json") is not None
    assert {section["execution_id"] for section in manifest["exports"].values()} == {mine}
    status = json_of(world.store, "status.json")["dates"][str(world.day)]
    assert status["exports"]["tonight"]["execution_id"] == mine
    page = json_of(world.store, f"status/dates/{world.day}.json")
    assert page["exports"]["tonight"]["execution_id"] == page["run"]["execution_id"] == mine


def test_a_rollback_can_be_undone(world: World) -> None:
    assert world.run(f"--to={world.good.run.execution}") == OK
    assert world.run(f"--to={world.bad.run.execution}", now=NOW.replace(hour=10)) == OK
    after, listed = world.documents(), listed_by(world.store, world.bad, world.day)
    assert {path: after[path] for path in listed} == {path: world.as_bad_left_it[path] for path in listed}
    assert [path for path in after if "/player/" in path and path not in world.as_bad_left_it] == []
    assert list(verify(world.store, None, today=world.day).problems) == []


def test_a_rollback_to_a_rollback(world: World) -> None:
    assert world.run(f"--to={world.good.run.execution}") == OK
    first = manifest_of(world.store, world.day)["run"]["execution_id"]
    assert world.run(f"--to={world.bad.run.execution}", now=NOW.replace(hour=10)) == OK
    assert world.run(f"--to={first}", now=NOW.replace(hour=11)) == OK
    after, listed = world.documents(), listed_by(world.store, world.good, world.day)
    assert {path: after[path] for path in listed} == {path: world.as_good_left_it[path] for path in listed}


def test_an_older_run_does_not_replace_it_and_says_so(world: World, league: League) -> None:
    assert world.run(f"--to={world.good.run.execution}") == OK
    before = world.documents()
    older = plan_at(league, 3)
    found = summarize(older, "out", run_in_process(older, world.corrected(league), world.store))
    assert (found.status in ("kept", "partial"), found.exit_code) == (True, 1)
    assert all("a newer run" in line for line in found.missing), found.missing
    assert world.documents() == before


def test_a_newer_run_replaces_it(world: World, league: League) -> None:
    assert world.run(f"--to={world.good.run.execution}") == OK
    newer = plan_at(league, 8)
    found = summarize(newer, "out", run_in_process(newer, world.corrected(league), world.store))
    assert found.status in ("success", "degraded"), found.missing
    path = f"tonight/{world.day}.json"
    told = orjson.loads(world.documents()[path]), orjson.loads(world.as_bad_left_it[path])
    assert told[0]["total_players"] == told[1]["total_players"]
    assert list(verify(world.store, None, today=world.day).problems) == []


def test_the_next_run_of_the_same_picture_replaces_it(world: World, league: League) -> None:
    """A folder of Parquet files that nobody touches has one picture for all runs."""
    assert world.run(f"--to={world.good.run.execution}") == OK
    again = replace(begun(world.bad, NOW.replace(hour=12)), rewrite=True)
    found = summarize(again, "out", run_in_process(again, world.corrected(league), world.store))
    assert found.status in ("success", "degraded"), found.missing


def test_a_dry_run_says_what_would_change_and_writes_nothing(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(world.store), contents(world.store.control)
    assert world.run(f"--to={world.good.run.execution}", "--dry_run", "--most=1000") == OK
    out = capsys.readouterr().out
    assert f"documents changed: tonight/{world.day}.json" in out
    assert "players lost" in out
    assert "players gained" in out
    assert "nothing was written" in out
    assert (contents(world.store), contents(world.store.control)) == before


def test_a_version_that_is_gone_is_named_and_nothing_is_written(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing half: the lease is given back, and every document stays."""
    for path in world.history():
        world.store.delete(path)
    before = world.documents(), manifest_of(world.store, world.day)
    assert world.run(f"--to={world.good.run.execution}") == REJECTED
    err = capsys.readouterr().err
    assert "are not kept any more" in err
    assert str(world.day) in err
    assert (world.documents(), manifest_of(world.store, world.day)) == before
    assert world.store.read(lease_path(world.day)) is None


def test_one_missing_version_is_enough_to_refuse(world: World) -> None:
    world.store.delete(world.history()[0])
    before = world.documents()
    assert world.run(f"--to={world.good.run.execution}") == REJECTED
    assert world.documents() == before


def test_a_date_that_another_run_holds_is_left_alone(world: World, league: League) -> None:
    other = plan_at(league, 9)
    acquire(world.store, replace(other.run, execution_id="z"), str(world.day), LeaseRules(0.05, 60, 0))
    before = world.documents()
    assert world.run(f"--to={world.good.run.execution}", "--lease_wait=0") == FAILED
    assert world.documents() == before


def test_a_run_that_nobody_knows_is_refused(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert world.run("--to=20200101T000000.000000Z-00000000") == REJECTED
    assert f"is no run of {world.day}" in capsys.readouterr().err


def test_runs_are_listed_with_what_can_be_brought_back(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert world.run("--list", "--json") == OK
    first, second = orjson.loads(capsys.readouterr().out)["runs"]
    assert [first["execution_id"], second["execution_id"]] == [world.good.run.execution, world.bad.run.execution]
    assert first["gone"] == second["gone"] == []
    assert first["documents"] > 20
    world.store.delete(world.history()[0])
    assert world.run() == OK
    out = capsys.readouterr().out
    assert "no: 1 are gone" in out
    assert "yes" in out


def test_a_date_that_was_never_exported_has_no_runs(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"--output={world.root}", "--date=2025-12-25", "--list"], now=NOW) == REJECTED
    assert "has no runs in this place" in capsys.readouterr().err


class TestWhatItCosts:
    def test_what_is_published_first_adds_nothing(self, league: League, tmp_path: Path) -> None:
        store = published_in(tmp_path / "out")
        run_in_process(plan_at(league, 1), league.warehouse, store)
        assert [shown.path for shown in store.list(HISTORY)] == []

    def test_a_rerun_without_changes_adds_nothing(self, world: World, league: League) -> None:
        before = world.history()
        assert before
        run_in_process(plan_at(league, 6), world.corrected(league), world.store)
        assert world.history() == before

    def test_only_what_is_replaced_is_kept(self, world: World) -> None:
        listed = listed_by(world.store, world.good, world.day)
        differ = {path for path in listed if world.as_good_left_it[path] != world.as_bad_left_it[path]}
        assert len(world.history()) == len(differ)

    def test_nothing_is_public(self, world: World) -> None:
        assert not [shown.path for shown in world.store.public.list("") if "history" in shown.path]

    def test_no_history_is_kept_where_none_is_wanted(self, league: League, tmp_path: Path) -> None:
        store = published_in(tmp_path / "out")
        run_in_process(replace(plan_at(league, 1), history_days=0), league.warehouse, store)
        changed = league.changed(dict([one_more_point(league, league.today)]))
        run_in_process(replace(plan_at(league, 2), history_days=0), changed, store)
        assert [shown.path for shown in store.list(HISTORY)] == []

    def test_a_later_run_removes_versions_that_were_replaced_too_long_ago(self, world: World, league: League) -> None:
        kept = world.history()
        late = replace(plan_at(league, 7), latest_day=date(2026, 3, 5))
        for began, left in (
            (datetime(2026, 3, 5, tzinfo=timezone.utc), kept),
            (datetime(2026, 3, 6, tzinfo=timezone.utc), []),
        ):
            run_in_process(replace(begun(late, began), latest_day=began.date()), world.corrected(league), world.store)
            assert world.history() == left, began


class TestTwoRuns:
    def compare(self, world: World, *more: str) -> int:
        return diff([str(world.root), f"--target_date={world.day}", "--json", *more], now=NOW)

    def test_two_runs_of_a_date_are_compared(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        runs = [f"--run_before={world.good.run.execution}", f"--run_after={world.bad.run.execution}"]
        assert self.compare(world, *runs) == DIFFERENT
        there = orjson.loads(capsys.readouterr().out)
        assert there["totals"]["documents_changed"] > 20
        assert (there["totals"]["documents_missing"], there["totals"]["documents_new"]) == (4, 4)
        assert self.compare(world, f"--run_before={world.good.run.execution}") == DIFFERENT
        assert orjson.loads(capsys.readouterr().out)["changes"] == there["changes"]

    def test_a_run_is_equal_to_itself_and_to_what_is_published(self, world: World) -> None:
        run = world.good.run.execution
        assert self.compare(world, f"--run_before={run}", f"--run_after={run}") == 0
        assert self.compare(world, f"--run_before={world.bad.run.execution}") == 0

    def test_nothing_is_written(self, world: World) -> None:
        before = contents(world.store), contents(world.store.control)
        self.compare(world, f"--run_before={world.good.run.execution}")
        assert (contents(world.store), contents(world.store.control)) == before

    def test_a_run_of_which_something_is_gone_is_refused(
        self, world: World, capsys: pytest.CaptureFixture[str]
    ) -> None:
        world.store.delete(world.history()[0])
        assert self.compare(world, f"--run_before={world.good.run.execution}") == REJECTED
        assert "1 documents of the run are not kept any more" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            (("--run_after=x",), "has no --run_before"),
            (("--run_before=x", "--after=elsewhere"), "excludes --run_before"),
            (("--run_before=20200101",), "is no run of"),
            ((), "--after: is missing"),
        ],
    )
    def test_half_a_comparison_is_rejected(
        self, world: World, more: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.compare(world, *more) == REJECTED
        assert said in capsys.readouterr().err
