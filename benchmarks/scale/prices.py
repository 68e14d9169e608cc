"""List prices in dollars, us-central1, and the limits of Google's services that a run meets.

Both are as Google's pages gave them in ``AS_OF``; nobody has checked them against a bill or a running job. A contract,
a region or a new page changes them: look them up before a decision depends on one.
"""

from __future__ import annotations

from pipeline.deployment.costs import BATCH_VCPU_HOUR, GIGABYTE_HOUR, STREAM_VCPU_HOUR

AS_OF = "August 2026"

VCPU_HOUR = BATCH_VCPU_HOUR
MEMORY_GB_HOUR = GIGABYTE_HOUR
STREAMING_VCPU_HOUR = STREAM_VCPU_HOUR
SHUFFLE_GB = 0.011
"""Dataflow Shuffle, a gigabyte of processed data; batch."""
READ_TIB = 1.10
"""BigQuery Storage Read API, a tebibyte of logical bytes."""
CLASS_A_1000 = 0.005
"""GCS: a thousand creates or lists."""
CLASS_B_1000 = 0.0004
"""GCS: a thousand reads, of content or metadata. Deletes are free."""
STORED_GB_MONTH = 0.020

CREATES_PER_SECOND = 1000.0
"""Object writes a second that a bucket takes at once; deletes count (cloud.google.com/storage/docs/request-rate)."""
READS_PER_SECOND = 5000.0
"""Object reads a second that a bucket takes at once (the same page)."""
DOUBLING_SECONDS = 1200
"""The rate may double in this time, no faster (the same page)."""
OBJECT_SECONDS = 1.0
"""Between two writes of one object (cloud.google.com/storage/quotas)."""
STREAMS_PER_SESSION = 1000
"""Streams of a read session (cloud.google.com/bigquery/docs/reference/storage)."""
SESSIONS_PER_MINUTE = 5000
"""Read sessions and reads a minute, a project each; recalled, so to be looked up (cloud.google.com/bigquery/quotas)."""
JOBS_PER_PROJECT = 25
"""Dataflow jobs that run at once (cloud.google.com/dataflow/quotas); can be raised."""
WORKERS_PER_JOB = 1000
"""Workers of a Dataflow job (the same page); can be raised."""
GRAPH_BYTES = 10 * 2**20
"""Size of a job's graph (the same page)."""
MESSAGE_BYTES = 10 * 10**6
"""Size of a Pub/Sub message (cloud.google.com/pubsub/quotas); a topic takes thousands a second."""
START_SECONDS = 300.0
"""From launching a Flex Template to the first element: three to seven minutes."""
REQUEST_SECONDS = 0.04
"""A request to GCS from the same region; not measured against the service."""
IN_FLIGHT = 32
"""Requests in flight from one process."""
