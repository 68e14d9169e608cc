from __future__ import annotations

import re
import shlex

import pytest

from exporters.registry import exports, groups
from pipeline.commands.catalogue import COMMANDS, EXPORT, MAIN, STREAM
from pipeline.commands.command import Command
from pipeline.commands.help_text import build_help, wants_help
from pipeline.options.option_table import OPTIONS, REQUEST_OPTIONS
from pipeline.options.stream_options import STREAM_OPTIONS

EVERY = (*COMMANDS, MAIN)


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("command", EVERY, ids=lambda command: command.name)
def test_help_explains_every_option_with_an_example(command: Command) -> None:
    text = build_help(command, f"phase6 {command.name}")
    options = command.load_options()
    assert options
    for option in options:
        assert f"\n  {option.usage}\n" in text
        assert words(option.described) in words(text)
        assert f"Example: {option.flag}" in words(text)
    assert max(map(len, text.splitlines())) <= 120
    assert text.startswith(f"Usage: phase6 {command.name} ")
    assert command.summary in text


@pytest.mark.parametrize("command", EVERY, ids=lambda command: command.name)
def test_help_names_export_types_and_beam_where_they_are_taken(command: Command) -> None:
    text = words(build_help(command, "p"))
    assert (", ".join(exports()) in text) is command.is_job
    assert all((f"{name}: {', '.join(members)}" in text) is command.is_job for name, members in groups().items())
    assert ("Plus every Beam option" in text) is command.is_job


def test_a_stream_has_no_request_and_an_export_no_subscription() -> None:
    export, stream, main = ({option.name for option in one.load_options()} for one in (EXPORT, STREAM, MAIN))
    assert export & {option.name for option in STREAM_OPTIONS} == set()
    assert stream & {option.name for option in REQUEST_OPTIONS} == {"champion_system_id"}
    assert main == export | stream == {option.name for option in OPTIONS}


@pytest.mark.parametrize("command", EVERY, ids=lambda command: command.name)
def test_examples_are_one_command_line_each(command: Command) -> None:
    examples = build_help(command, "phase6 x").partition("\nExamples\n")[2]
    found = re.findall(r"^    (phase6 x.*)$", examples.replace(" \\\n     ", ""), re.MULTILINE)
    assert [shlex.split(line)[2:] for line in found] == [shlex.split(line) for _, line in command.examples]


def test_headings_and_flags_can_be_styled() -> None:
    text = build_help(EXPORT, "phase6 export", heading=str.upper, flag=lambda flag: f"<{flag}>")
    assert "USAGE: phase6" in text
    assert "\nHOW TO RUN\n" in text
    assert "\n  <--shards=N>\n" in text


@pytest.mark.parametrize(
    ("argv", "wanted"),
    [
        (["--help"], True),
        (["--shards=2", "-h"], True),
        ([], False),
        (["--", "--help"], False),
        (["--helping"], False),
    ],
)
def test_wants_help(argv: list[str], wanted: bool) -> None:
    assert wants_help(argv) is wanted
