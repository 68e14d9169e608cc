from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timezone
from typing import Any

import orjson
import pytest

from pipeline.reporting.report import names_run, summarize, table
from tests.support.manifests import manifest_json, pointers_json, section_json
from tests.support.plans import plan_of

FIRST, LAST = date(2026, 1, 5), date(2026, 1, 6)
PLAN = plan_of("streaks", "tonight", first=FIRST, last=LAST)


def section(run_id: str = PLAN.run.run_id, **values: Any) -> dict[str, Any]:
    return section_json(run_id, **values)


pointers = pointers_json


def manifest(
    status: str = "success",
    failures: Any = (),
    run_id: str = PLAN.run.run_id,
    skipped: Any = (),
    degraded: Any = (),
    **sections: Any,
) -> Any:
    return manifest_json(
        run_id=run_id,
        status=status,
        failures=list(failures),
        skipped_rows=list(skipped),
        funnel={"degraded": list(degraded)},
        exports={"tonight": section(), **{name.replace("_", "-"): made for name, made in sections.items()}},
    )


def summary(first: Any, last: Any) -> Any:
    return summarize(PLAN, "out", {"2026-01-05": first, "2026-01-06": last})


def manifest_started(started_at: str) -> Any:
    return {**manifest(), "run": {**manifest()["run"], "started_at": started_at}}


class TestWhoseManifest:
    """A repeated request with the same generated_at has the same run id: runs differ by their execution id."""

    @pytest.mark.parametrize("execution", ["20260203T170005.000001Z-aa", "20260203T170005.000001Z-ab", ""])
    def test_a_run_with_an_execution_id_takes_the_manifest_of_that_execution_only(self, execution: str) -> None:
        run = replace(PLAN.run, execution_id="20260203T170005.000001Z-aa")
        told = manifest()
        told["run"]["execution_id"] = execution
        assert names_run(told, run) is (execution == run.execution_id)

    @pytest.mark.parametrize(
        ("started_at", "expected"),
        [
            ("2026-02-03T17:00:05+00:00", True),
            ("2026-02-03T17:00:00+00:00", True),
            ("2026-02-03T16:59:59.999999+00:00", False),
            ("", False),
        ],
    )
    def test_one_that_does_not_takes_none_from_before_its_launch(self, started_at: str, expected: bool) -> None:
        launched = datetime(2026, 2, 3, 17, tzinfo=timezone.utc)
        assert names_run(manifest_started(started_at), PLAN.run, since=launched) is expected
        found = summarize(
            PLAN, "out", dict.fromkeys(("2026-01-05", "2026-01-06"), manifest_started(started_at)), since=launched
        )
        assert found.exit_code == (0 if expected else 1)


class TestSummary:
    def test_sections_add_up_over_dates(self) -> None:
        moved = pointers(moved=2, failed={"x": "full"})
        found = summary(
            manifest(streaks=section(unchanged=3, kept={"why": 2})),
            manifest(tonight=section(written=4, failed=1, pointers=moved)),
        )
        tonight = found.exports["tonight"]
        assert (tonight.written, tonight.failed, tonight.bytes, tonight.pointers_moved) == (5, 2, 2000, 2)
        assert tonight.seconds == pytest.approx(0.05)
        assert (found.exports["streaks"].unchanged, found.exports["streaks"].kept) == (3, 2)

    def test_each_absence_is_named_once(self) -> None:
        versions = {"table": "p.versions", "column": None, "meaning": "no versions"}
        partial = {"table": "a.games", "column": "is_partial", "meaning": "all are whole"}
        found = summary(manifest() | {"absent": [versions]}, manifest() | {"absent": [partial, versions]})
        assert found.absent == ["p.versions: no versions", "a.games.is_partial: all are whole"]
        assert (found.status, found.missing) == ("success", [])
        assert found.to_json()["absent"] == found.absent

    def test_types_of_earlier_runs_do_not_count(self) -> None:
        found = summary(manifest(predictions=section(run_id="earlier", failed=9)), manifest())
        assert set(found.exports) == {"streaks", "tonight"}
        assert found.missing == []

    @pytest.mark.parametrize(
        ("statuses", "expected", "code"),
        [
            (("success", "success"), "success", 0),
            (("success", "partial"), "partial", 1),
            (("success", "failed"), "partial", 1),
            (("partial", "partial"), "partial", 1),
            (("failed", "failed"), "failed", 1),
            (("success", "degraded"), "degraded", 1),
            (("degraded", "degraded"), "degraded", 1),
            (("degraded", "partial"), "partial", 1),
            (("degraded", "failed"), "partial", 1),
        ],
    )
    def test_a_run_is_as_good_as_its_dates(self, statuses: tuple[str, str], expected: str, code: int) -> None:
        found = summary(*(manifest(status) for status in statuses))
        assert (found.status, found.exit_code) == (expected, code)

    @pytest.mark.parametrize(
        ("absent", "reason"),
        [
            (None, "no manifest was written"),
            (manifest(run_id="earlier"), "the manifest is that of another run (earlier, started at )"),
        ],
        ids=["none", "of another run"],
    )
    def test_a_date_without_its_manifest_failed(self, absent: Any, reason: str) -> None:
        found = summary(absent, manifest())
        assert found.status == "partial"
        assert found.missing == [f"2026-01-05: {reason}; run it again"]

    def test_everything_that_is_missing_has_a_line(self) -> None:
        failure = {"step": "SweepHistories", "key": "lebronjames", "error": "ValueError: no"}
        found = summary(
            manifest(
                "partial",
                failures=[{"step": "PublishSchemas", "key": "schemas/x.json", "error": "StoreError: full"}],
                degraded=["features: 3 of 30 players (composite), at least 50% are expected"],
                skipped=[
                    {
                        "table": "nba_raw.x",
                        "column": "c",
                        "player": None,
                        "date": None,
                        "key": "k 1",
                        "value": "null",
                        "rows": 2,
                        "unowned": True,
                    },
                    {"table": "nba_raw.x", "column": "c", "player": "a", "date": None, "rows": 1, "unowned": False},
                ],
            ),
            manifest(
                "partial",
                streaks=section(state="withheld", reason="3 context rows"),
                tonight=section(
                    failures=[failure],
                    pointers=pointers(failed={"t/a.json": "full"}, missing={"t/b.json": "shows a newer game date"}),
                    missing={"t.json": "would replace a document by an empty one"},
                ),
            ),
        )
        assert found.missing == [
            "2026-01-05 is degraded: features: 3 of 30 players (composite), at least 50% are expected",
            "2026-01-05 schemas/x.json: StoreError: full",
            "2026-01-05 nba_raw.x: 2 rows were skipped, whose c is null (k 1)",
            "2026-01-06 tonight lebronjames: ValueError: no",
            "2026-01-06 tonight t.json was kept: would replace a document by an empty one",
            "2026-01-06 tonight pointer t/a.json: full",
            "2026-01-06 tonight pointer t/b.json was kept: shows a newer game date",
            "2026-01-06 streaks is withheld: 3 context rows",
        ]

    def test_it_can_be_read_by_a_script(self) -> None:
        value = orjson.loads(orjson.dumps(summary(manifest(), manifest()).to_json()))
        assert value["dates"] == ["2026-01-05", "2026-01-06"]
        assert (value["run_id"], value["status"], value["output"]) == (PLAN.run.run_id, "success", "out")
        assert value["exports"]["tonight"]["written"] == 2
        assert value["exports"]["tonight"]["seconds"] == 0.05


def test_the_table_is_aligned() -> None:
    found = summary(manifest(tonight=section(written=1234, bytes=5_000_000)), manifest())
    lines = table(found).splitlines()
    assert lines[0].split("  ")[0] == "export type"
    assert [line.split()[0] for line in lines[1:]] == ["streaks", "tonight"]
    assert len({len(line) for line in lines}) == 1
    assert lines[2].split()[1:3] == ["1,235", "1,235"]
    assert "5,001,000" in lines[2]
