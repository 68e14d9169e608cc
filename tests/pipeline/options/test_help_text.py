from __future__ import annotations

import shlex
import subprocess
import sys
from datetime import datetime, timezone

import pytest

from exporters import registry
from pipeline.options.configuration import parse_job
from pipeline.options.help_text import build_help, wants_help
from pipeline.options.option_table import OPTIONS

TYPES = ("predictions", "results", "tonight")
GROUPS = {"all": TYPES}
NOW = datetime(2026, 2, 12, 18, tzinfo=timezone.utc)


def test_help_needs_no_beam() -> None:
    code = (
        "import sys; from pipeline.options.help_text import build_help; build_help(); "
        "sys.exit(any(name.split('.')[0] in ('apache_beam', 'pyarrow') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_help_explains_every_option() -> None:
    text = build_help(TYPES, GROUPS)
    for option in OPTIONS:
        assert f"\n  {option.usage}\n" in text
    words = " ".join(text.split())
    for option in OPTIONS:
        assert " ".join(option.described.split()) in words
    assert "Plus every Beam option" in text
    assert "predictions, results, tonight" in text
    assert "all: predictions, results, tonight" in text
    assert max(map(len, text.splitlines())) <= 120


def test_examples_of_the_help_are_valid() -> None:
    names = {"known_types": tuple(registry.exports()), "groups": registry.groups()}
    examples = build_help().partition("\nExamples\n")[2]
    commands = examples.replace("\\\n", "").split("python -m pipeline.main")[1:]
    assert len(commands) == 4
    for command in commands:
        argv = shlex.split(command.strip().splitlines()[0])
        assert parse_job(argv, **names, now=NOW)


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
