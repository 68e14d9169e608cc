from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from benchmarks.against_script import (
    BEGIN,
    END,
    PAGE,
    RESULTS,
    check_same,
    dated_documents,
    run,
    table,
    with_table,
)
from tests.end_to_end.command_line import ROOT, run_main
from tests.support.warehouses import League

TYPES = ("predictions", "streaks", "tonight", "tonight-players")
PATTERNS = ("predictions/*.json", "streaks/*.json", "tonight/*.json", "tonight/player/*/*.json")
DAYS = 30


@pytest.fixture(scope="module")
def written(league: League, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The documents of a month: ours, and the script's."""
    folder = tmp_path_factory.mktemp("both")
    first, last = league.today - timedelta(days=DAYS), league.today
    dates = (f"--start_date={first}", f"--end_date={last}", f"--generated_at={last}T17:00:00Z")
    ended = run_main(league, folder / "ours", f"--export_types={','.join(TYPES)}", *dates)
    assert ended.code in (0, 1), ended.err
    command = [sys.executable, "-m", "benchmarks.script", str(league.root), str(folder / "script")]
    subprocess.run([*command, str(first), str(last)], check=True, cwd=ROOT, capture_output=True)
    return folder / "ours", folder / "script"


def test_the_script_writes_our_bytes(written: tuple[Path, Path]) -> None:
    ours, script = written
    compared = {path.relative_to(ours): path.read_bytes() for path in dated_documents(ours)}
    assert len(compared) > 10 * DAYS
    assert {path: (script / path).read_bytes() for path in compared} == compared


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_type_is_compared_on_the_newest_night(written: tuple[Path, Path], league: League, pattern: str) -> None:
    ours, _ = written
    found = [path for path in dated_documents(ours) if path.relative_to(ours).match(pattern)]
    assert [path for path in found if str(league.today) in str(path)]


def test_a_document_with_other_bytes_is_named(written: tuple[Path, Path], tmp_path: Path) -> None:
    ours, script = written
    check_same(ours, script)
    changed = shutil.copytree(script, tmp_path / "changed")
    path = next(iter(dated_documents(ours))).relative_to(ours)
    (changed / path).write_bytes((changed / path).read_bytes() + b" ")
    with pytest.raises(RuntimeError, match=f"1 documents of the script are not ours.*{path}"):
        check_same(ours, changed)
    (changed / path).unlink()
    with pytest.raises(RuntimeError, match=f"1 documents of the script are not ours.*{path}"):
        check_same(ours, changed)


def test_dates_of_two_seasons_are_refused(tmp_path: Path) -> None:
    from benchmarks.script.tables import Span

    with pytest.raises(ValueError, match="2025-09-30 and 2025-10-01 are of two seasons"):
        Span(date(2025, 9, 30), date(2025, 10, 1))


def test_a_process_is_measured_as_a_whole(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys; p = pathlib.Path(sys.argv[1], 'streaks'); p.mkdir(parents=True);"
        "(p / '2026-01-01.json').write_text('{}'); (p / 'today.json').write_text('{}');"
        "held = b'x' * (64 << 20); sum(range(2_000_000))"
    )
    cost = run([sys.executable, "-c", code, str(tmp_path)], tmp_path)
    assert cost.documents == 1
    assert cost.memory > 64
    assert 0 < cost.cpu <= cost.wall + 1


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "pass"])
def test_a_process_that_fails_or_writes_nothing_is_not_measured(tmp_path: Path, code: str) -> None:
    with pytest.raises(RuntimeError, match="ended with"):
        run([sys.executable, "-c", f"print('why'); {code}"], tmp_path)


def cost(cpu: float) -> dict[str, Any]:
    return {"cpu": cpu, "wall": 2.0, "memory": 100.0, "documents": 1234}


def test_the_table_gives_our_cpu_as_a_multiple_of_the_scripts() -> None:
    part = {"name": "night", "first": "2026-04-12", "last": "2026-04-12", "rounds": 3}
    results = {"commit": "abc", "machine": "2 cores", "load": "0.1", "files": "a memory file system"}
    made = table({**results, "parts": [{**part, "ours": cost(4.5), "script": cost(1.5)}]})
    assert "| night: 2026-04-12, best of 3 | ours | 1,234 | 4.50 | 2.00 | 100 | 3.0 |" in made
    assert "`abc`" in made


def test_the_table_of_the_page_is_that_of_the_results() -> None:
    page = PAGE.read_text()
    assert page.count(BEGIN) == page.count(END) == 1
    assert with_table(page, table(json.loads(RESULTS.read_text()))) == page
