"""How batches of rows cross the graph."""

from __future__ import annotations

import apache_beam as beam
import pyarrow as pa

from transforms.elements.tables import TableBatch


class TableBatchCoder(beam.coders.Coder):
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

    def is_deterministic(self) -> bool:
        """Never a key."""
        return False
