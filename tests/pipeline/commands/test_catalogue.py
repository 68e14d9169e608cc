from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from exporters.registry import PLAYER_TYPES, exports, groups
from pipeline.commands.catalogue import COMMANDS, EXPORT, GROUPS, MAIN, STREAM
from pipeline.commands.command import Command, load
from pipeline.comparison.dry_export import parse_dry_export
from pipeline.deployment.command_options import (
    CheckOptions,
    CostOptions,
    DriftOptions,
    MetadataOptions,
    RenderOptions,
    StampOptions,
)
from pipeline.deployment.launch import parse_launch
from pipeline.operations.backfill import parse_backfill
from pipeline.operations.command_options import VerifyOptions
from pipeline.operations.diff import parse_diff
from pipeline.operations.doctor import parse_doctor
from pipeline.operations.maintenance import parse_maintenance
from pipeline.operations.promote import parse_promote
from pipeline.operations.rollback_options import RollbackOptions
from pipeline.operations.status_options import StatusOptions
from pipeline.options.configuration import RunConfig, StreamConfig, parse_job
from pipeline.options.flags import parse_options
from pipeline.provenance.explain import parse_explain
from pipeline.provenance.impact import parse_impact
from pipeline.reference.command_options import DocsOptions

NOW = datetime(2026, 2, 12, 18, tzinfo=timezone.utc)
BY_NAME = {command.name: command for command in COMMANDS}


def parse(argv: list[str]) -> Any:
    return parse_job(argv, known_types=tuple(exports()), groups=groups(), now=NOW, player_types=PLAYER_TYPES)[1]


def model(declaring: type[Any]) -> Callable[[list[str]], Any]:
    return lambda argv: parse_options(declaring, argv)


PARSERS: dict[str, Callable[[list[str]], Any]] = {
    "export": parse,
    "stream": parse,
    "backfill": lambda argv: parse_backfill(argv, now=NOW),
    "launch": lambda argv: parse_launch(argv, now=NOW),
    "doctor": lambda argv: parse_doctor(argv, now=NOW),
    "verify": model(VerifyOptions),
    "diff": lambda argv: parse_dry_export(argv, now=NOW) if "--dry_export" in argv else parse_diff(argv),
    "promote": lambda argv: parse_promote(argv, now=NOW),
    "rollback": model(RollbackOptions),
    "status": model(StatusOptions),
    "maintenance": lambda argv: parse_maintenance(argv, now=datetime(2026, 2, 11, tzinfo=timezone.utc)),
    "explain": parse_explain,
    "impact": parse_impact,
    "schedules check": model(CheckOptions),
    "schedules render": model(RenderOptions),
    "schedules costs": model(CostOptions),
    "drift": model(DriftOptions),
    "docs": model(DocsOptions),
    "metadata": model(MetadataOptions),
    "stamp": model(StampOptions),
}
EXAMPLES = [
    pytest.param(command.name, shlex.split(arguments.partition("|")[0] if "'" not in arguments else arguments))
    for command in COMMANDS
    for _, arguments in command.examples
]


def test_every_command_has_a_parser_here() -> None:
    assert PARSERS.keys() == BY_NAME.keys()


@pytest.mark.parametrize(("name", "argv"), EXAMPLES)
def test_an_example_is_understood(name: str, argv: list[str]) -> None:
    assert PARSERS[name](argv)


def test_an_export_is_a_run_and_a_stream_is_none() -> None:
    for _, arguments in EXPORT.examples:
        assert isinstance(parse(shlex.split(arguments)), RunConfig)
    for _, arguments in STREAM.examples:
        assert isinstance(parse(shlex.split(arguments)), StreamConfig)


@pytest.mark.parametrize("command", [*COMMANDS, MAIN], ids=lambda command: command.name)
def test_a_command_can_be_run(command: Command) -> None:
    assert callable(load(command.run))
    assert command.summary.endswith(".")
    assert command.examples


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_an_example_of_an_option_is_taken_by_it(command: Command) -> None:
    for option in command.load_options():
        assert option.problem(option.example) is None, option.flag
        assert option.help.endswith("."), option.flag


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_what_reports_something_reports_json(command: Command) -> None:
    names = {option.name for option in command.load_options()}
    # A stream goes on: what it says of a request is its completion event.
    assert ("json" in names) is (command is not STREAM)


def test_every_group_is_the_first_word_of_a_command() -> None:
    first_words = {name.split()[0] for name in BY_NAME if " " in name}
    assert first_words == GROUPS.keys()
    assert not GROUPS.keys() & BY_NAME.keys()
