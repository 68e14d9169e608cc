"""Two published trees of three dates, of which the second one is changed: each change is told as what it is."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipeline.comparison.change import Comparison, Kind
from pipeline.comparison.compare import OTHER, Scope, compare
from tests.pipeline.verification.test_corruptions import CORRUPTIONS, Night, flip, published
from tests.support.stores import MemoryStore
from transforms.elements.document import encode
from transforms.publishing.status import STATUS_PATH
from transforms.stores.protocol import StoreError

__all__ = ["published"]

NOT_IN_DOCUMENTS = {
    "other champion",
    "wrong content type",
    "wrong cache control",
    "manifest missing",
    "manifest old",
    "manifest lies about counts",
    "manifest lies about digests",
    "manifest lies about the champion",
    "manifest of another date",
    "manifest unreadable",
    "a date without games",
}
"""Corruptions that leave every public document as it is."""


@pytest.fixture
def after(published: Night) -> Night:
    return published.copy()


def differ(before: Night, after: Night, scope: Scope | None = None) -> Comparison:
    return compare(before.store.public, after.store.public, scope)


def told(found: Comparison, kind: Kind) -> list[tuple[str, Any, Any]]:
    return [(change.subject, change.before, change.after) for change in found.changes if change.kind is kind]


def entry(value: Any, at: int = 0) -> Any:
    """A forecast of a document of predictions that is a pick on a line."""
    entries = (entry for game in value["games"] for entry in game["predictions"])
    return [entry for entry in entries if entry["prediction"]["recommendation"] in ("OVER", "UNDER")][at]


def only(found: Comparison, *kinds: Kind) -> bool:
    return set(found.totals()) == {*kinds, Kind.DOCUMENTS_CHANGED, Kind.POINTERS_CHANGED}


def test_a_tree_is_equal_to_itself(published: Night, after: Night) -> None:
    found = differ(published, after)
    assert found.changes == []
    assert found.compared == found.unchanged > 200


def test_a_copy_without_metadata_is_equal(published: Night, after: Night) -> None:
    assert isinstance(after.store.public, MemoryStore)
    for path, (content, shown) in list(after.store.public._objects.items()):
        after.store.public._objects[path] = (content, replace(shown, metadata={}, content_type="", cache_control=""))
    assert differ(published, after).changes == []


def test_the_time_of_the_request_makes_no_difference(published: Night, after: Night) -> None:
    after.change(after.path("tonight"), lambda value: value.update(generated_at="2099-01-01T00:00:00+00:00"))
    assert differ(published, after).changes == []


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_every_corruption_of_a_document_is_a_difference(published: Night, after: Night, name: str) -> None:
    CORRUPTIONS[name](after)
    assert bool(differ(published, after).changes) is (name not in NOT_IN_DOCUMENTS)


def test_digests_in_the_metadata_are_not_believed(published: Night, after: Night) -> None:
    path = after.path("predictions")
    shown = after.store.stat(path)
    assert shown is not None
    after.change(path, flip)
    content = after.store.read(path)
    assert content is not None
    after.put(path, content[0], metadata=shown.metadata)
    assert differ(published, after).totals()[Kind.PICKS_FLIPPED] == 1


def test_a_flipped_pick(published: Night, after: Night) -> None:
    after.change(after.path("predictions"), flip)
    found = differ(published, after)
    assert only(found, Kind.PICKS_FLIPPED)
    ((_, old, new),) = told(found, Kind.PICKS_FLIPPED)
    assert {old, new} == {"OVER", "UNDER"}


def test_a_moved_line_and_a_changed_forecast(published: Night, after: Night) -> None:
    was = entry(after.value(after.path("predictions")))
    line, points = was["prediction"]["line"], was["prediction"]["points"]
    after.change(
        after.path("predictions"),
        lambda value: entry(value)["prediction"].update(line=line + 1, points=round(points + 2.5, 1)),
    )
    found = differ(published, after)
    assert only(found, Kind.LINES_MOVED, Kind.PREDICTIONS_CHANGED)
    assert told(found, Kind.LINES_MOVED) == [(was["player_lookup"], line, line + 1)]
    assert found.largest()["predictions", after.day] == 2.5


def test_a_forecast_that_is_gone_is_dropped_and_not_changed(published: Night, after: Night) -> None:
    after.change(after.path("predictions"), lambda value: entry(value)["prediction"].update(points=None, line=None))
    found = differ(published, after)
    assert only(found, Kind.LINES_MOVED, Kind.PREDICTIONS_DROPPED)


def test_a_pick_that_became_a_pass_is_dropped(published: Night, after: Night) -> None:
    after.change(after.path("predictions"), lambda value: entry(value)["prediction"].update(recommendation="PASS"))
    found = differ(published, after)
    assert only(found, Kind.PICKS_DROPPED)
    assert differ(after, published).totals()[Kind.PICKS_ADDED] == 1


def test_a_pick_that_is_there_twice_is_added(published: Night, after: Night) -> None:
    after.change(after.path("best-bets"), lambda value: value["picks"].append(copy.deepcopy(value["picks"][0])))
    assert differ(published, after).totals()[Kind.PICKS_ADDED] == 1


def test_a_player_who_is_gone_takes_line_and_pick_along(published: Night, after: Night) -> None:
    gone = entry(after.value(after.path("predictions")))["player_lookup"]

    def drop(value: Any) -> None:
        for game in value["games"]:
            game["predictions"] = [one for one in game["predictions"] if one["player_lookup"] != gone]

    after.change(after.path("predictions"), drop)
    found = differ(published, after)
    assert only(found, Kind.PLAYERS_LOST, Kind.PICKS_DROPPED, Kind.PREDICTIONS_DROPPED)
    assert [player for player, *_ in told(found, Kind.PLAYERS_LOST)] == [gone]
    back = differ(after, published)
    assert only(back, Kind.PLAYERS_GAINED, Kind.PICKS_ADDED, Kind.PREDICTIONS_ADDED)


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'{"games": [', None])
def test_a_document_that_is_gone_or_broken_has_lost_all_of_its_picks(
    published: Night, after: Night, content: bytes | None
) -> None:
    path = after.path("predictions")
    picks = differ(published, after).sizes["predictions", after.day]["picks"]
    if content is None:
        after.store.delete(path)
    else:
        after.put(path, content)
    found = differ(published, after)
    totals = found.totals()
    assert totals[Kind.PICKS_DROPPED] == picks > 5
    assert totals[Kind.PREDICTIONS_DROPPED] == found.sizes["predictions", after.day]["predictions"]
    assert totals[Kind.DOCUMENTS_MISSING] == (content is None)
    assert totals[Kind.DOCUMENTS_UNREADABLE] == (content is not None)


def test_a_document_that_is_broken_in_both_is_named(published: Night, after: Night) -> None:
    before = published.copy()
    for night in (before, after):
        night.put(night.path("predictions"), b"<html>")
    assert differ(before, after).totals() == {Kind.DOCUMENTS_UNREADABLE: 1}


def test_values_without_a_kind_of_their_own_are_named(published: Night, after: Night) -> None:
    after.change(after.path("tonight"), lambda value: value["games"][0].update(home_team="XXX"))
    found = differ(published, after)
    assert only(found)
    ((places, _, _),) = told(found, Kind.DOCUMENTS_CHANGED)
    game = after.value(after.path("tonight"))["games"][0]["game_id"]
    assert places == f"1 value: $.games[{game}].home_team"


def test_other_bytes_of_the_same_values_are_named(published: Night, after: Night) -> None:
    path = after.path("predictions")
    after.put(path, encode(after.value(path)).replace(b"\n", b" "))
    (change,) = differ(published, after).changes
    assert change.subject == "the same values in other bytes"


def test_pointers_that_show_another_date(published: Night, after: Night) -> None:
    CORRUPTIONS["pointer behind"](after)
    (change,) = differ(published, after).changes
    before = str(after.day - timedelta(days=1))
    assert (change.path, change.before, change.after) == ("predictions/today.json", str(after.day), before)


def test_documents_of_one_tree_alone(published: Night, after: Night) -> None:
    path = CORRUPTIONS["future date"](after)
    found = differ(published, after)
    assert [change.path for change in found.changes if change.kind is Kind.DOCUMENTS_NEW] == [path]
    assert [change.path for change in differ(after, published).changes if change.kind is Kind.DOCUMENTS_MISSING] == [
        path
    ]


def test_objects_of_no_type_are_compared_by_their_bytes(published: Night, after: Night) -> None:
    before = published.copy()
    for night, content in ((before, b"<html>1"), (after, b"<html>1")):
        night.store.write("index.html", content, cache_control="")
    assert differ(before, after).changes == []
    after.store.write("index.html", b"<html>2", cache_control="")
    (change,) = differ(before, after).changes
    assert (change.kind, change.export) == (Kind.DOCUMENTS_CHANGED, OTHER)


def test_what_every_run_writes_is_left_out(published: Night, after: Night) -> None:
    after.store.write(STATUS_PATH, b"{}", cache_control="")
    after.manifest(lambda manifest: manifest.update(date="2020-01-01"))
    assert differ(published, after).changes == []


def corrupt(night: Night, *names: str) -> None:
    for name in names:
        CORRUPTIONS[name](night)


@pytest.mark.parametrize(
    ("scope", "types"),
    [
        (lambda _: Scope(), {"predictions", "tonight-players", "player-profiles"}),
        (lambda _: Scope(exports=frozenset({"player-profiles"})), {"player-profiles"}),
        (lambda night: Scope(night.day, night.day), {"predictions", "tonight-players"}),
        (lambda night: Scope(night.day, night.day, frozenset({"predictions"})), {"predictions"}),
        (lambda night: Scope(night.day - timedelta(days=2), night.day - timedelta(days=1)), set()),
    ],
)
def test_dates_and_types_that_are_not_chosen_are_left_out(
    published: Night, after: Night, scope: Callable[[Night], Scope], types: set[str]
) -> None:
    corrupt(after, "pick flipped", "missing", "index without a player")
    assert {change.export for change in differ(published, after, scope(after)).changes} == types


def test_a_tree_that_cannot_be_read_is_an_error(published: Night, after: Night) -> None:
    assert isinstance(after.store.public, MemoryStore)

    def fail(path: str) -> None:
        raise StoreError(f"{path} cannot be read")

    after.store.public.before_read = fail
    with pytest.raises(StoreError):
        differ(published, after)


def test_a_result_for_programs_holds_every_change(published: Night, after: Night) -> None:
    corrupt(after, "pick flipped", "missing")
    found = differ(published, after)
    told = found.as_json()
    assert len(told["changes"]) == len(found.changes) == sum(told["totals"].values())
    assert told["totals"]["picks_flipped"] == 1
    assert {change["date"] for change in told["changes"] if change["kind"] == "picks_flipped"} == {str(after.day)}
    assert encode(told)
