from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.deployment.template_metadata import BATCH, FOLDER, STREAMING, main, metadata_text, template_metadata
from pipeline.options.option import Group, Kind, Option
from pipeline.options.option_table import BATCH_OPTIONS, CLIENT_OPTIONS, OPTIONS
from pipeline.options.stream_options import STREAM_OPTIONS


def parameters(name: str) -> dict[str, dict[str, Any]]:
    return {found["name"]: found for found in template_metadata(name)["parameters"]}


PARAMETER_OPTIONS = [option for option in OPTIONS if option not in CLIENT_OPTIONS]
PARAMETERS = parameters(BATCH) | parameters(STREAMING)


@pytest.mark.parametrize("name", [BATCH, STREAMING])
def test_the_file_is_what_the_options_make(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == metadata_text(name), "run phase6 metadata"


def test_writing_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"--output={tmp_path}"]) == 0
    assert capsys.readouterr().out == f"2 files changed: {BATCH}, {STREAMING}\n"
    for name in (BATCH, STREAMING):
        assert json.loads((tmp_path / name).read_text()) == template_metadata(name)
    (tmp_path / BATCH).write_text("stale")
    assert main([f"--output={tmp_path}", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"changed": [BATCH]}


def test_a_folder_that_is_not_there_is_a_slip_of_the_finger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"--output={tmp_path / 'deplyo'}"]) == 2
    assert "is no folder" in capsys.readouterr().err


def test_every_option_is_a_parameter_of_the_template_that_it_means_something_to() -> None:
    batch, streaming = parameters(BATCH), parameters(STREAMING)
    assert list(batch) == [option.name for option in PARAMETER_OPTIONS if option not in STREAM_OPTIONS]
    assert list(streaming) == [option.name for option in PARAMETER_OPTIONS if option not in BATCH_OPTIONS]
    assert batch.keys() | streaming.keys() == {option.name for option in PARAMETER_OPTIONS}
    assert {"warehouse", "output", "champion_system_id", "completion_topic"} <= batch.keys() & streaming.keys()


def test_what_only_the_submitting_process_needs_is_no_parameter() -> None:
    names = [option.name for option in CLIENT_OPTIONS]
    alerts = [option.name for option in OPTIONS if option.group is Group.ALERTS]
    assert names == ["no_wait", "dates_in_process", *alerts]
    assert {"alert_webhook", "structured_logs", "otlp_endpoint"} <= set(alerts)
    assert not {option.name for option in CLIENT_OPTIONS} & PARAMETERS.keys()


def test_what_must_be_given() -> None:
    def needed(name: str) -> list[str]:
        return [key for key, found in parameters(name).items() if not found["isOptional"]]

    assert needed(BATCH) == ["warehouse", "output"]
    assert needed(STREAMING) == ["warehouse", "output", "input_subscription", "dead_letter_topic"]


def test_only_one_is_a_streaming_template() -> None:
    assert not template_metadata(BATCH)["streaming"]
    streaming = template_metadata(STREAMING)
    assert streaming["streaming"]
    assert streaming["defaultStreamingMode"] == "EXACTLY_ONCE"


@pytest.mark.parametrize("option", PARAMETER_OPTIONS, ids=lambda option: option.name)
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


def test_patterns_use_only_what_every_regex_engine_supports() -> None:
    """RE2 has no look-around, and the launcher's checks are Java's or RE2's."""
    assert [name for name, found in PARAMETERS.items() if re.search(r"\(\?[=!<P]", found["regexes"][0])] == []


def test_types() -> None:
    types = {option.kind: PARAMETERS[option.name]["paramType"] for option in PARAMETER_OPTIONS}
    assert types == {Kind.TEXT: "TEXT", Kind.INTEGER: "NUMBER", Kind.BOOLEAN: "BOOLEAN", Kind.ENUM: "ENUM"}
    assert [one["value"] for one in PARAMETERS["update_latest"]["enumOptions"]] == ["auto", "never", "force"]
