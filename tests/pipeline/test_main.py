from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.end_to_end.command_line import run_python
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
