from __future__ import annotations

from typing import Any

import apache_beam as beam
import pytest

from tests.support.eager import run_eagerly
from transforms.stages.player_stage import CardBatch
from transforms.steps.by_date import GatherByDate, Pack, Unpack, value_at


def gathered(**inputs: Any) -> dict[str, dict[str, list[Any]]]:
    """Join lists, or tuples of lists, of (date, value)."""

    def wire(root: beam.Pipeline) -> Any:
        def made(name: str, values: Any) -> Any:
            return root | name >> beam.Create(values)

        wired = {
            name: tuple(made(f"{name} {nth}", each) for nth, each in enumerate(values))
            if isinstance(values, tuple)
            else made(name, values)
            for name, values in inputs.items()
        }
        return wired | GatherByDate()

    return dict(run_eagerly(wire))


def test_every_date_of_any_input_gets_the_values_of_all() -> None:
    ann, nobody = CardBatch({"a": [("ann", 1)]}), CardBatch()
    found = gathered(cards=[("5", ann), ("6", nobody)], names=([("5", "x")], [("5", "y"), ("7", "z")]))
    assert sorted(found["5"].pop("names")) == ["x", "y"]
    assert found == {"5": {"cards": [ann]}, "6": {"cards": [nobody], "names": []}, "7": {"cards": [], "names": ["z"]}}


def test_what_crosses_is_one_byte_longer_than_the_value() -> None:
    coder = beam.coders.registry.get_coder(CardBatch)
    batch = CardBatch({"a": [("ann", {"n": 1})]})
    ((day, packed),) = Pack(3, coder).process(("5", batch))
    assert (day, packed) == ("5", b"\x03" + coder.encode(batch))
    names = tuple((name, coder) for name in "abcd")
    assert list(Unpack(names).process((day, [packed]))) == [("5", {"a": [], "b": [], "c": [], "d": [batch]})]


def test_a_date_has_one_value() -> None:
    assert value_at({"5": iter(["x"])}, "5") == "x"
    with pytest.raises(ValueError, match="unpack"):
        value_at({"5": ["x", "y"]}, "5")
