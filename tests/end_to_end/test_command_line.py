"""The command line as people use it: output, exit code, and the errors of a wrong request."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from exporters.warehouse.tables import CONTEXT, SCHEDULE
from tests.end_to_end.command_line import run_main, run_python
from tests.support.matchers import assert_mirrors, assert_no_leftovers, assert_one_line_each, documents, manifest_of
from tests.support.plans import TONIGHT_TYPES
from tests.support.stores import published_in
from tests.support.warehouses import League

TONIGHT = ("--export_types=tonight", "--target_date=today")


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--export_types=tonite", "--target_date=today"], ["--export_types", '"tonite"', "did you mean tonight?"]),
        (["--export_type=tonight", "--target_date=today"], ["--export_type", "did you mean --export_types?"]),
        (["--export_types=tonight", "--date=today"], ["--date", "did you mean --target_date?"]),
        (["--export_types=tonight", "--start_date=2026-01-01"], ["--start_date", "has no end_date"]),
        (["--export_types=tonight", "--end_date=2026-01-01"], ["--end_date", "has no start_date"]),
        (
            ["--export_types=tonight", "--start_date=2026-01-05", "--end_date=2026-01-02"],
            ["--end_date", '"2026-01-02" is before start_date 2026-01-05'],
        ),
        (["--export_types=tonight", "--target_date=2026-02-30"], ["--target_date", "is not on the calendar"]),
        (["--export_types=tonight", "--target_date=tomorrow"], ["--target_date", '"tomorrow" is not a date']),
        (["--export_types=tonight"], ["--target_date", "is missing"]),
        (["--export_types=", "--target_date=today"], ["--export_types", "is empty"]),
        (["--target_date=today"], ["--export_types", "is missing"]),
        ([*TONIGHT, "--update_latest=maybe"], ["--update_latest", '"maybe"', "auto, never or force"]),
        ([*TONIGHT, "--shards=0"], ["--shards", '"0"', "is not between"]),
        ([*TONIGHT, "--warehouse="], ["--warehouse", "is empty"]),
        (['--request={"export_types": ["tonight"], "date": "today"}'], ['"today"', "did you mean target_date?"]),
        (["--request={"], ["--request", "is not JSON"]),
        ([*TONIGHT, "stray"], ['"stray" belongs to no flag']),
    ],
)
def test_a_request_that_is_not_understood_is_rejected(
    league: League, tmp_path: Path, arguments: list[str], names: list[str]
) -> None:
    ended = run_main(league, tmp_path / "out", *arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert_one_line_each(ended.err, names=names)
    assert len(ended.err.splitlines()) == 1, ended.err
    assert list(tmp_path.iterdir()) == [], "nothing is made for a request that is rejected"


def test_all_problems_are_reported_at_once(league: League, tmp_path: Path) -> None:
    ended = run_main(league, tmp_path / "out", "--export_types=tonite,streeks", "--target_date=2026-02-30", "--shard=3")
    assert ended.code == 2
    assert_one_line_each(ended.err, names=["tonite", "streeks", "2026-02-30", "did you mean --shards?"])
    assert len(ended.err.splitlines()) == 4


def test_an_output_below_a_file_is_refused_before_anything_is_read(league: League, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    ended = run_main(league, tmp_path / "file" / "out", *TONIGHT)
    assert ended.code == 1
    output, control, last = ended.err.splitlines()
    assert output.startswith(f"stop: --output: cannot write below {tmp_path / 'file' / 'out'}: ")
    assert control.startswith(f"stop: --control_output: cannot write below {tmp_path / 'file' / 'out-control'}: ")
    assert_one_line_each(last, names=["nothing was published", str(tmp_path / "file"), "Not a directory"])
    assert (tmp_path / "file").read_text() == "in the way"


def test_an_output_that_fails_half_way_names_what_failed_and_what_is_missing(league: League, tmp_path: Path) -> None:
    output = tmp_path / "out"
    (tmp_path / "out-control").mkdir()
    (tmp_path / "out-control" / "manifest").write_text("in the way")
    ended = run_main(league, output, *TONIGHT)
    assert ended.code == 1
    assert ended.out == ""
    *_, broken, missing = ended.err.splitlines()
    assert_one_line_each(broken, names=["the run broke off", "manifest", "run it again"])
    assert missing == "missing: 2026-02-03: no manifest was written; run it again"
    assert "tonight/2026-02-03.json" in documents(published_in(output))


def test_a_dry_run_prints_the_plan_and_touches_nothing(tmp_path: Path) -> None:
    ended = run_main(tmp_path / "nowhere", tmp_path / "out", *TONIGHT, "--dry_run")
    assert ended.code == 1
    assert_one_line_each(ended.err, names=["stop: --warehouse: cannot read", str(tmp_path / "nowhere")])
    plan = orjson.loads(ended.out)
    assert [problem["subject"] for problem in plan["problems"]] == ["--warehouse"]
    unchecked = run_main(tmp_path / "nowhere", tmp_path / "out", *TONIGHT, "--dry_run", "--skip_preflight")
    assert (unchecked.code, unchecked.err) == (0, "")
    assert orjson.loads(unchecked.out) == {**plan, "problems": []}
    assert plan["export_types"] == ["tonight"]
    assert plan["dates"] == ["2026-02-03", "2026-02-03"]
    assert plan["documents"] == {"tonight": "tonight/{date}.json"}
    scans = {scan["table"]: scan for scan in plan["scans"]}
    assert scans["nba_raw.bettingpros_player_points_props"]["equals"] == {"market_type": ["points"]}
    assert list(tmp_path.iterdir()) == []


def test_the_past_of_a_folder_cannot_be_read(league: League, tmp_path: Path) -> None:
    ended = run_main(league, tmp_path / "out", *TONIGHT, "--as_of=2026-02-01T00:00:00Z")
    assert ended.code == 1
    assert_one_line_each(ended.err, names=["nothing was published: --as_of: 2026-02-01", "which keeps no history"])
    assert not (tmp_path / "out").exists()


class TestRunning:
    def test_a_run_as_people_start_it(self, league: League, tmp_path: Path) -> None:
        output = tmp_path / "out"
        ended = run_python(league, output, f"--export_types={','.join(TONIGHT_TYPES)}", "--target_date=today", "--json")
        assert ended.code == 0, ended.err
        store = published_in(output)
        manifest = manifest_of(store, league.today)
        assert manifest["status"] == "success"
        assert_mirrors(store, "tonight/all-players.json", "tonight/2026-02-03.json")
        assert_no_leftovers(output)
        *table, told, where, last = ended.out.splitlines()
        assert table[0].split()[:4] == ["export", "type", "documents", "written"]
        assert [line.split()[0] for line in table[1:]] == list(TONIGHT_TYPES)
        assert told.startswith(f"success: 2026-02-03 is in {output} (")
        assert where == f"look at {output}-control/manifest/2026-02-03.json"
        summary = orjson.loads(last)
        assert (summary["status"], summary["missing"]) == ("success", [])
        assert summary["run_id"] == manifest["run"]["run_id"]
        assert summary["exports"]["tonight"]["written"] == 1
        assert summary["exports"]["tonight-players"]["pointers_moved"] == manifest["funnel"]["context_rows"] - _doubles(
            league
        )
        first, *_, progress = ended.err.splitlines()
        assert first == "exporting predictions, streaks, tonight, tonight-players for 2026-02-03 to 2026-02-03"
        assert "rows read" in progress
        assert progress.endswith("1 of 1 dates done")

    def test_a_wrong_request_ends_with_2_and_the_reason(self, league: League, tmp_path: Path) -> None:
        ended = run_python(league, tmp_path / "out", "--export_type=tonight", "--target_date=today")
        assert ended.code == 2
        assert ended.out == ""
        assert_one_line_each(ended.err, names=["did you mean --export_types?"])
        assert list(tmp_path.iterdir()) == []

    def test_something_missing_ends_with_1_and_is_named(self, league: League, tmp_path: Path) -> None:
        ended = run_main(league, tmp_path, *TONIGHT, "--min_context_rows=1000", "--json")
        assert ended.code == 1
        assert "missing: 2026-02-03 tonight is withheld:" in ended.out
        assert ended.summary["status"] == "failed"
        assert ended.summary["exports"]["tonight"]["withheld"] == 1
        assert documents(published_in(tmp_path)) == {}

    def test_an_off_day_publishes_the_empty_documents_and_moves_no_latest_pointer(
        self, league: League, tmp_path: Path
    ) -> None:
        types = "--export_types=tonight,tonight-players,predictions"
        day = _day_without_games(league)
        ended = run_main(league, tmp_path, types, "--target_date=today", f"--generated_at={day}T17:00:00Z")
        assert ended.code == 0, ended.out
        store = published_in(tmp_path)
        assert sorted(documents(store)) == [
            f"predictions/{day}.json",
            "predictions/today.json",
            f"tonight/{day}.json",
            "tonight/all-players.json",
        ]
        states = {name: section["state"] for name, section in manifest_of(store, day)["exports"].items()}
        assert set(states.values()) == {"no_games"}


def _doubles(league: League) -> int:
    """Repeated rows of tonight's context."""
    rows = league.rows(CONTEXT).select(["player_lookup", "game_date"]).to_pylist()
    tonight = [row["player_lookup"] for row in rows if row["game_date"] == league.today]
    return len(tonight) - len(set(tonight))


def _day_without_games(league: League) -> str:
    played = set(league.rows(SCHEDULE).column("game_date").to_pylist())
    return next(day for n in range(1, 30) if (day := league.today - timedelta(days=n)) not in played).isoformat()
