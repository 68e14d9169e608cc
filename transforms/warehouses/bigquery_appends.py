"""The Storage Write API of BigQuery: rows that are added to a table all at once, or not at all.

Rows go to a *pending* stream and are visible once it is committed. A stream that is never committed (its process was
killed, its connection broke) leaves nothing behind. Appends carry offsets, so that a request that was sent twice
adds its rows once. Committing a stream twice is answered with ``STREAM_ALREADY_COMMITTED``, which means success.
"""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pyarrow as pa
from google.cloud.bigquery_storage_v1 import types
from google.cloud.bigquery_storage_v1.services.big_query_write import BigQueryWriteClient
from google.cloud.bigquery_storage_v1.services.big_query_write.transports import BigQueryWriteGrpcTransport

from transforms.clients.retries import Attempts, Outage
from transforms.clients.session import find_credentials
from transforms.clients.throttling import BIGQUERY
from transforms.warehouses.bigquery_reads import CHANNEL_OPTIONS, ReadSettings

_CALL_SECONDS = 60.0
_ROWS_PER_REQUEST = 1_000
"""A request may hold 10 MB; a pick is a few hundred bytes."""

_ALREADY_COMMITTED = types.StorageError.StorageErrorCode.STREAM_ALREADY_COMMITTED


class AppendError(Exception):
    """The service took the rows otherwise than they were sent; none of them is in the table. One line."""


class AppendClient:
    """Adds rows to tables, from any number of threads.

    Args:
        settings: How the service is reached.
    """

    def __init__(self, settings: ReadSettings) -> None:
        self._retry = settings.retry
        self._outage = Outage(settings.retry.total)
        if settings.endpoint:
            # Without the options of the environment: a proxy would not find an emulator.
            options = [*CHANNEL_OPTIONS, ("grpc.enable_http_proxy", 0)]
            channel = grpc.insecure_channel(settings.endpoint, options=options)
        else:
            channel = BigQueryWriteGrpcTransport.create_channel(
                credentials=find_credentials(anonymous=False), options=CHANNEL_OPTIONS
            )
        self._client = BigQueryWriteClient(transport=BigQueryWriteGrpcTransport(channel=channel))

    def close(self) -> None:
        """Close the channel."""
        self._client.transport.close()

    def append(self, table: str, batch: pa.RecordBatch, *, trace_id: str = "") -> None:
        """Add the rows of a batch to a table in one commit.

        Args:
            table: ``projects/P/datasets/D/tables/T``.
            batch: The rows; its columns are matched with the table's by name, and columns left out are null.
            trace_id: Names the writer in BigQuery's audit log.

        Raises:
            AppendError: The service took other rows than were sent. Nothing was committed.
            google.api_core.exceptions.GoogleAPICallError: The service refuses, or does not answer. Whether the rows are
                there is known unless the call that failed is the commit; looking for them tells.
        """
        # A stream whose writing failed is abandoned: what it holds is never seen.
        stream = self._attempts()(self._write)(table, batch, trace_id)
        self._attempts()(self._commit)(table, stream)

    def _attempts(self) -> Attempts:
        return Attempts(self._retry, self._outage, BIGQUERY)

    def _write(self, table: str, batch: pa.RecordBatch, trace_id: str) -> str:
        """Write rows to a new pending stream, close it, and return its name."""
        request = types.CreateWriteStreamRequest(
            parent=table, write_stream=types.WriteStream(type_=types.WriteStream.Type.PENDING)
        )
        stream: str = self._client.create_write_stream(request, retry=None, timeout=_CALL_SECONDS).name
        expected = 0
        responses = self._client.append_rows(_requests(stream, batch, trace_id), retry=None, timeout=_CALL_SECONDS)
        for response, rows in zip(responses, _sizes(batch), strict=False):
            if response.error.code:
                raise AppendError(" ".join([response.error.message, *(row.message for row in response.row_errors)]))
            if response.append_result.offset != expected:
                raise AppendError(f"rows from {expected} on were taken as rows from {response.append_result.offset} on")
            expected += rows
        finished = self._client.finalize_write_stream(name=stream, retry=None, timeout=_CALL_SECONDS)
        if finished.row_count != batch.num_rows:
            raise AppendError(f"{finished.row_count} of {batch.num_rows} rows arrived")
        return stream

    def _commit(self, table: str, stream: str) -> None:
        request = types.BatchCommitWriteStreamsRequest(parent=table, write_streams=[stream])
        errors = self._client.batch_commit_write_streams(request, retry=None, timeout=_CALL_SECONDS).stream_errors
        refused = [error.error_message for error in errors if error.code != _ALREADY_COMMITTED]
        if refused:
            raise AppendError(" ".join(refused))


def _sizes(batch: pa.RecordBatch) -> Iterator[int]:
    for offset in range(0, batch.num_rows, _ROWS_PER_REQUEST):
        yield min(_ROWS_PER_REQUEST, batch.num_rows - offset)


def _requests(stream: str, batch: pa.RecordBatch, trace_id: str) -> Iterator[types.AppendRowsRequest]:
    schema = batch.schema.serialize().to_pybytes()
    offset = 0
    for rows in _sizes(batch):
        data = types.AppendRowsRequest.ArrowData(
            rows=types.ArrowRecordBatch(serialized_record_batch=batch.slice(offset, rows).serialize().to_pybytes())
        )
        request = types.AppendRowsRequest(write_stream=stream, offset=offset, arrow_rows=data)
        if offset == 0:
            # The first request of a connection gives the schema of all.
            request.trace_id = trace_id
            request.arrow_rows.writer_schema = types.ArrowSchema(serialized_schema=schema)
        yield request
        offset += rows
