"""The Storage Read API of BigQuery: sessions and their streams of Arrow batches.

What is tried again is told by :mod:`transforms.clients.retries`. A stream goes on at the row that it had reached, so it
holds each row once however often it broke. One that is silent goes on over a new connection, once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
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
SILENT_SECONDS = 60.0
"""Seconds without a response after which a stream is opened again over a new connection, or given up."""
_SILENT_CALLS = 2
"""Silent calls in a row, without a response in between, after which a stream is given up."""
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
        silent_seconds: Seconds without a response after which a stream counts as silent.
    """

    endpoint: str
    retry: RetryPolicy
    silent_seconds: float = SILENT_SECONDS


class SilentStreamError(Exception):
    """A stream has sent nothing for too long, on more than one connection. One line."""


def _connect(settings: ReadSettings, *more: tuple[str, int]) -> BigQueryReadClient:
    """Return a client.

    Args:
        settings: How the service is reached.
        more: Options of its channel, beside the usual ones.
    """
    if settings.endpoint:
        # Without the options of the environment: a proxy would not find an emulator.
        options = [*CHANNEL_OPTIONS, *more, ("grpc.enable_http_proxy", 0)]
        channel = grpc.insecure_channel(settings.endpoint, options=options)
    else:
        channel = BigQueryReadGrpcTransport.create_channel(
            credentials=find_credentials(anonymous=False), options=[*CHANNEL_OPTIONS, *more]
        )
    client = BigQueryReadClient(transport=BigQueryReadGrpcTransport(channel=channel))
    # Otherwise a call is only known, and can only be cancelled, once its first response has come.
    client.transport.read_rows._prefetch_first_result_ = False
    return client


class ReadClient:
    """Creates sessions and reads streams, from any number of threads."""

    def __init__(self, settings: ReadSettings) -> None:
        self._settings = settings
        self._outage = Outage(settings.retry.total)
        self._client = _connect(settings)

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
            SilentStreamError: The stream is silent, also on a new connection.
        """
        reader = _StreamReader(
            self._client, self._reconnect, stream, is_filtered=is_filtered, silent_seconds=self._settings.silent_seconds
        )
        try:
            # The tries of each response are its own: a stream that goes on has recovered.
            while (batch := self._attempts()(reader.next)()) is not None:
                if batch.num_rows:
                    yield batch
        finally:
            reader.end()

    def _attempts(self) -> Attempts:
        return Attempts(self._settings.retry, self._outage, BIGQUERY)

    def _reconnect(self) -> BigQueryReadClient:
        # Channels with equal options share their connections, the silent one included, unless told otherwise.
        return _connect(self._settings, ("grpc.use_local_subchannel_pool", 1))


class _SilenceLimit:
    """Cancels a call when one of its responses is waited for too long. The time between two waits does not count."""

    def __init__(self, call: Any, seconds: float) -> None:
        self.is_exceeded = False
        self._call = call
        self._seconds = seconds
        self._since: float | None = None
        self._ended = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def __enter__(self) -> None:
        self._since = time.monotonic()

    def __exit__(self, *_error: object) -> None:
        self._since = None

    def end(self) -> None:
        """Watch no more."""
        self._ended.set()

    def _watch(self) -> None:
        left = self._seconds
        while not self._ended.wait(left):
            since = self._since
            left = self._seconds if since is None else since + self._seconds - time.monotonic()
            if left <= 0:
                self.is_exceeded = True
                self._call.cancel()
                return


class _StreamReader:
    """Reads a stream response by response; one that broke is opened again at the row that was reached."""

    def __init__(
        self,
        client: BigQueryReadClient,
        reconnect: Callable[[], BigQueryReadClient],
        stream: str,
        *,
        is_filtered: bool,
        silent_seconds: float,
    ) -> None:
        self._client = client
        self._reconnect = reconnect
        self._own_client: BigQueryReadClient | None = None
        self._silent_seconds = silent_seconds
        self._silent_calls = 0
        self._limit: _SilenceLimit | None = None
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
            SilentStreamError: It is silent, also on a new connection.
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
        if self._limit is not None:
            self._limit.end()
        if responses is not None:
            responses.cancel()

    def end(self) -> None:
        """Cancel the call, and close the connection that this stream alone has, if there are any."""
        self.close()
        if self._own_client is not None:
            self._own_client.transport.close()

    def _response(self) -> Any:
        """Return the next response of the call, or of a new one; None at its end."""
        while True:
            limit = self._open()
            try:
                with limit:
                    response = next(self._responses, None)
            except Exception:
                self.close()
                if not limit.is_exceeded:
                    raise
                self._go_on_elsewhere()
                continue
            self._silent_calls = 0
            if response is None:
                self.close()
            return response

    def _open(self) -> _SilenceLimit:
        """Call the service, unless a call is open, and return the limit of its silence."""
        if self._responses is None or self._limit is None:
            request = types.ReadRowsRequest(read_stream=self._stream, offset=self._rows)
            client = self._own_client or self._client
            self._responses = iter(client.read_rows(request, retry=None, timeout=_STREAM_SECONDS))
            self._limit = _SilenceLimit(self._responses, self._silent_seconds)
        return self._limit

    def _go_on_elsewhere(self) -> None:
        """Let the next call of a silent stream use a new connection; raise when there was one already."""
        self._silent_calls += 1
        if self._silent_calls >= _SILENT_CALLS:
            raise SilentStreamError(
                f"a stream sent nothing for {self._silent_seconds:g} s after {self._rows} rows, "
                f"on {self._silent_calls} connections; run again"
            )
        before, self._own_client = self._own_client, self._reconnect()
        if before is not None:
            before.transport.close()

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
