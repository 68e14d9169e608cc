from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass, field
from typing import Any

import pytest

from transforms.publishing.publish import OutcomeBatch
from transforms.reading.packing import Packing
from transforms.stages.player_stage import CardBatch


class Counted:
    """Counts how often it is pickled and unpickled."""

    pickled = unpickled = 0

    def __getstate__(self) -> dict[str, Any]:
        Counted.pickled += 1
        return {"is": "counted"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        Counted.unpickled += 1


@dataclass
class Luggage(Packing):
    items: list[Any] = field(default_factory=list)
    owner: str = field(default_factory=lambda: "ann")


@pytest.fixture(autouse=True)
def counts() -> None:
    Counted.pickled = Counted.unpickled = 0


def travelled(value: Any, hops: int = 1) -> Any:
    for _ in range(hops):
        value = pickle.loads(pickle.dumps(value))
    return value


def test_arrives_as_it_left() -> None:
    sent = Luggage([1, {"a": [2.5, None]}], "bob")
    assert travelled(sent) == Luggage([1, {"a": [2.5, None]}], "bob")
    assert sent == Luggage([1, {"a": [2.5, None]}], "bob"), "the sender may still look at it"


def test_what_passes_through_is_opened_once() -> None:
    sent = Luggage([Counted()])
    pickle.dumps(sent)
    found = travelled(sent, hops=5)
    assert (Counted.pickled, Counted.unpickled) == (1, 0)
    assert len(found.items) == len(found.items) == 1
    assert (Counted.pickled, Counted.unpickled) == (1, 1)


def test_what_is_changed_afterwards_travels_too() -> None:
    first = travelled(Luggage([1]))
    first.items.append(2)
    first.owner = "cem"
    assert travelled(first) == Luggage([1, 2], "cem")


def test_a_field_may_be_set_before_any_is_read() -> None:
    found = travelled(Luggage([1], "bob"))
    found.owner = "cem"
    assert travelled(found).owner == "cem"
    assert travelled(found).items == [1]


def test_there_are_no_other_attributes() -> None:
    for luggage in (Luggage(), travelled(Luggage())):
        with pytest.raises(AttributeError, match="'Luggage' object has no attribute 'lock'"):
            luggage.lock  # noqa: B018


@pytest.mark.parametrize("default", [3, field(default=3)])
def test_a_default_that_would_hide_the_field_is_refused(default: Any) -> None:
    with pytest.raises(TypeError, match=r"Trunk.size has a default value"):
        type("Trunk", (Packing,), {"__annotations__": {"size": int}, "size": default})


def test_can_be_copied() -> None:
    assert copy.deepcopy(travelled(Luggage([[1]]))) == copy.copy(travelled(Luggage([[1]]))) == Luggage([[1]])


@pytest.mark.parametrize(
    "batch",
    [
        CardBatch({"roster": [("ann", {"rest": 3, "form": [1, None]})]}),
        OutcomeBatch([], {"roster": 1.5}, {"roster": 2.5}),
    ],
    ids=["cards", "outcomes"],
)
def test_batches_travel_packed(batch: Any) -> None:
    assert travelled(batch, hops=3) == batch
    assert vars(travelled(batch)).keys().isdisjoint({"cards", "outcomes"})
