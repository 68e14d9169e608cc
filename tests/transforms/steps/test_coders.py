from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any, NamedTuple

import apache_beam as beam
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.league.forecasts.readiness import DayCount, ScanCounts, SystemCount
from exporters.league.players.aliases import Aliases
from exporters.losses import Loss
from transforms.elements.document import Document
from transforms.elements.failure import Failure, SkippedRows
from transforms.elements.guarding import BuiltDocument, DateVerdict, Shown, Tally
from transforms.elements.opened_date import OpenedDate, UpToDate
from transforms.elements.publication import NewerRun, Outcome, Published, PublishedObject
from transforms.elements.run_order import RunOrder
from transforms.publishing.publish import OutcomeBatch
from transforms.stages.date_stages import SeasonRows
from transforms.stages.player_stage import CardBatch, DocumentBatch
from transforms.steps.coders import SharedScanCounts

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
WHOLE = st.integers(-(2**63), 2**63 - 1)
VALUE = st.recursive(
    st.none() | st.booleans() | WHOLE | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=6,
)
DOCUMENTS = st.lists(
    st.builds(
        Document,
        path=TEXT,
        content=st.binary(),
        counts=st.dictionaries(TEXT, st.integers(0, 9)),
        progress=st.none() | st.integers(0, 9),
    )
)


def coder_of(kind: Any) -> beam.coders.Coder:
    return beam.coders.registry.get_coder(kind)


def sent(value: Any) -> Any:
    """Return a value as it arrives, by the coder of its type."""
    coder = coder_of(type(value))
    return coder.decode(coder.encode(value))


class TestCards:
    @settings(max_examples=20)
    @given(st.dictionaries(TEXT, st.lists(st.tuples(TEXT, VALUE))))
    def test_cards_arrive_as_they_left(self, cards: dict[str, list[tuple[str, Any]]]) -> None:
        found = sent(CardBatch(cards))
        assert repr(found.cards) == repr(cards), "as equal as 1 and 1.0, or True, is not enough"

    @settings(max_examples=20)
    @given(st.dictionaries(TEXT, VALUE))
    def test_season_rows_arrive_as_they_left(self, rows: dict[str, Any]) -> None:
        assert repr(sent(SeasonRows("2026-01-05", rows))) == repr(SeasonRows("2026-01-05", rows))

    @pytest.mark.parametrize(
        "value",
        [date(2026, 1, 5), datetime(2026, 1, 5, tzinfo=timezone.utc), Decimal("1.5"), RunOrder(), 2**64, {1: 2}],
    )
    def test_what_would_arrive_as_another_type_is_refused(self, value: Any) -> None:
        with pytest.raises(TypeError):
            sent(CardBatch({"card": [("ann", value)]}))
        with pytest.raises(TypeError):
            sent(SeasonRows("2026-01-05", {"card": value}))

    def test_a_named_tuple_is_refused(self) -> None:
        class Pair(NamedTuple):
            one: int

        with pytest.raises(TypeError):
            sent(CardBatch({"card": [("ann", Pair(1))]}))


class TestDocuments:
    @settings(max_examples=20)
    @given(DOCUMENTS, st.dictionaries(TEXT, st.floats(0, 9)))
    def test_documents_arrive_as_they_left(self, documents: list[Document], milliseconds: dict[str, float]) -> None:
        assert sent(DocumentBatch(documents, milliseconds)) == DocumentBatch(documents, milliseconds)

    def test_contents_are_not_serialised_again(self) -> None:
        content = b'{\n  "a": "\\u00e4"\n}' * 1000
        made = Document("a.json", "card", "2026-01-05", "a", content, "d" * 32, "no-store", {}, empty=False)
        assert content in coder_of(DocumentBatch).encode(DocumentBatch([made, made._replace(path="b.json")]))


LOSS = Loss("card", "a.json", "players", 9, 1, unexplained=8, reasons={"traded": 1}, players=("ann",))
OUTCOME = Outcome("a.json", "card", "ann", "kept", 9, "d", "no-store", empty=False, counts={"n": 1}, reason="newer")


class TestRecords:
    @pytest.mark.parametrize(
        "value",
        [
            OutcomeBatch([OUTCOME, OUTCOME._replace(progress=3, is_newer=True)], {"card": 1.25}, {}),
            Tally((BuiltDocument("a.json", "card", {"n": 1}, {"n": frozenset({"ann"})}),), {"card": ("a.json",)}),
            DateVerdict("shrank", ("few",), (LOSS,), ("card",), is_busy=True),
            DateVerdict(),
            OpenedDate(
                Published(
                    {"a.json": PublishedObject("d", 7, RunOrder("1", "x"))}, {"card": NewerRun(RunOrder(), "it")}
                ),
                Shown({"a.json": "d"}, {"a.json": {"n": 1}}, {"card": ("a.json",)}, {"games": 3}, frozenset({"card"})),
            ),
            Aliases({"ann2": "ann"}, ("one problem",)),
            Failure("Step", "card", "ann", "ValueError: \udcff", "stack"),
            SkippedRows("Step", "", "t", "bad", column="c", rows=2**70),
            SkippedRows("Step", "", "t", "bad"),
        ],
    )
    def test_records_arrive_as_they_left(self, value: Any) -> None:
        # Steps declare failures of either class as Failure.
        coder = coder_of(Failure if isinstance(value, Failure) else type(value))
        found = coder.decode(coder.encode(value))
        assert (found, type(found)) == (value, type(value))

    def test_outcomes_and_objects_arrive_with_their_names(self) -> None:
        found = sent(OutcomeBatch([OUTCOME], {}, {}))
        assert repr(found.outcomes) == repr([OUTCOME]), "a tuple without names is equal, too"
        opened = OpenedDate(
            Published({"a.json": PublishedObject("d", 7)}), up_to_date=UpToDate((OUTCOME,), {"card": "x"})
        )
        assert repr(sent(opened)) == repr(opened)


class TestScanCounts:
    COUNTS = ScanCounts(
        days={date(2026, 1, 5): DayCount(games=1)}, systems={(date(2026, 1, 5), "a"): SystemCount("v", 2, 1)}
    )

    def test_arrive_as_they_left(self) -> None:
        assert vars(sent(self.COUNTS)) == vars(self.COUNTS)
        assert vars(sent(sent(self.COUNTS))) == vars(self.COUNTS)

    def test_equal_ones_are_decoded_once_per_process(self) -> None:
        one, other = sent(self.COUNTS), sent(replace(self.COUNTS))
        assert one is other
        assert sent(replace(self.COUNTS, rows={"t": 1})).rows == {"t": 1}, "others are not taken for them"

    def test_what_was_computed_from_them_does_not_travel(self) -> None:
        computed = replace(self.COUNTS)
        assert computed.versions
        assert coder_of(ScanCounts).encode(computed) == coder_of(ScanCounts).encode(self.COUNTS)

    def test_the_cache_of_side_inputs_does_not_walk_through_them(self) -> None:
        assert SharedScanCounts().get_referents_for_cache() == []
