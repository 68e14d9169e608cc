"""One message for each incident: over runs, over two runs at once, and over a webhook that is down."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from io import StringIO
from typing import Any

import orjson
import pytest

from pipeline.alerting.alerts import Alerts
from pipeline.alerting.incident import FLAPPING_TIME, FLAPPING_TIMES, Check, Incident, Trouble
from pipeline.alerting.incident_book import BOOK_PATH, CLAIM_TIME, IncidentBook
from pipeline.alerting.log_lines import LABELS, LogLines
from pipeline.alerting.quiet_hours import QuietHours
from pipeline.alerting.webhook import Webhook
from tests.support.stores import MemoryStore, Refuse
from tests.support.webhooks import Receiver, closed_port
from transforms.clients.retries import RetryPolicy
from transforms.stores.control import is_control
from transforms.stores.protocol import StoreError

NOON = datetime(2026, 2, 11, 17, 0, tzinfo=timezone.utc)
"""Noon in New York."""
WITHHELD = Trouble("withheld", ("predictions",), "2026-02-11", "withheld: 3 predictions, 9 are needed", "export it")
WRONG = Trouble("wrong", ("results",), "2026-02-11", "results/2026-02-11.json: is no JSON", "export it again")
SHORT = RetryPolicy(first=0.01, longest=0.02, total=0.2)


def of(*troubles: Trouble, covers: bool = True) -> Check:
    return Check(troubles, lambda _incident: covers)


class Clock:
    """A clock that tests set."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def add(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with Receiver() as found:
        monkeypatch.setenv("ALERT_WEBHOOK", found.url)
        yield found


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def alerts(store: MemoryStore, clock: Clock, receiver: Receiver) -> Alerts:
    return Alerts(store, Webhook("env:ALERT_WEBHOOK", patience=SHORT), clock=clock)


def events(receiver: Receiver) -> list[tuple[str, str]]:
    return [(message["event"], message["kind"]) for message in receiver.messages]


class TestIncidents:
    def test_an_incident_has_one_message_however_many_checks_find_it(self, alerts: Alerts, receiver: Receiver) -> None:
        for _ in range(3):
            alerts.report(of(WITHHELD))
        assert events(receiver) == [("opened", "withheld")]

    def test_each_type_date_and_kind_is_an_incident_of_its_own(self, alerts: Alerts, receiver: Receiver) -> None:
        others = [
            Trouble("withheld", ("results",), "2026-02-11", "x"),
            Trouble("withheld", ("predictions",), "2026-02-10", "x"),
            Trouble("failed", ("predictions",), "2026-02-11", "x"),
            Trouble("late", ("predictions",), "phase6-tonight-morning", "x"),
        ]
        alerts.report(of(WITHHELD, *others))
        assert len({message["incident_id"] for message in receiver.messages}) == 5
        assert len(receiver.messages) == 5

    def test_findings_of_one_incident_are_one_message_that_counts_them(
        self, alerts: Alerts, receiver: Receiver
    ) -> None:
        lost = [Trouble("missing", ("results",), "2026-02-11", f"{n}: is missing", paths=(str(n),)) for n in range(300)]
        alerts.report(of(*lost))
        (message,) = receiver.messages
        assert (message["findings"], message["what"]) == (300, "0: is missing")

    def test_the_worst_is_sent_first(self, alerts: Alerts, receiver: Receiver) -> None:
        late = Trouble("late", ("results",), "phase6-daily-results", "x")
        alerts.report(of(WITHHELD, late, WRONG))
        assert [message["severity"] for message in receiver.messages] == ["CRITICAL", "ERROR", "WARNING"]

    def test_one_that_is_found_no_more_is_told_as_recovered_once(self, alerts: Alerts, receiver: Receiver) -> None:
        for check in (of(WITHHELD), of(), of()):
            alerts.report(check)
        assert events(receiver) == [("opened", "withheld"), ("recovered", "withheld")]
        opened, recovered = receiver.messages
        assert opened["incident_id"] == recovered["incident_id"]
        assert opened["message_id"] != recovered["message_id"]
        assert (opened["recovered_at"], recovered["recovered_at"]) == (None, NOON.isoformat())

    def test_a_check_that_could_not_have_found_it_says_nothing_about_it(
        self, alerts: Alerts, receiver: Receiver, store: MemoryStore
    ) -> None:
        alerts.report(of(WITHHELD))
        alerts.report(of(covers=False))
        assert events(receiver) == [("opened", "withheld")]
        assert [incident.is_open for incident in IncidentBook(store).read().values()] == [True]

    def test_one_that_opens_again_after_hours_is_told_again(
        self, alerts: Alerts, receiver: Receiver, clock: Clock
    ) -> None:
        for check in (of(WITHHELD), of(), of(WITHHELD)):
            alerts.report(check)
            clock.add(hours=7)
        assert [event for event, _ in events(receiver)] == ["opened", "recovered", "opened"]
        assert len({message["message_id"] for message in receiver.messages}) == 3

    def test_one_that_flaps_is_told_so_once_until_it_stays(
        self, alerts: Alerts, receiver: Receiver, clock: Clock
    ) -> None:
        for _ in range(10):
            alerts.report(of(WITHHELD))
            clock.add(minutes=5)
            alerts.report(of())
            clock.add(minutes=5)
        told = [event for event, _ in events(receiver)]
        assert told == ["opened", "recovered"] * (FLAPPING_TIMES - 1) + ["flapping"]
        clock.add(hours=FLAPPING_TIME.total_seconds() / 3600)
        alerts.report(of())
        assert [event for event, _ in events(receiver)] == [*told, "recovered"]

    def test_one_that_flapped_and_stays_open_is_told_as_open(
        self, alerts: Alerts, receiver: Receiver, clock: Clock
    ) -> None:
        for check in (of(WITHHELD), of(), of(WITHHELD), of(), of(WITHHELD)):
            alerts.report(check)
            clock.add(minutes=1)
        assert events(receiver)[-1][0] == "flapping"
        clock.add(hours=7)
        alerts.report(of(WITHHELD))
        assert events(receiver)[-1][0] == "opened"

    def test_what_is_over_is_forgotten(self, alerts: Alerts, store: MemoryStore, clock: Clock) -> None:
        alerts.report(of(WITHHELD))
        alerts.report(of())
        clock.add(hours=7)
        alerts.report(of())
        assert IncidentBook(store).read() == {}

    def test_a_run_that_is_publishing_is_told_of_only_when_it_does_not_end(
        self, alerts: Alerts, receiver: Receiver, clock: Clock
    ) -> None:
        busy = Trouble("busy", (), "2026-02-11", "run x is publishing it, or was cut off")
        alerts.report(of(busy))
        clock.add(minutes=20)
        alerts.report(of(busy))
        assert receiver.messages == []
        clock.add(minutes=20)
        alerts.report(of(busy))
        assert events(receiver) == [("opened", "busy")]

    def test_one_that_ended_soon_is_never_told_of(self, alerts: Alerts, receiver: Receiver, clock: Clock) -> None:
        alerts.report(of(Trouble("busy", (), "2026-02-11", "run x is publishing it, or was cut off")))
        clock.add(minutes=20)
        alerts.report(of())
        clock.add(hours=20)
        alerts.report(of())
        assert receiver.messages == []

    def test_they_are_private(self, alerts: Alerts, store: MemoryStore) -> None:
        alerts.report(of(WITHHELD))
        assert {path for path in store.written if not is_control(path)} == set()
        assert BOOK_PATH in store.written

    def test_an_unreadable_object_silences_no_later_check(
        self, alerts: Alerts, receiver: Receiver, store: MemoryStore
    ) -> None:
        for content in (b"{", b"[]", b'{"incidents": [{"trouble": {"kind": "another"}}]}', b'{"incidents": 3}'):
            store.write(BOOK_PATH, content, cache_control="no-cache")
            alerts.report(of(WITHHELD))
        assert len(receiver.messages) == 4


class TestTwoAtOnce:
    def test_two_runs_at_once_send_one_message(self, store: MemoryStore, receiver: Receiver) -> None:
        """Both are inside of their checks at the same time: the webhook answers once both have recorded theirs."""
        both = threading.Barrier(2, timeout=10)

        class Slow:
            def send(self, incidents: dict[str, Incident]) -> tuple[list[str], str]:
                both.wait()
                return Webhook("env:ALERT_WEBHOOK").send(incidents)

        def first() -> None:
            Alerts(store, Slow(), clock=Clock()).report(of(WITHHELD))

        def second() -> None:
            while not any(incident.claim for incident in IncidentBook(store).read().values()):
                pass
            Alerts(store, Webhook("env:ALERT_WEBHOOK"), clock=Clock()).report(of(WITHHELD))
            both.wait()

        threads = [threading.Thread(target=run) for run in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert events(receiver) == [("opened", "withheld")]
        (incident,) = IncidentBook(store).read().values()
        assert (incident.told, incident.claim) == ("opened", "")

    def test_many_checks_at_once_lose_no_incident_and_repeat_no_message(
        self, store: MemoryStore, receiver: Receiver
    ) -> None:
        def check(n: int) -> None:
            mine = Trouble("withheld", (f"type-{n}",), "2026-02-11", "x")
            Alerts(store, Webhook("env:ALERT_WEBHOOK"), clock=Clock()).report(of(WITHHELD, mine, covers=False))

        threads = [threading.Thread(target=check, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        told = [tuple(message["export_types"]) for message in receiver.messages]
        assert sorted(told) == [("predictions",), *((f"type-{n}",) for n in range(6))]

    def test_what_a_process_that_ended_had_taken_is_sent_by_a_later_one(
        self, alerts: Alerts, store: MemoryStore, receiver: Receiver, clock: Clock
    ) -> None:
        book = IncidentBook(store)
        book.record(of(WITHHELD), clock())
        assert len(book.claim(clock(), lambda _incident: False)) == 1
        alerts.report(of(WITHHELD))
        assert receiver.messages == []
        clock.add(seconds=CLAIM_TIME.total_seconds() + 1)
        alerts.report(of(WITHHELD))
        assert events(receiver) == [("opened", "withheld")]

    def test_one_that_recovers_while_its_message_is_sent_has_both_messages(
        self, alerts: Alerts, store: MemoryStore, receiver: Receiver, clock: Clock
    ) -> None:
        receiver.answer_after = lambda: IncidentBook(store).record(of(), clock())
        alerts.report(of(WITHHELD))
        receiver.answer_after = None
        alerts.report(of())
        assert [event for event, _ in events(receiver)] == ["opened", "recovered"]


class TestWebhookDown:
    def test_the_message_is_sent_by_the_next_check(
        self, alerts: Alerts, receiver: Receiver, capsys: pytest.CaptureFixture[str]
    ) -> None:
        receiver.answers = [503] * 200
        alerts.report(of(WITHHELD))
        assert receiver.messages == []
        assert "alerts: messages were not delivered" in capsys.readouterr().err
        receiver.answers = []
        alerts.report(of(WITHHELD))
        assert events(receiver) == [("opened", "withheld")]

    def test_even_when_the_next_check_finds_nothing_new(
        self, store: MemoryStore, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with closed_port() as url:
            monkeypatch.setenv("ALERT_WEBHOOK", url)
            Alerts(store, Webhook("env:ALERT_WEBHOOK", patience=SHORT), clock=Clock()).report(of(WITHHELD))
        monkeypatch.setenv("ALERT_WEBHOOK", receiver.url)
        Alerts(store, Webhook("env:ALERT_WEBHOOK"), clock=Clock()).report(of(covers=False))
        assert events(receiver) == [("opened", "withheld")]

    def test_one_that_is_over_by_then_is_told_with_its_times(
        self, alerts: Alerts, receiver: Receiver, clock: Clock
    ) -> None:
        receiver.answers = [503] * 200
        alerts.report(of(WITHHELD))
        receiver.answers = []
        clock.add(minutes=10)
        alerts.report(of())
        (message,) = receiver.messages
        assert (message["event"], message["opened_at"]) == ("recovered", NOON.isoformat())

    def test_what_passes_is_tried_again_at_once(self, alerts: Alerts, receiver: Receiver) -> None:
        receiver.answers = [503, 429, 500]
        alerts.report(of(WITHHELD))
        assert events(receiver) == [("opened", "withheld")]
        assert len(receiver.paths) == 4

    def test_a_refused_message_holds_back_no_other(self, alerts: Alerts, receiver: Receiver) -> None:
        receiver.answers = [400]
        alerts.report(of(WRONG, WITHHELD))
        assert events(receiver) == [("opened", "withheld")]
        alerts.report(of(WRONG, WITHHELD))
        assert events(receiver) == [("opened", "withheld"), ("opened", "wrong")]

    def test_a_store_that_is_down_raises_nothing(
        self, alerts: Alerts, store: MemoryStore, capsys: pytest.CaptureFixture[str]
    ) -> None:
        store.before_write = Refuse("alerts/")
        alerts.report(of(WITHHELD))
        assert "no space left" in capsys.readouterr().err

    def test_a_sender_that_raises_leaves_the_message_for_the_next_check(
        self, alerts: Alerts, store: MemoryStore, receiver: Receiver, capsys: pytest.CaptureFixture[str]
    ) -> None:
        class Broken:
            def send(self, incidents: dict[str, Incident]) -> tuple[list[str], str]:
                raise StoreError("broken")

        Alerts(store, Broken(), clock=Clock()).report(of(WITHHELD))
        assert "broken" in capsys.readouterr().err
        alerts.report(of(WITHHELD))
        assert events(receiver) == [("opened", "withheld")]


class TestQuietHours:
    QUIET = QuietHours("01:00", "08:00")
    NIGHT = datetime(2026, 2, 11, 8, 0, tzinfo=timezone.utc)
    """Three in the morning in New York."""

    @pytest.fixture
    def quiet(self, store: MemoryStore, receiver: Receiver) -> Alerts:
        return Alerts(store, Webhook("env:ALERT_WEBHOOK"), quiet=self.QUIET, clock=Clock(self.NIGHT))

    @pytest.mark.parametrize(
        ("hours", "time", "is_quiet"),
        [
            ("01:00-08:00", "00:59", False),
            ("01:00-08:00", "01:00", True),
            ("01:00-08:00", "07:59", True),
            ("01:00-08:00", "08:00", False),
            ("23:30-08:00", "23:29", False),
            ("23:30-08:00", "23:30", True),
            ("23:30-08:00", "00:00", True),
            ("23:30-08:00", "08:00", False),
            ("08:00-08:00", "08:00", False),
        ],
    )
    def test_they_are_hours_in_new_york(self, hours: str, time: str, is_quiet: bool) -> None:
        found = QuietHours.read(hours)
        assert found is not None
        for month, offset in ((2, 5), (7, 4)):
            hour, minute = map(int, time.split(":"))
            instant = datetime(2026, month, 11, hour, minute, tzinfo=timezone.utc) + timedelta(hours=offset)
            assert found.contain(instant) is is_quiet

    def test_a_message_is_kept_and_sent_after_them(self, quiet: Alerts, receiver: Receiver) -> None:
        quiet.report(of(WITHHELD))
        assert receiver.messages == []
        quiet.clock.add(hours=6)  # type: ignore[attr-defined]
        quiet.report(of(covers=False))
        (message,) = receiver.messages
        assert (message["event"], message["opened_at"]) == ("opened", self.NIGHT.isoformat())

    def test_a_critical_one_is_sent_at_once(self, quiet: Alerts, receiver: Receiver) -> None:
        quiet.report(of(WITHHELD, WRONG))
        assert events(receiver) == [("opened", "wrong")]

    def test_that_it_recovered_wakes_nobody(self, quiet: Alerts, receiver: Receiver) -> None:
        quiet.report(of(WRONG))
        quiet.report(of())
        assert events(receiver) == [("opened", "wrong")]
        quiet.clock.add(hours=6)  # type: ignore[attr-defined]
        quiet.report(of())
        assert events(receiver) == [("opened", "wrong"), ("recovered", "wrong")]

    def test_a_schedule_has_hours_of_its_own(self, quiet: Alerts, receiver: Receiver) -> None:
        awake = Trouble("late", ("news",), "phase6-news", "was due", quiet="12:00-13:00")
        quiet.report(of(WITHHELD, awake))
        assert events(receiver) == [("opened", "late")]
        # A check that does not know the schedules keeps to the hours of the one that did.
        quiet.clock.add(hours=9)  # type: ignore[attr-defined]
        quiet.report(of(WITHHELD))
        assert events(receiver) == [("opened", "late"), ("opened", "withheld")]


class TestLogLines:
    def lines(self, out: StringIO) -> list[dict[str, Any]]:
        return [orjson.loads(line) for line in out.getvalue().splitlines()]

    def test_findings_are_logged_each_time_and_incidents_once(self, store: MemoryStore) -> None:
        out = StringIO()
        alerts = Alerts(store, log=LogLines(out), clock=Clock())
        for check in (of(WITHHELD), of(WITHHELD), of()):
            alerts.report(check)
        told = [(line["event"], line["severity"], line.get("state")) for line in self.lines(out)]
        assert told == [
            ("finding", "WARNING", None),
            ("incident", "WARNING", "opened"),
            ("finding", "WARNING", None),
            ("incident", "NOTICE", "recovered"),
        ]

    def test_a_line_has_what_cloud_logging_reads(self, store: MemoryStore) -> None:
        out = StringIO()
        Alerts(store, log=LogLines(out), clock=Clock()).report(of(WRONG))
        for line in self.lines(out):
            assert line["severity"] == "CRITICAL"
            assert "results/2026-02-11.json: is no JSON" in line["message"]
            assert datetime.fromisoformat(line["time"]).tzinfo is not None
            assert all(isinstance(value, str) for value in line[LABELS].values())
            assert line[LABELS].items() >= {"kind": "wrong", "export_type": "results", "when": "2026-02-11"}.items()

    def test_that_messages_were_not_delivered_is_logged(self, store: MemoryStore, receiver: Receiver) -> None:
        out = StringIO()
        receiver.answers = [404]
        Alerts(store, Webhook("env:ALERT_WEBHOOK"), LogLines(out), clock=Clock()).report(of(WRONG))
        line = self.lines(out)[-1]
        assert (line["event"], line["severity"]) == ("alert", "ERROR")
        assert "404" in line["message"]
