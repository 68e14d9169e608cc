from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli import door, main
from pipeline.options.option_table import OPTIONS
from tests.end_to_end.command_line import arguments_of, run_python
from tests.support.matchers import assert_same_objects, documents
from tests.support.stores import published_in
from tests.support.warehouses import League

ROOT = Path(__file__).parents[2]


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, cwd=ROOT, check=False)


def test_help_is_printed_without_importing_beam() -> None:
    ended = python("-X", "importtime", "-m", "pipeline.main", "--help")
    assert ended.returncode == 0
    assert ended.stdout.startswith("Usage: python -m pipeline.main")
    assert "tonight-all" in ended.stdout
    assert "apache_beam" not in ended.stderr
    for option in OPTIONS:
        assert f"\n  {option.usage}\n" in ended.stdout


def test_it_defines_nothing_that_a_worker_would_need() -> None:
    source = (ROOT / "pipeline" / "main.py").read_text()
    assert "def " not in source
    assert "class " not in source
    assert len(source.splitlines()) <= 15


def test_importing_it_does_nothing() -> None:
    assert python("-c", "import pipeline.main").stdout == ""


def test_its_exit_code_is_that_of_the_run(league: League, tmp_path: Path) -> None:
    ended = run_python(league, tmp_path, "--export_types=tonight", "--target_date=today", "--min_context_rows=1000")
    assert ended.code == 1
    assert "missing: 2026-02-03 tonight is withheld" in ended.out
    assert "Traceback" not in ended.err


def test_it_publishes_what_phase6_export_does(
    league: League, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    night = ("--export_types=predictions", "--target_date=today")
    ended = run_python(league, tmp_path / "door", *night)
    assert ended.code == 0, ended.err
    assert main(["export", *arguments_of(league, tmp_path / "command", *night)]) == 0
    assert "success: " in capsys.readouterr().out
    door_store, command_store = (published_in(tmp_path / name) for name in ("door", "command"))
    assert_same_objects(documents(door_store), documents(command_store))


@pytest.mark.parametrize(
    "argv",
    [
        ["--warehouse=w", "--output=o", "--export_type=tonight", "--shards=0"],
        ["--nope", "--target_date=2026-02-30"],
        [],
    ],
)
def test_it_rejects_what_phase6_export_rejects(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert door(argv) == 2
    rejected = capsys.readouterr()
    assert main(["export", *argv]) == 2
    assert capsys.readouterr() == rejected


def test_it_rejects_what_phase6_stream_rejects(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["--input_subscription=requests", "--warehouse=w", "--export_types=tonight"]
    assert door(argv) == 2
    rejected = capsys.readouterr()
    assert main(["stream", *argv]) == 2
    assert capsys.readouterr() == rejected
