from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.option_table import OPTIONS, Kind, Option
from pipeline.template_metadata import METADATA, main, metadata_text, template_metadata

PARAMETERS: dict[str, dict[str, Any]] = {found["name"]: found for found in template_metadata()["parameters"]}


def test_the_file_is_what_the_options_make() -> None:
    assert METADATA.read_text(encoding="utf-8") == metadata_text(), "run python -m pipeline.template_metadata"


def test_writing_it(tmp_path: Path) -> None:
    assert main([f"--output={tmp_path / 'metadata.json'}"]) == 0
    assert json.loads((tmp_path / "metadata.json").read_text()) == template_metadata()


def test_every_option_is_a_parameter() -> None:
    assert list(PARAMETERS) == [option.name for option in OPTIONS]
    assert [name for name, found in PARAMETERS.items() if not found["isOptional"]] == ["warehouse", "output"]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_a_parameter_takes_what_the_option_takes(option: Option) -> None:
    found = PARAMETERS[option.name]
    [pattern] = found["regexes"]
    assert pattern.startswith("^(?:")
    assert pattern.endswith(")$")
    assert re.fullmatch(pattern, option.example)
    assert option.problem(option.example) is None
    assert not re.fullmatch(pattern, "")
    for choice in found.get("enumOptions", ()):
        assert option.problem(choice["value"]) is None
    if "defaultValue" in found:
        assert re.fullmatch(pattern, found["defaultValue"])
    assert found["helpText"].endswith(option.shown_example)


def test_only_what_every_regex_engine_knows() -> None:
    """RE2 has no look-around, and the launcher's checks are Java's or RE2's."""
    assert [name for name, found in PARAMETERS.items() if re.search(r"\(\?[=!<P]", found["regexes"][0])] == []


def test_types() -> None:
    types = {option.kind: PARAMETERS[option.name]["paramType"] for option in OPTIONS}
    assert types == {Kind.TEXT: "TEXT", Kind.INTEGER: "NUMBER", Kind.BOOLEAN: "BOOLEAN", Kind.ENUM: "ENUM"}
    assert [one["value"] for one in PARAMETERS["update_latest"]["enumOptions"]] == ["auto", "never", "force"]
