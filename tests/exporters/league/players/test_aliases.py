from __future__ import annotations

from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.league.players.aliases import NO_ALIASES, Aliases, normalized, resolve_aliases
from exporters.league.players.identity import is_player_lookup
from tests.support.rows import Row, player_alias_row
from tests.support.worlds import PROPERTY

LATER = "2025-02-01T12:00:00Z"


def row(alias: str, target: str, **values: object) -> Row:
    return player_alias_row(alias_lookup=alias, nba_canonical_lookup=target, **values)


def resolved(*rows: Row) -> Aliases:
    """Resolve rows in every order, which must make no difference."""
    first, *others = [resolve_aliases(order) for order in permutations(rows)]
    assert all(other == first for other in others)
    return first


class TestNormalization:
    @pytest.mark.parametrize(
        ("name", "lookup"),
        [
            ("LeBron James", "lebronjames"),
            ("Nikola Jokić", "nikolajokic"),
            ("De'Aaron Fox", "deaaronfox"),
            ("Karl-Anthony Towns", "karlanthonytowns"),
            ("P.J. Washington Jr.", "pjwashingtonjr"),
            ("Robert Williams III", "robertwilliamsiii"),
            ("Alperen Şengün", "alperensengun"),
            ("Ersan İlyasova", "ersanilyasova"),
            ("Yusuf Yıldız", "yusufyildiz"),
            ("player_lookup, jr", "playerlookupjr"),
            ("Nikola Đurišić", "nikolaurisic"),
            ("Søren 2", "sren2"),
            ("\u202fNarrow Space", "narrowspace"),
            ("", ""),
            ("...", ""),
        ],
    )
    def test_a_name_is_spelled_as_the_warehouse_spells_it(self, name: str, lookup: str) -> None:
        assert normalized(name) == lookup

    @given(st.text(max_size=30))
    def test_what_comes_out_is_an_id_or_nothing_and_stays_as_it_is(self, name: str) -> None:
        found = normalized(name)
        assert found in ("", "index") or is_player_lookup(found) or len(found) > 80
        assert normalized(found) == found


class TestResolution:
    def test_an_alias_stands_for_its_target(self) -> None:
        aliases = resolved(row("nicclaxton", "nicolasclaxton"), row("herbjones", "herbertjones"))
        assert [aliases.id_of(name) for name in ("nicclaxton", "herbjones")] == ["nicolasclaxton", "herbertjones"]
        assert [aliases.id_of(name) for name in ("nicolasclaxton", "somebody")] == ["nicolasclaxton", "somebody"]
        assert aliases.problems == ()

    def test_nothing_is_an_alias_of_a_warehouse_without_any(self) -> None:
        assert resolve_aliases([]) == NO_ALIASES
        assert NO_ALIASES.id_of("nicclaxton") == "nicclaxton"

    def test_both_sides_are_normalized(self) -> None:
        assert resolved(row("Nic Claxton", "Nicolas Claxton")).ids == {"nicclaxton": "nicolasclaxton"}

    def test_an_alias_of_itself_is_ignored(self) -> None:
        assert resolved(row("herbjones", "herbjones"), row("Herb Jones", "herbjones")) == NO_ALIASES

    def test_an_inactive_alias_is_ignored(self) -> None:
        assert resolved(row("a", "b", is_active=False)) == NO_ALIASES

    def test_the_newest_row_of_a_pair_decides_whether_it_is_active(self) -> None:
        on, off = row("a", "b"), row("a", "b", is_active=False, processed_at=LATER)
        assert resolved(on, off) == NO_ALIASES
        assert resolved(on._replace(processed_at=off.processed_at + 1), off).ids == {"a": "b"}
        assert resolved(on, off._replace(processed_at=on.processed_at)).ids == {"a": "b"}
        assert resolved(on, off._replace(processed_at=None)).ids == {"a": "b"}

    def test_an_alias_of_an_alias_stands_for_the_end_of_the_chain(self) -> None:
        assert resolved(row("a", "b"), row("b", "c"), row("c", "d")).ids == {"a": "d", "b": "d", "c": "d"}

    def test_a_chain_ends_where_a_row_is_inactive(self) -> None:
        assert resolved(row("a", "b"), row("b", "c", is_active=False)).ids == {"a": "b"}

    def test_the_lowest_id_of_a_circle_stands_for_all_of_it(self) -> None:
        aliases = resolved(row("c", "b"), row("b", "a"), row("a", "c"), row("z", "b"))
        assert aliases.ids == {"b": "a", "c": "a", "z": "a"}
        assert aliases.problems == (
            "aliases a and b and c stand for one another: 'a' counts; deactivate the row of it",
        )

    def test_of_two_targets_the_newest_counts(self) -> None:
        aliases = resolved(row("a", "c", processed_at=LATER), row("a", "b"), row("a", "d", processed_at=None))
        assert aliases.ids == {"a": "c"}
        assert aliases.problems == ("alias 'a' stands for b and c and d: 'c' counts; deactivate the other rows",)

    def test_of_two_targets_that_are_equally_new_the_lowest_counts(self) -> None:
        assert resolved(row("a", "c"), row("a", "b")).ids == {"a": "b"}
        assert resolved(row("a", "c", processed_at=None), row("a", "b", processed_at=None)).ids == {"a": "b"}

    @pytest.mark.parametrize(("alias", "target"), [("...", "b"), ("a", ""), ("", "")])
    def test_a_row_without_a_player_is_reported(self, alias: str, target: str) -> None:
        aliases = resolved(row(alias, target), row("c", "d"))
        assert aliases.ids == {"c": "d"}
        assert aliases.problems == (f"alias {alias!r} of {target!r} names nobody: it does not count; correct the row",)

    @PROPERTY
    @given(
        rows=st.lists(
            st.builds(
                row,
                st.sampled_from("abcdefg"),
                st.sampled_from("abcdefg"),
                is_active=st.booleans(),
                processed_at=st.sampled_from([None, 1, 2]),
            ),
            max_size=12,
        ),
        seed=st.integers(0, 99),
    )
    def test_any_rows_resolve_alike_in_any_order_and_each_id_is_final(self, rows: list[Row], seed: int) -> None:
        aliases = resolve_aliases(rows)
        shuffled = [*rows, *rows[:3]]
        Random(seed).shuffle(shuffled)
        assert resolve_aliases(shuffled) == aliases
        assert not aliases.ids.keys() & set(aliases.ids.values()), "an id is no alias itself"
        active = {(one.alias_lookup, one.nba_canonical_lookup) for one in rows if one.is_active}
        assert set(aliases.ids) | set(aliases.ids.values()) <= {name for pair in active for name in pair}
