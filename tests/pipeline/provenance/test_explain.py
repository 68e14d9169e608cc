"""What a published value was made of: rows that are found by experiment, and held against real exports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import orjson
import pytest

from exporters.config.leagues import NBA
from exporters.declaration import Grain
from exporters.registry import exports
from exporters.warehouse.tables import CONTEXT, PREDICTIONS, REGISTRY
from pipeline.cli import main as phase6
from pipeline.execution.in_process import run_in_process
from pipeline.planning.planner import at_instant
from pipeline.provenance.altered import AlteredWarehouse, Edit
from pipeline.provenance.attribution import MatteringRow, attribute, tables_of
from pipeline.provenance.bench import Bench
from pipeline.provenance.built_documents import build_in_memory
from pipeline.provenance.conditions import Condition, Term
from pipeline.provenance.explain import DIFFERENT, OK, REJECTED, as_json, explain, main
from pipeline.provenance.field import MISSING, Field, FieldError, parse_field
from pipeline.provenance.functions import description_of, functions_of
from pipeline.provenance.rebuilding import NotPublished, find_published, rebuild
from tests.pipeline.provenance import worlds
from tests.support.plans import plan_of
from tests.support.rows import TONIGHT
from tests.support.small_night import NIGHTS
from tests.support.stores import MemoryStore, published_in
from tests.support.warehouses import League, MemoryWarehouse
from transforms.elements.tables import table_named

NOW = datetime(2025, 1, 16, 12, tzinfo=timezone.utc)
AS_OF = "2026-02-03T00:00:00.000000Z"
"""The newest instant of tables in memory."""
PLAYER = "playerb"
STAMPS = ("generated_at", "updated_at", "game_date", "date", "as_of_date")


class Ticks:
    """A clock that goes on by a second whenever it is looked at, so that a search is cut off at the same place."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 1
        return self.seconds


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    """Every type of two dates: one that was played, and tonight's."""
    found = MemoryStore()
    for day in (TONIGHT, NIGHTS[-1]):
        run_in_process(at_instant(worlds.plan(first=day), AS_OF), worlds.warehouse(), found)
    return found


def bench_of(store: MemoryStore, path: str, held: MemoryWarehouse | None = None) -> Bench:
    return rebuild(find_published(store, path), held or worlds.warehouse(), NOW).bench


def paths_of(store: MemoryStore, name: str) -> Iterator[str]:
    """Yield the documents of a type, those of one player only, the played date first; one without a date once."""
    export = exports()[name]
    for path in dict.fromkeys(export.path_of(day, PLAYER, calendar=NBA.calendar) for day in (NIGHTS[-1], TONIGHT)):
        if store.stat(path) is not None:
            yield path


def leaves(value: Any, text: str = "") -> Iterator[str]:
    """Yield the fields of a document that hold one value."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in STAMPS:
                yield from leaves(item, f"{text}/{key}")
    elif isinstance(value, list):
        for place, item in enumerate(value[:2]):
            yield from leaves(item, f"{text}/{place}")
    elif value is not None:
        yield text


def edit_of(bench: Bench, table: str, position: int) -> Edit:
    """Return the removal of one row, by all that was read of it."""
    (cells,) = bench.rows[table].slice(position, 1).to_pylist()
    declared = table_named(table)
    terms = [
        Term(declared.columns[name], "=", value)
        for name, value in cells.items()
        if declared.columns[name].mode != "REPEATED"
    ]
    return Edit(declared, Condition(tuple(terms)))


WITHHELD = object()
"""Stands for the value of a document that would not go out."""


def value_in_an_export(bench: Bench, field: Field, edit: Edit) -> Any:
    """Return a field after a removal, as an export of the whole plan would publish it.

    A removal that holds the document back is another question than what its value was made of: see
    :func:`test_gates_do_not_hold_back_what_is_asked_about`.
    """
    altered = AlteredWarehouse(worlds.warehouse(), edit)
    made = build_in_memory(bench.plan, altered)
    assert max(altered.matched.values(), default=0) == 1, "the removal is of one row"
    found = made.documents.get(bench.path)
    if found is None and made.held():
        return WITHHELD
    return MISSING if found is None else field.of(orjson.loads(found.content))


WITHOUT_ROWS = {"best-bets-all", "news-summary", "player-news", "trends-bounce-back", "trends-what-matters"}
"""Types that show nothing on the small night: no picks of signals, no news, no bad game, too few games for trends."""
SECONDS = 60
"""For a field, of a clock that ticks once for each look: the search ends after some 60 to 100 documents."""


@pytest.mark.parametrize("name", exports())
def test_the_rows_of_a_field_are_those_that_change_it_in_a_real_export(name: str, store: MemoryStore) -> None:
    checked, most = 0, 1 if name in WITHOUT_ROWS else 8
    for path in paths_of(store, name):
        bench = bench_of(store, path)
        read = store.read(path)
        assert read is not None
        assert bench.document is not None, [failure.error for failure in bench.failures]
        assert bench.document.content == read[0], path
        document = bench.value()
        assert document is not None
        for text in spread(document, most):
            if checked == 2:
                break
            field = parse_field(text, document)
            found = attribute(bench, field, SECONDS, Ticks(), most=1)
            alone = [row for row in found.rows if not row.group and is_unlike(bench, row.table, row.position)]
            checked += bool(alone)
            for row in alone[-1:]:
                value = value_in_an_export(bench, field, edit_of(bench, row.table, row.position))
                if value is not WITHHELD:
                    assert value != field.of(document), f"{field} of {path} is the same without {row}"
                    assert value == row.without
            # A row that was not tried may matter.
            for table, position in innocent(bench, found.rows) if alone and not found.untried else ():
                value = value_in_an_export(bench, field, edit_of(bench, table, position))
                is_same = value is WITHHELD or value == field.of(document)
                assert is_same, f"{field} of {path} is another without {table} {position}"
    assert bool(checked) is (name not in WITHOUT_ROWS)


def spread(document: Any, most: int) -> list[str]:
    """Return some fields from all over a document: numbers first, since texts may be the same whatever the rows are."""
    fields = list(leaves(document))
    numbers = [text for text in fields if isinstance(parse_field(text, document).of(document), (int, float))]
    numbers = [text for text in numbers if parse_field(text, document).of(document)] or fields
    half = max(1, most // 2)
    return [*numbers[:: max(1, len(numbers) // half)][:half], *fields[:: max(1, len(fields) // half)][:half]]


def innocent(bench: Bench, rows: list[MatteringRow]) -> Iterator[tuple[str, int]]:
    """Yield a few rows that were not named: the last ones of the player tables, and of the league's."""
    named = {(row.table, row.position) for row in rows}
    for is_league in (False, True):
        tables = [table for table in sorted(bench.rows) if (table_named(table).player is None) is is_league]
        left = [(table, int(at)) for table in tables for at in bench.positions(table) if (table, int(at)) not in named]
        yield from (row for row in left[-3:][:1] if is_unlike(bench, *row))


def is_unlike(bench: Bench, table: str, position: int) -> bool:
    """Whether no other row has the same values in all columns that were read: a condition can name it."""
    rows = bench.rows[table].to_pylist()
    return sum(row == rows[position] for row in rows) == 1


def test_columns_that_make_a_value_are_named_with_their_values(store: MemoryStore) -> None:
    bench = bench_of(store, f"tonight/player/{TONIGHT}/{PLAYER}.json")
    field = parse_field("prediction.predicted_points", bench.value() or {})
    found = attribute(bench, field, 10_000, Ticks())
    (forecast,) = (row for row in found.rows if row.table == PREDICTIONS.name)
    assert forecast.columns["predicted_points"] == 28.5
    assert {"is_active", "predicted_points"} <= forecast.columns.keys()
    assert "confidence_score" not in forecast.columns
    assert forecast.key["player_lookup"] == PLAYER
    assert forecast.without is MISSING
    (expected,) = (row for row in found.rows if row.table == CONTEXT.name)
    assert expected.is_probed
    assert "days_rest" not in expected.columns
    assert found.untried == 0
    assert found.candidates == found.alone


def test_rows_of_other_players_do_not_matter_where_they_are_not_counted(store: MemoryStore) -> None:
    bench = bench_of(store, f"predictions/{TONIGHT}.json")
    document = bench.value() or {}
    own = parse_field(f"games.0.predictions[player_lookup={PLAYER}].prediction.points", document)
    found = attribute(bench, own, 10_000, Ticks(), most=0)
    assert {row.key["player_lookup"] for row in found.rows if "player_lookup" in row.key} == {PLAYER}
    total = attribute(bench, parse_field("total_predictions", document), 10_000, Ticks(), most=0)
    assert len({row.key["player_lookup"] for row in total.rows if row.table == PREDICTIONS.name}) == 20
    assert {row.without for row in total.rows if row.table == PREDICTIONS.name} == {19}


def test_rows_that_say_the_same_matter_together(store: MemoryStore) -> None:
    row = next(row for row in worlds.rows_of(PREDICTIONS) if row.player_lookup == PLAYER and row.game_date == TONIGHT)
    copy = row._replace(prediction_id="copy")
    held = worlds.with_rows(PREDICTIONS, [*worlds.rows_of(PREDICTIONS), copy])
    bench = bench_of(store, f"tonight/player/{TONIGHT}/{PLAYER}.json", held)
    field = parse_field("prediction.predicted_points", bench.value() or {})
    found = attribute(bench, field, 10_000, Ticks())
    together = [row for row in found.rows if row.table == PREDICTIONS.name]
    assert {row.key["prediction_id"] for row in together} == {row.key["prediction_id"] for row in together} | {"copy"}
    assert len(together) == 2
    assert {row.group for row in together} == {1}


def test_a_search_that_is_cut_off_says_what_it_did_not_try(store: MemoryStore) -> None:
    bench = bench_of(store, f"tonight/player/{TONIGHT}/{PLAYER}.json")
    field = parse_field("quick_numbers.season_ppg", bench.value() or {})
    whole = attribute(bench, field, 10_000, Ticks(), most=0)
    cut = attribute(bench, field, 12, Ticks(), most=0)
    assert whole.untried == 0
    assert cut.untried > 0
    assert cut.candidates == whole.candidates == cut.alone + cut.in_groups + cut.untried
    assert cut.trials < 20


def test_a_whole_document_names_its_tables(store: MemoryStore) -> None:
    found = tables_of(bench_of(store, f"predictions/{TONIGHT}.json"))
    assert found[PREDICTIONS.name][1] is True
    assert found[PREDICTIONS.name][0] > 20
    others = [tables_of(bench_of(store, path)) for name in ("streaks", "results") for path in paths_of(store, name)]
    unread = {table for found in others for table, (_, matters) in found.items() if not matters}
    assert unread, "the cases have a table that changes nothing"


def test_what_is_counted_over_all_rows_is_counted_again(store: MemoryStore) -> None:
    """The model version with the most forecasts publishes: one more row of another version may decide which."""
    rows = worlds.rows_of(PREDICTIONS)
    champion = [row for row in rows if row.game_date == TONIGHT and row.system_id == "catboost_v9"]
    changed = [
        row._replace(model_version="v2") if row in champion[:10] else row for row in rows if row not in champion[11:]
    ]
    held = worlds.with_rows(PREDICTIONS, changed)
    assert len([row for row in changed if row.model_version == "v2"]) == 10
    bench = bench_of(store, f"predictions/{TONIGHT}.json", held)
    before = bench.value()
    assert before is not None
    positions = [
        place
        for place, cells in enumerate(bench.rows[PREDICTIONS.name].to_pylist())
        if cells["model_version"] == "v2" and cells["is_active"]
    ]
    after = bench.value({PREDICTIONS.name: dict.fromkeys(positions)})
    plan = replace(bench.plan)
    real = build_in_memory(plan, worlds.with_rows(PREDICTIONS, [row for row in changed if row.model_version != "v2"]))
    assert after == orjson.loads(real.documents[bench.path].content)
    assert after != before


class Past(MemoryWarehouse):
    """Tables with a history."""

    def history_problem(self, as_of: datetime) -> str:
        """Find no problem."""
        return ""


class Later(MemoryWarehouse):
    """Tables that have changed since."""

    def newest_as_of(self) -> datetime:
        """Return a later instant."""
        return datetime(2026, 2, 4, tzinfo=timezone.utc)


def test_tables_are_read_as_of_the_run_where_the_warehouse_can(store: MemoryStore) -> None:
    path = f"tonight/player/{TONIGHT}/{PLAYER}.json"
    past = Past({})
    found = rebuild(find_published(store, path), past, NOW)
    assert found.is_as_of
    assert found.source == f"the tables as of {AS_OF}"
    assert {scan.as_of for scan in past.scans} == {AS_OF}


def test_tables_without_a_history_are_told_from_those_that_have_not_changed(store: MemoryStore) -> None:
    path = f"tonight/player/{TONIGHT}/{PLAYER}.json"
    same = rebuild(find_published(store, path), worlds.warehouse(), NOW)
    assert same.is_as_of
    assert same.source == f"the tables as of {AS_OF}, which have not changed since"
    later = rebuild(find_published(store, path), Later({}), NOW)
    assert not later.is_as_of
    assert "as they are now" in later.source
    assert "keeps no history" in later.source


def test_a_document_of_other_rows_is_told_with_both_values(store: MemoryStore) -> None:
    path = f"tonight/player/{TONIGHT}/{PLAYER}.json"
    changed = [
        row._replace(player_name="Other Name") if row.player_lookup == PLAYER else row
        for row in worlds.rows_of(REGISTRY)
    ]
    published = find_published(store, path)
    field = parse_field("player_full_name", published.value)
    rebuilt = rebuild(published, worlds.with_rows(REGISTRY, changed), NOW)
    found = explain(published, field, rebuilt, 5_000, Ticks())
    told = as_json(found)
    assert not found.is_same
    assert told["value"] == "Player B"
    assert told["rebuilt_value"] == "Other Name"
    assert any(row["columns"].get("player_name") == "Other Name" for row in told["rows"])


def test_gates_do_not_hold_back_what_is_asked_about(store: MemoryStore) -> None:
    """Without the only game the type would be withheld; the value itself does not depend on it."""
    bench = bench_of(store, f"predictions/{TONIGHT}.json")
    every = {"nba_raw.nbac_schedule": dict.fromkeys(map(int, bench.positions("nba_raw.nbac_schedule")))}
    assert bench.value(every) is not None


DOCUMENT = {
    "games": [
        {"game_id": "g1", "lines": [1, 2, 3], "players": [{"player_lookup": "ann", "points": 3}]},
        {"game_id": "g2", "lines": [4, 5, 6], "players": [{"player_lookup": "bob", "points": None}]},
    ],
    "by_date": {"2026-02-11": {"n": 1}},
    "a/b": 7,
}


@pytest.mark.parametrize(
    ("text", "shown", "value"),
    [
        ("games.1.lines.2", "games[game_id=g2].lines[2]", 6),
        ("/games/1/lines/2", "games[game_id=g2].lines[2]", 6),
        ("games[0].players[player_lookup=ann].points", "games[game_id=g1].players[player_lookup=ann].points", 3),
        ("games[game_id=g2].players.0.points", "games[game_id=g2].players[player_lookup=bob].points", None),
        ("by_date.2026-02-11.n", "by_date.2026-02-11.n", 1),
        ("/a~1b", "a/b", 7),
        ("", "", DOCUMENT),
    ],
)
def test_a_field_is_named_by_what_tells_items_apart(text: str, shown: str, value: Any) -> None:
    field = parse_field(text, DOCUMENT)
    assert str(field) == shown
    assert field.of(DOCUMENT) == value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("gmes.0", "has no gmes in the document; did you mean games?"),
        ("games.7.lines", "has no item 7 in games; it is a list of 2"),
        ("games[game_id=g3].lines", "has no game_id=g3 in games"),
        ("games.0.lines.0.x", "has no x in games[game_id=g1].lines[0]; it is 1"),
        ("games[", "is no field; write keys with dots"),
    ],
)
def test_a_field_that_is_not_there_is_told_with_its_fix(text: str, told: str) -> None:
    with pytest.raises(FieldError) as error:
        parse_field(text, DOCUMENT)
    assert told in str(error.value)


@pytest.mark.parametrize("name", exports())
def test_every_type_names_its_functions_and_every_field_its_description(name: str, store: MemoryStore) -> None:
    export = exports()[name]
    functions = functions_of(export)
    assert functions[-1].role == "builder"
    for function in functions:
        path, _, line = function.line.rpartition(":")
        assert Path(path).is_file(), function
        source = Path(path).read_text(encoding="utf-8").splitlines()
        assert any(f"def {function.place.partition(':')[2]}" in text for text in source[int(line) - 1 : int(line) + 3])
        assert function.says
    for path in paths_of(store, name):
        read = store.read(path)
        assert read is not None
        document = orjson.loads(read[0])
        for text in leaves(document):
            field = parse_field(text, document)
            if field.steps and isinstance(field.steps[-1], str):
                assert description_of(export, field), field


def test_the_rules_of_the_contract_are_those_that_the_code_names() -> None:
    (card, build) = functions_of(exports()["predictions"])
    assert card.rules == build.rules == ("picks-and-results §1",)
    grains = {exports()[name].grain for name in exports() if functions_of(exports()[name])[0].rules}
    assert grains == set(Grain)


@pytest.fixture(scope="module")
def output(league: League, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("explain") / "out"
    plan = plan_of("predictions", "tonight-players", first=league.today, update_latest="force")
    run_in_process(plan, league.warehouse, published_in(root))
    return root


def test_the_command_explains_a_value_of_the_demo(
    league: League, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = f"predictions/{league.today}.json"
    value = orjson.loads((output / path).read_bytes())["games"][0]["predictions"][0]
    places = [f"--output={output}", f"--warehouse={league.root}", "--seconds=8"]
    assert main([path, "games.0.predictions.0.prediction.points", *places]) == OK
    out = capsys.readouterr().out
    assert "the same bytes" in out
    assert f"[player_lookup={value['player_lookup']}].prediction.points = {value['prediction']['points']}\n" in out
    assert f"predicted_points = {value['prediction']['points']}" in out
    assert "exporters.bets.predictions:card, exporters/bets/predictions.py:" in out
    assert "(contract: picks-and-results §1)" in out
    assert (
        phase6(["explain", "predictions/today.json", "/total_predictions", *places[:2], "--seconds=1", "--json"]) == OK
    )
    told = orjson.loads(capsys.readouterr().out)
    assert told["document"] == path
    assert told["is_same"] is True
    assert told["is_of_manifest"] is True
    assert told["candidates"] == told["tried_alone"] + told["tried_in_groups"] + told["untried"]


def test_the_command_says_when_bytes_are_others(
    league: League, output: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = f"predictions/{league.today}.json"
    value = orjson.loads((output / path).read_bytes())
    value["total_predictions"] += 1
    (tmp_path / "out" / "predictions").mkdir(parents=True)
    (tmp_path / "out" / path).write_bytes(orjson.dumps(value, option=orjson.OPT_INDENT_2))
    argv = [path, "total_predictions", f"--output={tmp_path / 'out'}", f"--warehouse={league.root}", "--seconds=1"]
    assert main(argv) == DIFFERENT
    out = capsys.readouterr().out
    assert "other bytes" in out
    assert "in no manifest" in out
    assert f"built again it is {value['total_predictions'] - 1}" in out


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["predictions/2026-02-03.txt"], "is no path of an export type"),
        (["predictions/1999-01-01.json"], "is not published"),
        (["status.json"], "is no path of an export type"),
        ([], "--path"),
    ],
)
def test_a_wrong_command_line_is_rejected_with_its_fix(
    argv: list[str], told: str, league: League, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*argv, f"--output={output}", f"--warehouse={league.root}"]) == REJECTED
    assert told in capsys.readouterr().err


def test_a_field_of_the_command_line_that_is_not_there_is_rejected(
    league: League, output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = f"predictions/{league.today}.json"
    assert main([path, "total_prediction", f"--output={output}", f"--warehouse={league.root}"]) == REJECTED
    assert "did you mean total_predictions?" in capsys.readouterr().err


def test_what_cannot_be_read_is_told(output: Path, tmp_path: Path, league: League) -> None:
    path = f"predictions/{league.today}.json"
    assert main([path, f"--output={output}", f"--warehouse={tmp_path / 'none'}"]) == DIFFERENT


def test_a_path_that_does_not_say_its_date_is_told() -> None:
    held = MemoryStore()
    held.write("players/index.json", b"{}", cache_control="x")
    with pytest.raises(NotPublished, match="does not say of which date it is"):
        find_published(held, "players/index.json")
