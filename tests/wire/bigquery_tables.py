"""Tables of the BigQuery emulator: made and filled over its REST API, as any client would."""

from __future__ import annotations

import json
import os
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import urllib3

from exporters.warehouse.schema import Column
from tests.support.warehouses import AnyTable


class Tables:
    """The tables of a project.

    Attributes:
        url: The emulator's REST URL.
        project: The project.
    """

    def __init__(self, url: str, project: str) -> None:
        self.url = url
        self.project = project

    def create(self, table: AnyTable, *, columns: list[dict[str, Any]] | None = None, **more: Any) -> None:
        """Make an empty table, in a dataset that may be there.

        Args:
            table: What is declared.
            columns: Its columns, when they are to be other than declared.
            more: Further fields of its description.
        """
        dataset, name = table.name.split(".")
        reference = {"projectId": self.project, "datasetId": dataset}
        self._post("datasets", {"datasetReference": reference}, may_exist=True)
        description: dict[str, Any] = {
            "tableReference": {**reference, "tableId": name},
            "schema": {"fields": columns or [described(column) for column in table.columns.values()]},
            **more,
        }
        if table.partition is not None:
            description["timePartitioning"] = {"type": "DAY", "field": table.partition}
        self._post(f"datasets/{dataset}/tables", description)

    def fill(self, table: AnyTable, rows: pa.Table) -> None:
        """Make a table as it is declared, with rows."""
        self.create(table)
        self.load(table, rows)

    def load(self, table: AnyTable, rows: pa.Table, *, columns: list[dict[str, Any]] | None = None) -> None:
        """Append rows to a table; its columns must be in the table's order, which is all that the emulator goes by.

        Args:
            table: What is declared.
            rows: The rows.
            columns: Columns of the table, when they are other than declared.
        """
        dataset, name = table.name.split(".")
        fields = columns or [described(column) for column in table.columns.values()]
        sink = pa.BufferOutputStream()
        pq.write_table(rows.select([column["name"] for column in fields]), sink)
        configuration = {
            "configuration": {
                "load": {
                    "destinationTable": {"projectId": self.project, "datasetId": dataset, "tableId": name},
                    "schema": {"fields": fields},
                    "sourceFormat": "PARQUET",
                    "writeDisposition": "WRITE_APPEND",
                }
            }
        }
        boundary = os.urandom(16).hex()
        parts = (
            (b"application/json", json.dumps(configuration).encode()),
            (b"application/vnd.apache.parquet", sink.getvalue().to_pybytes()),
        )
        body = b"".join(
            b"--%s\r\nContent-Type: %s\r\n\r\n%s\r\n" % (boundary.encode(), kind, content) for kind, content in parts
        )
        job = self._send(
            f"/upload/bigquery/v2/projects/{self.project}/jobs?uploadType=multipart",
            body + b"--%s--\r\n" % boundary.encode(),
            f"multipart/related; boundary={boundary}",
        )
        assert job["status"]["state"] == "DONE"
        assert "errorResult" not in job["status"], job["status"]

    def stream(self, table: AnyTable, *rows: dict[str, Any]) -> None:
        """Insert rows as streaming writers do; the service keeps them in a streaming buffer for up to 90 minutes."""
        dataset, name = table.name.split(".")
        self._post(f"datasets/{dataset}/tables/{name}/insertAll", {"rows": [{"json": row} for row in rows]})

    def _post(self, path: str, content: dict[str, Any], *, may_exist: bool = False) -> None:
        body = json.dumps(content).encode()
        self._send(f"/bigquery/v2/projects/{self.project}/{path}", body, "application/json", may_exist=may_exist)

    def _send(self, path: str, body: bytes, content_type: str, *, may_exist: bool = False) -> Any:
        answer = urllib3.request(
            "POST", f"{self.url}{path}", body=body, headers={"Content-Type": content_type}, timeout=20, retries=False
        )
        if may_exist and answer.status == 409:
            return None
        assert answer.status == 200, answer.data
        return json.loads(answer.data)


def described(column: Column) -> dict[str, Any]:
    """Return a declared column as a table's description has it."""
    description: dict[str, Any] = {"name": column.name, "type": column.type, "mode": column.mode}
    if column.numeric is not None:
        description |= {"precision": str(column.numeric.precision), "scale": str(column.numeric.scale)}
    return description
