"""What is published of a run is the same, wherever its dates meet and whichever are dropped there."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import apache_beam as beam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.league.games.schedule import Schedule
from tests.support.eager import run_eagerly
from tests.support.manifests import manifest_json, section_json
from tests.support.stores import MemoryStore
from transforms.publishing import status
from transforms.publishing.publish_run_status import encode_status, relevant_dates
from transforms.publishing.services import Moment
from transforms.publishing.status import date_status, merged_status
from transforms.status_page import calendar
from transforms.status_page.publish import write_page
from transforms.steps.publish_status import KeepRelevantDates, TakeStatus

NOW = datetime(2026, 2, 11, 18, 4, 11, tzinfo=timezone.utc)
MOMENT = Moment(NOW, date(2026, 2, 11), Schedule(()))
FIRST = date(2024, 10, 1)
TYPES = ("predictions", "streaks", "tonight")


def record(days: int, *types: str, run: str = "run-1") -> dict[str, Any]:
    order = {"as_of": run, "execution_id": run}
    exports = {name: section_json(run, **order, kept_newer=0) for name in types}
    return manifest_json(
        f"{FIRST + timedelta(days)}", run, exports=exports, guard={"is_busy": False}, run={"as_of": run}
    )


def published(told: list[Any], before: list[Any]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the status and every object of the page after two runs."""
    store = MemoryStore()
    for each in (before, told):
        assert write_page(store, [day["page"] for day in each], NOW) == ""
    shown = merged_status(None, before, MOMENT) if before else None
    objects = {found.path: store.read(found.path) for found in store.list("")}
    return merged_status(shown, told, MOMENT), {path: read[0] for path, read in objects.items() if read is not None}


DATES = st.dictionaries(st.integers(0, 12), st.sets(st.sampled_from(TYPES)), min_size=1)
"""By date, the export types that a run tells; none where another run is at work."""


@given(DATES, DATES, st.randoms())
@settings(max_examples=60, deadline=None)
def test_dates_that_are_dropped_change_nothing_that_is_published(
    mine: dict[int, set[str]], earlier: dict[int, set[str]], chance: Any
) -> None:
    told = [date_status(record(day, *sorted(types))) for day, types in mine.items()]
    before = [date_status(record(day, *sorted(types), run="run-0")) for day, types in earlier.items()]
    combiner = KeepRelevantDates()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(status, "MOST_DATES", 3)
        patched.setattr(calendar, "MOST_DATES", 5)
        parts: list[list[Any]] = [combiner.create_accumulator() for _ in range(3)]
        for each in told:
            at = chance.randrange(3)
            parts[at] = combiner.add_input(parts[at], encode_status(each))
        compacted = [combiner.compact(part) if chance.random() < 0.5 else part for part in parts]
        merged = combiner.merge_accumulators([combiner.merge_accumulators(compacted[:2]), compacted[2]])
        kept = {day for day, *_ in merged}
        assert len(kept) <= 3 + 5 + len(TYPES)
        assert published([each for each in told if each["date"] in kept], before) == published(told, before)


def test_an_old_date_is_told_when_no_newer_one_has_an_export_type() -> None:
    found = [
        encode_status(date_status(record(day, "tonight", *(["streaks"] if day == 1 else [])))) for day in range(300)
    ]
    kept = {each.day for each in relevant_dates(found)}
    assert kept == {f"{FIRST + timedelta(day)}" for day in (1, *range(300 - calendar.MOST_DATES, 300))}


def test_dates_of_which_the_page_shows_nothing_push_none_of_it_out() -> None:
    found = [encode_status(date_status(record(day, *(["tonight"] if day < 230 else [])))) for day in range(300)]
    kept = relevant_dates(found)
    assert sum(each.is_on_page for each in kept) == calendar.MOST_DATES
    assert sum(not each.is_on_page for each in kept) == status.MOST_DATES


def test_one_process_gets_no_more_than_the_newest_dates_of_a_long_run() -> None:
    days = 1300

    def wire(root: beam.Pipeline) -> Any:
        return (
            root
            | beam.Create([("", record(day, "tonight")) for day in range(days)])
            | beam.ParDo(TakeStatus())
            | beam.CombinePerKey(KeepRelevantDates())
        )

    [(_, contents)] = run_eagerly(wire)
    assert len(contents) == calendar.MOST_DATES
    assert f'"{FIRST + timedelta(days - 1)}"'.encode() in contents[0]
