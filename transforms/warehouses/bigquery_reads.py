"""The Storage Read API of BigQuery: sessions and their streams of Arrow batches.

What is tried again, for a session as for a stream: a connection that fails or breaks, a deadline, ``INTERNAL`` and
``ABORTED``, which the service's own maintenance causes, and ``RESOURCE_EXHAUSTED``, by which it asks to slow down. A
stream goes on at the row that it had reached, so it holds each row once however often it broke.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import google.auth.exceptions
import grpc
import pyarrow as pa
from google.api_core import exceptions
from google.cloud.bigquery_storage_v1 import types
from google.cloud.bigquery_storage_v1.services.big_query_read import BigQueryReadClient
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import BigQueryReadGrpcTransport

from transforms.clients.backoff import Backoff, Waits
from transforms.clients.google_rest import find_credentials
from transforms.clients.throttling import BIGQUERY, THROTTLING

_SESSION_SECONDS = 60.0
_STREAM_SECONDS = 3600.0
"""Deadlines of one call; a stream that takes longer is resumed."""
_ALL = 0.9999
"""Progress, a 32-bit number, from which a stream has sent all of its rows."""
_IDLE_CALLS = 3
"""Calls without a row after which a stream without a filter that ends early is given up."""

TRANSIENT = (
    exceptions.ServiceUnavailable,
    exceptions.InternalServerError,
    exceptions.Unknown,
    exceptions.GatewayTimeout,
    exceptions.TooManyRequests,
    exceptions.Aborted,
    google.auth.exceptions.TransportError,
)
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
        backoff: Waits between the tries of a call.
    """

    endpoint: str
    backoff: Backoff


class ReadClient:
    """Creates sessions and reads streams, from any number of threads."""

    def __init__(self, settings: ReadSettings) -> None:
        self._backoff = settings.backoff
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
        waits = self._backoff.start()
        while True:
            try:
                return self._client.create_read_session(request, retry=None, timeout=_SESSION_SECONDS)
            except TRANSIENT as error:
                wait(waits, error)

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
        rows = 0
        schema: pa.Schema | None = None
        progress, seen, idle = 0.0, -1, 0
        waits = self._backoff.start()
        while True:
            try:
                responses = self._client.read_rows(
                    types.ReadRowsRequest(read_stream=stream, offset=rows), retry=None, timeout=_STREAM_SECONDS
                )
                for response in _until_closed(responses):
                    if response.HasField("stats"):
                        progress = response.stats.progress.at_response_end
                    if response.arrow_schema.serialized_schema:
                        schema = pa.ipc.read_schema(pa.py_buffer(response.arrow_schema.serialized_schema))
                    if response.row_count:
                        data = pa.py_buffer(response.arrow_record_batch.serialized_record_batch)
                        batch = pa.ipc.read_record_batch(data, schema)
                        rows += batch.num_rows
                        # It goes on, so the next failure is a new one.
                        waits = self._backoff.start()
                        yield batch
            except TRANSIENT as error:
                wait(waits, error)
            else:
                # A service that never tells any progress is believed.
                if not 0 < progress < _ALL:
                    return
                idle, seen = idle + 1 if rows == seen else 0, rows
                if is_filtered and idle:
                    return
                if idle >= _IDLE_CALLS:
                    raise exceptions.DataLoss(f"a stream ended after {rows} rows, {progress:.0%} of those it has")


def _until_closed(responses: Any) -> Iterable[Any]:
    """Yield the responses of a call, and cancel it when the reader stops early."""
    try:
        for response in responses:
            # The wrapped message costs more to look into than to receive.
            yield type(response).pb(response)
    finally:
        responses.cancel()


def wait(waits: Waits, error: Exception) -> None:
    """Wait before the next try, or raise the error when there is to be none."""
    waited = waits.wait()
    if waited is None:
        raise error
    if isinstance(error, exceptions.TooManyRequests):
        THROTTLING.add(BIGQUERY, waited)
