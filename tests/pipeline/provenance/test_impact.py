"""Which documents change when rows change: by the declarations, and by two exports in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings

from exporters.declaration import Window, over
from exporters.registry import exports
from exporters.warehouse.tables import (
    ACCURACY,
    CONTEXT,
    FEED_PLAYERS,
    GAMEBOOK,
    GAMES,
    PREDICTIONS,
    PUBLISHED_PICKS,
    REGISTRY,
    SCHEDULE,
    TEAM_GAMES,
)
from pipeline.cli import main as phase6
from pipeline.comparison.compare import compare
from pipeline.provenance.altered import Edit
from pipeline.provenance.built_documents import BuiltDocuments, Impact, build_in_memory, exact_impact
from pipeline.provenance.conditions import AnyTable, parse_set, parse_where
from pipeline.provenance.declared import BUILDS, Reader, readers_of
from pipeline.provenance.impact import OK, REJECTED, main
from tests.pipeline.provenance import worlds
from tests.support.rows import TONIGHT, Row
from tests.support.small_night import NIGHTS
from tests.support.stores import MemoryStore
from tests.support.warehouses import League, keep
from tests.support.worlds import PROPERTY, SEEDS
from transforms.elements.plan import Plan

PROPERTY_OF_FEW = settings(PROPERTY, max_examples=3)
FEW = ("predictions", "results", "streaks", "tonight", "tonight-players", "trends-team")


def literal(value: Any) -> str:
    return f"'{value}'" if not isinstance(value, (int, float)) or isinstance(value, bool) else str(value)


def of_player(player: str, table: Any, more: str = "") -> str:
    return f"player_lookup = '{player}' and {table.partition} = '{NIGHTS[-1]}'{more}"


def test_a_build_makes_what_an_export_publishes() -> None:
    plan = worlds.plan(first=NIGHTS[-1], last=TONIGHT)
    store = worlds.published(plan, worlds.warehouse())
    made = build_in_memory(plan, worlds.warehouse())
    there = {shown.path for shown in store.list("") if not shown.path.startswith(("control/", "schemas/", "status"))}
    there = {path for path in there if path.split("/")[0] not in ("manifest", "runs", "open")}
    assert made.documents.keys() <= there
    assert len(made.documents) > 150
    for path, document in made.documents.items():
        found = store.read(path)
        assert found is not None, path
        assert found[0] == document.content, path


@cache
def before(first: date, last: date) -> BuiltDocuments:
    """Return the build of every type of some dates, which edits are compared with."""
    return build_in_memory(worlds.plan(first=first, last=last), worlds.warehouse())


@cache
def published_before() -> MemoryStore:
    """Return what an export of a few types has published without an edit; not to be changed."""
    return worlds.published(worlds.plan(*FEW, first=NIGHTS[-1], last=TONIGHT), worlds.warehouse())


UNSEEN = (FEED_PLAYERS, GAMEBOOK, PUBLISHED_PICKS)
"""Tables of the small night whose rows no document of these dates shows: others say the same, and no feed runs."""
CASES: Sequence[tuple[Any, str, str]] = (
    (GAMES, of_player("playera", GAMES), ""),
    (GAMES, of_player("playerb", GAMES), "points = 44"),
    (ACCURACY, of_player("playerb", ACCURACY), ""),
    (CONTEXT, f"player_lookup = 'playerc' and game_date = '{TONIGHT}'", ""),
    (CONTEXT, f"player_lookup = 'playerc' and game_date = '{TONIGHT}'", "days_rest = 9"),
    (PREDICTIONS, f"game_date = '{TONIGHT}' and player_lookup = 'playerd'", "predicted_points = 11.5"),
    (PREDICTIONS, f"game_date = '{TONIGHT}' and player_lookup = 'playerd'", "system_id = 'another_v1'"),
    (REGISTRY, "player_lookup = 'playere'", "player_name = 'Other Name'"),
    (SCHEDULE, f"game_date = '{NIGHTS[-1]}'", "game_status = 1"),
    (TEAM_GAMES, f"game_date = '{NIGHTS[-2]}'", ""),
)


@pytest.mark.parametrize(("table", "where", "values"), CASES)
def test_the_exact_answer_is_the_diff_of_two_real_exports(table: Any, where: str, values: str) -> None:
    plan = worlds.plan(*FEW, first=NIGHTS[-1], last=TONIGHT)
    edit = Edit(table, parse_where(where, table), parse_set(values, table) if values else {})
    found = exact_impact(plan, worlds.warehouse(), edit)
    wanted = {term.column.name: term.value for term in edit.where.terms}
    changed: list[Row] = []
    for row in worlds.rows_of(table):
        if all(getattr(row, name) == value for name, value in wanted.items()):
            changed += [row._replace(**edit.values)] if values else []
        else:
            changed.append(row)
    real = compare(published_before(), worlds.published(plan, worlds.with_rows(table, changed)))
    assert found.matched > 0
    assert not found.withheld
    assert found.comparison.changes == real.changes
    assert found.comparison.changes


def test_an_edit_that_moves_rows_into_a_filter_reads_them() -> None:
    """A forecast of another system becomes the champion's, which a filter of the scan had left out."""
    plan = worlds.plan("best-bets-all", "season-subsets", "results")
    (scan,) = (scan for scan in plan.scans if scan.table == ACCURACY.name)
    assert scan.equals, "the case needs a scan with a filter"
    row = worlds.rows_of(ACCURACY)[0]
    other = [*worlds.rows_of(ACCURACY)[1:], row._replace(system_id="another_v1")]
    where = parse_where("system_id = 'another_v1'", ACCURACY)
    edit = Edit(ACCURACY, where, parse_set(f"system_id = '{row.system_id}'", ACCURACY))
    found = exact_impact(plan, worlds.with_rows(ACCURACY, other), edit)
    real = compare(
        worlds.published(plan, worlds.with_rows(ACCURACY, other)),
        worlds.published(plan, worlds.warehouse()),
    )
    assert found.matched == 1
    assert found.comparison.changes == real.changes


def test_a_type_that_the_edit_withholds_keeps_what_is_published() -> None:
    plan = worlds.plan("predictions", "tonight-players")
    edit = Edit(PREDICTIONS, parse_where("system_id = 'catboost_v9'", PREDICTIONS))
    found = exact_impact(plan, worlds.warehouse(), edit)
    assert ("predictions", TONIGHT) in found.withheld
    assert not any(change.export == "predictions" for change in found.comparison.changes)
    assert ("predictions", TONIGHT) in found.cells


def test_no_row_that_meets_the_condition_changes_nothing() -> None:
    edit = Edit(GAMES, parse_where("player_lookup = 'nobody'", GAMES))
    found = exact_impact(worlds.plan(*FEW), worlds.warehouse(), edit)
    assert found.matched == 0
    assert not found.comparison.changes
    assert found.comparison.compared > 20


def any_edit(table: AnyTable, chance: Random) -> Edit:
    """Return the removal, or a change of one column, of one row, or of the rows of its date."""
    row = chance.choice(worlds.rows_of(table))
    names = [name for name in (table.partition, table.player) if name and table.columns[name].type != "TIMESTAMP"]
    chosen = names if chance.random() < 0.6 else names[:1]
    where = " and ".join(f"{name} = {literal(getattr(row, name))}" for name in chosen)
    values: dict[str, Any] = {}
    if chance.random() < 0.5:
        other = chance.choice(worlds.rows_of(table))
        columns = [
            name
            for name, column in table.columns.items()
            if name != table.partition and column.mode != "REPEATED" and column.type != "TIMESTAMP"
        ]
        name = chance.choice(columns)
        nullable = table.columns[name].mode == "NULLABLE"
        values = {name: None if nullable and chance.random() < 0.3 else getattr(other, name)}
    return Edit(table, parse_where(where, table), values)


def undeclared(found: Impact, plan: Plan, readers: Iterable[Reader], edit: Edit) -> list[str]:
    """Return the export types and dates that an edit changes, and that no reader says it may."""
    by_name = {reader.export.name: reader for reader in readers}
    span = edit.where.days(edit.table.partition)
    return [
        f"{name} of {day}"
        for name, day in found.cells
        if name not in by_name
        or not any(by_name[name].may_show(on, *span) for on in (plan.dates if day is None else (day,)))
    ]


@pytest.mark.parametrize("table", worlds.tables(), ids=str)
def test_the_declared_answer_holds_everything_that_really_changes(table: AnyTable) -> None:
    """A type that shows a row which it does not declare, or of a date that it does not declare, fails here."""

    @PROPERTY_OF_FEW
    @given(seed=SEEDS)
    def holds(seed: int) -> None:
        chance = Random(seed)
        edit = any_edit(table, chance)
        first = chance.choice((*NIGHTS[-2:], TONIGHT))
        last = max(first, chance.choice((first, TONIGHT)))
        plan = worlds.plan(first=first, last=last)
        found = exact_impact(plan, worlds.warehouse(), edit, before(first, last))
        readers = readers_of(table, exports().values(), edit.values)
        assert undeclared(found, plan, readers, edit) == []

    holds()
    plan = worlds.plan(first=NIGHTS[-1], last=TONIGHT)
    found = exact_impact(plan, worlds.warehouse(), Edit(table), before(NIGHTS[-1], TONIGHT))
    assert undeclared(found, plan, readers_of(table, exports().values()), Edit(table)) == []
    assert bool(found.cells) is (table not in UNSEEN), "the declarations were held against an empty answer"


def test_a_declaration_that_is_too_narrow_is_found() -> None:
    edit = Edit(GAMES, parse_where(of_player("playerb", GAMES), GAMES), {"points": 44})
    plan = worlds.plan(*FEW)
    found = exact_impact(plan, worlds.warehouse(), edit)
    readers = readers_of(GAMES, exports().values(), edit.values)
    assert undeclared(found, plan, readers, edit) == []
    assert undeclared(found, plan, [one for one in readers if one.export.name != "streaks"], edit)
    narrow = [replace(one, reads=over(Window.NIGHT, *one.reads)) for one in readers]
    assert f"tonight-players of {TONIGHT}" in undeclared(found, plan, narrow, edit)


@pytest.mark.parametrize("name", exports())
def test_the_days_of_a_reader_are_those_that_may_show_the_row(name: str) -> None:
    for table in worlds.tables():
        for reader in readers_of(table, [exports()[name]]):
            first, last = reader.days(TONIGHT, TONIGHT)
            days = [TONIGHT + timedelta(days=n) for n in range(-10, 400)]
            shown = [day for day in days if reader.may_show(day, TONIGHT, TONIGHT)]
            assert shown == [
                day for day in days if (first is None or first <= day) and (last is None or day <= last)
            ], table


def test_a_read_that_only_decides_is_told_apart() -> None:
    uses = {reader.export.name: reader.use for reader in readers_of(SCHEDULE, exports().values())}
    assert uses["tonight"] == BUILDS
    assert set(uses) == set(exports())


def test_the_command_answers_from_the_declarations(capsys: pytest.CaptureFixture[str]) -> None:
    assert phase6(["impact", "nbac_injury_report", "--where=report_date = '2025-01-15'"]) == OK
    out = capsys.readouterr().out
    assert "tonight-players: tonight/player/{date}/{player}.json" in out
    assert f"of {len(exports())} export types may change with these rows" in out
    assert main(["nbac_injury_report", "--set=injury_status = 'out'", "--json"]) == OK
    told = orjson.loads(capsys.readouterr().out)
    assert {"tonight", "tonight-players"} <= {reader["export_type"] for reader in told["declared"]}
    assert all("injury_status" in reader["columns"] for reader in told["declared"])


def test_the_command_answers_exactly(league: League, capsys: pytest.CaptureFixture[str]) -> None:
    tonight = keep(league.rows(CONTEXT), CONTEXT, lambda days: pc.equal(days, league.today))
    player = tonight.column("player_lookup")[0].as_py()
    argv = [
        "upcoming_player_game_context",
        f"--where=game_date = '{league.today}' and player_lookup = '{player}'",
        "--exact",
        f"--warehouse={league.root}",
        f"--target_date={league.today}",
        "--export_types=tonight,tonight-players,performance",
    ]
    assert main(argv) == OK
    out = capsys.readouterr().out
    assert f"documents missing: tonight/player/{league.today}/{player}.json\n" in out
    assert "rows of nba_analytics.upcoming_player_game_context that are read meet the condition; they would be" in out
    assert main([*argv, "--json"]) == OK
    told = orjson.loads(capsys.readouterr().out)
    assert told["rows"] == pc.sum(pc.equal(tonight.column("player_lookup"), player)).as_py()
    assert told["totals"]["documents_missing"] == 1
    assert told["export_types"] == ["tonight", "tonight-players"]


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["nbac_injury_reports"], "did you mean nbac_injury_report?"),
        (["nbac_injury_report", "--exact"], "needs the dates of the documents"),
        (["nbac_injury_report", "--exact"], "needs the tables"),
        (["nbac_injury_report", "--where=team = 3"], "is no column of"),
        (["nbac_injury_report", "--export_types=tonigt"], "tonight"),
        (["nbac_injury_report", "--target_date=2025-13-01"], "--target_date"),
        ([], "--table"),
    ],
)
def test_a_wrong_command_line_is_rejected_with_its_fix(
    argv: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == REJECTED
    assert told in capsys.readouterr().err


def test_an_unreadable_folder_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["nbac_injury_report", "--exact", f"--warehouse={tmp_path / 'none'}", "--target_date=2025-01-15"]
    assert main(argv) == 1
    assert "none" in capsys.readouterr().err
