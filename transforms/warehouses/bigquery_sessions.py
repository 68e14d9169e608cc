"""Requests for read sessions of the Storage Read API."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime

from google.cloud.bigquery_storage_v1 import types

from transforms.elements.tables import TableScan


def session_request(
    project: str,
    scan: TableScan,
    restriction: str,
    *,
    quota_project: str,
    absent: Collection[str],
    trace_id: str,
    max_streams: int,
) -> types.CreateReadSessionRequest:
    """Return the request for a session of a scan.

    Args:
        project: The project that holds the table.
        scan: The scan.
        restriction: The condition that its rows meet, in SQL.
        quota_project: The project that pays for the session.
        absent: Columns that the table lacks.
        trace_id: Names the run in BigQuery's audit log.
        max_streams: Streams that it is split into at most.
    """
    dataset, _, table = scan.source.partition(".")
    options = types.ReadSession.TableReadOptions(
        selected_fields=[name for name in scan.columns if name not in absent],
        row_restriction=restriction,
        arrow_serialization_options=types.ArrowSerializationOptions(
            buffer_compression=types.ArrowSerializationOptions.CompressionCodec.LZ4_FRAME
        ),
    )
    return types.CreateReadSessionRequest(
        parent=f"projects/{quota_project}",
        read_session=types.ReadSession(
            table=f"projects/{project}/datasets/{dataset}/tables/{table}",
            data_format=types.DataFormat.ARROW,
            read_options=options,
            table_modifiers=_modifiers(scan),
            trace_id=trace_id,
        ),
        max_stream_count=max_streams,
    )


def trace_of(text: str) -> str:
    """Return a text as a session's trace id may hold it: ``phase6-export:`` and what of it is plain ASCII."""
    return f"phase6-export:{re.sub('[^A-Za-z0-9_.-]', '-', text)}"[:256]


def _modifiers(scan: TableScan) -> types.ReadSession.TableModifiers | None:
    """Return what makes a session read a table as it was."""
    if not scan.as_of:
        return None
    return types.ReadSession.TableModifiers(snapshot_time=datetime.fromisoformat(scan.as_of.replace("Z", "+00:00")))
