from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exporters.declaration import Json
from exporters.document_schemas import schema_id, schemas, version_of
from pipeline.reference.released_schemas import RELEASED, check, main, record, released

NAME = "predictions"


def fields(schema: Json) -> Json:
    return schema["$defs"]["prediction"]["properties"]  # type: ignore[no-any-return]


def removed(schema: Json) -> None:
    del fields(schema)["edge"]


def renamed(schema: Json) -> None:
    fields(schema)["margin"] = fields(schema).pop("edge")


def retyped(schema: Json) -> None:
    fields(schema)["points"]["type"] = "string"


def made_nullable(schema: Json) -> None:
    fields(schema)["points"]["type"] = ["number", "null"]


def reordered(schema: Json) -> None:
    fields(schema)["points"] = fields(schema).pop("points")


def narrowed(schema: Json) -> None:
    fields(schema)["recommendation"]["enum"].remove("HOLD")


BREAKS = (removed, renamed, retyped, made_nullable, reordered, narrowed)


def seeded(change: Callable[[Json], Any], *, version: int = 1) -> dict[str, Json]:
    now = copy.deepcopy(schemas())
    change(now[NAME])
    now[NAME]["$id"] = schema_id(NAME, version)
    return now


def test_schemas_of_today_are_compatible_with_the_released_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(released()) >= 18
    assert main([]) == 0, capsys.readouterr().out
    assert capsys.readouterr().out.endswith("; compatible\n")


@pytest.mark.parametrize("change", BREAKS)
def test_a_seeded_break_fails_and_explains_itself(change: Callable[[Json], Any]) -> None:
    lines, code = check(released(), seeded(change))
    assert code == 1
    assert lines[0].startswith(f"{NAME}: $.games[].predictions[].prediction")
    text = "\n".join(lines)
    assert "A field may be added at the end of its object." in text
    assert "version=2" in text
    assert lines[-1].endswith("1 break readers")


@pytest.mark.parametrize("change", BREAKS)
def test_a_break_passes_with_the_next_version_and_is_named(change: Callable[[Json], Any]) -> None:
    lines, code = check(released(), seeded(change, version=2))
    assert code == 0
    assert f"of a new version: {NAME}" in lines[-1]


def test_a_version_never_goes_back() -> None:
    before = {NAME: seeded(removed, version=2)[NAME]}
    lines, code = check(before, schemas())
    assert code == 1
    assert "version 1 is older than the released version 2" in lines[0]


def test_a_type_that_is_gone_breaks_its_readers_and_a_new_one_none() -> None:
    without = {name: schema for name, schema in schemas().items() if name != NAME}
    assert check(released(), without)[1] == 1
    lines, code = check({name: one for name, one in released().items() if name != NAME}, schemas())
    assert code == 0
    assert f"not released yet: {NAME}" in lines[-1]


def test_what_is_recorded_is_what_is_compared(tmp_path: Path) -> None:
    assert record(tmp_path, schemas()) == list(schemas())
    assert record(tmp_path, schemas()) == []
    assert check(released(tmp_path), schemas())[1] == 0
    assert check(released(tmp_path), seeded(narrowed))[1] == 1


def test_a_break_is_not_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = copy.deepcopy(schemas()[NAME])
    fields(before)["gone"] = {"type": "string"}
    path = tmp_path / f"{NAME}.json"
    path.write_text(json.dumps(before))
    assert main(["--record"], tmp_path) == 1
    assert "prediction.gone is gone: removed" in capsys.readouterr().out
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert json.loads(path.read_text()) == before
    path.unlink()
    assert main(["--record"], tmp_path) == 0
    assert len(list(tmp_path.iterdir())) == len(schemas())


def test_another_argument_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--force"], tmp_path) == 2
    assert "usage" in capsys.readouterr().out


def test_the_id_names_the_version() -> None:
    for name, schema in schemas().items():
        assert list(schema)[:2] == ["$schema", "$id"]
        assert schema["$id"] == schema_id(name, version_of(schema))
    assert version_of(schemas()["status"]) == schemas()["status"]["properties"]["version"]["const"]


def test_released_files_are_whole(tmp_path: Path) -> None:
    """A file that checks nothing would let every break pass."""
    for name, schema in released(RELEASED).items():
        assert schema["title"] == name
        assert schema.get("properties") or schema["patternProperties"]
        assert schema["$id"].startswith(f"urn:phase6:schema:{name}:")
