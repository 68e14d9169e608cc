"""How elements are encoded between the stages of a graph: as Arrow, JSON or serialised documents, not as pickles.

Beam chooses a registered coder by the type that a step declares as its output, and pickles what has none. Left to that
are scans, streams and counts, of which a run has as many as it reads tables, and the rows of a write-back.
"""

from __future__ import annotations

import json
import pickle
from dataclasses import fields
from functools import cache, lru_cache
from typing import Any

import apache_beam as beam
import orjson
import pyarrow as pa
from apache_beam.runners.worker.statecache import CacheAware
from pydantic import TypeAdapter

from exporters.league.forecasts.readiness import ScanCounts
from exporters.league.players.aliases import Aliases
from transforms.elements.document import STRICT_JSON, Document
from transforms.elements.failure import Failure, SkippedRows
from transforms.elements.guarding import DateVerdict, Tally
from transforms.elements.opened_date import OpenedDate
from transforms.elements.tables import TableBatch
from transforms.publishing.publish import OutcomeBatch
from transforms.stages.date_stages import SeasonRows
from transforms.stages.player_stage import CardBatch, DocumentBatch

_CONTENT = Document._fields.index("content")
_SIZE_BYTES = 4


class _Coder(beam.coders.Coder):
    """A coder of values that are never keys."""

    def is_deterministic(self) -> bool:
        """Never a key."""
        return False


class TableBatchCoder(_Coder):
    """Encodes a :class:`TableBatch` as the table's name and an Arrow IPC stream."""

    def encode(self, value: TableBatch) -> bytes:
        """Return name, a newline, and the stream."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, value.batch.schema) as writer:
            writer.write_batch(value.batch)
        return value.table.encode() + b"\n" + bytes(sink.getvalue())

    def decode(self, encoded: bytes) -> TableBatch:
        """Return the batch, over the encoded bytes without copying them."""
        end = encoded.index(b"\n")
        stream = pa.py_buffer(memoryview(encoded)[end + 1 :])
        with pa.ipc.open_stream(stream) as reader:
            return TableBatch(encoded[:end].decode(), reader.read_next_batch())


class CardBatchCoder(_Coder):
    """Encodes a :class:`CardBatch` as JSON: cards are JSON values."""

    def encode(self, value: CardBatch) -> bytes:
        """Return the cards by export."""
        return value.encoded()

    def decode(self, encoded: bytes) -> CardBatch:
        """Return the cards, each with its player."""
        return CardBatch.decoded(encoded)


class SeasonRowsCoder(_Coder):
    """Encodes :class:`SeasonRows` as JSON: the rows are JSON values."""

    def encode(self, value: SeasonRows) -> bytes:
        """Return the date and the rows by export."""
        return orjson.dumps([value.day, value.rows], option=STRICT_JSON)

    def decode(self, encoded: bytes) -> SeasonRows:
        """Return the rows of a date."""
        return SeasonRows(*orjson.loads(encoded))


class DocumentBatchCoder(_Coder):
    """Encodes a :class:`DocumentBatch` as a JSON head and the contents, which are serialised already, as they are."""

    def encode(self, value: DocumentBatch) -> bytes:
        """Return the size of the head, the head, and the contents."""
        contents = [made.content for made in value.documents]
        told = [[*made[:_CONTENT], len(made.content), *made[_CONTENT + 1 :]] for made in value.documents]
        head = orjson.dumps([told, value.milliseconds], option=STRICT_JSON)
        return b"".join([len(head).to_bytes(_SIZE_BYTES, "big"), head, *contents])

    def decode(self, encoded: bytes) -> DocumentBatch:
        """Return the documents."""
        end = _SIZE_BYTES + int.from_bytes(encoded[:_SIZE_BYTES], "big")
        told, milliseconds = orjson.loads(encoded[_SIZE_BYTES:end])
        documents = []
        for values in told:
            start, end = end, end + values[_CONTENT]
            values[_CONTENT] = encoded[start:end]
            documents.append(Document(*values))
        return DocumentBatch(documents, milliseconds)


class DataclassCoder(_Coder):
    """Encodes a dataclass of plain values, and of such dataclasses, as JSON."""

    def __init__(self, kind: Any) -> None:
        self.kind = kind

    def __repr__(self) -> str:
        return f"DataclassCoder({self.kind.__name__})"

    @classmethod
    def from_type_hint(cls, kind: Any, _registry: Any) -> DataclassCoder:
        """Return the coder of a class."""
        return cls(kind)

    def encode(self, value: Any) -> bytes:
        """Return the JSON object."""
        return _adapter(self.kind).dump_json(value)

    def decode(self, encoded: bytes) -> Any:
        """Return the value."""
        return _adapter(self.kind).validate_json(encoded)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


class FailureCoder(_Coder):
    """Encodes a :class:`Failure`, or the :class:`SkippedRows` that it is, as a JSON list.

    Its text may be of any origin, and the standard library encodes what orjson refuses.
    """

    def encode(self, value: Failure) -> bytes:
        """Return whether it is of skipped rows, and the values of the attributes."""
        values = [getattr(value, attribute.name) for attribute in fields(value)]
        return json.dumps([isinstance(value, SkippedRows), *values]).encode()

    def decode(self, encoded: bytes) -> Failure:
        """Return the failure."""
        is_skipped, *values = json.loads(encoded)
        return SkippedRows(*values) if is_skipped else Failure(*values)


class SharedScanCounts(ScanCounts, CacheAware):
    """The scan counts of a process. Beam's cache of side inputs does not weigh it: it would visit all that it holds."""

    def get_referents_for_cache(self) -> list[Any]:
        """Return nothing."""
        return []


class ScanCountsCoder(_Coder):
    """Pickles the scan counts, of which a run has one, and unpickles equal ones once per process.

    Every step that reads them gets the same object, with the values that it has computed.
    """

    def encode(self, value: ScanCounts) -> bytes:
        """Return the pickled attributes."""
        return pickle.dumps(
            {each.name: getattr(value, each.name) for each in fields(ScanCounts)}, pickle.HIGHEST_PROTOCOL
        )

    def decode(self, encoded: bytes) -> ScanCounts:
        """Return the scan counts of this process."""
        return _shared_scan_counts(encoded)


@lru_cache(maxsize=1)
def _shared_scan_counts(encoded: bytes) -> SharedScanCounts:
    return SharedScanCounts(**pickle.loads(encoded))


def register() -> None:
    """Make Beam choose these coders for the types that steps declare as their outputs."""
    own = {
        TableBatch: TableBatchCoder,
        CardBatch: CardBatchCoder,
        SeasonRows: SeasonRowsCoder,
        DocumentBatch: DocumentBatchCoder,
        Failure: FailureCoder,
        ScanCounts: ScanCountsCoder,
    }
    plain = (Aliases, OutcomeBatch, Tally, DateVerdict, OpenedDate)
    for kind, coder in (own | dict.fromkeys(plain, DataclassCoder)).items():
        beam.coders.registry.register_coder(kind, coder)
