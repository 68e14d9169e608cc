"""Datasets of a BigQuery project that are read as a warehouse, without queries: through the Storage Read API."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import google.auth.exceptions
import pyarrow as pa
import pyarrow.compute as pc
from google.api_core import exceptions
from google.cloud.bigquery_storage_v1 import types

from exporters.config.leagues import DECLARED, LeagueTables
from transforms.clients.process_clients import ProcessClients
from transforms.clients.retries import PATIENT, RetryPolicy, ServiceDownError
from transforms.clients.session import CredentialsError
from transforms.elements.tables import WHOLE_TABLE, ScanStream, TablePart, TableScan
from transforms.warehouses.arrow_columns import coalesced, declared_type, one_line
from transforms.warehouses.bigquery_appends import AppendClient, AppendError
from transforms.warehouses.bigquery_errors import (
    NoTableError,
    NotDescribedError,
    ProjectErrors,
    SessionExpiredError,
    failed,
    is_expired,
    is_request_wrong,
)
from transforms.warehouses.bigquery_reads import SILENT_SECONDS, ReadClient, ReadSettings, SilentStreamError
from transforms.warehouses.bigquery_schema import AS_DECLARED, NO_TABLE, Layout, check_schema, conformed, layout_of
from transforms.warehouses.bigquery_sessions import session_request, trace_of
from transforms.warehouses.bigquery_tables import (
    QUERY_SECONDS,
    NoAnswerError,
    RefusalError,
    TableClient,
    TableSettings,
    unsettled,
)
from transforms.warehouses.protocol import WarehouseError
from transforms.warehouses.row_restriction import is_bounded, row_restriction, undated_restriction

LOG = logging.getLogger(__name__)
BIGQUERY_ENDPOINT = "https://bigquery.googleapis.com"

_STORED = frozenset({"TABLE", "SNAPSHOT"})

_READS: ProcessClients[ReadSettings, ReadClient] = ProcessClients(ReadClient)
_APPENDS: ProcessClients[ReadSettings, AppendClient] = ProcessClients(AppendClient)
_HISTORY = timedelta(days=7)
"""How far back BigQuery's time travel reaches, unless a dataset is set to less."""
_TABLES: ProcessClients[TableSettings, TableClient] = ProcessClients(TableClient)

VERSION_COLUMN = "version_id"
"""Tells the versions of a date apart, in the tables that rows are added to."""
_SOLE = "sole:"
"""Begins the handle of a stream that is the only one of its session."""
_UNDATED = "undated:"
"""Begins the handle of a stream of rows without a partition date."""
_NO_ROWS = ""
"""Handle of a stream without rows."""


@dataclass(frozen=True)
class BigQueryWarehouse:
    """Reads the tables of a project, each scan in a session of its own, whose rows all are of one instant.

    Columns and rows are chosen by the service: a scan costs the bytes of its columns in its partitions. What arrives is
    brought into the declared types as it is from Parquet: any number where a number is declared, TIMESTAMP or DATETIME
    (taken as UTC) for a date or an instant. A row with a value that does not fit stays in its batch, marked.

    An optional table that is not there is empty, and an optional column that a table lacks is null in all of its rows.
    A session is asked for as if nothing were absent. Only when it is refused is the table's description asked for.

    Attributes:
        project: The project that holds the datasets.
        quota_project: The project that sessions are created in, which pays for them; the same one when empty.
        concurrency: Calls that are worth having in flight from one process.
        max_streams: Streams that a scan is split into at most; the service makes fewer of a small table.
        trace_id: Names the run in BigQuery's audit log; sessions, unlike jobs, have no labels.
        rest_endpoint: URL of an emulator's REST API, which is sent no credentials; empty for the service itself.
        storage_endpoint: ``HOST:PORT`` of an emulator's Storage API; likewise.
        retry: Waits between the tries of a request.
        silent_seconds: Seconds without rows after which a stream goes on over a new connection, or is given up.
        query_seconds: Seconds after which a query is cancelled.
    """

    project: str
    quota_project: str = ""
    concurrency: int = 16
    max_streams: int = 32
    trace_id: str = ""
    rest_endpoint: str = ""
    storage_endpoint: str = ""
    retry: RetryPolicy = PATIENT
    silent_seconds: float = SILENT_SECONDS
    query_seconds: float = QUERY_SECONDS

    def check(self, scan: TableScan) -> tuple[str, ...]:
        """Return the optional columns that are absent; see :class:`transforms.warehouses.protocol.Warehouse`."""
        return self.layout(scan).absent

    def split(self, scan: TableScan) -> list[ScanStream]:
        """Return the streams that together hold every row of the scan exactly once.

        When no row can match there is no stream, or one without rows that tells what is absent. A session includes the
        rows that are still in a streaming buffer: see :func:`transforms.warehouses.row_restriction.row_restriction`.
        """
        session, layout = self._create_session(scan, self.max_streams)
        names = [stream.name for stream in session.streams]
        undated = self._split_undated(scan, layout)
        if not names and layout.absent:
            return [ScanStream(scan, _NO_ROWS, layout.absent), *undated]
        sole = _SOLE if len(names) == 1 else ""
        return [*(ScanStream(scan, sole + name, layout.absent) for name in names), *undated]

    def read(self, stream: ScanStream) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a stream in ``stream.scan.schema``: 32,768 rows a batch or more, the last one aside.

        A session lasts six hours. When that of a stream has expired, the scan is made anew in another session, as long
        as no row of it has been seen: the stream was the only one, and nothing was yielded yet. Otherwise nobody could
        tell the rows that were seen from the others, since a new session deals and orders them anew, and the table is
        given up.
        """
        if stream.handle.startswith(_UNDATED):
            return (yield from self._read_undated(stream))
        seen = False
        try:
            for batch in coalesced(self._read(stream)):
                seen = True
                yield batch
        except SessionExpiredError:
            if seen or not stream.handle.startswith(_SOLE):
                raise
        else:
            return
        for again in self.split(replace(stream.scan, undated=False)):
            yield from coalesced(self._read(again))

    def _read_undated(self, stream: ScanStream) -> Iterator[pa.RecordBatch]:
        try:
            yield from coalesced(self._read(stream))
        except WarehouseError as error:
            LOG.warning("not all rows without a date are named: %s", error)

    def newest_as_of(self) -> datetime:
        """Return the current time of the service; see :class:`transforms.warehouses.protocol.Warehouse`."""
        try:
            return _TABLES.get(self._rest_settings).now(self.quota_project or self.project)
        except RefusalError as error:
            raise WarehouseError(f"BigQuery does not tell its time: {one_line(error)}; see --skip_preflight") from error
        except NoAnswerError as error:
            raise WarehouseError(f"BigQuery does not tell its time: {one_line(error)}; run again") from error

    def history_problem(self, as_of: datetime) -> str:
        """Return that an instant is older than what BigQuery keeps."""
        age = self.newest_as_of() - as_of
        if age <= _HISTORY:
            return ""
        return f"is {age.days} days ago, and BigQuery keeps {_HISTORY.days} days; give a later instant"

    def parts(self, scan: TableScan) -> list[TablePart]:
        """Return a part per partition; one for the whole table when it is partitioned otherwise than declared.

        Nobody says when rows in a streaming buffer or behind a view change: such a part never has the same version.
        """
        try:
            table = self._describe(scan)
        except NoTableError:
            if scan.declaration.absent is None:
                raise
            return []
        if "streamingBuffer" in table or table.get("type") not in _STORED:
            return [unsettled(None, None)]
        partition = scan.declaration.partition
        if partition is None or table.get("timePartitioning", {}).get("field") != partition:
            rows = table.get("numRows")
            version = f"{table['lastModifiedTime']} {rows}"
            return [TablePart(None, None, version, rows=None if rows is None else int(rows))]
        with self._asking(scan):
            found = _TABLES.get(self._rest_settings).partitions(
                self.project, scan.source, quota_project=self.quota_project or self.project
            )
        return [each.part for each in found if each.part.may_hold(scan.first, scan.last)]

    def estimate(self, scan: TableScan) -> int:
        """Return the bytes that BigQuery would scan, and bill, for a scan; finding out costs nothing.

        Raises:
            WarehouseError: The table cannot be read.
        """
        session, _ = self._create_session(scan, 1)
        return int(session.estimated_total_bytes_scanned)

    def append(
        self, table: str, batch: pa.RecordBatch, *, day: date, name: str, league: LeagueTables = DECLARED
    ) -> None:
        """Add one version of a date's rows to a table in one commit, unless the table holds it already.

        A commit whose answer is lost may have happened: looking for the version shows it. Nullable columns that the
        table does not have are left out, and so are the rows of an optional table that does not exist.
        """
        (version,) = pc.unique(batch.column(VERSION_COLUMN)).to_pylist()
        scan = TableScan(table, (VERSION_COLUMN,), day, day, {VERSION_COLUMN: (version,)}, league=league)
        if self._holds(scan, batch.num_rows):
            return
        try:
            writable = self._writable(scan, batch)
        except NoTableError:
            if scan.declaration.absent is None:
                raise
            return
        path = f"projects/{self.project}/datasets/{scan.source.replace('.', '/tables/')}"
        try:
            with self._blaming(scan):
                self._append_client().append(path, writable, trace_id=self.trace_id or trace_of(name))
        except AppendError as error:
            raise WarehouseError(f"table {table}: the rows of {version} were not added: {error}; run again") from error
        except WarehouseError:
            if not self._holds(scan, batch.num_rows):
                raise

    def _append_client(self) -> AppendClient:
        return _APPENDS.get(self._read_settings)

    def _holds(self, scan: TableScan, rows: int) -> bool:
        """Whether a table holds a version whole; raises when it holds other rows of it."""
        found: int = sum(batch.num_rows for stream in self.split(scan) for batch in self.read(stream))
        if found in (0, rows):
            return found > 0
        (version,) = scan.equals[VERSION_COLUMN]
        raise WarehouseError(
            f"table {scan.table}: it holds {found} rows of version {version} of {scan.first}, and this run selected "
            f"{rows}; another run wrote that version: leave it, and run again with another --generated_at"
        )

    def _writable(self, scan: TableScan, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the columns of a batch that a table has; raises when it lacks one that may not be null."""
        found = {column["name"] for column in self._describe(scan).get("schema", {}).get("fields", ())}
        missing = [name for name in batch.schema.names if name not in found]
        for name in missing:
            column = scan.declaration.columns[name]
            if column.mode == "REQUIRED":
                raise WarehouseError(
                    f"table {scan.table}: column {name} is missing, expected {declared_type(column)}; add it"
                )
        return batch.select([name for name in batch.schema.names if name in found])

    def close(self) -> None:
        """Close the connections of this process; the next call opens new ones."""
        _APPENDS.close(self._read_settings)
        _READS.close(self._read_settings)
        _TABLES.close(self._rest_settings)

    @property
    def _read_settings(self) -> ReadSettings:
        return ReadSettings(self.storage_endpoint, self.retry, self.silent_seconds)

    @property
    def _errors(self) -> ProjectErrors:
        return ProjectErrors(self.project, self.quota_project or self.project)

    @property
    def _rest_settings(self) -> TableSettings:
        return TableSettings(
            endpoint=self.rest_endpoint or BIGQUERY_ENDPOINT,
            anonymous=bool(self.rest_endpoint),
            connections=self.concurrency,
            retry=self.retry,
            query_seconds=self.query_seconds,
        )

    def layout(self, scan: TableScan) -> Layout:
        """Return how a scan's table differs from what is declared, in the one request that :meth:`check` makes.

        Raises:
            WarehouseError: The scan cannot be made.
        """
        try:
            table = self._describe(scan)
        except NoTableError:
            if scan.declaration.absent is None:
                raise
            return NO_TABLE
        if table.get("type") == "VIEW":
            raise WarehouseError(
                f"table {scan.table}: {self.project}.{scan.source} is a view, which the Storage Read API cannot read; "
                "write its rows to a table"
            )
        return layout_of(scan, table)

    def _describe(self, scan: TableScan) -> dict[str, Any]:
        with self._asking(scan):
            return _TABLES.get(self._rest_settings).describe(self.project, scan.source)

    @contextmanager
    def _asking(self, scan: TableScan) -> Iterator[None]:
        try:
            yield
        except NoAnswerError as error:
            raise NotDescribedError(f"table {scan.table}: {error}") from error
        except RefusalError as error:
            raise self._errors.refused(scan, error) from error

    def _create_session(self, scan: TableScan, max_streams: int) -> tuple[types.ReadSession, Layout]:
        """Create the session of a scan, and return it with what the table's layout turned out to be.

        It is empty when the table is absent.
        """
        with self._blaming(scan):
            try:
                return self._request_session(scan, max_streams, AS_DECLARED), AS_DECLARED
            except (exceptions.BadRequest, exceptions.NotFound):
                layout = self._layout_or_as_declared(scan)
                if layout == AS_DECLARED:
                    raise
            if WHOLE_TABLE in layout.absent:
                return types.ReadSession(), layout
            return self._request_session(scan, max_streams, layout), layout

    def _layout_or_as_declared(self, scan: TableScan) -> Layout:
        try:
            return self.layout(scan)
        except NotDescribedError:
            return AS_DECLARED

    def _request_session(
        self, scan: TableScan, max_streams: int, layout: Layout, *, undated: bool = False
    ) -> types.ReadSession:
        dated = row_restriction(scan, layout.partition_type, layout.absent)
        request = session_request(
            self.project,
            scan,
            undated_restriction(scan, layout.absent) if undated else dated,
            quota_project=self.quota_project or self.project,
            absent=layout.absent,
            trace_id=self.trace_id,
            max_streams=max_streams,
        )
        return _READS.get(self._read_settings).create_session(request)

    def _split_undated(self, scan: TableScan, layout: Layout) -> list[ScanStream]:
        """Return the stream of rows without a partition date. Documents do not depend on it: it may be missing."""
        if not (scan.undated and is_bounded(scan)) or WHOLE_TABLE in layout.absent:
            return []
        try:
            with self._blaming(scan):
                session = self._request_session(scan, 1, layout, undated=True)
        except WarehouseError as error:
            LOG.warning("rows without a date are not looked for: %s", error)
            return []
        return [ScanStream(scan, _UNDATED + stream.name, layout.absent) for stream in session.streams]

    def _read(self, stream: ScanStream) -> Iterator[pa.RecordBatch]:
        if stream.handle == _NO_ROWS:
            return
        scan = stream.scan
        checked: pa.Schema | None = None
        with self._blaming(scan):
            name = stream.handle.removeprefix(_SOLE).removeprefix(_UNDATED)
            is_filtered = bool(row_restriction(scan, absent=stream.absent))
            for batch in _READS.get(self._read_settings).batches(name, is_filtered=is_filtered):
                if batch.schema != checked:
                    check_schema(stream, batch.schema)
                    checked = batch.schema
                yield conformed(stream, batch)

    @contextmanager
    def _blaming(self, scan: TableScan) -> Iterator[None]:
        """Turn whatever goes wrong with the service into a :class:`WarehouseError` that names the table."""
        try:
            yield
        except (exceptions.PermissionDenied, exceptions.Unauthenticated) as error:
            raise self._errors.denied(scan, error.message) from error
        except exceptions.GoogleAPICallError as error:
            if is_expired(error):
                raise SessionExpiredError(
                    f"table {scan.table}: its read session has expired, six hours after it was split; run again"
                ) from error
            if is_request_wrong(error):
                # The service says that the request is wrong; the table's description says what is wrong with it.
                with suppress(NotDescribedError):
                    self.check(scan)
            raise failed(scan, error) from error
        except (
            CredentialsError,
            ServiceDownError,
            SilentStreamError,
            google.auth.exceptions.GoogleAuthError,
            pa.ArrowException,
        ) as error:
            raise WarehouseError(f"table {scan.table}: cannot read it: {one_line(error)}") from error
