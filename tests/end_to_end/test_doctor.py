"""``phase6 doctor`` against the export that it looks ahead to: both must come to the same end."""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from exporters.registry import exports
from exporters.warehouse.tables import (
    CONTEXT,
    GAMES,
    PLAYER_ALIASES,
    PREDICTIONS,
    PROPS,
    REGISTRY,
    SCHEDULE,
    TABLES,
)
from pipeline.operations.doctor import main
from pipeline.reporting.report import HELD
from tests.end_to_end.command_line import Ended, run_main
from tests.end_to_end.test_spellings import ALIASES, of, spelled, tables_of
from tests.support.matchers import manifest_of
from tests.support.rows import TONIGHT
from tests.support.stores import published_in
from tests.support.warehouses import AnyTable, League, write_parquet

OPTIONAL = [table for table in TABLES if table.absent and not table.live and table.stand_in is None]


def examine(*arguments: str) -> Ended:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    return Ended(code, out.getvalue(), err.getvalue())


def doctor(warehouse: Path | str, output: Path | str, day: date, *arguments: str) -> Ended:
    return examine(f"--warehouse={warehouse}", f"--output={output}", f"--target_date={day}", *arguments)


def lacking(league: League, root: Path, *tables: AnyTable) -> Path:
    """Return a copy of the league without some tables."""
    gone = {table.source.split(".")[1] for table in tables}
    shutil.copytree(league.root, root, ignore=lambda _, names: [n for n in names if n.removesuffix(".parquet") in gone])
    return root


def rewrite(root: Path, table: AnyTable, change: Callable[[Any], Any]) -> None:
    """Change every file of a table."""
    dataset, name = table.source.split(".")
    for path in (root / dataset / name).rglob("*.parquet"):
        pq.write_table(change(pq.ParquetFile(path).read()), path)


def held(output: Path, day: date) -> list[str]:
    sections = manifest_of(published_in(output), day)["exports"]
    return sorted(name for name, section in sections.items() if section["state"] in HELD)


def test_a_warehouse_that_has_everything_is_ready_and_nothing_is_left_behind(league: League, tmp_path: Path) -> None:
    found = doctor(league.root, tmp_path / "out", league.today)
    assert (found.code, found.err) == (0, "")
    verdict = found.out.splitlines()[-1]
    assert verdict.startswith(f"ready: an export of {league.today} would publish all {len(exports())} export types")
    assert list(tmp_path.iterdir()) == []
    assert run_main(league, tmp_path / "out", "--export_types=all", f"--target_date={league.today}").code == 0


@pytest.mark.parametrize(
    "tables", [(PROPS,), (GAMES, REGISTRY), (PREDICTIONS,), (SCHEDULE,), (CONTEXT,)], ids=lambda tables: tables[0].name
)
def test_it_names_just_the_types_that_an_export_lacks(
    league: League, tmp_path: Path, tables: tuple[AnyTable, ...]
) -> None:
    root = lacking(league, tmp_path / "warehouse", *tables)
    found = doctor(root, tmp_path / "out", league.today, "--json")
    assert found.summary["verdict"] == "incomplete"
    assert {finding["subject"] for finding in found.summary["findings"] if finding["severity"] == "fail"} == {
        table.name for table in tables
    }
    ended = run_main(root, tmp_path / "out", "--export_types=all", f"--target_date={league.today}", "--json")
    assert (ended.code, found.code) == (1, 1)
    assert found.summary["missing"] == held(tmp_path / "out", league.today) != []


def test_an_export_prints_the_same_problems_before_it_reads(league: League, tmp_path: Path) -> None:
    root = lacking(league, tmp_path / "warehouse", PROPS)
    rewrite(root, GAMES, lambda rows: rows.drop_columns(["points"]))
    arguments = ("--export_types=tonight", f"--target_date={league.today}")
    problems = [
        finding
        for finding in doctor(root, tmp_path / "out", league.today, "--export_types=tonight", "--json").summary[
            "findings"
        ]
        if finding["severity"] == "fail"
    ]
    assert [problem["subject"] for problem in problems] == [GAMES.name, PROPS.name]
    dry = run_main(root, tmp_path / "out", *arguments, "--dry_run")
    assert dry.code == 1
    assert orjson.loads(dry.out)["problems"] == problems
    ended = run_main(root, tmp_path / "out", *arguments, "--json")
    assert ended.summary["preflight"] == problems
    lines = ended.err.splitlines()
    assert [line for line in lines if line.startswith("fail: ")] == dry.err.splitlines() != []


def test_an_unknown_champion_is_rejected_by_both(league: League, tmp_path: Path) -> None:
    champion = "--champion_system_id=typo"
    found = doctor(league.root, tmp_path / "out", league.today, champion)
    verdict = found.out.splitlines()[-1]
    assert verdict.startswith(f"stopped: an export of {league.today} would publish nothing: champion typo has no ")
    ended = run_main(league, tmp_path / "out", "--export_types=all", f"--target_date={league.today}", champion)
    assert (found.code, ended.code) == (2, 2)


def test_every_problem_is_named_although_nothing_can_be_published(league: League, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    root = lacking(league, tmp_path / "warehouse", PROPS)
    found = doctor(root, tmp_path / "file" / "out", league.today, "--champion_system_id=typo")
    assert found.code == 1
    subjects = [line.split(": ")[1] for line in found.out.splitlines()]
    assert subjects[:4] == ["--output", "--control_output", "champion typo", PROPS.name]


@pytest.mark.parametrize("table", OPTIONAL, ids=str)
def test_an_absent_optional_table_is_listed_with_what_that_means(
    league: League, tmp_path: Path, table: AnyTable
) -> None:
    root = lacking(league, tmp_path / "warehouse", table)
    found = doctor(root, tmp_path / "out", league.today, "--json")
    assert found.code == 0
    notes = {
        finding["subject"]: finding["why"] for finding in found.summary["findings"] if finding["severity"] == "note"
    }
    assert run_main(root, tmp_path / "out", "--export_types=all", f"--target_date={league.today}").code == 0
    absent = manifest_of(published_in(tmp_path / "out"), league.today)["absent"]
    assert notes == {absence["table"]: absence["meaning"] for absence in absent} == {table.name: table.absent}


class TestNames:
    def test_the_spellings_that_match_nobody_are_those_of_the_manifest(self, tmp_path: Path) -> None:
        write_parquet(tmp_path / "warehouse", tables_of(spelled(of(PROPS, PREDICTIONS))))
        found = doctor(tmp_path / "warehouse", tmp_path / "out", TONIGHT, "--json").summary
        run_main(tmp_path / "warehouse", tmp_path / "out", "--export_types=all", f"--target_date={TONIGHT}")
        warnings = manifest_of(published_in(tmp_path / "out"), TONIGHT)["warnings"]
        named = [warning for warning in warnings if warning["warning"] == "unmatched player" and "player" in warning]
        assert [{"warning": "unmatched player", **name} for name in found["unmatched"]] == named != []
        lines = [finding for finding in found["findings"] if finding["subject"] == PROPS.name]
        assert any("bubcarrington (" in line["what"] for line in lines)
        assert any(
            line["fix"] == f"if it is carltoncarrington, add the spelling to {PLAYER_ALIASES.name}" for line in lines
        )

    def test_an_alias_explains_a_spelling(self, tmp_path: Path) -> None:
        write_parquet(tmp_path / "warehouse", tables_of([*spelled(of(PROPS, PREDICTIONS)), *ALIASES]))
        found = doctor(tmp_path / "warehouse", tmp_path / "out", TONIGHT, "--json").summary
        assert found["unmatched"] == []

    def test_without_a_warehouse_there_are_none(self, tmp_path: Path) -> None:
        found = doctor(tmp_path / "nowhere", tmp_path / "out", TONIGHT, "--json")
        assert (found.code, found.summary["verdict"], found.summary["unmatched"]) == (1, "stopped", None)
        assert [finding["subject"] for finding in found.summary["findings"]] == ["--warehouse"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--warehouse=w",), "--output: is missing; add --output=gs://my-bucket/v1"),
        (("--warehouse=w", "--output=o", "--shards=3"), "--shards: means nothing to phase6 doctor; leave it out"),
        (("--warehouse=w", "--output=o", "--target_date=soon"), '--target_date: "soon"'),
        (("--warehouse=w", "--output=o", "--ouput=x"), '--ouput: "x" is an unknown flag; did you mean --output?'),
    ],
)
def test_a_command_line_that_is_not_understood_is_rejected(arguments: tuple[str, ...], line: str) -> None:
    ended = examine(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert line in ended.err
