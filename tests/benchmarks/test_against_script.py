from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from benchmarks.against_script import GRAPH, LOOP, SCRIPT, check_same, compare, dated_documents
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


def test_what_the_sides_of_a_turn_wrote_is_compared(tmp_path: Path) -> None:
    for side in (LOOP, GRAPH, SCRIPT):
        (tmp_path / side / "streaks").mkdir(parents=True)
        (tmp_path / side / "streaks" / "2026-01-01.json").write_text("{}")
    manifest = tmp_path / f"{LOOP}-control" / "manifest" / "2026-01-01.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(
        '{"exports": {"streaks": {"state": "ready", "documents": {"streaks/2026-01-01.json": "digest"}}}}'
    )
    compare((SCRIPT, LOOP, GRAPH), tmp_path)
    (tmp_path / GRAPH / "streaks" / "2026-01-01.json").write_text('{"halt_active": true}')
    with pytest.raises(RuntimeError, match=r"1 documents of the graph are not ours.*streaks/2026-01-01\.json"):
        compare((SCRIPT, LOOP, GRAPH), tmp_path)
    compare((SCRIPT, LOOP), tmp_path)
