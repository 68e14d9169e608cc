from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import orjson
import pytest

from pipeline.reporting.colour import is_rich
from pipeline.reporting.report import ExportSummary, Summary
from pipeline.reporting.terminal import complain, report, say, say_json
from pipeline.requests.problems import Problem, ProblemsError

RED, GREEN, RESET = "\x1b[31m", "\x1b[32m", "\x1b[0m"
SUMMARY = Summary(
    "run-1",
    "partial",
    "out",
    ["2026-02-02", "2026-02-03"],
    {"card": ExportSummary(written=5, failed=1, pointers_moved=4), "roster": ExportSummary(pointers_moved=2)},
    ["2026-02-03 card p1: ArithmeticError: p1 scored 666"],
    ["predictions.versions: a version is that of its picks"],
)


class Terminal(io.StringIO):
    """What is printed on a terminal."""

    def isatty(self) -> bool:
        return True


@contextmanager
def terminal() -> Iterator[Terminal]:
    """Print on a terminal that shows colour."""
    shown = Terminal()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(shown), redirect_stderr(shown):
        for name, value in (("NO_COLOR", ""), ("TERM", "xterm-256color"), ("COLORTERM", "")):
            patch.setenv(name, value)
        yield shown


def plain(text: str) -> str:
    """Return a text without its colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


class TestColour:
    @pytest.mark.parametrize(
        ("stream", "environment", "expected"),
        [
            (Terminal(), {}, True),
            (Terminal(), {"NO_COLOR": ""}, True),
            (Terminal(), {"NO_COLOR": "1"}, False),
            (Terminal(), {"TERM": "dumb"}, False),
            (io.StringIO(), {}, False),
        ],
    )
    def test_where_it_is_shown(
        self, stream: Any, environment: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("NO_COLOR", "TERM"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        assert is_rich(stream) is expected

    def test_a_line_is_coloured_and_stays_one_line(self) -> None:
        with terminal() as shown:
            say(f"[bold]{'x' * 300}[/bold] :smile:", style="red")
        assert shown.getvalue() == f"{RED}[bold]{'x' * 300}[/bold] :smile:{RESET}\n"

    def test_a_line_without_a_style_is_plain(self) -> None:
        with terminal() as shown:
            say("[red]a[/red]")
            say_json({"a": 1})
        assert shown.getvalue() == '[red]a[/red]\n{"a":1}\n'

    def test_a_problem_shows_its_key_and_its_fix(self) -> None:
        with terminal() as shown:
            complain(ProblemsError([Problem("--shards", '"0"', "is too small", "write 1"), Problem("x", "", "y", "z")]))
        assert plain(shown.getvalue()) == '--shards: "0" is too small; write 1\nx: y; z\n'
        assert f"{GREEN}write 1{RESET}" in shown.getvalue()

    def test_a_summary_has_the_same_text_in_colour(self, capsys: pytest.CaptureFixture[str]) -> None:
        with terminal() as shown:
            report(SUMMARY, control="out-control", as_json=True)
        report(SUMMARY, control="out-control", as_json=True)
        paper = capsys.readouterr().out
        assert plain(shown.getvalue()) == paper
        assert RED in shown.getvalue()
        assert "\x1b" not in paper


def test_the_table_then_what_is_missing_then_the_manifest(capsys: pytest.CaptureFixture[str]) -> None:
    report(SUMMARY, control="out-control", as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("export type")
    assert lines[3:] == [
        "absent: predictions.versions: a version is that of its picks",
        "missing: 2026-02-03 card p1: ArithmeticError: p1 scored 666",
        "partial: 2026-02-02 to 2026-02-03 is in out (6 pointers moved)",
        "look at out-control/manifest/2026-02-03.json",
    ]


def test_json_is_the_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    report(SUMMARY, control="out-control", as_json=True)
    out = capsys.readouterr().out
    assert orjson.loads(out.splitlines()[-1]) == orjson.loads(orjson.dumps(SUMMARY.to_json()))


def test_problems_are_plain_lines_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    complain(ProblemsError([Problem("a", "", "b", "c"), Problem("d", "1", "e", "f")]))
    complain("nothing was exported")
    assert capsys.readouterr().err == "a: b; c\nd: 1 e; f\nnothing was exported\n"
