"""Progress as a terminal shows it, and as a log file keeps it."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from pipeline.reporting.progress import Watch
from pipeline.version import ROOT
from tests.end_to_end.command_line import arguments_of
from tests.pipeline.reporting.test_terminal import plain, terminal
from tests.support.plans import plan_of
from tests.support.warehouses import League

COMMAND = (sys.executable, "-c", "import sys; from pipeline.cli import main; sys.exit(main())")
NIGHT = ("--export_types=predictions", "--target_date=today")


def on_a_terminal(argv: list[str], **environment: str) -> str:
    """Run the command on a terminal and return what it shows."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *argv],
        stdin=subprocess.DEVNULL,
        stdout=its,
        stderr=its,
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm-256color", "NO_COLOR": "", **environment},
    )
    os.close(its)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:
        pass  # Linux says so when the last process has closed the terminal.
    finally:
        os.close(ours)
    assert process.wait(120) == 0, shown.decode()
    return shown.decode()


@pytest.fixture
def argv(league: League, tmp_path: Path) -> list[str]:
    return ["export", *arguments_of(league, tmp_path / "out", *NIGHT)]


def test_a_terminal_shows_a_bar_that_leaves_the_last_counts(argv: list[str]) -> None:
    shown = on_a_terminal(argv)
    assert "━" in shown
    assert "\x1b[2K" in shown, "the bar is wiped out"
    last = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    assert re.search(r"[0-9.]+ s: [0-9,]+ rows read, [0-9,]+ documents published, 1 of 1 dates done\r\n", last)
    assert "\x1b[1;32msuccess: " in shown


def test_without_colour_a_terminal_shows_plain_lines(argv: list[str]) -> None:
    shown = on_a_terminal(argv, NO_COLOR="1")
    assert "\x1b" not in shown
    assert "━" not in shown
    assert "exporting predictions for" in shown
    assert "1 of 1 dates done" in shown
    assert "success: " in shown


@pytest.mark.parametrize(("counts", "end"), [(True, ": 0 rows read, "), (False, "\n")])
def test_lines_and_states_of_a_job_are_shown(capsys: pytest.CaptureFixture[str], counts: bool, end: str) -> None:
    with Watch(plan_of("tonight", first=date(2026, 2, 3)), counts=counts) as watch:
        watch.say("submitted job-1 [/not markup]")
        watch.show_state("RUNNING")
        watch.show_state("DONE")
    first, said, last = capsys.readouterr().err.splitlines(keepends=True)
    assert (first, said) == ("exporting tonight for 2026-02-03 to 2026-02-03\n", "submitted job-1 [/not markup]\n")
    assert re.match(r"[0-9.]+ s, DONE" + end, last)


def test_a_terminal_shows_the_lines_of_a_job_above_its_bar() -> None:
    with terminal() as shown, Watch(plan_of("tonight", first=date(2026, 2, 3)), counts=False) as watch:
        time.sleep(0.5)
        watch.show_state("RUNNING")
        watch.say("submitted job-1 [/not markup]")
        time.sleep(0.5)
    lines = plain(shown.getvalue())
    assert "submitted job-1 [/not markup]\n" in lines
    assert "RUNNING" in lines


def test_help_is_coloured_on_a_terminal_only() -> None:
    assert "\x1b[1mUsage:" in on_a_terminal(["verify", "--help"])
    assert "\x1b" not in on_a_terminal(["verify", "--help"], NO_COLOR="1")
    ended = subprocess.run([*COMMAND, "verify", "--help"], capture_output=True, text=True, check=True, cwd=ROOT)
    assert "\x1b" not in ended.stdout
