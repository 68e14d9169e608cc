from __future__ import annotations

import io

import orjson
import pytest

from pipeline.reporting.findings import Finding, Severity, is_serious, say_findings

FAIL = Finding(
    Severity.FAIL, "d.t", "column x is missing [bold]", "nobody can read it", "add it", ("a", "b", "c", "d", "e")
)
NOTE = Finding(Severity.NOTE, "d.u", "the optional table is absent", "it counts as empty")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


def said(*findings: Finding, out: io.StringIO) -> str:
    say_findings(findings, out)
    return out.getvalue()


def test_elsewhere_than_on_a_terminal_a_finding_is_one_plain_line() -> None:
    assert said(FAIL, NOTE, out=io.StringIO()).splitlines() == [
        "fail: d.t: column x is missing [bold]; nobody can read it (a, b, c and 2 more); add it",
        "note: d.u: the optional table is absent; it counts as empty",
    ]


def test_on_a_terminal_findings_are_rows_of_one_table() -> None:
    text = said(FAIL, NOTE, out=Terminal())
    assert "\x1b[" in text
    heading, _line, fail, note = text.rstrip("\n").splitlines()
    assert "what to do" in heading
    for cell in ("fail", "d.t", "column x is missing [bold]", "nobody can read it", "add it", "a, b, c and 2 more"):
        assert cell in fail
    assert "it counts as empty" in note


@pytest.mark.parametrize("out", [io.StringIO(), Terminal()])
def test_without_findings_nothing_is_printed(out: io.StringIO) -> None:
    assert said(out=out) == ""


def test_json_has_every_part() -> None:
    assert orjson.loads(orjson.dumps(FAIL.to_json())) == {
        "severity": "fail",
        "subject": "d.t",
        "what": "column x is missing [bold]",
        "why": "nobody can read it",
        "fix": "add it",
        "types": ["a", "b", "c", "d", "e"],
    }


@pytest.mark.parametrize("severity", Severity)
def test_what_costs_documents_is_serious(severity: Severity) -> None:
    found = Finding(severity, "s", "w", "y")
    assert is_serious([NOTE, found]) is (severity in (Severity.STOP, Severity.FAIL))
