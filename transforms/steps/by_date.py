"""Joins by date: what several collections tell of a date, in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import apache_beam as beam
from apache_beam.typehints.trivial_inference import key_value_types

ValueT = TypeVar("ValueT")
ByDate = Mapping[str, Iterable[ValueT]]
"""A side input of one value a date, which is fetched by date: no worker holds those of all dates."""


def value_at(found: ByDate[ValueT], day: str) -> ValueT:
    """Return the value of a date."""
    (value,) = found[day]
    return value


@dataclass
class GatherByDate(beam.PTransform):
    """Bring together what collections tell of each date.

    Input: name -> one or more PCollections of (ISO date, value). Output: (ISO date, {name: [value]}), with every name.

    Values cross the shuffle once, as bytes in the coder of their type. Beam's CoGroupByKey would pickle them, since it
    mixes several types in one collection.
    """

    def expand(self, inputs: Mapping[str, Any]) -> beam.PCollection[tuple[str, dict[str, list[Any]]]]:
        """Wire the join."""
        packed: list[beam.PCollection[tuple[str, bytes]]] = []
        unpack: list[tuple[str, beam.coders.Coder]] = []
        for name, parts in inputs.items():
            for nth, part in enumerate(parts if isinstance(parts, tuple) else (parts,)):
                _, kind = key_value_types(part.element_type)
                coder = beam.coders.registry.get_coder(kind)
                label = f"Pack[{name} {nth}]" if isinstance(parts, tuple) else f"Pack[{name}]"
                pack = beam.ParDo(Pack(len(unpack), coder)).with_output_types(tuple[str, bytes])
                packed.append(part | label >> pack)
                unpack.append((name, coder))
        return (
            packed
            | "Flatten" >> beam.Flatten()
            | "Group" >> beam.GroupByKey()
            | "Unpack" >> beam.ParDo(Unpack(tuple(unpack))).with_output_types(tuple[str, dict[str, list[Any]]])
        )


@dataclass
class Pack(beam.DoFn):
    """Encode the values of one collection, behind the number of the collection."""

    number: int
    coder: beam.coders.Coder

    def process(self, keyed: tuple[str, Any]) -> Iterable[tuple[str, bytes]]:
        """Yield the date with the bytes."""
        day, value = keyed
        yield day, bytes([self.number]) + self.coder.encode(value)


@dataclass
class Unpack(beam.DoFn):
    """Decode the values of a date; ``coders`` has the name and the coder of each collection."""

    coders: tuple[tuple[str, beam.coders.Coder], ...]

    def process(self, grouped: tuple[str, Iterable[bytes]]) -> Iterable[tuple[str, dict[str, list[Any]]]]:
        """Yield the values of a date by name."""
        day, packed = grouped
        found: dict[str, list[Any]] = {name: [] for name, _ in self.coders}
        for encoded in packed:
            name, coder = self.coders[encoded[0]]
            found[name].append(coder.decode(encoded[1:]))
        yield day, found
