"""Two runs of one date, in any order, at once, or cut off: the newest picture stays, and each says what it did."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from exporters.warehouse.tables import CONTEXT, GAMES
from pipeline.execution.in_process import run_in_process
from pipeline.planning.planner import at_instant, begun
from pipeline.reporting.completion import completed
from pipeline.reporting.report import summarize
from pipeline.verification.verify import verify
from tests.end_to_end.test_rerun import one_more_point, public
from tests.support.eager import pipeline
from tests.support.matchers import assert_same_objects, contents, documents, json_of, manifest_of
from tests.support.plans import TONIGHT_TYPES, plan_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import League, with_value
from transforms.elements.plan import LeaseRules, Plan
from transforms.publishing.lease import acquire, lease_path
from transforms.stores.control import ControlledStore, is_control

BEGAN = datetime(2026, 2, 3, 18, tzinfo=timezone.utc)


def plan_at(league: League, minute: int, *, types: tuple[str, ...] = TONIGHT_TYPES, **request: Any) -> Plan:
    """Return the plan of an execution that reads the picture of a minute."""
    plan = plan_of(*types, first=league.today, **request)
    read = at_instant(begun(plan, BEGAN), f"2026-02-03T18:{minute:02}:00.000000Z")
    return replace(read, lease=LeaseRules(heartbeat_seconds=0.05, dead_after_seconds=0.2, wait_seconds=0.4))


def outcome(plan: Plan, manifests: dict[str, Any]) -> Any:
    return summarize(plan, "out", manifests)


@pytest.fixture
def pictures(league: League) -> tuple[Any, Any]:
    """The warehouse before and after a correction."""
    return league.changed(), league.changed(dict([one_more_point(league, league.today)]))


class TestOlderAfterNewer:
    def test_the_newer_one_stays_and_the_older_one_says_so(self, league: League, pictures: tuple[Any, Any]) -> None:
        old, new = pictures
        store = MemoryStore()
        run_in_process(plan_at(league, 4), new, store)
        before, manifest = documents(store), manifest_of(store, league.today)
        plan = plan_at(league, 3)
        found = outcome(plan, run_in_process(plan, old, store))
        assert_same_objects(documents(store), before)
        assert manifest_of(store, league.today) == manifest
        assert (found.status, found.exit_code) == ("kept", 1)
        kept = [line for line in found.missing if "a newer run published 2026-02-03 at 2026-02-03T18:04:00Z" in line]
        assert kept == found.missing
        assert any(f"tonight/{league.today}.json was kept" in line for line in kept)
        event = completed(plan, "out", run_in_process(plan, old, store), finished=BEGAN)
        assert (event["status"], event["as_of"]) == ("kept", "2026-02-03T18:03:00.000000Z")
        assert event["execution_id"] == plan.run.execution_id

    def test_the_graph_says_the_same(self, league: League, pictures: tuple[Any, Any]) -> None:
        from pipeline.planning.graph import build
        from transforms.publishing.manifest import load_record

        old, new = pictures
        store = MemoryStore()
        run_in_process(plan_at(league, 4), new, store)
        before = documents(store)
        plan = plan_at(league, 3)
        root = pipeline()
        build(root, plan, old, store)
        root.run().wait_until_finish()
        assert_same_objects(documents(store), before)
        record = load_record(store, plan.run, league.today)
        assert record is not None
        assert record["status"] == "kept"

    def test_one_that_found_everything_as_it_should_be_still_counts_as_newer(
        self, league: League, pictures: tuple[Any, Any]
    ) -> None:
        """Its objects are those of the oldest run, since it had nothing to write."""
        old, new = pictures
        store = MemoryStore()
        run_in_process(plan_at(league, 1), old, store)
        run_in_process(plan_at(league, 5), old, store)
        before = documents(store)
        plan = plan_at(league, 3)
        assert outcome(plan, run_in_process(plan, new, store)).status == "kept"
        assert_same_objects(documents(store), before)

    def test_one_that_would_publish_the_same_is_a_success(self, league: League, pictures: tuple[Any, Any]) -> None:
        old, _ = pictures
        store = MemoryStore()
        run_in_process(plan_at(league, 4), old, store)
        plan = plan_at(league, 3)
        assert outcome(plan, run_in_process(plan, old, store)).status == "success"

    def test_types_that_only_the_older_one_publishes_go_out(self, league: League, pictures: tuple[Any, Any]) -> None:
        old, new = pictures
        store = MemoryStore()
        run_in_process(plan_at(league, 4, types=("tonight",)), new, store)
        plan = plan_at(league, 3)
        found = outcome(plan, run_in_process(plan, old, store))
        assert found.exports["predictions"].written == 1
        assert found.exports["tonight"].kept == 1
        assert found.status == "kept"
        sections = manifest_of(store, league.today)["exports"]
        assert sections["tonight"]["as_of"].startswith("2026-02-03T18:04")
        assert sections["predictions"]["as_of"].startswith("2026-02-03T18:03")

    def test_a_smaller_older_picture_is_kept_out_and_not_offered_to_be_accepted(
        self, league: League, pictures: tuple[Any, Any]
    ) -> None:
        _, new = pictures
        rows = league.rows(GAMES)
        store = MemoryStore()
        run_in_process(plan_at(league, 4), new, store)
        plan = plan_at(league, 3)
        found = outcome(plan, run_in_process(plan, league.changed({GAMES: with_value(rows, 0, points=1)}), store))
        assert not any("--accept_shrink" in line for line in found.missing)


class TestNewerHeldBack:
    def test_an_older_run_publishes_what_the_newer_one_held_back(
        self, league: League, pictures: tuple[Any, Any]
    ) -> None:
        old, new = pictures
        without = league.changed({CONTEXT: league.rows(CONTEXT)[:3]})
        store, clean = MemoryStore(), MemoryStore()
        run_in_process(plan_at(league, 1), old, store)
        newer, plan = plan_at(league, 4), plan_at(league, 3)
        assert outcome(newer, run_in_process(newer, without, store)).exports["tonight"].withheld == 1
        found = outcome(plan, run_in_process(plan, new, store))
        run_in_process(plan, new, clean)
        path = f"tonight/{league.today}.json"
        assert documents(store)[path] == documents(clean)[path]
        assert found.exports["tonight"].kept == 0
        assert not any(line.startswith(f"{league.today} tonight ") for line in found.missing)
        section = manifest_of(store, league.today)["exports"]["tonight"]
        assert (section["state"], section["as_of"][:16]) == ("withheld", "2026-02-03T18:04")
        assert section["published_by"]["execution_id"] == plan.run.execution_id
        shown = store.stat(path)
        assert shown is not None
        assert section["documents"][path] == shown.metadata["digest"]
        # What the newer one did publish stays its own.
        streaks = manifest_of(store, league.today)["exports"]["streaks"]
        assert streaks["published_by"]["execution_id"] == newer.run.execution_id
        wrong = verify(store, [league.today], today=league.today).problems
        assert [line for line in wrong if line.startswith(f"{league.today} tonight: ")] == [
            f"{league.today} tonight: withheld: {section['reason']}; what is published is of run {plan.run.run_id}"
        ]
        assert not any(path in line for line in wrong)
        status = json_of(store, "status.json")["exports"]["tonight"]
        assert (status["state"], status["execution_id"]) == ("withheld", plan.run.execution_id)

    def test_retries_of_both_then_do_the_same(self, league: League, pictures: tuple[Any, Any]) -> None:
        old, new = pictures
        without = league.changed({CONTEXT: league.rows(CONTEXT)[:3]})
        store = MemoryStore()
        run_in_process(plan_at(league, 4, types=("tonight",)), without, store)
        for _ in range(2):
            plan = plan_at(league, 3, types=("tonight",))
            assert outcome(plan, run_in_process(plan, new, store)).status == "success"
        after = documents(store)
        plan = plan_at(league, 4, types=("tonight",))
        assert outcome(plan, run_in_process(plan, without, store)).exports["tonight"].withheld == 1
        plan = plan_at(league, 2, types=("tonight",))
        assert outcome(plan, run_in_process(plan, old, store)).status == "kept"
        assert_same_objects(documents(store), after)
        plan = plan_at(league, 5, types=("tonight",))
        assert outcome(plan, run_in_process(plan, old, store)).status == "success"
        assert manifest_of(store, league.today)["exports"]["tonight"]["state"] == "ready"
        assert json_of(store, "status.json")["exports"]["tonight"]["state"] == "ready"


class TestCutOff:
    def test_a_newer_run_repairs_what_one_that_was_cut_off_left(
        self, league: League, pictures: tuple[Any, Any]
    ) -> None:
        old, new = pictures
        store, clean = MemoryStore(), MemoryStore()
        run_in_process(plan_at(league, 1), old, store)
        _cut_off(store, plan_at(league, 2), new, after=2)
        run_in_process(plan_at(league, 3), old, clean)
        plan = plan_at(league, 3)
        found = outcome(plan, run_in_process(plan, old, store))
        assert found.status == "success"
        assert_same_objects(documents(store), documents(clean))
        assert store.stat(lease_path(league.today)) is None

    def test_an_older_run_keeps_what_a_newer_one_wrote_before_it_was_cut_off(
        self, league: League, pictures: tuple[Any, Any]
    ) -> None:
        old, new = pictures
        store, clean = MemoryStore(), MemoryStore()
        run_in_process(plan_at(league, 1), old, store)
        _cut_off(store, plan_at(league, 3), new, after=2)
        torn = documents(store)
        plan = plan_at(league, 2)
        assert outcome(plan, run_in_process(plan, old, store)).status in ("kept", "partial")
        day = league.today.isoformat()
        assert {path for path, held in documents(store).items() if day in path and torn[path] != held} == set()
        run_in_process(plan_at(league, 4), new, store)
        run_in_process(plan_at(league, 4), new, clean)
        assert_same_objects(documents(store), documents(clean))
        assert store.stat(lease_path(league.today)) is None

    def test_a_run_of_one_type_leaves_no_other_type_in_doubt(self, league: League, pictures: tuple[Any, Any]) -> None:
        """It writes the manifest, which then lists what the run that was cut off replaced."""
        old, new = pictures
        store, clean = MemoryStore(), MemoryStore()
        run_in_process(plan_at(league, 1), old, store)
        _cut_off(store, plan_at(league, 2), new, after=2)
        run_in_process(plan_at(league, 3, types=("streaks",)), old, store)
        run_in_process(plan_at(league, 4), old, store)
        run_in_process(plan_at(league, 4), old, clean)
        assert_same_objects(documents(store), documents(clean))

    def test_documents_that_were_removed_are_published_again(self, league: League, pictures: tuple[Any, Any]) -> None:
        old, _ = pictures
        store = MemoryStore()
        run_in_process(plan_at(league, 1), old, store)
        before = documents(store)
        for path in before:
            store.delete(path)
        plan = plan_at(league, 2)
        assert outcome(plan, run_in_process(plan, old, store)).status == "success"
        assert_same_objects(documents(store), before)


def _cut_off(store: MemoryStore, plan: Plan, warehouse: Any, *, after: int) -> None:
    """Let a run die after it has written some documents."""
    written: list[str] = []

    def die(path: str) -> None:
        if not is_control(path):
            written.append(path)
        if len(written) > after:
            raise KeyboardInterrupt

    store.before_write = die
    with pytest.raises(KeyboardInterrupt):
        run_in_process(plan, warehouse, store)
    store.before_write = lambda _: None


def _keep_alive(store: MemoryStore) -> None:
    """Let every other run show a sign of life whenever one is looked for."""
    beats = iter(range(10_000))

    def beat(path: str) -> None:
        if path.startswith("alive/"):
            store.before_read = lambda _: None
            store.write(path, str(next(beats)).encode(), cache_control="")
            store.before_read = beat

    store.before_read = beat


class TestAtOnce:
    def test_a_date_that_another_run_holds_is_refused_by_name_and_left_alone(
        self, league: League, pictures: tuple[Any, Any]
    ) -> None:
        old, new = pictures
        store, other = MemoryStore(), plan_at(league, 2)
        run_in_process(plan_at(league, 1), old, store)
        acquire(store, other.run, league.today.isoformat(), other.lease)
        before, plan = documents(store), plan_at(league, 3)

        _keep_alive(store)
        store.written.clear()
        found = outcome(plan, run_in_process(plan, new, store))
        assert (found.status, found.exit_code) == ("failed", 1)
        assert any(f"is being published by run {other.run.run_id}" in line for line in found.missing)
        assert public(store.written) == []
        assert_same_objects(documents(store), before)

    def test_a_range_goes_on_without_the_date_that_another_run_holds(
        self, league: League, pictures: tuple[Any, Any]
    ) -> None:
        store, day, other = MemoryStore(), league.today, plan_at(league, 2)
        plan = plan_at(league, 3, start_date=(day - timedelta(days=1)).isoformat())
        acquire(store, other.run, day.isoformat(), other.lease)
        _keep_alive(store)
        found = outcome(plan, run_in_process(plan, pictures[0], store))
        assert found.status == "partial"
        written = {path for path in public(store.written) if day.isoformat() in path}
        assert written == set()
        assert manifest_of(store, day - timedelta(days=1))["status"] == "success"


def test_nothing_that_is_said_of_runs_reaches_the_public_place(league: League, pictures: tuple[Any, Any]) -> None:
    public_store, control = MemoryStore(), MemoryStore()
    store: Any = ControlledStore(public_store, control)
    run_in_process(plan_at(league, 1), pictures[0], store)
    assert contents(control)
    assert all(is_control(path) for path in contents(control))
    assert not any(is_control(path) for path in contents(public_store))
