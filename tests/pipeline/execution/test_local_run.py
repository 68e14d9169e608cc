"""A run without Beam: when there is one, and that it ends as a run on an engine does."""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Any

import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from pipeline.engines.errors import RunError, RunInterrupted
from pipeline.execution.graph_run import run
from pipeline.execution.local_run import run_locally
from pipeline.options.configuration import RunConfig, parse_without_beam
from tests.end_to_end.command_line import run_main
from tests.support.matchers import manifest_of
from tests.support.plans import plan_of
from tests.support.stores import MemoryStore, Refuse
from tests.support.warehouses import League
from transforms.stores.protocol import StoreError

DAY = date(2026, 1, 15)
PLACES = ("--warehouse=w", "--output=o", "--export_types=tonight", "--target_date=2026-01-15")


def parsed(*flags: str) -> RunConfig | None:
    now = datetime(2026, 2, 3, tzinfo=timezone.utc)
    return parse_without_beam([*PLACES, *flags], known_types=("tonight",), groups={}, now=now)


class TestReading:
    def test_flags_of_the_project_are_read_without_beam(self) -> None:
        config = parsed("--shards=3", "--dry_run", "--json=false")
        assert config is not None
        assert (config.shards, config.dry_run, config.json) == (3, True, False)

    @pytest.mark.parametrize(
        "flag",
        ["--runner=DirectRunner", "--direct_num_workers=2", "--shardz=3", "stray", "--", "--input_subscription=s"],
    )
    def test_everything_else_is_left_to_beam(self, flag: str) -> None:
        assert parsed(flag) is None


class TestWhen:
    def engine(self, league: League, output: Any, *flags: str) -> str:
        ended = run_main(league, output, "--export_types=tonight", "--json", *flags)
        assert ended.code == 0, ended.out + ended.err
        return str(ended.summary["engine"])

    def test_a_night_runs_in_this_process_and_says_so(self, league: League, tmp_path: Any) -> None:
        assert self.engine(league, tmp_path / "out", "--target_date=2026-01-15") == "this process"

    @pytest.mark.parametrize("flag", ["--runner=DirectRunner", "--dates_in_process=0", "--direct_num_workers=1"])
    def test_a_graph_is_made_where_one_is_asked_for(self, league: League, tmp_path: Any, flag: str) -> None:
        assert self.engine(league, tmp_path / "out", "--target_date=2026-01-15", flag) == "the local runner"

    def test_so_are_more_dates_than_the_option_says(self, league: League, tmp_path: Any) -> None:
        two = ("--start_date=2026-01-15", "--end_date=2026-01-16", "--update_latest=never")
        assert self.engine(league, tmp_path / "a", *two, "--dates_in_process=1") == "the local runner"
        assert self.engine(league, tmp_path / "b", *two, "--dates_in_process=2") == "this process"


class TestEnding:
    def test_a_refused_place_breaks_it_off_with_the_reason_of_a_run_on_an_engine(self, league: League) -> None:
        reasons = []
        for go in (run_locally, lambda *given, **named: run(*given, PipelineOptions([]), **named)):
            store = MemoryStore()
            store.before_write = Refuse("manifest/")
            with pytest.raises(RunError) as error:
                go(plan_of("tonight", first=DAY), league.warehouse, store, output="out")
            reasons.append(str(error.value).partition(" [while")[0])
        assert reasons[0] in reasons[1]

    def test_ctrl_c_ends_it_and_gives_the_date_back(self, league: League) -> None:
        store = MemoryStore()

        def interrupt(_path: str) -> None:
            raise KeyboardInterrupt

        store.before_write = interrupt
        with pytest.raises(RunInterrupted):
            run_locally(plan_of("tonight", first=DAY), league.warehouse, store, output="out")
        store.before_write = lambda _path: None
        assert run_locally(plan_of("tonight", first=DAY), league.warehouse, store, output="out").status == "success"

    def test_its_event_is_sent_once_its_manifest_and_its_status_are_written(self, league: League) -> None:
        store, sent = MemoryStore(), []

        def publish(topic: str, event: dict[str, Any]) -> None:
            assert store.read("status.json") is not None
            sent.append((topic, event["status"], event["run_id"]))

        plan = plan_of("tonight", first=DAY)
        run_locally(plan, league.warehouse, store, output="out", completion_topic="t", publish=publish)
        assert sent == [("t", "success", manifest_of(store, str(DAY))["run"]["run_id"])]

    def test_an_event_that_cannot_be_sent_breaks_it_off(self, league: League) -> None:
        def refuse(_topic: str, _event: dict[str, Any]) -> None:
            raise StoreError("no such topic")

        with pytest.raises(RunError, match="no such topic"):
            run_locally(
                plan_of("tonight", first=DAY),
                league.warehouse,
                MemoryStore(),
                output="out",
                completion_topic="t",
                publish=refuse,
            )
