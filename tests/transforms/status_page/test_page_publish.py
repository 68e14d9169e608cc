from __future__ import annotations

import threading

import pytest

from tests.support.matchers import generations, json_of
from tests.support.status_pages import LAST, NOW, publish_season, record_of
from tests.support.stores import MemoryStore, Refuse
from tests.transforms.status_page.test_page_calendar import record
from transforms.status_page.calendar import CALENDAR_PATH, MOST_DATES
from transforms.status_page.night import night_of, night_path
from transforms.status_page.page import CONTENT_TYPE, PAGE_PATH, page
from transforms.status_page.publish import data_problem, is_of_page, write_page

TOLD = night_of(record(tonight={"documents": {"a": "x"}}))


def write(store: MemoryStore) -> str:
    return write_page(store, [TOLD], NOW)


def test_the_page_and_its_data_have_the_right_type_and_cache_policy() -> None:
    store = MemoryStore()
    assert write(store) == ""
    found = {shown.path: (shown.content_type, shown.cache_control) for shown in store.list("")}
    assert found == {
        PAGE_PATH: (CONTENT_TYPE, "public, max-age=300"),
        CALENDAR_PATH: ("application/json", "public, max-age=60"),
        night_path("2026-02-11"): ("application/json", "public, max-age=60"),
    }
    assert all(map(is_of_page, found))


def test_a_rerun_does_not_write_the_page_again_and_another_version_of_it_does() -> None:
    store = MemoryStore()
    write(store)
    first = generations(store, without=())[PAGE_PATH]
    write(store)
    assert generations(store, without=())[PAGE_PATH] == first
    store.write(PAGE_PATH, b"<p>old", cache_control="", metadata={"digest": "old"})
    write(store)
    shown = store.read(PAGE_PATH)
    assert shown is not None
    assert shown[0] == page()


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"version": 1}', b'{"version": 9, "dates": {}}'])
def test_data_takes_the_place_of_what_does_not_fit_the_schema(content: bytes) -> None:
    store = MemoryStore()
    for path in (CALENDAR_PATH, night_path("2026-02-11")):
        store.write(path, content, cache_control="")
    assert write(store) == ""
    assert list(json_of(store, CALENDAR_PATH)["dates"]) == ["2026-02-11"]
    assert list(json_of(store, night_path("2026-02-11"))["exports"]) == ["tonight"]
    assert data_problem(CALENDAR_PATH, content) != ""


def test_runs_of_different_dates_at_once_lose_no_date_and_runs_of_one_date_no_type() -> None:
    store = MemoryStore()
    names = ("tonight", "results", "streaks", "predictions")
    runs = [(day, name) for day in ("2026-02-10", "2026-02-11") for name in names]
    together = threading.Barrier(len(runs))

    def one(day: str, name: str) -> None:
        told = night_of(record(run=f"run-{name}", day=day, **{name: {}}))
        together.wait()
        assert write_page(store, [told], NOW) == ""

    threads = [threading.Thread(target=one, args=run) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    dates = json_of(store, CALENDAR_PATH)["dates"]
    assert {(day, name) for day, date in dates.items() for name in date["exports"]} == set(runs)
    assert set(json_of(store, night_path("2026-02-10"))["exports"]) == set(names)


def test_an_entry_that_another_run_writes_meanwhile_is_kept() -> None:
    store = MemoryStore()

    def rival(path: str) -> None:
        if path == CALENDAR_PATH:
            store.before_write = lambda path: None
            write_page(store, [night_of(record(day="2026-02-09", tonight={}))], NOW)

    store.before_write = rival
    assert write(store) == ""
    assert list(json_of(store, CALENDAR_PATH)["dates"]) == ["2026-02-11", "2026-02-09"]


def test_a_place_that_refuses_costs_the_page_and_is_told_in_one_line() -> None:
    store = MemoryStore()
    store.before_write = Refuse("status/")
    assert write(store).startswith("the status page was not written: ")
    assert "\n" not in write(store)


def test_a_date_that_is_too_old_for_the_calendar_has_no_data_of_its_own() -> None:
    store = MemoryStore()
    publish_season(store, MOST_DATES)
    old = night_of(record_of(LAST.replace(year=2020)))
    assert write_page(store, [old], NOW) == ""
    assert store.read(night_path(old["date"])) is None
    assert len(list(store.list("status/dates/"))) == MOST_DATES


def test_nothing_else_below_its_folder_is_of_the_page() -> None:
    assert not any(
        map(is_of_page, ("status/x.html", "status/dates/x.json", "status/dates/2026-02-11.json.bak", "status"))
    )
