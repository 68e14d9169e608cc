"""A verification that reports incidents: one message for each, and none about what it has not looked at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest

from pipeline.alerting.incident import Check, Incident, Trouble
from pipeline.alerting.incident_book import IncidentBook
from pipeline.deployment.schedule_file import SchedulesError, load_schedules
from pipeline.execution.in_process import run_in_process
from pipeline.operations.verify import DIFFERENT, OK, main
from pipeline.planning.planner import begun
from pipeline.requests.clock import LEAGUE_ZONE
from pipeline.verification.finding import Finding, Verification
from pipeline.verification.troubles import check_of_verification, dates_of
from tests.support.plans import plan_of
from tests.support.stores import published_in
from tests.support.warehouses import League
from tests.support.webhooks import Receiver
from transforms.stores.control import ControlledStore

FILE = """\
time_zone: America/New_York
jobs:
  phase6-night:
    why: The night.
    cron: "0 11,13 * * *"
    request: {export_types: [predictions], target_date: today}
  phase6-night-late:
    why: The night again.
    cron: "0 17 * * *"
    quiet_hours: "17:00-23:00"
    request: {export_types: [predictions], target_date: today}
"""


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with Receiver() as found:
        monkeypatch.setenv("ALERT_WEBHOOK", found.url)
        yield found


class Tree:
    """The tree of a night, and verifications of it that alert."""

    def __init__(self, league: League, folder: Path, receiver: Receiver, hour: int = 13) -> None:
        self.day = league.today
        self.output = folder / "out"
        self.store: ControlledStore = published_in(self.output)
        self.receiver = receiver
        self._league = league
        self.export(hour=hour)

    def export(self, *types: str, hour: int = 13) -> None:
        plan = plan_of(*(types or ("predictions", "tonight", "tonight-players")), first=self.day, rewrite=True)
        run_in_process(begun(plan, self.at(hour)), self._league.warehouse, self.store)

    def at(self, hour: int, *, days: int = 0) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, hour, tzinfo=ZoneInfo(LEAGUE_ZONE)) + timedelta(
            days=days
        )

    def verify(self, *arguments: str, hour: int = 14, days: int = 0) -> int:
        options = [f"--output={self.output}", "--alert_webhook=env:ALERT_WEBHOOK", "--target_date=today"]
        return main([*options, *arguments], now=self.at(hour, days=days))

    def spoil(self, path: str) -> bytes:
        found = self.store.read(path)
        assert found is not None
        (self.output / path).write_bytes(b"<html>")
        return found[0]

    @property
    def told(self) -> list[tuple[str, str, tuple[str, ...], str]]:
        return [(m["event"], m["kind"], tuple(m["export_types"]), m["when"]) for m in self.receiver.messages]


@pytest.fixture
def tree(league: League, tmp_path: Path, receiver: Receiver) -> Tree:
    return Tree(league, tmp_path, receiver)


def test_a_tree_without_findings_sends_nothing(tree: Tree) -> None:
    assert tree.verify() == OK
    assert tree.receiver.paths == []


def test_a_finding_is_one_message_and_its_end_another(tree: Tree) -> None:
    path = f"predictions/{tree.day}.json"
    before = tree.spoil(path)
    for _ in range(2):
        assert tree.verify() == DIFFERENT
    wrong = [message for message in tree.told if message[2] == ("predictions",) and message[3] == str(tree.day)]
    assert wrong == [("opened", "wrong", ("predictions",), str(tree.day))]
    opened = len(tree.told)
    (tree.output / path).write_bytes(before)
    assert tree.verify() == OK
    assert len(tree.told) == 2 * opened
    assert {event for event, *_ in tree.told[opened:]} == {"recovered"}


def test_a_document_that_is_in_no_sample_is_read_as_long_as_it_is_an_incident(tree: Tree) -> None:
    """A deep verification finds it; those after it read few documents, and still do not call it recovered."""
    paths = [found.path for found in tree.store.list(f"tonight/player/{tree.day}/")]
    assert len(paths) > 4
    before = {path: tree.spoil(path) for path in paths[-3:]}
    assert tree.verify("--deep") == DIFFERENT
    opened = list(tree.told)
    assert ("opened", "wrong", ("tonight-players",), str(tree.day)) in opened
    for _ in range(2):
        assert tree.verify("--sample=1") == DIFFERENT
    assert tree.told == opened
    for path, content in before.items():
        (tree.output / path).write_bytes(content)
    tree.verify("--sample=1")
    assert ("recovered", "wrong", ("tonight-players",), str(tree.day)) in tree.told


def test_an_incident_of_a_date_is_looked_at_on_the_days_after(tree: Tree) -> None:
    path = f"predictions/{tree.day}.json"
    before = tree.spoil(path)
    tree.verify()
    opened = len(tree.told)
    tree.verify(days=1)
    assert [told for told in tree.told[opened:] if told[0] == "recovered"] == []
    (tree.output / path).write_bytes(before)
    tree.verify(days=1)
    assert ("recovered", "wrong", ("predictions",), str(tree.day)) in tree.told


def test_a_withheld_type_is_the_same_incident_for_a_run_and_a_verification() -> None:
    found = Verification(
        findings=[Finding("2026-02-11 results", "withheld: x", "", "2026-02-11", "results", "withheld")]
    )
    (trouble,) = check_of_verification(found, None, is_deep=True).troubles
    assert trouble.id == Trouble("withheld", ("results",), "2026-02-11", "withheld: y").id


def test_a_date_without_its_manifest_ends_no_incident(tree: Tree) -> None:
    """What the manifest would say is not known, so nothing that it said is over."""
    held = Trouble("withheld", ("results",), str(tree.day), "withheld: x")
    now = tree.at(14)
    IncidentBook(tree.store).record(check_of_verification(Verification(), [], is_deep=False), now)
    IncidentBook(tree.store).record(Check([held], lambda _incident: False), now)
    tree.store.delete(f"manifest/{tree.day}.json")
    tree.verify()
    assert IncidentBook(tree.store).read()[held.id].is_open
    assert ("opened", "unpublished", (), str(tree.day)) in tree.told


def test_a_type_that_is_late_is_one_incident_of_the_schedule_at_every_hour(
    league: League, receiver: Receiver, tmp_path: Path
) -> None:
    tree = Tree(league, tmp_path, receiver, hour=10)
    file = tmp_path / "schedules.yaml"
    file.write_text(FILE, encoding="utf-8")
    late = f"--schedules={file}"
    for hour in (12, 14, 23):
        assert tree.verify(late, hour=hour) == DIFFERENT
    assert tree.told == [("opened", "late", ("predictions",), "phase6-night")]
    # A verification without the schedules does not know.
    assert tree.verify(hour=23) == OK
    assert len(tree.told) == 1
    tree.export("predictions", hour=18)
    assert tree.verify(late, hour=23) == OK
    assert tree.told[1:] == [("recovered", "late", ("predictions",), "phase6-night")]


def test_the_quiet_hours_of_a_schedule_hold_its_messages(tree: Tree, tmp_path: Path) -> None:
    file = tmp_path / "schedules.yaml"
    text = FILE.replace('cron: "0 11,13 * * *"', 'cron: "0 11,13 * * *"\n    quiet_hours: "00:00-13:00"')
    file.write_text(text, encoding="utf-8")
    schedules = load_schedules(file, now=tree.at(14))
    assert [schedule.quiet_hours for schedule in schedules] == ["00:00-13:00", "17:00-23:00"]
    late = Finding("x", "was due", "", str(tree.day), "predictions", "late", "phase6-night-late")
    check = check_of_verification(Verification(findings=[late]), None, is_deep=False, schedules=schedules)
    assert [trouble.quiet for trouble in check.troubles] == ["17:00-23:00"]


def test_hours_that_are_none_are_rejected(tmp_path: Path, tree: Tree) -> None:
    file = tmp_path / "schedules.yaml"
    file.write_text(FILE.replace("17:00-23:00", "5pm-11pm"), encoding="utf-8")
    with pytest.raises(SchedulesError, match="are no hours"):
        load_schedules(file, now=tree.at(14))


class TestCoverage:
    DAY = "2026-02-11"

    def covers(self, trouble: Trouble, found: Verification | None = None, **more: bool) -> bool:
        days = [date(2026, 2, 11)]
        check = check_of_verification(found or Verification(), days, is_deep=more.pop("is_deep", False), **more)
        return check.covers(Incident(trouble, "2026-02-11T17:00:00+00:00"))

    @pytest.mark.parametrize("kind", ["withheld", "failed", "incomplete", "missing", "stray", "unpublished", "busy"])
    def test_what_every_verification_of_the_date_finds(self, kind: str) -> None:
        assert self.covers(Trouble(kind, ("results",), self.DAY, "x"))
        assert not self.covers(Trouble(kind, ("results",), "2026-02-10", "x"))

    def test_what_only_some_verifications_find(self) -> None:
        assert not self.covers(Trouble("champion", (), self.DAY, "x"))
        assert self.covers(Trouble("champion", (), self.DAY, "x"), has_champion=True)
        assert not self.covers(Trouble("games", (), self.DAY, "x"))
        assert self.covers(Trouble("games", (), self.DAY, "x"), has_games=True)
        wrong = Trouble("wrong", ("results",), self.DAY, "x", paths=("a.json", "b.json"))
        assert not self.covers(wrong, Verification(looked={"a.json"}))
        assert self.covers(wrong, Verification(looked={"a.json", "b.json"}))
        assert self.covers(wrong, is_deep=True)
        many = Trouble("wrong", ("results",), self.DAY, "x", paths=tuple(map(str, range(20))), count=900)
        assert not self.covers(many, Verification(looked=set(many.paths)))

    @pytest.mark.parametrize("kind", ["run", "kept", "thin", "unhealed", "late"])
    def test_what_no_verification_without_schedules_finds(self, kind: str) -> None:
        assert not self.covers(Trouble(kind, ("results",), self.DAY, "x"), is_deep=True)


def test_dates_of_incidents_are_looked_at_unless_they_are_already() -> None:
    days = [date(2026, 2, day) for day in (10, 11)]
    opened = [
        Incident(Trouble("wrong", (), when, "x"), "2026-02-11T17:00:00+00:00")
        for when in ("2026-02-10", "2026-02-09", "", "phase6-night")
    ]
    assert dates_of(opened, days) == [date(2026, 2, 9)]
    assert dates_of(opened, None) == []


def test_a_tree_that_cannot_be_read_is_a_critical_line(
    tree: Tree, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    code = main(
        [f"--output={tree.output}", "--structured_logs", "--target_date=today", f"--warehouse={tmp_path / 'file'}"],
        now=tree.at(14),
    )
    assert code == DIFFERENT
    line = orjson.loads(capsys.readouterr().err.splitlines()[-1])
    assert (line["severity"], line["event"], line["status"]) == ("CRITICAL", "verification", "failed")
