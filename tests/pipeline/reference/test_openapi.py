from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from exporters.declaration import Json
from exporters.document_schemas import schema_of, schemas
from exporters.registry import exports
from pipeline.reference.openapi import openapi, openapi_text, type_name
from pipeline.version import ROOT
from tests.support.made_up import CARD

SPEC = openapi()
NAMES = tuple(exports())


def body(path: str) -> Json:
    answer = SPEC["paths"][f"/{path}"]["get"]["responses"]["200"]
    return answer["content"]["application/json"]  # type: ignore[no-any-return]


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, one in part.items():
            if key == "$ref":
                yield one
            elif key != "example":
                yield from references(one)
    if isinstance(part, list):
        for one in part:
            yield from references(one)


def validator(name: str) -> Any:
    """The schema of a type as the description has it: a reader resolves it in the whole description."""
    return jsonschema_rs.Draft202012Validator({**SPEC, "$ref": f"#/components/schemas/{type_name(name)}"})


def test_the_file_in_the_repository_is_up_to_date() -> None:
    assert (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8") == openapi_text(), "run make docs"


def test_every_reference_leads_to_a_component_and_every_component_is_used() -> None:
    found = set(references(SPEC))
    there = {f"#/components/{kind}/{name}" for kind, each in SPEC["components"].items() for name in each}
    assert found == there
    assert all(re.fullmatch(r"#/components/\w+/[\w.-]+", one) for one in found)


@pytest.mark.parametrize("name", NAMES)
def test_document_and_pointers_of_a_type_have_its_schema(name: str) -> None:
    export = exports()[name]
    for path in (export.path, *(pointer.path for pointer in export.pointers)):
        assert body(path)["schema"] == {"$ref": f"#/components/schemas/{type_name(name)}"}
        operation = SPEC["paths"][f"/{path}"]["get"]
        wanted = [f"#/components/parameters/{one}" for one in re.findall(r"{(\w+)}", path)]
        assert [one["$ref"] for one in operation["parameters"]] == wanted
    header = SPEC["paths"][f"/{export.path}"]["get"]["responses"]["200"]["headers"]["Cache-Control"]["example"]
    assert header == export.cache.header


def test_paths_are_those_of_the_types_their_schemas_and_the_status() -> None:
    every = [path for one in exports().values() for path in (one.path, *(pointer.path for pointer in one.pointers))]
    assert len(every) == len(set(every))
    wanted = {f"/{path}" for path in (*every, "status.json", *(f"schemas/{name}.json" for name in schemas()))}
    assert set(SPEC["paths"]) == wanted
    ids = [one["get"]["operationId"] for one in SPEC["paths"].values()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", NAMES)
def test_schema_accepts_the_example_and_rejects_what_the_original_rejects(name: str) -> None:
    schema = schema_of(exports()[name])
    assert schema is not None
    (example,) = schema["examples"]
    assert body(exports()[name].path)["example"] == example
    described, original = validator(name), jsonschema_rs.Draft202012Validator(schema)
    assert described.is_valid(example)
    wrong = list(mutants(example))
    assert [described.is_valid(one) for one in wrong] == [original.is_valid(one) for one in wrong]
    assert not all(described.is_valid(one) for one in wrong)


def mutants(value: Any) -> Iterator[Any]:
    """Yield copies with one value replaced, or one key missing or added, in every place."""
    if isinstance(value, dict):
        yield {**value, "surprise": 1}
        for key, one in value.items():
            yield {other: inner for other, inner in value.items() if other != key}
            yield from ({**value, key: inner} for inner in mutants(one))
    elif isinstance(value, list):
        for i, one in enumerate(value):
            yield from ([*value[:i], inner, *value[i + 1 :]] for inner in mutants(one))
    else:
        yield from (None, {"surprise": 1}, -1, "")


@pytest.mark.parametrize("name", [*NAMES, "status"])
def test_components_name_the_version_of_the_shape(name: str) -> None:
    component = SPEC["components"]["schemas"][type_name(name)]
    assert component["x-schema-id"] == schemas()[name]["$id"]
    assert component["x-schema-id"].endswith(f":{component['x-version']}")
    assert "$id" not in json.dumps(SPEC), "references would be resolved below it"


def test_a_type_without_schema_is_named() -> None:
    with pytest.raises(LookupError, match="card has no schema"):
        openapi({"card": CARD})
