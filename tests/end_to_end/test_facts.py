"""Any two documents that show a fact show the same value, and every field of a fact's name is in the table."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from exporters.config.leagues import NBA
from exporters.declaration import Json
from exporters.document_schemas import schema_of
from exporters.registry import exports
from pipeline.execution.in_process import run_in_process
from tests.end_to_end.fact_table import APART, SHOWN, Comparison, known_names, place_of, registered, told_by
from tests.exporters.test_every_type import NIGHT, documents
from tests.support.nights import declared
from tests.support.plans import plan_of
from tests.support.rows import TONIGHT
from tests.support.stores import MemoryStore
from tests.support.warehouses import League
from tests.support.worlds import PROPERTY, blemished
from transforms.elements.document import encode

DAYS = 7
WORLDS = blemished(NIGHT)


def published(league: League) -> Iterator[tuple[str, str, Json, Any]]:
    """Yield type, path, value and date of every document of a week of all types."""
    store, days = MemoryStore(), [league.today - timedelta(days=n) for n in range(DAYS - 1, -1, -1)]
    run_in_process(plan_of(*exports(), first=days[0], last=days[-1]), league.warehouse, store)
    for day in days:
        for export in exports().values():
            if "{date}" not in export.path and day != days[-1]:
                continue
            prefix, _, suffix = export.path_of(day, "\0", calendar=NBA.calendar).partition("\0")
            # Documents of players lie side by side.
            paths = [shown.path for shown in store.list(prefix, recursive=False)] if suffix else [prefix]
            for path in paths:
                found = store.read(path)
                if found is not None:
                    yield export.name, path, json.loads(found[0]), day


def test_documents_of_a_week_agree(league: League, capsys: pytest.CaptureFixture[str]) -> None:
    compared = Comparison()
    types = set()
    for export, path, value, day in published(league):
        types.add(export)
        for told in told_by(export, path, value, day):
            compared.add(told)
    with capsys.disabled():
        total = sum(compared.compared.values())
        sys.stdout.write(f"\n{total:,} facts compared over {len(types)} types, {len(compared.differing)} differing\n")
    assert compared.differing == []
    assert types == set(exports())
    assert not SHOWN.keys() - compared.compared.keys() - {"halt"}, compared.compared
    assert min(compared.compared.values()) >= 3, compared.compared


@settings(PROPERTY, max_examples=10)
@given(rows=WORLDS)
def test_documents_of_any_world_agree(rows: list[Any]) -> None:
    """Sources may contradict one another there; documents that take a value from the same tables may not."""
    compared = Comparison(by_source=True)
    for export in exports().values():
        for player, value in documents(export, declared(export, rows)).items():
            for told in told_by(export.name, f"{export.name}/{player}", value, TONIGHT):
                compared.add(told)
    assert compared.differing == []


def fields(schema: Json) -> Iterator[str]:
    """Yield the path of every field of a schema."""

    def walk(part: Json, path: str, seen: tuple[str, ...]) -> Iterator[str]:
        if "$ref" in part:
            name = part["$ref"].removeprefix("#/$defs/")
            if name in seen:
                return
            part, seen = schema["$defs"][name], (*seen, name)
        for key, value in part.get("properties", {}).items():
            yield f"{path}{key}"
            yield from walk(value, f"{path}{key}.", seen)
        if "items" in part:
            yield from walk(part["items"], f"{path.removesuffix('.')}[].", seen)
        for value in (*part.get("patternProperties", {}).values(), part.get("additionalProperties")):
            if isinstance(value, dict):
                yield from walk(value, f"{path}*.", seen)

    return walk(schema, "", ())


@pytest.mark.parametrize("name", tuple(exports()))
def test_a_field_that_has_the_name_of_a_fact_is_in_the_table(name: str) -> None:
    schema = schema_of(exports()[name])
    assert schema is not None
    every = set(fields(schema))
    named = {path for path in every if path.rpartition(".")[2] in known_names()}
    missing, gone = sorted(named - registered(name)), sorted(registered(name) - every)
    assert not missing, (
        f"{name} shows {', '.join(missing)}, which other types show as well: add the fields to SHOWN in "
        "tests/end_to_end/fact_table.py, so that they are compared, or to APART with the reason why they are not"
    )
    assert not gone, f"{name} has no {', '.join(gone)} any more: remove it from tests/end_to_end/fact_table.py"


def test_a_field_is_a_fact_or_apart_from_it() -> None:
    for name in exports():
        places = [
            place_of(entry) for by_type in SHOWN.values() for at in by_type.values() for entry in at.get(name, ())
        ]
        assert len(places) == len(set(places)), f"{name} shows a field under two facts or sources"
        assert not set(places) & APART.get(name, {}).keys(), name


@pytest.mark.parametrize(
    ("other", "differs"),
    [
        ({"predicted": 20.0}, 0),
        ({"predicted": 20.5}, 1),
        ({"predicted": None}, 0),
        ({"player_lookup": "bob", "predicted": 1}, 0),
    ],
)
def test_a_value_that_differs_is_found(other: Json, differs: int) -> None:
    forecast = {"points": 20.0, "confidence": None, "recommendation": None, "line": None, "edge": None}
    first = {
        "games": [{"game_id": "x", "predictions": [{"player_lookup": "ann", "team": None, "prediction": forecast}]}]
    }
    bet = dict.fromkeys(("player_full_name", "team", "line", "edge", "confidence", "recommendation", "game_id"))
    second = {"picks": [{**bet, "player_lookup": "ann", "opponent": None, "result": None, "actual": None, **other}]}
    compared = Comparison()
    for export, document in (("predictions", first), ("best-bets", second)):
        for told in told_by(export, export, json.loads(encode(document)), TONIGHT):
            compared.add(told)
    assert len(compared.differing) == differs
    assert all("forecast of ann on 2025-01-15" in line for line in compared.differing)
