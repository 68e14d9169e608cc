from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest

from exporters.config import ExportConfig
from exporters.league.forecasts.readiness import DayCount, ScanCounts, SystemCount
from exporters.league.players.aliases import Aliases
from exporters.league.players.unmatched import NameReport, UnmatchedName
from exporters.warehouse.tables import CONTEXT, GAMES, SUBSET_VERSIONS
from pipeline.planning.planner import begun
from tests.support.made_up import CARD, DIARY, ROSTER
from tests.support.matchers import manifest_of
from tests.support.plans import NO_GATES, made_up_plan
from tests.support.stores import MemoryStore
from transforms.elements.failure import Failure
from transforms.elements.guarding import DateVerdict
from transforms.elements.manifest import checked_manifest
from transforms.elements.plan import Run
from transforms.elements.publication import Outcome, PointerOutcome, Publication, Published
from transforms.elements.run_order import RunOrder
from transforms.elements.tables import WHOLE_TABLE
from transforms.publishing.guard import open_date
from transforms.publishing.manifest import (
    load_manifest,
    load_record,
    make_manifest,
    manifest_path,
    newer_runs,
    record_path,
    write_manifest,
)
from transforms.stores.protocol import GenerationMismatch

DAY = date(2026, 1, 5)
CHAMPION = ExportConfig().champion_system_id
CENSUS = ScanCounts(
    days={DAY: DayCount(games=2, final_games=1, context_rows=40, active_predictions=90)},
    systems={(DAY, CHAMPION): SystemCount("v3", forecasts=30, picks=20)},
    rows={GAMES.name: 12, CONTEXT.name: 40},
    bytes={GAMES.name: 1200, CONTEXT.name: 4000},
)
CONFIG = ExportConfig(min_context_rows=1, gates=NO_GATES)


def plan_of(*exports: Any, run_id: str = "run-1", **values: Any) -> Any:
    run = Run(run_id, "2026-01-05T18:00:00+00:00", "correlation-1", "scheduler", "1.2")
    return made_up_plan(exports or (CARD, ROSTER), DAY, run=run, config=CONFIG, **values)


def plan_at(as_of: str) -> Any:
    plan = plan_of(run_id=f"run-{as_of}")
    return replace(plan, run=replace(plan.run, as_of=as_of))


def card(player: str, action: str = "written", **values: Any) -> Outcome:
    return Outcome(
        **{
            "path": f"card/2026-01-05/{player}.json",
            "export": "card",
            "key": player,
            "action": action,
            "size": 100,
            "digest": f"digest of {player}",
            "cache_control": "",
            "empty": False,
            "counts": {},
            **values,
        }
    )


def roster(action: str = "written", **values: Any) -> Outcome:
    return card(
        "", action, **{"path": "roster/2026-01-05.json", "export": "roster", "counts": {"players": 3}, **values}
    )


def made(
    *outcomes: Outcome, plan: Any = None, scan_counts: ScanCounts = CENSUS, before: Any = None, **more: Any
) -> Any:
    return make_manifest(plan or plan_of(), scan_counts, Publication(DAY, outcomes=list(outcomes), **more), before)


class TestContent:
    def test_it_names_run_documents_and_sources(self) -> None:
        manifest = made(card("a"), roster())
        finished = datetime.fromisoformat(manifest["run"].pop("finished_at"))
        assert abs(datetime.now(timezone.utc) - finished) < timedelta(hours=1)
        assert manifest["date"] == "2026-01-05"
        assert manifest["run"] == {
            "run_id": "run-1",
            "as_of": "",
            "execution_id": "run-1",
            "generated_at": "2026-01-05T18:00:00+00:00",
            "correlation_id": "correlation-1",
            "trigger_source": "scheduler",
            "code_version": "1.2",
            "commit": "",
            "lock": "",
            "started_at": "",
        }
        assert manifest["champion"] == {"system_id": CHAMPION, "model_version": "v3", "fallback_for": None}
        assert {key: value for key, value in manifest["funnel"].items() if key != "stages"} == {
            "games": 2,
            "final_games": 1,
            "context_rows": 40,
            "active_predictions": 90,
            "champion_predictions": 30,
            "champion_picks": 20,
            "degraded": [],
        }
        assert manifest["guard"] == {"withheld": None, "is_busy": False, "accepted": [], "losses": []}
        assert (manifest["skipped_rows"], manifest["skipped_rows_total"]) == ([], 0)
        assert manifest["tables"][GAMES.name] == {"rows": 12, "bytes": 1200}
        assert list(manifest["tables"]) == sorted(manifest["tables"])
        assert (manifest["broken_tables"], manifest["failures"], manifest["failures_path"]) == ({}, [], None)
        assert list(manifest["exports"]) == ["card", "roster"]

    def test_what_the_warehouse_lacks_is_named_with_its_meaning(self) -> None:
        lacking = {SUBSET_VERSIONS.name: (WHOLE_TABLE,), GAMES.name: ("processed_at", "is_partial_game_data")}
        manifest = made(card("a"), scan_counts=replace(CENSUS, absent=lacking))
        assert manifest["absent"] == [
            {
                "table": GAMES.name,
                "column": "is_partial_game_data",
                "meaning": GAMES.columns["is_partial_game_data"].absent,
            },
            {"table": GAMES.name, "column": "processed_at", "meaning": GAMES.columns["processed_at"].absent},
            {"table": SUBSET_VERSIONS.name, "column": None, "meaning": SUBSET_VERSIONS.absent},
        ]
        assert manifest["status"] == "success"
        assert made(card("a"))["absent"] == []

    def test_unmatched_players_are_warnings(self) -> None:
        stranger = UnmatchedName(CONTEXT.name, "herbjones", 4, "not in the registry", "herbertjones")
        names = {DAY: NameReport((stranger,), 3), DAY + timedelta(days=1): NameReport((stranger, stranger))}
        counts = replace(CENSUS, names=names, aliases=Aliases({}, ("alias 'a' stands for b and c",)))
        assert made(scan_counts=counts)["warnings"] == [
            {
                "warning": "unmatched player",
                "table": CONTEXT.name,
                "player": "herbjones",
                "rows": 4,
                "reason": "not in the registry",
                "nearest": "herbertjones",
            },
            {"warning": "alias of a player", "problem": "alias 'a' stands for b and c"},
            {"warning": "unmatched player", "more": 3},
        ]
        assert made()["warnings"] == []

    def test_many_problems_with_aliases_are_counted(self) -> None:
        counts = replace(CENSUS, aliases=Aliases({}, tuple(f"problem {n}" for n in range(53))))
        warnings = made(scan_counts=counts)["warnings"]
        assert (len(warnings), warnings[-1]) == (51, {"warning": "alias of a player", "more": 3})

    def test_a_section_counts_what_became_of_its_documents(self) -> None:
        outcomes = [card("b", generation=7), card("a", "unchanged"), card("c", "failed", error="StoreError: full")]
        pointers = [
            PointerOutcome("card/a.json", "card", "moved", generation=8),
            PointerOutcome("card/b.json", "card", "unchanged"),
            PointerOutcome("card/c.json", "card", "kept", "why"),
            PointerOutcome("card/d.json", "card", "kept", "why"),
            PointerOutcome("card/e.json", "card", "failed", "full"),
            PointerOutcome("roster/today.json", "roster", "moved"),
        ]
        manifest = made(
            *outcomes,
            pointers=pointers,
            failures=[Failure("SweepHistories", "card", "d", "ValueError: no", "stack")],
            build_ms={"card": 12.34},
            publish_ms={"card": 5.66},
            plan=plan_of(inputs={"card": {"2026-01-05": "digest of inputs", "2026-01-06": "other"}}),
        )
        assert manifest["exports"]["card"] == {
            "run_id": "run-1",
            "as_of": "",
            "execution_id": "run-1",
            "code_version": "1.2",
            "schema": "urn:phase6:schema:card:1",
            "inputs": "digest of inputs",
            "state": "ready",
            "reason": None,
            "written": 1,
            "unchanged": 1,
            "kept": {},
            "missing": {},
            "withheld": 0,
            "failed": 2,
            "bytes": 300,
            "counts": {},
            "build_ms": 12.3,
            "publish_ms": 5.7,
            "failures": [
                {"step": "SweepHistories", "key": "d", "error": "ValueError: no"},
                {"step": "PublishDocuments", "key": "card/2026-01-05/c.json", "error": "StoreError: full"},
            ],
            "pointers": {
                "moved": 1,
                "unchanged": 1,
                "kept": {"why": 2},
                "failed": {"card/e.json": "full"},
                "missing": {},
                "kept_newer": 0,
            },
            "generations": {"card/2026-01-05/b.json": 7, "card/a.json": 8},
            "kept_newer": 0,
            "stale": [],
            "documents": {"card/2026-01-05/a.json": "digest of a", "card/2026-01-05/b.json": "digest of b"},
            "document_counts": {},
            "published_by": {"run_id": "run-1", "as_of": "", "execution_id": "run-1"},
            "writers": {"card/2026-01-05/a.json": "", "card/2026-01-05/b.json": ""},
        }

    def test_counts_add_up(self) -> None:
        outcomes = [roster(), roster(path="roster/2.json", counts={"players": 4})]
        assert made(*outcomes)["exports"]["roster"]["counts"] == {"players": 7}

    def test_failures_of_no_type_are_at_the_top(self) -> None:
        failure = Failure("SweepHistories", "", "../x", "ValueError: not an id", "stack")
        manifest = made(card("a"), failures=[failure])
        assert manifest["failures"] == [{"step": "SweepHistories", "key": "../x", "error": "ValueError: not an id"}]
        assert manifest["exports"]["card"]["failed"] == 0


class TestStatus:
    def test_success_is_when_all_went_out(self) -> None:
        assert made(card("a"), roster("unchanged"))["status"] == "success"

    @pytest.mark.parametrize(
        "more",
        [
            {"failures": [Failure("SweepHistories", "card", "b", "no")]},
            {"failures": [Failure("SweepHistories", "", "../x", "no")]},
            {"pointers": [PointerOutcome("card/a.json", "card", "failed", "full")]},
        ],
        ids=["player", "row", "pointer"],
    )
    def test_partial_is_when_something_is_missing(self, more: Any) -> None:
        assert made(card("a"), roster(), **more)["status"] == "partial"

    @pytest.mark.parametrize(("is_newer", "status"), [(True, "kept"), (False, "partial")])
    def test_a_pointer_that_a_newer_run_moved_is_not_missing(self, is_newer: bool, status: str) -> None:
        pointer = PointerOutcome("card/a.json", "card", "kept", "why", is_missing=True, is_newer=is_newer)
        manifest = made(card("a", "unchanged"), roster("unchanged"), pointers=[pointer])
        assert manifest["status"] == status
        assert manifest["exports"]["card"]["pointers"]["missing"] == {"card/a.json": "why"}

    def test_a_withheld_type_makes_it_partial_and_is_named(self) -> None:
        plan = made_up_plan((CARD, ROSTER), DAY, config=ExportConfig(min_context_rows=50, gates=NO_GATES))
        manifest = made(roster(), plan=plan)
        assert manifest["status"] == "partial"
        assert manifest["exports"]["card"]["state"] == "withheld"
        assert manifest["exports"]["card"]["reason"] == "40 context rows for 2026-01-05, at least 50 are needed"

    def test_l7_a_degraded_type_makes_it_partial_even_alone(self) -> None:
        degrading = replace(ROSTER, degrades=True)
        broken = ScanCounts(days=CENSUS.days, broken={CONTEXT.name: "is gone"})
        previous = made(roster(), plan=made_up_plan((degrading,), DAY))
        manifest = made(scan_counts=broken, plan=made_up_plan((degrading,), DAY), before=previous)
        assert manifest["status"] == "partial"
        section = manifest["exports"]["roster"]
        assert (section["state"], section["reason"]) == ("degraded", "is gone")
        assert section["documents"] == previous["exports"]["roster"]["documents"]

    def test_failed_is_when_nothing_went_out(self) -> None:
        broken = ScanCounts(days=CENSUS.days, broken={CONTEXT.name: "is gone"})
        manifest = made(scan_counts=broken)
        assert manifest["status"] == "failed"
        assert {section["state"] for section in manifest["exports"].values()} == {"failed"}
        assert manifest["broken_tables"] == {CONTEXT.name: "is gone"}
        assert made(card("a", "failed", error="full"), roster("failed", error="full"))["status"] == "failed"

    def test_a_date_without_games_is_a_success(self) -> None:
        manifest = made(roster(empty=True), scan_counts=ScanCounts())
        assert manifest["status"] == "success"
        assert manifest["exports"]["card"]["state"] == "no_games"


class TestMerging:
    def test_types_that_a_run_did_not_touch_keep_their_section(self) -> None:
        before = made(card("a"), roster())
        after = made(roster(digest="new"), plan=plan_of(ROSTER, run_id="run-2"), before=before)
        assert after["exports"]["card"] == before["exports"]["card"]
        assert after["exports"]["roster"]["run_id"] == "run-2"
        assert after["exports"]["roster"]["documents"] == {"roster/2026-01-05.json": "new"}

    def test_documents_that_a_run_did_not_make_are_stale(self) -> None:
        before = made(card("a"), card("b"))
        section = made(card("a", digest="new"), before=before)["exports"]["card"]
        assert section["stale"] == ["card/2026-01-05/b.json"]
        assert section["documents"] == {
            "card/2026-01-05/a.json": "new",
            "card/2026-01-05/b.json": "digest of b",
        }, "it is still there"

    def test_a_document_that_could_not_be_replaced_stays_listed(self) -> None:
        before = made(card("a"))
        section = made(card("a", "failed", digest="new", error="full"), before=before)["exports"]["card"]
        assert section["documents"] == {"card/2026-01-05/a.json": "digest of a"}
        assert section["stale"] == []

    def test_a_withheld_type_keeps_its_documents(self) -> None:
        before = made(card("a"))
        plan = made_up_plan((CARD,), DAY, config=ExportConfig(min_context_rows=50, gates=NO_GATES))
        section = made(plan=plan, before=before)["exports"]["card"]
        assert section["documents"] == before["exports"]["card"]["documents"]
        assert section["stale"] == []

    def test_a_fixed_path_that_keeps_what_it_shows_is_not_listed(self) -> None:
        outcome = roster(export="diary", path="diary.json")
        plan = plan_of(DIARY)
        before = made(outcome, plan=plan)
        kept = roster("kept", export="diary", path="diary.json", reason="shows a newer game date")
        section = made(kept, plan=plan, before=before)["exports"]["diary"]
        assert section["documents"] == {}
        assert (section["stale"], section["kept"]) == ([], {"shows a newer game date": 1})


class TestStore:
    def write(self, store: MemoryStore, *outcomes: Outcome, plan: Any = None) -> Any:
        return write_manifest(store, plan or plan_of(), CENSUS, Publication(DAY, outcomes=list(outcomes)))

    def test_it_is_written_readably_and_never_cached(self) -> None:
        store = MemoryStore()
        manifest = self.write(store, card("a"))
        found = store.read(manifest_path(DAY))
        assert found is not None
        assert found[1].cache_control == "no-cache, max-age=0"
        assert orjson.loads(found[0]) == manifest
        assert found[0].startswith(b'{\n  "version": 2,\n  "date": "2026-01-05",\n')

    def published(self, store: MemoryStore, run_id: str = "run-2") -> Published:
        return open_date(plan_of(run_id=run_id), store, DAY).published

    def test_the_next_run_finds_the_objects_that_it_lists(self) -> None:
        store = MemoryStore()
        assert self.published(store, "run-1").objects == {}
        for path in ("card/2026-01-05/a.json", "roster/2026-01-05.json"):
            store.write(path, b"{}", cache_control="", metadata={"digest": path, "as_of": "18:04"})
        self.write(store, card("a"), roster())
        found = self.published(store, "run-1").objects
        assert {path: shown.digest for path, shown in found.items()} == {path: path for path in found}
        assert set(found) == {"card/2026-01-05/a.json", "roster/2026-01-05.json"}
        assert {shown.order.as_of for shown in found.values()} == {"18:04"}

    def test_a_document_that_is_listed_and_not_there_is_not_published(self) -> None:
        store = MemoryStore()
        self.write(store, card("a"), roster())
        opened = open_date(plan_of(), store, DAY)
        assert opened.published.objects == {}
        assert opened.shown.is_nothing

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"exports": 3}', b"\xff"])
    def test_what_is_no_manifest_is_replaced(self, content: bytes) -> None:
        store = MemoryStore()
        store.write(manifest_path(DAY), content, cache_control="")
        found = load_manifest(store, DAY)
        assert found.manifest is None
        assert found.problem.startswith("manifest/2026-01-05.json is")
        assert found.problem.endswith("; the date counts as unpublished until a run replaces it")
        assert self.published(store, "run-1").objects == {}
        record = self.write(store, card("a"))
        assert manifest_of(store, DAY)["status"] == "success"
        assert {"warning": "operation", "problem": found.problem} in record["warnings"]

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({"version": 3}, "is of version 3, and this code reads version 2"),
            ({"version": None}, "is of version None, and this code reads version 2"),
            ({"run": None}, "is damaged: run: "),
            ({"exports": {"card": {}}}, "is damaged: exports.card.run_id: field required"),
            ({"status": "fine"}, "is damaged: status: "),
            ({"last_good": [1]}, "is damaged: last_good: "),
        ],
        ids=str,
    )
    def test_one_that_lacks_a_key_or_is_of_another_version_is_one_problem(self, change: Any, problem: str) -> None:
        store = MemoryStore()
        self.write(store, card("a"))
        store.write(manifest_path(DAY), orjson.dumps({**manifest_of(store, DAY), **change}), cache_control="")
        found = load_manifest(store, DAY)
        assert found.manifest is None
        assert found.problem.startswith(f"manifest/2026-01-05.json {problem}")

    def test_every_manifest_that_is_written_can_be_read(self) -> None:
        store = MemoryStore()
        record = self.write(store, card("a"), roster("kept", reason="a newer run", is_newer=True))
        assert load_manifest(store, DAY).manifest == record == checked_manifest(record)

    def test_an_older_run_leaves_the_sections_of_a_newer_one_and_a_record_of_its_own(self) -> None:
        store = MemoryStore()
        newer, older = plan_of(CARD, run_id="run-2"), plan_of(run_id="run-1")
        self.write(store, card("a"), plan=newer)
        record = self.write(store, card("a", digest="other"), roster(), plan=older)
        manifest = manifest_of(store, DAY)
        assert manifest["run"]["run_id"] == "run-2"
        assert {name: found["run_id"] for name, found in manifest["exports"].items()} == {
            "card": "run-2",
            "roster": "run-1",
        }
        assert load_record(store, older.run, DAY) == record
        assert record["run"]["run_id"] == "run-1"
        assert record["exports"]["card"]["run_id"] == "run-1"

    def test_an_older_run_publishes_what_a_newer_one_held_back(self) -> None:
        store, older, newer = MemoryStore(), plan_at("18:03"), plan_at("18:04")
        self.write(store, card("a"), roster(digest="first"), plan=plan_at("18:01"))
        self.hold(store, newer)
        assert self.newer_than(store, older) == {}
        self.write(store, card("a"), card("b"), roster(digest="second", counts={"players": 4}), plan=older)
        section = manifest_of(store, DAY)["exports"]["roster"]
        assert (section["run_id"], section["state"], section["reason"]) == ("run-18:04", "withheld", "too few")
        assert section["published_by"] == {"run_id": "run-18:03", "as_of": "18:03", "execution_id": "run-18:03"}
        assert section["documents"] == {"roster/2026-01-05.json": "second"}
        assert section["document_counts"] == {"roster/2026-01-05.json": {"players": 4}}
        assert len(manifest_of(store, DAY)["exports"]["card"]["documents"]) == 2
        # What has gone out since counts, for a retry as for a run that is older yet.
        assert self.newer_than(store, older) == {}
        assert {found.as_of for found in self.newer_than(store, plan_at("18:02")).values()} == {"18:03"}

    def test_what_was_published_before_a_newer_run_held_it_back_is_not_replaced_by_an_older_one(self) -> None:
        store = MemoryStore()
        self.write(store, card("a"), roster(), plan=plan_at("18:03"))
        self.hold(store, plan_at("18:04"))
        assert {found.as_of for found in self.newer_than(store, plan_at("18:02")).values()} == {"18:03"}
        before = manifest_of(store, DAY)
        self.write(store, card("z"), plan=plan_at("18:02"))
        assert manifest_of(store, DAY) == before

    def test_a_newer_run_that_held_it_back_publishes_over_an_older_one_in_the_end(self) -> None:
        store = MemoryStore()
        self.hold(store, plan_at("18:04"))
        assert manifest_of(store, DAY)["exports"]["roster"]["published_by"] is None
        self.write(store, card("a"), roster(digest="older"), plan=plan_at("18:03"))
        self.hold(store, plan_at("18:05"))
        section = manifest_of(store, DAY)["exports"]["roster"]
        assert section["documents"] == {"roster/2026-01-05.json": "older"}
        assert section["published_by"]["run_id"] == "run-18:03"
        self.write(store, card("a"), roster(digest="newer"), plan=plan_at("18:06"))
        section = manifest_of(store, DAY)["exports"]["roster"]
        assert (section["state"], section["documents"]) == ("ready", {"roster/2026-01-05.json": "newer"})
        assert section["published_by"]["run_id"] == "run-18:06"
        assert set(self.newer_than(store, plan_at("18:04"))) == {"card", "roster"}

    def test_an_older_run_that_holds_a_type_back_as_well_changes_nothing(self) -> None:
        store = MemoryStore()
        self.write(store, card("a"), roster(), plan=plan_at("18:01"))
        self.hold(store, plan_at("18:04"))
        before = manifest_of(store, DAY)
        self.hold(store, plan_at("18:03"))
        assert manifest_of(store, DAY) == before

    def test_what_an_older_run_publishes_is_what_the_next_one_is_compared_with(self) -> None:
        store = MemoryStore()
        self.hold(store, plan_at("18:04"))
        assert manifest_of(store, DAY)["last_good"] is None
        record = self.write(store, card("a"), roster(), plan=plan_at("18:03"))
        assert record["last_good"] is not None
        assert manifest_of(store, DAY)["last_good"] == record["last_good"]

    def test_a_held_section_that_names_no_publisher_counts_as_published_by_its_run(self) -> None:
        store = MemoryStore()
        self.hold(store, plan_at("18:04"))
        manifest = manifest_of(store, DAY)
        for section in manifest["exports"].values():
            del section["published_by"]
        store.write(manifest_path(DAY), orjson.dumps(manifest), cache_control="")
        assert set(self.newer_than(store, plan_at("18:03"))) == {"card", "roster"}

    def hold(self, store: MemoryStore, plan: Any) -> None:
        write_manifest(store, plan, CENSUS, Publication(DAY, guard=DateVerdict(withheld="too few")))

    def newer_than(self, store: MemoryStore, plan: Any) -> dict[str, RunOrder]:
        found = newer_runs(manifest_of(store, DAY), plan.run, DAY.isoformat())
        return {name: newer.order for name, newer in found.items()}

    def test_a_run_that_was_not_let_at_the_date_leaves_its_record_alone(self) -> None:
        store = MemoryStore()
        busy = Publication(DAY, guard=DateVerdict(withheld="run-0 publishes it", is_busy=True))
        record = write_manifest(store, plan_of(), CENSUS, busy)
        assert record["exports"]["card"]["reason"] == "run-0 publishes it"
        assert store.written == [record_path(DAY, "run-1")]

    def test_an_execution_that_is_not_known_is_the_last_of_its_run_since_it_was_launched(self) -> None:
        store, launched = MemoryStore(), datetime(2026, 1, 5, 18, tzinfo=timezone.utc)
        plan = plan_of()
        for minute in (-5, 1, 2):
            began = begun(plan, launched + timedelta(minutes=minute))
            self.write(store, card("a"), plan=began)
        found = load_record(store, plan.run, DAY, since=launched)
        assert found is not None
        assert found["run"]["execution_id"] == began.run.execution_id
        assert load_record(store, plan.run, DAY, since=launched + timedelta(minutes=3)) is None
        assert load_record(store, replace(plan.run, run_id="run-9"), DAY, since=launched) is None

    def test_another_run_of_the_date_loses_nothing(self) -> None:
        store = MemoryStore()
        rivals = [plan_of(ROSTER, run_id="run-2")]

        def rival(path: str) -> None:
            if rivals:
                self.write(store, roster(), plan=rivals.pop())

        store.before_write = rival
        self.write(store, card("a"), plan=plan_of(CARD))
        sections = manifest_of(store, DAY)["exports"]
        assert {name: section["run_id"] for name, section in sections.items()} == {"card": "run-1", "roster": "run-2"}

    def test_one_that_keeps_changing_is_given_up(self) -> None:
        store = MemoryStore()

        def rival(path: str) -> None:
            store.before_write = lambda _: None
            store.write(path, b"{}", cache_control="")
            store.before_write = rival

        store.before_write = rival
        with pytest.raises(GenerationMismatch):
            self.write(store, card("a"))
