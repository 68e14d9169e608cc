"""Whole runs that alert: one message for each incident, whatever the webhook does, and its URL nowhere."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from exporters.league.forecasts.rosters import CACHE, READS
from tests.end_to_end.command_line import Ended, run_main
from tests.support.warehouses import League
from tests.support.webhooks import Receiver

HOOK = ("--alert_webhook=env:ALERT_WEBHOOK", "--alert_format=json")


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with Receiver() as found:
        monkeypatch.setenv("ALERT_WEBHOOK", found.url)
        yield found


def run_of(league: League, *arguments: str, output: Path) -> Ended:
    night = ("--export_types=predictions,tonight", "--target_date=today", *HOOK)
    return run_main(league, output, *night, *arguments)


def told(receiver: Receiver) -> list[tuple[str, str, tuple[str, ...], str]]:
    return [(m["event"], m["kind"], tuple(m["export_types"]), m["when"]) for m in receiver.messages]


def test_a_withheld_type_is_one_message_and_its_recovery_another(
    league: League, receiver: Receiver, tmp_path: Path
) -> None:
    day = str(league.today)
    for _ in range(2):
        assert run_of(league, "--min_active_predictions=100000", output=tmp_path / "out").code == 1
    assert told(receiver) == [("opened", "withheld", ("predictions",), day)]
    assert run_of(league, output=tmp_path / "out").code == 0
    assert told(receiver)[1:] == [("recovered", "withheld", ("predictions",), day)]


def test_a_run_of_other_types_ends_no_incident(league: League, receiver: Receiver, tmp_path: Path) -> None:
    run_of(league, "--min_active_predictions=100000", output=tmp_path / "out")
    night = ("--export_types=tonight", "--target_date=today", *HOOK)
    assert run_main(league, tmp_path / "out", *night).code == 0
    assert [event for event, *_ in told(receiver)] == ["opened"]


def test_a_success_says_nothing(league: League, receiver: Receiver, tmp_path: Path) -> None:
    assert run_of(league, output=tmp_path / "out").code == 0
    assert receiver.paths == []


def test_a_run_that_cannot_begin_is_one(league: League, receiver: Receiver, tmp_path: Path) -> None:
    """The champion is unknown: preflight stops the run."""
    ended = run_of(league, "--champion_system_id=nobody_v1", output=tmp_path / "out")
    assert ended.code == 2
    ((event, kind, types, _),) = told(receiver)
    assert (event, kind, types) == ("opened", "run", ("predictions", "tonight"))
    assert run_of(league, output=tmp_path / "out").code == 0
    assert [event for event, *_ in told(receiver)] == ["opened", "recovered"]


def test_a_webhook_that_is_down_changes_neither_outcome_nor_exit_code(
    league: League, receiver: Receiver, tmp_path: Path
) -> None:
    receiver.answers = [404] * 9
    ended = run_of(league, "--min_active_predictions=100000", output=tmp_path / "out")
    assert ended.code == 1
    assert "alerts: messages were not delivered" in ended.err
    receiver.answers = []
    assert run_of(league, "--min_active_predictions=100000", output=tmp_path / "out").code == 1
    assert [event for event, *_ in told(receiver)] == ["opened"]


def test_the_url_of_the_webhook_is_in_no_object_and_no_output(
    league: League, receiver: Receiver, tmp_path: Path
) -> None:
    outputs = []
    for answers in ([503, 404], []):
        receiver.answers = list(answers)
        ended = run_of(
            league, "--min_active_predictions=100000", "--structured_logs", "--json", output=tmp_path / "out"
        )
        outputs += [ended.out, ended.err]
    outputs.append(run_of(league, "--dry_run", output=tmp_path / "out").out)
    assert receiver.bodies
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parts[len(tmp_path.parts)] for path in files} == {"out", "out-control"}
    everything = [path.read_bytes() for path in files] + [text.encode() for text in outputs]
    for content in everything:
        assert b"SECRET" not in content
        assert b"hushhush" not in content


def test_the_lines_tell_the_outcome(league: League, tmp_path: Path) -> None:
    night = ("--export_types=predictions,tonight", "--target_date=today", "--structured_logs")
    bad = run_main(league, tmp_path / "out", *night, "--min_active_predictions=100000")
    good = run_main(league, tmp_path / "out", *night)
    lines = [json.loads(line) for line in (bad.err + good.err).splitlines() if line.startswith("{")]
    runs = [(line["status"], line["severity"]) for line in lines if line["event"] == "run"]
    assert runs == [("partial", "ERROR"), ("success", "INFO")]
    incidents = [(line["state"], line["kind"]) for line in lines if line["event"] == "incident"]
    assert incidents == [("opened", "withheld"), ("recovered", "withheld")]
    (last,) = (line for line in lines if line.get("status") == "success")
    assert last["documents"]["written"] + last["documents"].get("unchanged", 0) == 2
    assert last["seconds"] > 0


def test_a_run_calls_for_the_stage_that_no_player_reaches(
    league: League, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Upstream has made everything but the daily cache."""
    monkeypatch.setenv("HEAL_TOKEN", "hushhush")
    warehouse = tmp_path / "warehouse"
    shutil.copytree(league.root, warehouse)
    table = READS[CACHE].table
    folder = warehouse.joinpath(*table.name.split("."))
    shutil.rmtree(folder)
    folder.mkdir()
    pq.write_table(league.rows(table).slice(0, 0), folder / "part-0.parquet")
    night = ("--export_types=predictions,tonight", "--target_date=today", f"--heal_url={receiver.root}/heal")
    ended = run_main(warehouse, tmp_path / "out", *night, "--heal_auth=env:HEAL_TOKEN", "--heal_calls=1")
    again = run_main(warehouse, tmp_path / "out", *night, "--heal_auth=env:HEAL_TOKEN", "--heal_calls=1")
    assert ended.code == again.code
    assert [(message["date"], message["call"]) for message in receiver.messages] == [(str(league.today), 1)]
    assert receiver.messages[0]["stage"] == CACHE
    assert receiver.headers[0]["Authorization"] == "Bearer hushhush"
    assert "1 calls did not help" in again.err
