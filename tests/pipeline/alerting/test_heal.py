"""The call for what upstream has not delivered: with date, stage and token, a few times, and never in the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from datetime import date
from io import StringIO
from typing import Any

import orjson
import pytest

from exporters.league.forecasts.funnel import PUBLISHED, STAGES
from exporters.league.forecasts.rosters import READS, READY, ZONES
from pipeline.alerting.heal import EmptyStage, Healer, empty_stage
from pipeline.alerting.log_lines import LogLines
from tests.support.stores import MemoryStore, Refuse
from tests.support.webhooks import Receiver, closed_port

DAY = date(2026, 2, 11)
TOKEN = "hush-hush-token"


@pytest.fixture
def endpoint() -> Iterator[Receiver]:
    with Receiver() as found:
        yield found


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def funnel_of(*players: int | None, games: int = 9, absent: Sequence[Any] = ()) -> dict[str, Any]:
    """Return a manifest whose stages have these players; the others have as many as the last one."""
    counted = [*players, *[players[-1]] * len(STAGES)][: len(STAGES)]
    stages = [{"stage": stage, "players": number} for stage, number in zip(STAGES, counted, strict=True)]
    return {
        "run": {"execution_id": "e1"},
        "exports": {"predictions": {"execution_id": "e1"}},
        "absent": absent,
        "funnel": {"games": games, "stages": [*stages, {"stage": PUBLISHED, "players": 0}]},
    }


def healer(store: MemoryStore, endpoint: Receiver, **more: Any) -> Healer:
    audiences = more.pop("audiences", [])

    def token(audience: str) -> str:
        audiences.append(audience)
        return TOKEN

    return Healer(store, f"{endpoint.root}/heal", token=token, **more)


def heal(found: Healer, *players: int | None) -> list[Any]:
    return found.heal([empty_stage(str(DAY), funnel_of(*players))], DAY)


def _absence(stage: str, column: str | None = None) -> dict[str, Any]:
    return {"table": READS[stage].table.name, "column": column, "meaning": "x"}


class TestStage:
    @pytest.mark.parametrize(
        ("funnel", "found"),
        [
            (funnel_of(90, 80, 0), EmptyStage("d", STAGES[2], 80)),
            (funnel_of(0), EmptyStage("d", STAGES[0], 9)),
            (funnel_of(None, 0), EmptyStage("d", STAGES[0], 9)),
            (funnel_of(90, None, 0), EmptyStage("d", STAGES[1], 90)),
            (funnel_of(90, None, 70, absent=[_absence(ZONES)]), None),
            (funnel_of(90, None, 0, absent=[_absence(ZONES)]), EmptyStage("d", STAGES[2], 90)),
            (funnel_of(*[90] * 5, None, 50, absent=[_absence(READY, "is_quality_ready")]), None),
            (funnel_of(*[90] * 5, None, 50, absent=[]), EmptyStage("d", READY, 90)),
            (funnel_of(*[90] * 7, None), None),
            (funnel_of(90, 80, 70, 60, 50, 40, 30, 20), None),
            (funnel_of(0, games=0), None),
            ({**funnel_of(0), "exports": {"predictions": {"execution_id": "e0"}}}, None),
            ({**funnel_of(None), "exports": {"calendar": {"execution_id": "e1"}}}, None),
        ],
    )
    def test_it_is_the_first_that_no_player_reaches(self, funnel: Any, found: EmptyStage | None) -> None:
        assert empty_stage("d", funnel) == found


class TestCall:
    def test_it_names_the_date_and_the_stage_and_has_a_token_for_the_endpoint(
        self, store: MemoryStore, endpoint: Receiver
    ) -> None:
        audiences: list[str] = []
        assert heal(healer(store, endpoint, audiences=audiences), 90, 80, 0, 0) == []
        assert endpoint.messages == [
            {"date": "2026-02-11", "stage": STAGES[2], "players_before": 80, "call": 1, "calls": 3}
        ]
        assert endpoint.headers[0]["Authorization"] == f"Bearer {TOKEN}"
        assert endpoint.paths == ["/heal"]
        assert audiences == [endpoint.root]

    def test_the_token_may_be_a_secret(
        self, store: MemoryStore, endpoint: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HEAL_TOKEN", "another")
        heal(healer(store, endpoint, auth="env:HEAL_TOKEN"), 0)
        assert endpoint.headers[0]["Authorization"] == "Bearer another"

    def test_a_funnel_without_an_empty_stage_calls_nothing(self, store: MemoryStore, endpoint: Receiver) -> None:
        assert heal(healer(store, endpoint), 90, 80, 70) == []
        assert endpoint.paths == []
        assert store.written == []

    def test_a_date_that_is_over_calls_nothing(self, store: MemoryStore, endpoint: Receiver) -> None:
        assert healer(store, endpoint).heal([empty_stage("2026-02-10", funnel_of(0))], DAY) == []
        assert endpoint.paths == []

    def test_it_is_made_a_few_times_for_each_date_and_stage(self, store: MemoryStore, endpoint: Receiver) -> None:
        found = healer(store, endpoint, calls=2)
        assert [len(heal(found, 90, 0)) for _ in range(4)] == [0, 0, 1, 1]
        assert [message["call"] for message in endpoint.messages] == [1, 2]
        assert heal(found, 90, 80, 0) == []
        found.heal([empty_stage("2026-02-12", funnel_of(90, 0))], DAY)
        told = [(message["date"], message["stage"], message["call"]) for message in endpoint.messages[2:]]
        assert told == [("2026-02-11", STAGES[2], 1), ("2026-02-12", STAGES[1], 1)]

    def test_runs_at_once_do_not_call_more_often_together(self, store: MemoryStore, endpoint: Receiver) -> None:
        start = threading.Barrier(6, timeout=10)

        def run() -> None:
            start.wait()
            heal(healer(store, endpoint, calls=3), 0)

        threads = [threading.Thread(target=run) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(message["call"] for message in endpoint.messages) == [1, 2, 3]


class TestFailure:
    def test_an_endpoint_that_does_not_answer_is_left_behind(self, store: MemoryStore, endpoint: Receiver) -> None:
        wake = threading.Event()
        endpoint.answer_after = lambda: wake.wait(10)
        started = time.monotonic()
        (trouble,) = heal(healer(store, endpoint, seconds=0.2), 0)
        assert time.monotonic() - started < 3
        assert "has not answered" in trouble.what
        wake.set()

    def test_so_is_a_token_that_does_not_come(self, store: MemoryStore, endpoint: Receiver) -> None:
        wake = threading.Event()

        def token(_audience: str) -> str:
            wake.wait(10)
            return TOKEN

        found = Healer(store, f"{endpoint.root}/heal", token=token, seconds=0.2)
        assert len(found.heal([empty_stage(str(DAY), funnel_of(0))], DAY)) == 1
        wake.set()

    @pytest.mark.parametrize("status", [302, 403, 500])
    def test_a_refusal_is_an_incident_of_the_date(self, store: MemoryStore, endpoint: Receiver, status: int) -> None:
        endpoint.answers, endpoint.location = [status], f"{endpoint.root}/elsewhere"
        (trouble,) = heal(healer(store, endpoint), 90, 0)
        assert (trouble.kind, trouble.types, trouble.when) == ("unhealed", (), "2026-02-11")
        assert trouble.what.endswith(f"the call for it failed: the endpoint answers {status}")
        assert endpoint.paths == ["/heal"], "it is not tried again, nor anywhere else"

    def test_no_failure_names_the_token(self, store: MemoryStore, endpoint: Receiver) -> None:
        def broken(_audience: str) -> str:
            raise RuntimeError(TOKEN)

        out = StringIO()
        empty = [empty_stage(str(DAY), funnel_of(0))]
        with closed_port() as url:
            troubles = Healer(store, url, token=lambda _audience: TOKEN, log=LogLines(out)).heal(empty, DAY)
        troubles += Healer(store, f"{endpoint.root}/heal", token=broken).heal(empty, DAY)
        assert len(troubles) == 2
        assert TOKEN not in f"{troubles}{out.getvalue()}"
        assert TOKEN.encode() not in b"".join(store.read(path)[0] for path in set(store.written))  # type: ignore[index]

    def test_calls_that_cannot_be_counted_are_not_made(self, store: MemoryStore, endpoint: Receiver) -> None:
        store.before_write = Refuse("heals/")
        (trouble,) = heal(healer(store, endpoint), 0)
        assert "no space left" in trouble.what
        assert endpoint.paths == []

    def test_a_count_that_cannot_be_read_begins_again(self, store: MemoryStore, endpoint: Receiver) -> None:
        for content in (b"{", b"[]", b'{"context": "x"}'):
            store.write("heals/2026-02-11.json", content, cache_control="no-cache")
            assert heal(healer(store, endpoint), 0) == []
        assert [message["call"] for message in endpoint.messages] == [1, 1, 1]

    def test_it_is_logged(self, store: MemoryStore, endpoint: Receiver) -> None:
        out = StringIO()
        endpoint.answers = [200, 500]
        for _ in range(2):
            heal(healer(store, endpoint, log=LogLines(out)), 90, 0)
        lines = [orjson.loads(line) for line in out.getvalue().splitlines()]
        assert [(line["event"], line["severity"], line["stage"]) for line in lines] == [
            ("heal", "WARNING", STAGES[1]),
            ("heal", "ERROR", STAGES[1]),
        ]
