"""What BigQuery's errors mean for a scan: one line that names the table and the fix."""

from __future__ import annotations

from dataclasses import dataclass

from google.api_core import exceptions

from transforms.elements.tables import TableScan
from transforms.warehouses.arrow_columns import one_line
from transforms.warehouses.bigquery_tables import RefusalError
from transforms.warehouses.protocol import WarehouseError


class NoTableError(WarehouseError):
    """There is no such table."""


class NotDescribedError(WarehouseError):
    """Nothing is known about a table, other than that it may be there."""


class SessionExpiredError(WarehouseError):
    """A stream cannot be read any further, nor can any other of its session."""


@dataclass(frozen=True)
class ProjectErrors:
    """The errors of the tables of a project.

    Attributes:
        project: The project that holds the tables.
        quota_project: The project that pays for reading them.
    """

    project: str
    quota_project: str

    def refused(self, scan: TableScan, refusal: RefusalError) -> WarehouseError:
        """Return the error of a question about a table that was refused."""
        if refusal.status == 404:
            return NoTableError(
                f"table {scan.table}: it is not in project {self.project} ({refusal}); "
                "create it or choose another project"
            )
        if refusal.status in (401, 403) and refusal.is_final:
            return NotDescribedError(str(self.denied(scan, str(refusal))))
        return NotDescribedError(f"table {scan.table}: {refusal}; run again")

    def denied(self, scan: TableScan, message: str) -> WarehouseError:
        """Return the error of a missing permission; there are two places where they are granted."""
        dataset = scan.source.partition(".")[0]
        if "readsessions" in message:
            fix = f"grant roles/bigquery.readSessionUser on project {self.quota_project}"
        elif "jobs.create" in message:
            fix = f"grant roles/bigquery.jobUser on project {self.quota_project}"
        else:
            fix = f"grant roles/bigquery.dataViewer on dataset {self.project}.{dataset}"
        return WarehouseError(f"table {scan.table}: {one_line(message)}; {fix} to whoever runs this")


def is_expired(error: exceptions.GoogleAPICallError) -> bool:
    """Tell whether the session of a stream is over."""
    message = one_line(error.message or error)
    return "session expired" in message or (isinstance(error, exceptions.NotFound) and "/streams/" in message)


def is_request_wrong(error: exceptions.GoogleAPICallError) -> bool:
    """Tell whether the same request would be refused again."""
    return isinstance(error, exceptions.ClientError) and not isinstance(error, exceptions.TooManyRequests)


def failed(scan: TableScan, error: exceptions.GoogleAPICallError) -> WarehouseError:
    """Return the error of a scan that failed for a reason which a table's description does not tell."""
    fix = "compare its schema with the declaration" if is_request_wrong(error) else "run again"
    code = error.grpc_status_code.name if error.grpc_status_code else type(error).__name__
    return WarehouseError(f"table {scan.table}: BigQuery says {code}: {one_line(error.message or error)}; {fix}")
