"""What BigQuery's REST API tells about tables: their schemas, and when their partitions were last written."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from calendar import monthrange
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone
from typing import Any, NamedTuple
from uuid import uuid4

from google.api_core import exceptions
from google.cloud import bigquery

from exporters.warehouse.tables import TABLES
from transforms.clients.retries import Attempts, Kind, Outage, RetryPolicy, kind_of, message_of
from transforms.clients.session import NO_ANSWER, CredentialsError, ForeignAnswerError, PooledSession, unanswered
from transforms.clients.throttling import BIGQUERY
from transforms.elements.tables import TablePart
from transforms.warehouses.row_restriction import literal

_FRESH_SECONDS = 60
_CLOCK_SECONDS = 300
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
QUERY_SECONDS = 60.0
"""How long a query may take; one of the lists of partitions takes about one."""
STREAMING_BUFFER = "__UNPARTITIONED__"
"""The partition of rows that were streamed and have not been sorted into partitions yet."""
_LABELS = {"app": "phase6-export"}
"""Of the query jobs, so that their cost can be told from that of others."""


@dataclass(frozen=True)
class TableSettings:
    """How the service is reached.

    Attributes:
        endpoint: Its URL, without a slash at its end.
        anonymous: Send no credentials, as an emulator wants it.
        connections: Connections that are kept open; one per thread that sends requests.
        retry: Waits between the tries of a request.
        query_seconds: Seconds after which a query is cancelled.
    """

    endpoint: str
    anonymous: bool
    connections: int
    retry: RetryPolicy
    query_seconds: float = QUERY_SECONDS


class RefusalError(Exception):
    """BigQuery answered with an error. The message is one line.

    Attributes:
        status: HTTP status of the answer.
        is_final: Another try would have the same answer.
    """

    def __init__(self, message: str, status: int, *, is_final: bool) -> None:
        super().__init__(message)
        self.status = status
        self.is_final = is_final


class NoAnswerError(Exception):
    """BigQuery did not answer. The message is one line: what happened, then the fix."""


class Partition(NamedTuple):
    """A partition of a table.

    Attributes:
        id: As BigQuery names it: ``20260112`` of a day; ``__NULL__`` and the like for what has no date.
        version: Differs whenever it was written.
        rows: How many rows it has; None when that is not told.
    """

    id: str
    version: str
    rows: int | None = None

    @property
    def part(self) -> TablePart:
        """The part of the table that it is."""
        first, last = days_of(self.id) or (None, None)
        if self.id == STREAMING_BUFFER:
            return replace(unsettled(first, last), rows=self.rows)
        return TablePart(first, last, f"{self.id} {self.version}", rows=self.rows)


@dataclass
class _Listing:
    """The partitions of a dataset's tables, and which tables have been told theirs."""

    taken: float
    partitions: Mapping[str, list[Partition]]
    told: set[str] = field(default_factory=set)


class TableClient:
    """Asks about tables, from any number of threads."""

    def __init__(self, settings: TableSettings) -> None:
        self._settings = settings
        self._outage = Outage(settings.retry.total)
        try:
            self._session = PooledSession(
                settings.endpoint, settings.connections, anonymous=settings.anonymous, outage=self._outage
            )
        except CredentialsError as error:
            raise NoAnswerError(str(error)) from error
        self._client = bigquery.Client(
            project="unused",
            credentials=self._session.credentials,
            _http=self._session,
            client_options={"api_endpoint": settings.endpoint},
        )
        self._lock = threading.Lock()
        self._listings: dict[tuple[str, str, str], _Listing] = {}
        self._turns: dict[tuple[str, str, str], threading.Lock] = {}
        self._clock: tuple[datetime, float] | None = None

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def describe(self, project: str, table: str) -> dict[str, Any]:
        """Return the description of a table: schema, partitioning, kind.

        Args:
            project: The project that holds it.
            table: ``dataset.table``.

        Raises:
            RefusalError: There is none, or it may not be seen.
            NoAnswerError: There was no answer.
        """
        dataset, _, name = table.partition(".")
        reference = bigquery.TableReference(bigquery.DatasetReference(project, dataset), name)
        with self._asking() as attempts:
            described: dict[str, Any] = self._client.get_table(reference, retry=attempts).to_api_repr()
        return described

    def partitions(self, project: str, table: str, *, quota_project: str) -> list[Partition]:
        """Return the partitions of a table.

        One query tells those of all declared tables of its dataset, and the tables that are asked for next are told
        from that: each once, so that whoever asks again gets a new answer, and within a minute.

        Args:
            project: The project that holds the table.
            table: ``dataset.table``.
            quota_project: The project that pays for the query.

        Raises:
            RefusalError: The query failed.
            NoAnswerError: There was no answer.
        """
        dataset, _, name = table.partition(".")
        key = (project, dataset, quota_project)
        with self._lock:
            turn = self._turns.setdefault(key, threading.Lock())
        with turn:
            listing = self._listings.get(key)
            if listing is None or name in listing.told or time.monotonic() - listing.taken > _FRESH_SECONDS:
                taken = time.monotonic()
                listing = self._listings[key] = _Listing(taken, self._list(project, dataset, quota_project))
            listing.told.add(name)
            return listing.partitions.get(name, [])

    def now(self, quota_project: str) -> datetime:
        """Return the current time of the service, in UTC; it is asked for every few minutes at most.

        Args:
            quota_project: The project that pays for the query, which reads nothing.

        Raises:
            RefusalError: The query failed.
            NoAnswerError: There was no answer.
        """
        with self._lock:
            if self._clock is None or time.monotonic() - self._clock[1] > _CLOCK_SECONDS:
                [[told]] = self._query("SELECT CAST(UNIX_MICROS(CURRENT_TIMESTAMP()) AS STRING)", quota_project)
                # The answer was on its way for a while, so that this never tells an instant that is yet to come.
                self._clock = _EPOCH + timedelta(microseconds=int(told or 0)), time.monotonic()
            told_at, seen = self._clock
            return told_at + timedelta(seconds=time.monotonic() - seen)

    def _list(self, project: str, dataset: str, quota_project: str) -> Mapping[str, list[Partition]]:
        names = ", ".join(
            literal(table.name.partition(".")[2]) for table in TABLES if table.name.startswith(f"{dataset}.")
        )
        # A dataset may hold more tables than this view can list at once.
        rows = self._query(
            "SELECT table_name, partition_id, CAST(UNIX_MICROS(last_modified_time) AS STRING),"
            f" CAST(total_rows AS STRING) FROM `{project}`.`{dataset}`.INFORMATION_SCHEMA.PARTITIONS"
            f" WHERE table_name IN ({names})",
            quota_project,
        )
        found: dict[str, list[Partition]] = {}
        for table, partition, *version in rows:
            counted = None if version[-1] is None else int(version[-1])
            found.setdefault(str(table), []).append(Partition(partition or "", " ".join(map(str, version)), counted))
        return found

    def _query(self, sql: str, quota_project: str) -> list[tuple[str | None, ...]]:
        seconds = self._settings.query_seconds
        # The service ends it by itself where this process is killed, or its request to cancel it is lost.
        config = bigquery.QueryJobConfig(labels=_LABELS, job_timeout_ms=int(1000 * seconds))
        with self._asking() as attempts:
            rows = self._client.query_and_wait(
                sql,
                project=quota_project,
                job_config=config,
                retry=attempts,
                job_retry=None,
                # After that the client cancels it.
                wait_timeout=seconds,
            )
            return [row.values() for row in rows]

    @contextmanager
    def _asking(self) -> Iterator[Attempts]:
        """Yield the tries of a call, and turn what goes wrong with it into an error of this module."""
        attempts = Attempts(self._settings.retry, self._outage, BIGQUERY)
        endpoint = self._settings.endpoint
        try:
            yield attempts
        except exceptions.GoogleAPICallError as error:
            is_final = kind_of(error) is Kind.PERMANENT
            message = message_of(error) if is_final else f"{message_of(error)} ({attempts})"
            raise RefusalError(message, int(error.code or 0), is_final=is_final) from error
        except (ForeignAnswerError, KeyError, TypeError, AttributeError) as error:
            said = str(error) if isinstance(error, ForeignAnswerError) else "lacks what it should tell"
            raise NoAnswerError(
                f"the answer of {endpoint} is not that of BigQuery, but {said}; check the proxy on the way there"
            ) from error
        except concurrent.futures.TimeoutError as error:
            limit = f"{self._settings.query_seconds:g} s"
            raise NoAnswerError(f"a query takes longer than {limit}, and is cancelled; run again") from error
        except NO_ANSWER as error:
            raise NoAnswerError(unanswered(endpoint, attempts, error)) from error


def days_of(partition: str) -> tuple[date, date] | None:
    """Return the first and last date of a partition by hour, day, month or year; None when its id does not tell."""
    if not partition.isdigit() or len(partition) not in (4, 6, 8, 10):
        return None
    year, month, day = (int(partition[at : at + 2] or 0) if at else int(partition[:4]) for at in (0, 4, 6))
    try:
        first = date(year, month or 1, day or 1)
        return first, date(year, month or 12, day or monthrange(year, month or 12)[1])
    except ValueError:
        return None


def unsettled(first: date | None, last: date | None) -> TablePart:
    """Return a part that never has the same version: nobody says when its rows change."""
    return TablePart(first, last, f"unsettled {uuid4().hex}", settled=False)
