"""Another model publishes a date privately: nothing public shows it, and its tree is verified and compared."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import orjson
import pytest

from exporters.config.champions import Tenure
from pipeline.execution.in_process import run_in_process
from pipeline.operations import verify as verification
from pipeline.operations.promote import DIFFERENT, OK, REJECTED, main
from pipeline.verification.verify import verify
from tests.end_to_end.command_line import arguments_of
from tests.support.matchers import contents, json_of, manifest_of
from tests.support.plans import EASY, plan_of
from tests.support.stores import published_in
from tests.support.warehouses import League

TYPES = ("best-bets", "predictions", "subset-picks", "tonight", "tonight-players")
CHAMPION, OTHER = "catboost_v9", "ensemble_v1"


@pytest.fixture
def root(league: League, tmp_path: Path) -> Path:
    """What the champion published."""
    store = published_in(tmp_path / "out")
    run_in_process(plan_of(*TYPES, first=league.today, update_latest="force"), league.warehouse, store)
    return tmp_path / "out"


def promote(league: League, root: Path, *more: str, system_id: str = OTHER) -> int:
    given = (f"--target_date={league.today}", f"--export_types={','.join(TYPES)}", "--update_latest=force", *more)
    return main([f"--system_id={system_id}", *arguments_of(league, root, *given)])


def shadow(root: Path, system_id: str = OTHER) -> Path:
    return Path(f"{root}-control") / "shadow" / system_id / "documents"


def test_nothing_public_changes_and_the_forecasts_are_those_of_the_model(
    league: League, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = published_in(root)
    before, manifest = contents(store), manifest_of(store, league.today)
    assert promote(league, root) == OK, capsys.readouterr().err
    assert (contents(store), manifest_of(store, league.today)) == (before, manifest)
    assert not [path for path in root.rglob("*") if OTHER in path.name or "shadow" in path.name]
    there = published_in(shadow(root))
    path = f"predictions/{league.today}.json"
    assert there.public.read(path) is not None
    assert json_of(there, path)["games"] != json_of(store, path)["games"]
    champion = orjson.loads((shadow(root).parent / "control" / "manifest" / f"{league.today}.json").read_bytes())
    assert champion["champion"]["system_id"] == OTHER
    out = capsys.readouterr().out
    assert f"predictions {league.today}" in out
    assert "predictions changed: " in out
    assert f"{OTHER} is in {shadow(root)}, which is not public; 0 problems there" in out


def test_its_pointers_are_its_own(league: League, root: Path) -> None:
    assert promote(league, root) == OK
    shown, public = published_in(shadow(root)), published_in(root)
    pointer = "predictions/today.json"
    assert json_of(shown, pointer) == json_of(shown, f"predictions/{league.today}.json")
    assert json_of(public, pointer) == json_of(public, f"predictions/{league.today}.json")


def test_both_trees_verify_apart(league: League, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert promote(league, root) == OK
    argv = [f"--output={root}", f"--target_date={league.today}"]
    assert verification.main(argv) == verification.OK, capsys.readouterr().out
    assert verification.main([*argv, f"--shadow={OTHER}"]) == verification.OK, capsys.readouterr().out
    (shadow(root) / "predictions" / f"{league.today}.json").write_bytes(b"{}")
    assert verification.main([*argv, f"--shadow={OTHER}"]) == verification.DIFFERENT
    assert verification.main(argv) == verification.OK


def test_the_champion_against_itself_differs_in_nothing(league: League, root: Path) -> None:
    assert promote(league, root, "--fail_on=any", system_id="catboost_v9") == OK
    assert promote(league, root, "--fail_on=any") == DIFFERENT


def test_a_model_without_forecasts_is_refused_by_name(
    league: League, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert promote(league, root, system_id="nobody_v1") == REJECTED
    assert "champion nobody_v1 has no" in capsys.readouterr().err
    assert not shadow(root, "nobody_v1").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("--champion_system_id=catboost_v9", "--system_id names the model"),
        ("--system_id=../../out", "--system_id"),
        ("--export_typs=tonight", "--export_typs"),
    ],
)
def test_what_means_nothing_is_rejected(
    league: League, root: Path, more: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(published_in(root))
    given = (f"--target_date={league.today}", f"--export_types={','.join(TYPES)}", more)
    other = () if more.startswith("--system_id") else (f"--system_id={OTHER}",)
    assert main([*other, *arguments_of(league, root, *given)]) == REJECTED
    assert said in capsys.readouterr().err
    assert contents(published_in(root)) == before


def test_verify_knows_the_champion_of_each_date(league: League, tmp_path: Path) -> None:
    """Documents of the old champion stay right when another one begins."""
    store, day, before = published_in(tmp_path / "out"), league.today, league.today - timedelta(days=1)
    for night, champion in ((before, CHAMPION), (day, OTHER)):
        plan = plan_of(
            *TYPES, first=night, champion_system_id=champion, config=replace(EASY, champion_system_id=champion)
        )
        run_in_process(plan, league.warehouse, store)
    right = (Tenure(date.min, CHAMPION), Tenure(day, OTHER))

    def shown(*champions: Tenure) -> list[str]:
        found = verify(store, [before, day], today=day, champion=champions).findings
        return [finding.what for finding in found if "shows the model" in finding.what]

    assert shown(*right) == []
    assert shown(right[0]) == [f"shows the model {OTHER}, expected {CHAMPION}"]
    assert shown(Tenure(date.min, OTHER)) == [f"shows the model {CHAMPION}, expected {OTHER}"]


def test_the_change_that_makes_it_the_champion_is_printed(
    league: League, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day = league.today
    assert promote(league, root) == OK
    line = f"add Tenure(date({day.year}, {day.month}, {day.day}), '{OTHER}') to CHAMPIONS"
    assert line in capsys.readouterr().out
    assert promote(league, root, system_id=CHAMPION) == OK
    assert "CHAMPIONS" not in capsys.readouterr().out
