from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
import pytest

from pipeline.commands.click_commands import UnknownCommandError, build_group
from pipeline.commands.command import Command

MODULE = """
from pipeline.options.option_table import EXPORT_OPTIONS as OPTIONS
CALLS = []
def run(argv):
    CALLS.append(argv)
    return len(argv)
"""


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Three commands of one module, which nothing else imports."""
    (tmp_path / "made_up_commands.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("made_up_commands", None)
    commands = [
        Command(name, f"Does {name}.", options="made_up_commands:OPTIONS", run="made_up_commands:run")
        for name in ("zebra", "herd feed", "herd count", "ant")
    ]
    return build_group(commands, {"herd": "All of them."})


def run(group: Any, *argv: str) -> int:
    return int(group.main(args=list(argv), prog_name="p", standalone_mode=False) or 0)


def test_arguments_arrive_as_they_were_typed(group: Any) -> None:
    argv = ["--shards=0", "--nope", "stray", "--", "--help"]
    assert run(group, "zebra", *argv) == 5
    assert run(group, "herd", "feed", "-x") == 1
    assert [argv, ["-x"]] == sys.modules["made_up_commands"].CALLS


def test_commands_keep_the_order_of_the_list(group: Any) -> None:
    assert list(group.commands) == ["zebra", "herd", "ant"]
    assert list(group.commands["herd"].commands) == ["feed", "count"]


def test_listing_commands_imports_none(group: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(group, "--help") == 0
    out = capsys.readouterr().out
    assert "Does zebra." in out
    assert "All of them." in out
    assert "made_up_commands" not in sys.modules
    assert run(group, "zebra", "--help") == 0
    assert "--export_types=LIST" in capsys.readouterr().out


def test_an_unknown_name_comes_with_those_that_there_are(group: Any) -> None:
    with pytest.raises(UnknownCommandError) as caught:
        run(group, "herd", "fed")
    assert (caught.value.name, list(caught.value.known)) == ("fed", ["feed", "count"])
    assert isinstance(caught.value, click.UsageError)


@pytest.mark.parametrize("name", ["zebra", "ant"])
def test_every_option_is_known_to_completion(group: Any, name: str) -> None:
    command = group.commands[name]
    offered = {flag for param in command.get_params(click.Context(command)) for flag in param.opts}
    assert {option.flag for option in command.command.load_options()} <= offered
