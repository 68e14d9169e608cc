from __future__ import annotations

from datetime import date

import pytest

from exporters.config.leagues import NBA
from exporters.registry import exports
from tests.support.stores import MemoryStore
from transforms.history.documents import find_documents

DAY = date(2026, 2, 3)
OTHER = date(2026, 2, 4)


@pytest.mark.parametrize("name", exports())
def test_what_is_there_is_found_wherever_the_player_stands_in_the_path(name: str) -> None:
    export, store = exports()[name], MemoryStore()
    here, gone = export.path_of(DAY, "ann", calendar=NBA.calendar), export.path_of(DAY, "bob", calendar=NBA.calendar)
    for path in {here, export.path_of(OTHER, "ann", calendar=NBA.calendar)}:
        store.write(path, b"{}", cache_control="")
    found = find_documents(store, DAY, [(export, {here, gone})])
    assert found[here] == store.stat(here)
    assert gone == here or gone not in found


@pytest.mark.parametrize("name", exports())
def test_the_player_of_a_path_is_the_one_that_it_was_made_of(name: str) -> None:
    export = exports()[name]
    assert export.player_of(export.path_of(DAY, "ann", calendar=NBA.calendar)) == (
        "ann" if "{player}" in export.path else ""
    )


def test_documents_side_by_side_take_one_request() -> None:
    export, store = exports()["tonight-players"], MemoryStore()
    asked: list[str] = []
    store.before_read = asked.append
    find_documents(store, DAY, [(export, [export.path_of(DAY, player) for player in ("ann", "bob")])])
    assert asked == []
