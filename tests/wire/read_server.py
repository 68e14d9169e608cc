"""A Storage Read API over tables in memory, for what the BigQuery emulator cannot do: compress, resume, and break."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import pyarrow as pa
from google.cloud.bigquery_storage_v1 import types

SERVICE = "/google.cloud.bigquery.storage.v1.BigQueryRead"


@dataclass(frozen=True)
class Break:
    """How a call ends.

    Attributes:
        code: The status; ``OK`` ends it as if there were no more rows.
        details: Its message.
        after: Messages that the client gets before, counted from where it starts.
        silent: It does not end: nothing comes any more, until the client leaves.
    """

    code: grpc.StatusCode
    details: str = ""
    after: int = 0
    silent: bool = False


class ReadServer:
    """The service, which listens as long as :meth:`opened` lasts.

    Attributes:
        address: Where it listens.
        sessions: The sessions that were asked for.
        reads: The stream and the offset of each read.
        peers: The connection of each read.
        streams: How many streams a session gets, if it may have that many.
        pause: Seconds before each message of rows.
        progress: Messages tell how much of the stream has been sent, and this is told with the last one; 0 tells none.
        ended: Released when a read is over, to whoever's liking.
    """

    def __init__(
        self, tables: Mapping[str, pa.Table], *, streams: int = 1, message_rows: int = 1000, progress: float = 0.0
    ) -> None:
        """Serve tables, by ``dataset.table``."""
        self.sessions: list[types.CreateReadSessionRequest] = []
        self.reads: list[tuple[str, int]] = []
        self.peers: list[str] = []
        self.ended = threading.Semaphore(0)
        self._tables = tables
        self.streams = streams
        self.progress = progress
        self.pause = 0.0
        self._message_rows = message_rows
        self._breaks: dict[str, list[Break]] = {"CreateReadSession": [], "ReadRows": []}
        self._server = grpc.server(ThreadPoolExecutor(8), handlers=[_Handler(self)])
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    @contextmanager
    def opened(self) -> Iterator[ReadServer]:
        """Listen for as long as the context lasts."""
        self._server.start()
        try:
            yield self
        finally:
            self._server.stop(grace=None).wait()

    def break_sessions(self, *breaks: Break) -> None:
        """Make the next sessions fail."""
        self._breaks["CreateReadSession"] += breaks

    def break_reads(self, *breaks: Break) -> None:
        """Make the next reads fail."""
        self._breaks["ReadRows"] += breaks

    def create_read_session(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        asked = types.CreateReadSessionRequest.deserialize(request)
        self.sessions.append(asked)
        if self._breaks["CreateReadSession"]:
            ending = self._breaks["CreateReadSession"].pop(0)
            context.abort(ending.code, ending.details)
        streams = [
            types.ReadStream(name=f"projects/p/locations/us/sessions/{len(self.sessions) - 1}/streams/{n}")
            for n in range(min(self.streams, asked.max_stream_count))
        ]
        made = types.ReadSession(streams=streams, estimated_total_bytes_scanned=self._rows(asked).nbytes)
        return bytes(types.ReadSession.serialize(made))

    def read_rows(self, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        asked = types.ReadRowsRequest.deserialize(request)
        self.reads.append((asked.read_stream, asked.offset))
        self.peers.append(context.peer())
        context.add_callback(self.ended.release)
        *_, session, _, stream = asked.read_stream.split("/")
        rows = self._rows(self.sessions[int(session)])
        share = -(-rows.num_rows // self.streams)
        whole = rows.slice(int(stream) * share, share)
        mine, sent = whole.slice(asked.offset), asked.offset
        breaks = self._breaks["ReadRows"]
        ending = breaks.pop(0) if breaks else None
        if ending is not None and ending.after == 0:
            return _end(context, ending)
        batches = mine.combine_chunks().to_batches(max_chunksize=self._message_rows)
        for number, batch in enumerate(batches):
            if ending is not None and ending.after == number:
                return _end(context, ending)
            sent += batch.num_rows
            _wait(context, self.pause)
            schema, data = _serialized(batch)
            response = types.ReadRowsResponse(
                row_count=batch.num_rows, arrow_record_batch=types.ArrowRecordBatch(serialized_record_batch=data)
            )
            if number == 0:
                response.arrow_schema = types.ArrowSchema(serialized_schema=schema)
            if self.progress:
                progress = types.StreamStats.Progress(at_response_end=self.progress * sent / whole.num_rows)
                response.stats = types.StreamStats(progress=progress)
            yield types.ReadRowsResponse.serialize(response)
        if ending is not None:
            return _end(context, ending)
        return None

    def _rows(self, asked: types.CreateReadSessionRequest) -> pa.Table:
        *_, dataset, _, table = asked.read_session.table.split("/")
        # The service orders columns as the table does, however they were asked for.
        rows = self._tables[f"{dataset}.{table}"]
        wanted = asked.read_session.read_options.selected_fields
        return rows.select([name for name in rows.schema.names if name in wanted])


def _end(context: grpc.ServicerContext, ending: Break) -> None:
    if ending.silent:
        _wait(context, math.inf)
    if ending.code != grpc.StatusCode.OK:
        context.abort(ending.code, ending.details)


def _wait(context: grpc.ServicerContext, seconds: float) -> None:
    """Wait for so long, or until the client leaves."""
    until = time.monotonic() + seconds
    while context.is_active() and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, 0.02))


def _serialized(batch: pa.RecordBatch) -> tuple[bytes, bytes]:
    """Return a batch as the service sends it: its schema and its compressed rows, as one IPC message each."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_batch(batch)
    messages = pa.ipc.MessageReader.open_stream(sink.getvalue())
    schema, rows = messages.read_next_message(), messages.read_next_message()
    assert (schema.type, rows.type) == ("schema", "record batch")
    return schema.serialize().to_pybytes(), rows.serialize().to_pybytes()


class _Handler(grpc.GenericRpcHandler):  # type: ignore[misc]
    def __init__(self, server: ReadServer) -> None:
        self._server = server

    def service(self, handler_call_details: Any) -> Any:
        methods: dict[str, Callable[[], Any]] = {
            f"{SERVICE}/CreateReadSession": lambda: grpc.unary_unary_rpc_method_handler(
                self._server.create_read_session
            ),
            f"{SERVICE}/ReadRows": lambda: grpc.unary_stream_rpc_method_handler(self._server.read_rows),
        }
        return methods[handler_call_details.method]()
