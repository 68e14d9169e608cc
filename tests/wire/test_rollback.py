"""What a run had published to a bucket is brought back from the history in the private bucket."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from pipeline.execution.in_process import run_in_process
from pipeline.operations.rollback import OK, REJECTED, main
from pipeline.planning.planner import at_instant, begun
from pipeline.verification.verify import verify
from tests.end_to_end.test_rerun import one_more_point
from tests.support.matchers import contents
from tests.support.plans import TONIGHT_TYPES, plan_of
from tests.support.warehouses import League
from tests.wire.services import BUCKET, HASTY
from transforms.elements.plan import Plan
from transforms.stores.control import HISTORY, ControlledStore
from transforms.stores.gcs import GcsStore

NOW = datetime(2026, 2, 4, 9, tzinfo=timezone.utc)


def plan_at(league: League, minute: int) -> Plan:
    stamp = f"2026-02-03T18:{minute:02}:00"
    plan = plan_of(*TONIGHT_TYPES, first=league.today, generated_at=f"{stamp}Z")
    return at_instant(begun(plan, datetime.fromisoformat(f"{stamp}+00:00")), f"{stamp}.000000Z")


def test_a_run_is_brought_back(league: League, gcs_url: str, prefix: str, capsys: pytest.CaptureFixture[str]) -> None:
    public, control = (
        GcsStore(BUCKET, place, concurrency=8, endpoint=gcs_url, retry=HASTY) for place in (prefix, f"{prefix}-control")
    )
    store = ControlledStore(public, control)
    good, bad = plan_at(league, 1), plan_at(league, 5)
    run_in_process(good, league.warehouse, store)
    before = contents(public)
    assert list(store.list(HISTORY)) == []
    run_in_process(replace(bad, rewrite=True), league.changed(dict([one_more_point(league, league.today)])), store)
    assert contents(public) != before
    argv = [
        f"--output=gs://{BUCKET}/{prefix}",
        f"--control_output=gs://{BUCKET}/{prefix}-control",
        f"--gcs_endpoint={gcs_url}",
        f"--date={league.today}",
    ]
    assert main([*argv, "--list"], now=NOW) == OK
    assert capsys.readouterr().out.count("yes\n") == 2
    assert main([*argv, f"--to={good.run.execution}", "--dry_run"], now=NOW) == OK
    assert main([*argv, f"--to={good.run.execution}", "--by=ana"], now=NOW) == OK
    after = contents(public)
    assert not [path for path in before if before[path] != after[path] and not path.startswith("status")]
    assert set(after) == set(before)
    assert list(verify(store, [league.today], today=league.today).problems) == []
    capsys.readouterr()
    for shown in list(store.list(HISTORY)):
        store.delete(shown.path)
    assert main([*argv, f"--to={bad.run.execution}"], now=NOW.replace(hour=10)) == REJECTED
    assert "are not kept any more" in capsys.readouterr().err
    assert contents(public) == after
    public.close()
    control.close()
