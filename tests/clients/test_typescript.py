from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from exporters.declaration import Json
from exporters.document_schemas import STATUS, schemas
from exporters.registry import exports
from pipeline.execution.in_process import run_in_process
from pipeline.reference.field_table import resolved
from pipeline.reference.openapi import type_name
from tests.clients.compiler import CLIENT, compiled, node
from tests.support.matchers import json_of
from tests.support.plans import plan_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import League

NAMES = tuple(exports())
DAYS = 4
MOST_MUTANTS = 60
"""Wrong documents for each type; the compiler reads each of them whole."""


def module(name: str, documents: list[Json]) -> str:
    """A module that says of each document that it is of a type; each is a literal, so that unknown keys are errors."""
    lines = (f"export const d{i}: T = {json.dumps(one)};" for i, one in enumerate(documents))
    return "\n".join([f'import type {{ {type_name(name)} as T }} from "./documents.js";', *lines, ""])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the sources of the client."""
    shutil.copytree(CLIENT / "src", tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_client_compiles_with_its_declarations(folder: Path) -> None:
    assert compiled(folder, ["client.ts"], noEmit=False, declaration=True, outDir="dist") == []
    assert {path.name for path in (folder / "dist").iterdir()} == {
        f"{name}.{end}" for name in ("client", "documents", "paths") for end in ("js", "d.ts")
    }


def test_paths_and_parameters_are_typed(folder: Path) -> None:
    text = (Path(__file__).with_name("usage.ts")).read_text(encoding="utf-8")
    assert text.count("@ts-expect-error") == 9
    (folder / "usage.ts").write_text(text.replace('"CLIENT"', '"./client.js"'), encoding="utf-8")
    assert compiled(folder, ["usage.ts"]) == []
    (folder / "usage.ts").write_text(text.replace('"CLIENT"', '"./client.js"').replace("@ts-expect-error", ""))
    lines = re.findall(r"usage\.ts\((\d+),", "\n".join(compiled(folder, ["usage.ts"])))
    assert len(set(lines)) == 9


def test_every_example_is_of_its_type(folder: Path) -> None:
    for name in NAMES:
        (folder / f"{name}.ts").write_text(module(name, schemas()[name]["examples"]), encoding="utf-8")
    assert compiled(folder, [f"{name}.ts" for name in NAMES]) == []


def mutants(root: Json, part: Any, value: Any) -> Iterator[Any]:
    """Yield copies of a document with one key missing, unknown, or of another type, wherever there is one."""
    part = resolved(root, part)
    if isinstance(value, dict) and "properties" in part:
        yield {**value, "surprise": None}
        for key, one in value.items():
            if key in part.get("required", ()):
                yield {other: inner for other, inner in value.items() if other != key}
            yield from ({**value, key: inner} for inner in mutants(root, part["properties"][key], one))
    elif isinstance(value, dict) and "patternProperties" in part:
        yield {**value, "surprise": None}
        (one,) = part["patternProperties"].values()
        for key, inside in value.items():
            yield from ({**value, key: inner} for inner in mutants(root, one, inside))
    elif isinstance(value, list):
        for i, one in enumerate(value):
            yield from ([*value[:i], inner, *value[i + 1 :]] for inner in mutants(root, part["items"], one))
    elif not isinstance(value, dict):
        types = part.get("type", "enum")
        yield {"surprise": value}
        if "null" not in types and None not in part.get("enum", ()):
            yield None
        if "enum" in part or "const" in part:
            yield "surprise"


def test_wrong_documents_do_not_compile(folder: Path) -> None:
    wanted = 0
    for name in NAMES:
        schema = schemas()[name]
        wrong = [one for example in schema["examples"] for one in mutants(schema, schema, example)]
        chosen = wrong[:: -(-len(wrong) // MOST_MUTANTS)]
        assert len(chosen) > 10
        wanted += len(chosen)
        (folder / f"{name}.ts").write_text(module(name, chosen), encoding="utf-8")
    errors = compiled(folder, [f"{name}.ts" for name in NAMES])
    assert len({line.partition(",")[0] for line in errors if "): error TS" in line}) == wanted, "one line each"


def test_documents_of_the_season_are_of_their_types(folder: Path, league: League) -> None:
    store = MemoryStore()
    first = league.today - timedelta(days=DAYS - 1)
    manifests = run_in_process(plan_of(*NAMES, first=first, last=league.today), league.warehouse, store)
    documents: dict[str, list[Json]] = {name: [] for name in NAMES}
    for manifest in manifests.values():
        for name, section in manifest["exports"].items():
            assert not section["failures"]
            documents[name] += [orjson.loads(shown[0]) for path in section["documents"] if (shown := store.read(path))]
    for name, each in documents.items():
        assert each, name
        (folder / f"{name}.ts").write_text(module(name, each), encoding="utf-8")
    assert sum(map(len, documents.values())) > 100
    assert compiled(folder, [f"{name}.ts" for name in NAMES]) == []


def test_fetcher_reads_documents_and_knows_what_is_not_there(folder: Path) -> None:
    assert compiled(folder, ["client.ts"], noEmit=False, outDir="dist") == []
    (folder / "run.js").write_text(
        """
        import { ApiError, Phase6, pathOf } from "./dist/client.js";
        const asked = [];
        const answers = { 404: null, 503: null, 200: { game_date: "2026-02-11" } };
        const api = (status) => new Phase6("https://example.com/v1/", async (url) => {
          asked.push(url);
          return { status, ok: status === 200, json: async () => answers[status] };
        });
        const date = "2026-02-11";
        const found = [
          await api(200).get("results/{date}.json", { date }),
          await api(404).get("tonight/player/{date}/{player}.json", { date, player: "a/../b" }),
          await api(503).get("results/latest.json").catch((e) => [e instanceof ApiError, e.status, e.message]),
          await api(200).get("results/{date}.json", { date: "" }).catch((e) => [e instanceof TypeError, e.message]),
        ];
        console.log(JSON.stringify({ asked, found }));
        """,
        encoding="utf-8",
    )
    done = node(folder / "run.js")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["asked"] == [
        "https://example.com/v1/results/2026-02-11.json",
        "https://example.com/v1/tonight/player/2026-02-11/a%2F..%2Fb.json",
        "https://example.com/v1/results/latest.json",
    ]
    document, absent, broken, empty = said["found"]
    assert document == {"game_date": "2026-02-11"}
    assert absent is None
    assert broken[:2] == [True, 503]
    assert empty[0] is True
    assert "needs date" in empty[1]


def test_status_is_a_document(folder: Path, league: League) -> None:
    store = MemoryStore()
    run_in_process(plan_of("results", first=league.today), league.warehouse, store)
    one = json_of(store, "status.json")
    stands = {"state": "ready", "as_of": "x", "execution_id": "y"}
    (folder / "right.ts").write_text(module(STATUS, [one]), encoding="utf-8")
    (folder / "wrong.ts").write_text(module(STATUS, [{**one, "exports": {"results": stands}}]), encoding="utf-8")
    assert compiled(folder, ["right.ts"]) == []
    assert len(compiled(folder, ["wrong.ts"])) >= 1
