from __future__ import annotations

import orjson
import pytest

from pipeline.reporting.printing import report
from pipeline.reporting.report import ExportSummary, Summary


class TestReport:
    summary = Summary(
        "run-1",
        "partial",
        "out",
        ["2026-02-02", "2026-02-03"],
        {"card": ExportSummary(written=5, pointers_moved=4), "roster": ExportSummary(pointers_moved=2)},
        ["2026-02-03 card p1: ArithmeticError: p1 scored 666"],
    )

    def test_the_table_then_what_is_missing_then_where_to_look(self, capsys: pytest.CaptureFixture[str]) -> None:
        report(self.summary, as_json=False)
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith("export type")
        assert lines[3:] == [
            "missing: 2026-02-03 card p1: ArithmeticError: p1 scored 666",
            "partial: 2026-02-02 to 2026-02-03 is in out (6 pointers moved)",
            "look at out/manifest/2026-02-03.json",
        ]

    def test_json_is_the_last_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        report(self.summary, as_json=True)
        out = capsys.readouterr().out
        assert orjson.loads(out.splitlines()[-1]) == orjson.loads(orjson.dumps(self.summary.to_json()))
