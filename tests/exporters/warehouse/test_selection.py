from __future__ import annotations

from itertools import permutations
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from exporters.warehouse.selection import known, latest, latest_per, whole
from tests.support.worlds import PROPERTY


class Offer(NamedTuple):
    key: str
    stamp: int | None
    price: int | None


OFFERS = st.builds(Offer, st.sampled_from("ab"), st.none() | st.integers(0, 2), st.none() | st.integers(-1, 1))


def by_stamp(offer: Offer) -> tuple[object, ...]:
    return (known(offer.stamp),)


def test_null_is_lower_than_every_value() -> None:
    assert known(None) < known(-(10**9))
    assert known(None) < known("")


def test_nothing_is_chosen_from_nothing() -> None:
    assert latest([], by=by_stamp) is None
    assert latest_per([], key=lambda offer: offer.key, by=by_stamp) == {}


def test_the_greatest_is_selected() -> None:
    offers = [Offer("a", 1, 1), Offer("a", 2, None), Offer("a", None, 9)]
    assert {latest(order, by=by_stamp) for order in permutations(offers)} == {Offer("a", 2, None)}


def test_a_tie_goes_to_the_greatest_row_with_null_lowest() -> None:
    offers = [Offer("a", 1, None), Offer("a", 1, -1), Offer("a", 1, -2)]
    assert {latest(order, by=by_stamp) for order in permutations(offers)} == {Offer("a", 1, -1)}
    assert max(offers, key=whole) == Offer("a", 1, -1)


@PROPERTY
@given(st.lists(OFFERS, max_size=8), st.randoms(use_true_random=False))
def test_no_choice_depends_on_order_or_duplicates(offers: list[Offer], random: object) -> None:
    chosen = latest_per(offers, key=lambda offer: offer.key, by=by_stamp)
    again = [*offers, *offers]
    random.shuffle(again)  # type: ignore[attr-defined]
    assert latest_per(again, key=lambda offer: offer.key, by=by_stamp) == chosen
    assert set(chosen) == {offer.key for offer in offers}
    for key, offer in chosen.items():
        of_key = [other for other in offers if other.key == key]
        assert offer == latest(of_key, by=by_stamp) == max(of_key, key=lambda other: (by_stamp(other), whole(other)))
