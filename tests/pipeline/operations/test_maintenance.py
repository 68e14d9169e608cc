"""Maintenance is announced in ``status.json`` by a command, and every later status takes it over."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from exporters.document_schemas import status_schema
from exporters.league.games.schedule import Schedule
from pipeline.operations.maintenance import FAILED, OK, REJECTED, main
from tests.support.matchers import assert_one_line_each, json_of
from tests.support.stores import MemoryStore
from transforms.publishing.services import Moment, remaining_windows
from transforms.publishing.status import STATUS_PATH, announce, write_status
from transforms.stores.folder import LocalStore

NOW = datetime(2026, 2, 11, 18, tzinfo=timezone.utc)
WINDOW = {
    "start": "2026-02-12T08:00:00+00:00",
    "end": "2026-02-12T10:00:00+00:00",
    "message": "Predictions are updated late.",
}
GIVEN = ("--start=2026-02-12T08:00:00Z", "--end=2026-02-12T05:00:00-05:00", f"--message={WINDOW['message']}")
OTHER = ("--start=2026-02-11T23:00:00Z", "--end=2026-02-12T23:00:00Z", "--message=New names.")


def moment(now: datetime = NOW) -> Moment:
    return Moment(now, date(2026, 2, 11), Schedule(()))


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    """A tree that has a status."""
    store = LocalStore(str(tmp_path / "out"))
    assert write_status(store, (), moment()) == ""
    return store


def run(store: LocalStore, *arguments: str, now: datetime = NOW) -> int:
    return main([f"--output={store.root}", *arguments], now=now)


def windows(store: Any) -> Any:
    return json_of(store, STATUS_PATH)["maintenance_windows"]


def test_a_window_stands_in_every_status_until_it_ends(store: LocalStore) -> None:
    before = json_of(store, STATUS_PATH)
    assert run(store, *GIVEN) == OK
    shown = json_of(store, STATUS_PATH)
    assert shown == {**before, "maintenance_windows": [WINDOW]}
    Draft202012Validator(status_schema(), validate_formats=True).validate(shown)
    end = datetime.fromisoformat(WINDOW["end"])
    for now, left in ((NOW + timedelta(hours=1), [WINDOW]), (end - timedelta(seconds=1), [WINDOW]), (end, [])):
        assert write_status(store, (), moment(now)) == ""
        assert windows(store) == left


def test_windows_are_added_in_order_and_each_once(store: LocalStore) -> None:
    for arguments in (GIVEN, OTHER, GIVEN):
        assert run(store, *arguments) == OK
    assert [one["message"] for one in windows(store)] == ["New names.", WINDOW["message"]]
    assert run(store, *GIVEN, "--clear") == OK
    assert windows(store) == [WINDOW]
    assert run(store, "--clear") == OK
    assert windows(store) == []


def test_what_is_announced_is_listed(store: LocalStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(store) == OK
    assert capsys.readouterr().out == "no maintenance is announced\n"
    run(store, *GIVEN)
    assert capsys.readouterr().out == f"{WINDOW['start']} to {WINDOW['end']}: {WINDOW['message']}\n"
    assert run(store, "--json") == OK
    assert json.loads(capsys.readouterr().out) == [WINDOW]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (GIVEN[:1], ["--end", "--message", "a window has a start, an end and a message"]),
        (GIVEN[2:], ["--start", "--end"]),
        ((GIVEN[0], "--end=2026-02-12T08:00:00Z", GIVEN[2]), ["--end", "is not after --start"]),
        (("--start=2026-02-01T08:00:00Z", "--end=2026-02-11T18:00:00Z", GIVEN[2]), ["--end", "has passed"]),
        ((*GIVEN[:2], "--message=  "), ["--message"]),
        ((*GIVEN[:2], "--message=a\nb"), ["--message"]),
        ((*GIVEN[:2], f"--message={'a' * 301}"), ["--message"]),
        (("--start=tomorrow", *GIVEN[1:]), ["--start", "tomorrow"]),
    ],
)
def test_what_is_no_window_is_rejected(
    store: LocalStore, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], names: list[str]
) -> None:
    assert run(store, *arguments) == REJECTED
    assert_one_line_each(capsys.readouterr().err, names=names)
    assert windows(store) == []


@pytest.mark.parametrize("content", [None, b"{", b'{"version": 1, "exports": {}, "dates": {}}'])
def test_without_a_status_nothing_is_announced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    store = LocalStore(str(tmp_path / "out"))
    if content is not None:
        store.write(STATUS_PATH, content, cache_control="no-store")
    assert run(store) == OK
    assert run(store, *GIVEN) == FAILED
    assert_one_line_each(capsys.readouterr().err, names=[STATUS_PATH, "export something first"])


def test_a_run_that_writes_meanwhile_loses_no_window() -> None:
    store = MemoryStore()
    write_status(store, (), moment())
    once = iter([NOW + timedelta(minutes=1)])

    def overtaken(path: str) -> None:
        for now in once:
            write_status(store, (), moment(now))

    store.before_write = overtaken
    announce(store, [WINDOW], NOW)
    assert windows(store) == [WINDOW]
    assert json_of(store, STATUS_PATH)["updated_at"].startswith("2026-02-11T18:01:00")


_INSTANTS = st.sampled_from(
    [WINDOW["start"], WINDOW["end"], "2026-02-11T00:00:00Z", "2026-02-12T08:00:00", "0001-01-01T00:00:00+09:00", "", 7]
)
_TOLD = st.one_of(
    st.none(),
    st.integers(),
    st.lists(
        st.one_of(
            st.none(),
            st.text(max_size=3),
            st.fixed_dictionaries(
                {}, optional={"start": _INSTANTS, "end": _INSTANTS, "message": st.just("m") | st.none()}
            ),
        )
    ),
)


@given(_TOLD, st.sampled_from([NOW, NOW + timedelta(days=1)]))
def test_whatever_a_status_holds_only_windows_that_have_not_ended_are_taken_over(told: Any, now: datetime) -> None:
    left = remaining_windows({"maintenance_windows": told}, now)
    for window in left:
        assert window.keys() == WINDOW.keys()
        start, end = (datetime.fromisoformat(window[key]) for key in ("start", "end"))
        assert start < end > now
    assert remaining_windows({"maintenance_windows": left}, now) == left
