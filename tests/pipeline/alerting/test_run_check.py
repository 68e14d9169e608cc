"""What a run reports as incidents, and which incidents it ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest

from pipeline.alerting.incident import Incident, Trouble
from pipeline.alerting.log_lines import STATUS_SEVERITY
from pipeline.alerting.run_check import check_of_run
from pipeline.alerting.runs import alert_of_run, records_of
from pipeline.execution.in_process import run_in_process
from pipeline.options.alert_options import AlertOptions
from pipeline.planning.planner import begun
from tests.support.plans import plan_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import League
from tests.support.webhooks import Receiver
from transforms.elements.plan import Plan
from transforms.stores.protocol import Store


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with Receiver() as found:
        monkeypatch.setenv("ALERT_WEBHOOK", found.url)
        yield found


def opened(*troubles: Trouble) -> list[Incident]:
    return [Incident(trouble, "2026-02-11T17:00:00+00:00") for trouble in troubles]


class TestCheck:
    @pytest.fixture
    def run(self, league: League) -> tuple[Plan, Store]:
        store = MemoryStore()
        plan = begun(plan_of("predictions", "tonight", first=league.today), datetime.now(timezone.utc))
        run_in_process(plan, league.warehouse, store)
        return plan, store

    def covered(self, plan: Plan, status: str, store: Store, *troubles: Trouble) -> list[bool]:
        check = check_of_run(plan, status, records_of(plan, store))
        return [check.covers(incident) for incident in opened(*troubles)]

    def test_a_success_covers_its_types_and_date_and_nothing_else(self, run: tuple[Plan, Store]) -> None:
        plan, store = run
        day = str(plan.dates[0])
        assert (
            self.covered(
                plan,
                "success",
                store,
                Trouble("withheld", ("predictions",), day, "x"),
                Trouble("thin", (), day, "x"),
                Trouble("run", ("predictions",), day, "x"),
                Trouble("run", ("predictions", "tonight"), "2020-01-01", "x"),
            )
            == [True] * 4
        )
        assert (
            self.covered(
                plan,
                "success",
                store,
                Trouble("withheld", ("results",), day, "x"),
                Trouble("withheld", ("predictions",), "2020-01-01", "x"),
                Trouble("run", ("predictions", "results"), day, "x"),
                Trouble("run", ("predictions",), "2099-01-01", "x"),
                Trouble("wrong", ("predictions",), day, "x"),
                Trouble("missing", ("predictions",), day, "x"),
                Trouble("late", ("predictions",), "phase6-tonight-morning", "x"),
            )
            == [False] * 7
        )

    def test_a_run_that_left_no_record_covers_nothing(self, run: tuple[Plan, Store]) -> None:
        plan, _ = run
        day = str(plan.dates[0])
        troubles = (Trouble("withheld", ("predictions",), day, "x"), Trouble("run", ("predictions",), day, "x"))
        assert self.covered(plan, "failed", MemoryStore(), *troubles) == [False, False]

    def test_another_run_of_the_date_is_not_this_one(self, run: tuple[Plan, Store]) -> None:
        plan, store = run
        later = begun(plan, datetime.now(timezone.utc))
        day = str(plan.dates[0])
        assert self.covered(later, "failed", store, Trouble("withheld", ("predictions",), day, "x")) == [False]

    @pytest.mark.parametrize("status", ["failed", "kept", "unknown", "degraded", "partial"])
    def test_whatever_is_no_success_is_an_incident(self, run: tuple[Plan, Store], status: str) -> None:
        plan, _ = run
        (trouble,) = check_of_run(plan, status, dict.fromkeys(map(str, plan.dates)), ["it broke"]).troubles
        assert trouble.kind == ("kept" if status == "kept" else "run")
        assert trouble.what == f"{status}: it broke"

    def test_a_degraded_date_is_an_incident_of_the_date(self, run: tuple[Plan, Store]) -> None:
        plan, store = run
        records: Any = records_of(plan, store)
        (record,) = records.values()
        record["funnel"]["degraded"] = ["3 of 90 players have features"]
        (trouble,) = check_of_run(plan, "degraded", records).troubles
        assert (trouble.kind, trouble.types, trouble.what) == ("thin", (), "3 of 90 players have features")

    def test_documents_that_failed_are_one_incident_of_their_type(self, run: tuple[Plan, Store]) -> None:
        plan, store = run
        records: Any = records_of(plan, store)
        (record,) = records.values()
        lost = {"step": "BuildPlayerStage", "key": "ann", "error": "ValueError: x"}
        record["exports"]["tonight"]["failures"] = [lost, {**lost, "key": "bob"}]
        (trouble,) = check_of_run(plan, "partial", records).troubles
        assert (trouble.kind, trouble.types, trouble.count) == ("incomplete", ("tonight",), 2)


def test_a_store_that_cannot_be_read_raises_nothing(
    league: League, capsys: pytest.CaptureFixture[str], receiver: Receiver
) -> None:
    plan = begun(plan_of("predictions", first=league.today), datetime.now(timezone.utc))

    class Broken(MemoryStore):
        def read(self, path: str) -> Any:
            raise OSError("gone")

    alert_of_run(AlertOptions(alert_webhook="env:ALERT_WEBHOOK"), plan, Broken(), "failed", ["x"], output="out")
    assert "alerts: the run was not reported: OSError: gone" in capsys.readouterr().err


def test_every_status_of_a_run_has_a_severity() -> None:
    assert STATUS_SEVERITY.keys() == {"success", "kept", "degraded", "partial", "failed"}
