from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import exporters
from exporters.declaration import Export, Grain, Json, WouldBeEmpty
from exporters.document_schemas import STATUS, schema_file, schema_of
from exporters.registry import exports
from pipeline.execution.in_process import run_in_process
from pipeline.reference.field_table import Schema, resolved
from tests.support.nights import document, player_documents
from tests.support.plans import plan_of
from tests.support.rows import FACTORIES, TONIGHT, Row, context_row, player_rows, schedule_row
from tests.support.stores import MemoryStore
from tests.support.warehouses import League
from tests.support.worlds import PROPERTY, blemished
from transforms.elements.validation import InvalidDocument, require_valid

NAMES = tuple(exports())
DAYS = 12
"""The last days of the small league, which have all that a week can have."""


def schema(name: str) -> Json:
    found = schema_of(exports()[name])
    assert found is not None, f"write exporters/{schema_file(exports()[name])}"
    return found


def check(name: str, value: Json) -> None:
    """Insist that a document fits its schema, its keys in the schema's order."""
    require_valid(exports()[name], name, orjson.dumps(value))
    assert not list(disordered_keys(schema(name), schema(name), value, "$"))


def property_of(part: Schema, key: str) -> Schema:
    """Return what a schema declares of a key of an object, which may be data, such as a date."""
    declared: Schema | None = part.get("properties", {}).get(key)
    if declared is not None:
        return declared
    (found,) = (inner for pattern, inner in part["patternProperties"].items() if re.search(pattern, key))
    return found


def disordered_keys(root: Schema, part: Schema, value: Any, path: str) -> Iterator[str]:
    """Yield the objects of a document whose keys are in another order than the properties of its schema."""
    part = resolved(root, part)
    if isinstance(value, dict):
        order = list(part.get("properties", value))
        if [order.index(key) for key in value] != sorted(order.index(key) for key in value):
            yield f"{path}: {list(value)}"
        for key, inner in value.items():
            yield from disordered_keys(root, property_of(part, key), inner, f"{path}.{key}")
    if isinstance(value, list):
        for i, inner in enumerate(value):
            yield from disordered_keys(root, part["items"], inner, f"{path}[{i}]")


def parts(part: Any, path: str = "") -> Iterator[tuple[str, Json]]:
    """Yield every part of a schema that declares properties, with its place."""
    if isinstance(part, dict):
        if isinstance(part.get("properties", part.get("patternProperties")), dict):
            yield path, part
        for key, inner in part.items():
            if key not in ("if", "then", "else", "allOf", "not", "examples"):
                yield from parts(inner, f"{path}/{key}")


class TestSchema:
    @pytest.mark.parametrize("name", NAMES)
    def test_is_a_schema_of_2020_12(self, name: str) -> None:
        found = schema(name)
        assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert found["title"] == name
        assert found["description"].endswith(".")
        jsonschema_rs.meta.validate(found)

    @pytest.mark.parametrize("name", NAMES)
    def test_describes_every_field_and_allows_no_other(self, name: str) -> None:
        root = schema(name)
        for path, part in parts(root):
            assert part["additionalProperties"] is False, path
            assert part["description"], path
            for key, declared in {**part.get("properties", {}), **part.get("patternProperties", {})}.items():
                described = resolved(root, declared)["description"]
                assert described.endswith("."), f"{path}/{key}: {described}"
            required = part.get("required", [])
            assert required == [key for key in part.get("properties", {}) if key in required], (
                f"{path}: required out of order"
            )

    @pytest.mark.parametrize("name", NAMES)
    def test_names_the_place_of_a_violation(self, name: str) -> None:
        # What fails one of several schemas fails as a whole: the place would be that of the whole object.
        text = json.dumps(schema(name))
        assert '"anyOf"' not in text
        assert '"oneOf"' not in text

    @pytest.mark.parametrize("name", NAMES)
    def test_uses_every_definition(self, name: str) -> None:
        root = schema(name)
        text = json.dumps(root)
        assert [key for key in root.get("$defs", {}) if f'"#/$defs/{key}"' not in text] == []

    def test_belongs_to_an_export(self) -> None:
        (package,) = exporters.__path__
        files = {path.relative_to(package).as_posix() for path in Path(package).rglob("*.schema.json")}
        assert files == {schema_file(export) for export in exports().values()} | {f"{STATUS}.schema.json"}


class TestExample:
    @pytest.mark.parametrize("name", NAMES)
    def test_fits(self, name: str) -> None:
        (example,) = schema(name)["examples"]
        check(name, example)
        assert len(json.dumps(example, indent=2).splitlines()) < 220

    @pytest.mark.parametrize("name", NAMES)
    def test_is_rejected_without_a_required_key(self, name: str) -> None:
        self._reject_each(name, _without_keys)

    @pytest.mark.parametrize("name", NAMES)
    def test_is_rejected_with_another_key(self, name: str) -> None:
        self._reject_each(name, _with_another_key)

    @pytest.mark.parametrize("name", NAMES)
    def test_is_rejected_with_a_value_of_another_type(self, name: str) -> None:
        self._reject_each(name, _with_another_type)

    @staticmethod
    def _reject_each(name: str, mutate: Any) -> None:
        root = schema(name)
        (example,) = root["examples"]
        tried = 0
        for place, mutant in _mutants(root, root, copy.deepcopy(example), "$", mutate):
            tried += 1
            with pytest.raises(InvalidDocument):
                require_valid(exports()[name], place, orjson.dumps(mutant))
        assert tried or (mutate is _without_keys and not root.get("required"))


def _mutants(root: Schema, part: Schema, value: Any, path: str, mutate: Any) -> Iterator[tuple[str, Any]]:
    """Yield copies of a value with one thing wrong, wherever it can be."""
    part = resolved(root, part)
    if isinstance(value, dict):
        for place, mutant in mutate(part, value):
            yield f"{path}.{place}", mutant
        for key, inner in value.items():
            for place, mutant in _mutants(root, property_of(part, key), inner, f"{path}.{key}", mutate):
                yield place, {**value, key: mutant}
    if isinstance(value, list):
        for i, inner in enumerate(value):
            for place, mutant in _mutants(root, part["items"], inner, f"{path}[{i}]", mutate):
                yield place, [*value[:i], mutant, *value[i + 1 :]]


def _without_keys(part: Schema, value: Json) -> Iterator[tuple[str, Json]]:
    for key in part.get("required", ()):
        yield key, {other: inner for other, inner in value.items() if other != key}


def _with_another_key(part: Schema, value: Json) -> Iterator[tuple[str, Json]]:
    yield "surprise", {**value, "surprise": None}


def _with_another_type(part: Schema, value: Json) -> Iterator[tuple[str, Json]]:
    for key, inner in value.items():
        yield key, {**value, key: [["surprise"]] if isinstance(inner, dict) else {"surprise": inner}}


@pytest.fixture(scope="module")
def published(league: League) -> dict[str, list[Json]]:
    """Return the documents that a run of all export types published for the last days of the league, by export."""
    first = league.today - timedelta(days=DAYS - 1)
    store = MemoryStore()
    manifests = run_in_process(plan_of(*NAMES, first=first, last=league.today), league.warehouse, store)
    paths: dict[str, list[str]] = {name: [] for name in NAMES}
    for manifest in manifests.values():
        for name, section in manifest["exports"].items():
            assert not section["failures"]
            paths[name].extend(section["documents"])
    assert any(manifest["funnel"]["games"] == 0 for manifest in manifests.values()), "a date without games"
    assert manifests[league.today.isoformat()]["funnel"]["final_games"] == 0, "a date that is not played yet"
    contents = {name: [store.read(path) for path in sorted(found)] for name, found in paths.items()}
    return {name: [orjson.loads(found[0]) for found in each if found is not None] for name, each in contents.items()}


@pytest.mark.parametrize("name", NAMES)
def test_documents_of_the_league_fit(name: str, published: dict[str, list[Json]]) -> None:
    assert published[name]
    for value in published[name]:
        check(name, value)


def built(export: Export, rows: list[Row]) -> list[Json]:
    """Return the documents that an export makes of rows, those of players without a game included."""
    if export.grain is not Grain.PLAYER:
        with suppress(WouldBeEmpty):
            return [document(export, *rows)]
        return []
    absent = [export.build_no_game("lebronjames", TONIGHT, "2025-01-15T18:00:00+00:00")] if export.build_no_game else []
    return [*player_documents(export, *rows).values(), *absent]


@pytest.mark.parametrize("name", NAMES)
def test_documents_of_next_to_nothing_fit(name: str) -> None:
    for rows in ([], [schedule_row()], [schedule_row(), context_row()], [schedule_row(), *player_rows(points=())]):
        for value in built(exports()[name], rows):
            check(name, value)


ROWS = (
    schedule_row(),
    *player_rows("lebronjames"),
    *player_rows("jaysontatum", team_abbr="BOS", opponent_team_abbr="LAL", home_game=False),
    *(make() for make in FACTORIES.values()),
)


@pytest.mark.parametrize("name", NAMES)
@settings(PROPERTY, max_examples=25)
@given(data=st.data())
def test_documents_of_rows_with_any_column_null_fit(name: str, data: st.DataObject) -> None:
    export = exports()[name]
    tables = {read.table.name for read in export.reads}
    own = [row for row in ROWS if any(type(row) is FACTORIES[table].table.row for table in tables)]
    for value in built(export, data.draw(blemished(own))):
        check(name, value)
