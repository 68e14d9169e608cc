"""What BigQuery's REST API tells about tables: their schemas, and when their partitions were last written."""

from __future__ import annotations

import threading
import time
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from exporters.warehouse.tables import TABLES
from transforms.clients.google_rest import Answer, RestClient, RestSettings
from transforms.warehouses.row_restriction import literal

_PROJECTS = "/bigquery/v2/projects"
_FRESH_SECONDS = 60
_CLOCK_SECONDS = 300
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_QUERY_MILLISECONDS = 60_000
_LABELS = {"app": "phase6-export"}
"""Of the query jobs, so that their cost can be told from that of others."""


class Refusal(Exception):
    """BigQuery answered with an error.

    Attributes:
        answer: The error.
    """

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.message)
        self.answer = answer


class Partition(NamedTuple):
    """A partition of a table.

    Attributes:
        id: As BigQuery names it: ``20260112`` of a day; ``__NULL__`` and the like for what has no date.
        version: Differs whenever it was written.
    """

    id: str
    version: str


@dataclass
class _Listing:
    """The partitions of a dataset's tables, and which tables have been told theirs."""

    taken: float
    partitions: Mapping[str, list[Partition]]
    told: set[str] = field(default_factory=set)


class TableClient:
    """Asks about tables, from any number of threads."""

    def __init__(self, settings: RestSettings) -> None:
        self._rest = RestClient(settings)
        self._lock = threading.Lock()
        self._listings: dict[tuple[str, str, str], _Listing] = {}
        self._turns: dict[tuple[str, str, str], threading.Lock] = {}
        self._clock: tuple[datetime, float] | None = None

    def close(self) -> None:
        """Close the connections."""
        self._rest.close()

    def describe(self, project: str, table: str) -> dict[str, Any]:
        """Return the description of a table: schema, partitioning, kind.

        Args:
            project: The project that holds it.
            table: ``dataset.table``.

        Raises:
            Refusal: There is none, or it may not be seen.
            RestError: There was no answer.
        """
        dataset, _, name = table.partition(".")
        return self._get(f"/{quote(project, safe='')}/datasets/{quote(dataset)}/tables/{quote(name)}")

    def partitions(self, project: str, table: str, *, quota_project: str) -> list[Partition]:
        """Return the partitions of a table.

        One query tells those of all declared tables of its dataset, and the tables that are asked for next are told
        from that: each once, so that whoever asks again gets a new answer, and within a minute.

        Args:
            project: The project that holds the table.
            table: ``dataset.table``.
            quota_project: The project that pays for the query.

        Raises:
            Refusal: The query failed.
            RestError: There was no answer.
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
            Refusal: The query failed.
            RestError: There was no answer.
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
            found.setdefault(str(table), []).append(Partition(partition or "", " ".join(map(str, version))))
        return found

    def _query(self, sql: str, quota_project: str) -> Iterator[list[str | None]]:
        queries = f"/{quote(quota_project, safe='')}/queries"
        request = {"query": sql, "useLegacySql": False, "timeoutMs": _QUERY_MILLISECONDS, "labels": _LABELS}
        page = _answered(self._rest.request("POST", f"{_PROJECTS}{queries}", body=orjson.dumps(request)))
        while True:
            for row in page.get("rows", ()):
                yield [cell["v"] for cell in row["f"]]
            if page.get("jobComplete") and not page.get("pageToken"):
                return
            job = page["jobReference"]
            query = {"timeoutMs": str(_QUERY_MILLISECONDS), "location": job.get("location", "")}
            if page.get("pageToken"):
                query["pageToken"] = page["pageToken"]
            page = self._get(f"{queries}/{quote(job['jobId'])}", {k: v for k, v in query.items() if v})

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        return _answered(self._rest.request("GET", f"{_PROJECTS}{path}", query=query))


def _answered(answer: Answer) -> dict[str, Any]:
    if answer.status != 200:
        raise Refusal(answer)
    found: dict[str, Any] = answer.json()
    return found


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
