"""The Storage Read API of BigQuery: sessions and their streams of Arrow batches.

What is tried again is told by :mod:`transforms.clients.retries`. A stream goes on at the row that it had reached, so it
holds each row once however often it broke.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import grpc
import pyarrow as pa
from google.api_core import exceptions
from google.cloud.bigquery_storage_v1 import types
from google.cloud.bigquery_storage_v1.services.big_query_read import BigQueryReadClient
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import BigQueryReadGrpcTransport

from transforms.clients.retries import Attempts, Outage, RetryPolicy
from transforms.clients.session import find_credentials
from transforms.clients.throttling import BIGQUERY

_SESSION_SECONDS = 60.0
_STREAM_SECONDS = 3600.0
"""Deadlines of one call; a stream that takes longer is resumed."""
_ALL = 0.9999
"""Progress, a 32-bit number, from which a stream has sent all of its rows."""
_IDLE_CALLS = 3
"""Calls without a row after which a stream without a filter that ends early is given up."""

CHANNEL_OPTIONS = [
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    # Notices a connection that died silently, for which a stream would wait an hour.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
]


@dataclass(frozen=True)
class ReadSettings:
    """How the service is reached.

    Attributes:
        endpoint: ``HOST:PORT`` of an emulator, which is sent no credentials; empty for the service itself.
        retry: Waits between the tries of a call.
    """

    endpoint: str
    retry: RetryPolicy


class ReadClient:
    """Creates sessions and reads streams, from any number of threads."""

    def __init__(self, settings: ReadSettings) -> None:
        self._retry = settings.retry
        self._outage = Outage(settings.retry.total)
        if settings.endpoint:
            # Without the options of the environment: a proxy would not find an emulator.
            options = [*CHANNEL_OPTIONS, ("grpc.enable_http_proxy", 0)]
            channel = grpc.insecure_channel(settings.endpoint, options=options)
        else:
            channel = BigQueryReadGrpcTransport.create_channel(
                credentials=find_credentials(anonymous=False), options=CHANNEL_OPTIONS
            )
        self._client = BigQueryReadClient(transport=BigQueryReadGrpcTransport(channel=channel))

    def close(self) -> None:
        """Close the channel."""
        self._client.transport.close()

    def create_session(self, request: types.CreateReadSessionRequest) -> types.ReadSession:
        """Create a session.

        Raises:
            google.api_core.exceptions.GoogleAPICallError: The service refuses, or does not answer.
        """

        def create() -> types.ReadSession:
            return self._client.create_read_session(request, retry=None, timeout=self._outage.left(_SESSION_SECONDS))

        return self._attempts()(create)()

    def batches(self, stream: str, *, is_filtered: bool = True) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a stream as the service batches them.

        A stream that ends although its progress says that rows are missing is resumed like one that broke. Where a
        filter may have left out the last rows, one more call that finds none settles it; else that is an error.

        Args:
            stream: Its name.
            is_filtered: Its session has a row restriction, so that progress need not end at 1.

        Raises:
            google.api_core.exceptions.GoogleAPICallError: The service refuses, or does not answer any more.
        """
        reader = _StreamReader(self._client, stream, is_filtered=is_filtered)
        try:
            # The tries of each response are its own: a stream that goes on has recovered.
            while (batch := self._attempts()(reader.next)()) is not None:
                if batch.num_rows:
                    yield batch
        finally:
            reader.close()

    def _attempts(self) -> Attempts:
        return Attempts(self._retry, self._outage, BIGQUERY)


class _StreamReader:
    """Reads a stream response by response; one that broke is opened again at the row that was reached."""

    def __init__(self, client: BigQueryReadClient, stream: str, *, is_filtered: bool) -> None:
        self._client = client
        self._stream = stream
        self._is_filtered = is_filtered
        self._rows = 0
        self._schema: pa.Schema | None = None
        self._responses: Any = None
        self._progress = 0.0
        self._rows_at_end = -1
        self._idle = 0

    def next(self) -> pa.RecordBatch | None:
        """Return the rows of the next response; None at the end of the stream.

        Raises:
            google.api_core.exceptions.DataLoss: The stream keeps ending before all of its rows have come.
        """
        while (response := self._response()) is None:
            if self._is_whole():
                return None
        # The wrapped message costs more to look into than to receive.
        raw = type(response).pb(response)
        if raw.HasField("stats"):
            self._progress = raw.stats.progress.at_response_end
        if raw.arrow_schema.serialized_schema:
            self._schema = pa.ipc.read_schema(pa.py_buffer(raw.arrow_schema.serialized_schema))
        if not raw.row_count:
            return _EMPTY
        batch = pa.ipc.read_record_batch(pa.py_buffer(raw.arrow_record_batch.serialized_record_batch), self._schema)
        self._rows += batch.num_rows
        return batch

    def close(self) -> None:
        """Cancel the call, if there is one."""
        responses, self._responses = self._responses, None
        if responses is not None:
            responses.cancel()

    def _response(self) -> Any:
        """Return the next response of the call, or of a new one; None at its end."""
        if self._responses is None:
            request = types.ReadRowsRequest(read_stream=self._stream, offset=self._rows)
            self._responses = iter(self._client.read_rows(request, retry=None, timeout=_STREAM_SECONDS))
        try:
            response = next(self._responses, None)
        except Exception:
            self.close()
            raise
        if response is None:
            self.close()
        return response

    def _is_whole(self) -> bool:
        """Whether a call that ended has sent all rows; a service that never tells any progress is believed."""
        if not 0 < self._progress < _ALL:
            return True
        self._idle = self._idle + 1 if self._rows == self._rows_at_end else 0
        self._rows_at_end = self._rows
        if self._idle >= _IDLE_CALLS and not self._is_filtered:
            raise exceptions.DataLoss(f"a stream ended after {self._rows} rows, {self._progress:.0%} of those it has")
        return self._is_filtered and self._idle > 0


_EMPTY = pa.record_batch({})
"""Stands for a response without rows."""
