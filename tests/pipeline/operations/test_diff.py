"""The command line of a comparison: two exports of one night into folders."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import orjson
import pytest

from pipeline.cli import main as phase6
from pipeline.execution.in_process import run_in_process
from pipeline.operations.diff import DIFFERENT, OK, REJECTED, main
from tests.support.plans import plan_of
from tests.support.stores import published_in
from tests.support.warehouses import League

TYPES = ("predictions", "tonight", "tonight-players")
Trees = tuple[Path, Path, date]


@pytest.fixture(scope="module")
def original(league: League, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("diff") / "out"
    run_in_process(plan_of(*TYPES, first=league.today, update_latest="force"), league.warehouse, published_in(root))
    return root


@pytest.fixture
def trees(original: Path, league: League, tmp_path: Path) -> Trees:
    shutil.copytree(original, tmp_path / "after")
    return original, tmp_path / "after", league.today


def run(trees: Trees, *more: str) -> int:
    return main([str(trees[0]), str(trees[1]), *more])


def flip(trees: Trees) -> str:
    """Flip a pick of the second tree; return the player."""
    path = trees[1] / "predictions" / f"{trees[2]}.json"
    value = orjson.loads(path.read_bytes())
    for entry in (entry for game in value["games"] for entry in game["predictions"]):
        said = entry["prediction"]
        if said["recommendation"] == "OVER":
            said["recommendation"] = "UNDER"
            break
    path.write_bytes(orjson.dumps(value))
    return str(entry["player_lookup"])


def test_two_runs_of_one_night_are_equal(league: League, trees: Trees, tmp_path: Path) -> None:
    plan = plan_of(*TYPES, first=trees[2], update_latest="force", shards=2, generated_at="2026-02-03T17:30:00Z")
    run_in_process(plan, league.warehouse, published_in(tmp_path / "again"))
    assert main([str(trees[0]), str(tmp_path / "again")]) == OK


def test_equal_trees(trees: Trees, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(trees) == OK
    assert capsys.readouterr().out.endswith("are equal, 0 differences\n")


def test_a_difference_is_printed_and_fails(trees: Trees, capsys: pytest.CaptureFixture[str]) -> None:
    player = flip(trees)
    assert run(trees) == DIFFERENT
    out = capsys.readouterr().out
    assert f"picks flipped: predictions/{trees[2]}.json: {player}: OVER -> UNDER\n" in out
    assert "more than is allowed: 2 differences\n" in out


def test_thresholds_decide_the_exit_code(trees: Trees, capsys: pytest.CaptureFixture[str]) -> None:
    flip(trees)
    assert run(trees, "--fail_on=picks_flipped:1,players_lost:20%") == OK
    assert "picks flipped" in capsys.readouterr().out
    assert run(trees, "--fail_on=picks_flipped") == DIFFERENT
    assert run(trees, "--fail_on=picks_dropped,never") == OK


def test_a_lost_tenth_of_the_players_is_a_share_of_the_night(trees: Trees) -> None:
    players = sorted((trees[1] / "tonight" / "player" / str(trees[2])).iterdir())
    for path in players[: len(players) // 10 + 1]:
        path.unlink()
    assert run(trees, "--fail_on=players_lost:10%") == DIFFERENT
    assert run(trees, "--fail_on=players_lost:30%") == OK


def test_json_is_one_line_with_everything(trees: Trees, capsys: pytest.CaptureFixture[str]) -> None:
    flip(trees)
    assert run(trees, "--json", "--most=0") == DIFFERENT
    (line,) = capsys.readouterr().out.splitlines()
    told = orjson.loads(line)
    assert told["totals"]["picks_flipped"] == 1
    assert told["exceeded"] == ["2 differences"]
    assert len(told["changes"]) == 2


def test_markdown_for_a_pull_request(trees: Trees, capsys: pytest.CaptureFixture[str]) -> None:
    flip(trees)
    assert run(trees, "--markdown", "--fail_on=picks_flipped") == DIFFERENT
    out = capsys.readouterr().out
    assert "**More than is allowed:**" in out
    assert f"| predictions {trees[2]} |" in out


def test_the_list_ends_with_how_many_are_left_out(trees: Trees, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(trees[1] / "tonight")
    assert run(trees, "--most=5") == DIFFERENT
    assert " more; --most lists more of them, --json all\n" in capsys.readouterr().out


def test_the_trees_can_be_flags(trees: Trees) -> None:
    assert main([f"--after={trees[1]}", f"--before={trees[0]}"]) == OK
    assert main([str(trees[0]), f"--after={trees[1]}", "--json"]) == OK
    assert phase6(["diff", str(trees[0]), str(trees[1])]) == OK


def test_today_is_the_league_day(trees: Trees) -> None:
    flip(trees)
    night = datetime(trees[2].year, trees[2].month, trees[2].day, 5, tzinfo=timezone.utc) + timedelta(days=1)
    argv = [str(trees[0]), str(trees[1]), "--target_date=today"]
    assert main(argv, now=night) == DIFFERENT
    assert main(argv, now=night + timedelta(days=1)) == REJECTED


@pytest.mark.parametrize("side", [0, 1])
def test_a_place_without_documents_is_rejected(
    trees: Trees, tmp_path: Path, capsys: pytest.CaptureFixture[str], side: int
) -> None:
    places = [str(trees[0]), str(trees[1])]
    places[side] = str(tmp_path / "nothing")
    assert main([*places, "--fail_on=never"]) == REJECTED
    assert "holds no documents; name a published tree" in capsys.readouterr().err


def test_a_choice_of_nothing_is_rejected(trees: Trees, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(trees, "--target_date=2020-01-01") == REJECTED
    assert "choose no document of either tree" in capsys.readouterr().err
    assert run(trees, "--export_types=results") == REJECTED


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ([], "--before: is missing"),
        (["a"], "--after: is missing"),
        (["a", "b", "c"], '"c" belongs to no flag'),
        (["a", "b", "--before=c"], "is one of 2 values"),
        (["a", "gs://"], "--after"),
        (["a", "b", "--fail_on=picks_lost"], '--fail_on: "picks_lost" is not understood'),
        (["a", "b", "--fail_on=picks_dropped:5,"], "--fail_on"),
        (["a", "b", "--export_types=prediction"], "did you mean predictions?"),
        (["a", "b", "--start_date=2026-02-02"], "has no --end_date; add --end_date"),
        (["a", "b", "--end_date=2026-02-02"], "has no --start_date; add --start_date"),
        (["a", "b", "--start_date=2026-02-02", "--end_date=2026-02-01"], "is before --start_date"),
        (["a", "b", "--target_date=2026-02-02", "--end_date=2026-02-01"], "excludes a range"),
        (["a", "b", "--most=-1"], "--most"),
    ],
)
def test_a_wrong_command_line_is_rejected(argv: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == REJECTED
    assert says in capsys.readouterr().err


def test_a_group_is_its_members(trees: Trees) -> None:
    flip(trees)
    assert run(trees, "--export_types=tonight-players") == OK
    assert run(trees, "--export_types=tonight-all") == DIFFERENT
